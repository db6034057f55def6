//! The published test vectors of Web Authentication Level 3
//! ([§16](https://www.w3.org/TR/webauthn-3/#sctn-test-vectors)).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Assertion, Attestation, Fault, Kind, RelyingParty, StoredKey};

const VECTORS: &str = include_str!("level3.json");
const ORIGIN: &str = "https://example.org";

/// Which vectors are accepted, and why the others are not.
const POLICY: [(&str, Result<(), &str>); 15] = [
    ("none.ES256", Ok(())),
    ("packed-self.ES256", Ok(())),
    ("none.ES256.crossOrigin", Err("frame of another origin")),
    ("none.ES256.topOrigin", Err("frame of another origin")),
    ("none.ES256.long-credential-id", Ok(())),
    // attestation is neither asked for nor trusted: an unknown root makes no difference, WA-28
    ("packed.ES256", Ok(())),
    ("packed.ES384", Ok(())),
    // not offered
    ("packed.ES512", Err("key not verified")),
    // the library takes moduli of 2048 bits alone
    ("packed.RS256", Err("key not verified")),
    // not offered, for the library verifies none
    ("packed.EdDSA", Err("key not verified")),
    ("packed.Ed448", Err("key not verified")),
    // statements that the library cannot verify
    ("tpm.ES256", Err("key not verified")),
    ("android-key.ES256", Err("key not verified")),
    ("apple.ES256", Ok(())),
    ("fido-u2f.ES256", Ok(())),
];

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn text(hex: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes(hex))
}

fn through_both(vector: &Value, party: &RelyingParty) -> Result<(), Fault> {
    let (made, used) = (&vector["registration"], &vector["authentication"]);
    let id = text(&made["credential_id"]);
    let answer = json!({
        "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
        "response": {
            "clientDataJSON": text(&made["clientDataJSON"]),
            "attestationObject": text(&made["attestationObject"]),
        },
    });
    let answer = Attestation::parse(&answer, ORIGIN)?;
    assert_eq!(answer.challenge, bytes(&made["challenge"]));
    let key = party.register(&answer, Kind::SecurityKey)?;
    let answer = json!({
        "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
        "response": {
            "clientDataJSON": text(&used["clientDataJSON"]),
            "authenticatorData": text(&used["authenticatorData"]),
            "signature": text(&used["signature"]),
        },
    });
    let answer = Assertion::parse(&answer, ORIGIN)?;
    assert_eq!(answer.challenge, bytes(&used["challenge"]));
    let stored = StoredKey {
        credential_id: &key.credential_id,
        public_key: &key.public_key,
        sign_count: key.sign_count,
        passkey: key.passkey,
        backup_eligible: key.backup_eligible,
    };
    party.authenticate(&answer, &stored, false).map(drop)
}

#[test]
fn wa_37_wa_28_each_vector_of_level_3_is_accepted_or_refused_by_policy() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let party = RelyingParty::new("example.org", ORIGIN).unwrap();
    let outcomes: Vec<_> = vectors
        .iter()
        .map(|vector| {
            let outcome = through_both(vector, &party).map_err(Fault::as_str);
            (vector["name"].as_str().unwrap(), outcome)
        })
        .collect();
    assert_eq!(outcomes, POLICY);
}

#[test]
fn wa_37_no_vector_is_for_another_party_or_origin() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let other = RelyingParty::new("example.com", ORIGIN).unwrap();
    assert!(through_both(&vectors[0], &other).is_err());
    let answer = json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": text(&vectors[0]["registration"]["clientDataJSON"]),
        "attestationObject": text(&vectors[0]["registration"]["attestationObject"]),
    } });
    assert_eq!(
        Attestation::parse(&answer, "https://example.com").err(),
        Some(Fault::Answer("origin"))
    );
}
