//! What browsers send of security keys and passkeys.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::mfa::webauthn::domain::{
    Assertion, Attestation, Kind, NewKey, RelyingParty, StoredKey, challenge_of,
};

const HOST: &str = "example.org";
const ORIGIN: &str = "https://example.org";
/// A P-256 key whose private half was never kept.
const STRANGER: [u8; 77] = [
    0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, 0x5f, 0xb2, 0x68, 0xad, 0x75, 0x83,
    0xc6, 0xe6, 0x48, 0x2e, 0xb6, 0x03, 0xfd, 0xb3, 0x2c, 0x48, 0x2e, 0x23, 0x6b, 0x64, 0x5c, 0x15,
    0x18, 0xd6, 0xdc, 0xa2, 0xf5, 0xa2, 0x3a, 0xd9, 0xc0, 0x3d, 0x22, 0x58, 0x20, 0x56, 0x78, 0x8f,
    0x75, 0x94, 0x27, 0xe7, 0x43, 0x1f, 0xde, 0x42, 0x11, 0xeb, 0x36, 0x30, 0x35, 0x0d, 0x45, 0x0b,
    0x9e, 0xfd, 0xb4, 0x08, 0x0f, 0x10, 0xb2, 0xa1, 0x5c, 0x53, 0xc3, 0x3e, 0x94,
];

/// Nobody can answer for a key without its private half.
pub fn authentication(data: &[u8]) {
    let (Some(party), Ok(json)) = (
        RelyingParty::new(HOST, ORIGIN),
        serde_json::from_slice::<Value>(data),
    ) else {
        return;
    };
    let challenge = challenge_of(&json);
    let Ok(answer) = Assertion::parse(&json, ORIGIN) else {
        return;
    };
    assert!(challenge.is_some(), "its ceremony would stay open");
    let key = StoredKey {
        credential_id: answer.credential_id(),
        public_key: &STRANGER,
        sign_count: 0,
        passkey: answer.user_handle().is_some(),
        backup_eligible: false,
    };
    for verification in [false, true] {
        let outcome = party.authenticate(&answer, &key, verification);
        assert!(outcome.is_err(), "a signature out of nowhere: {outcome:?}");
    }
}

/// A new key need not sign, so its challenge is what protects a registration: that one is named as
/// it will be looked for. What is accepted was made for this site, in the presence of somebody.
pub fn registration(data: &[u8]) {
    let (Some(party), Ok(json)) = (
        RelyingParty::new(HOST, ORIGIN),
        serde_json::from_slice::<Value>(data),
    ) else {
        return;
    };
    let challenge = challenge_of(&json);
    let Ok(answer) = Attestation::parse(&json, ORIGIN) else {
        return;
    };
    assert!(challenge.is_some(), "its ceremony would stay open");
    for kind in [Kind::Passkey, Kind::SecurityKey, Kind::Either] {
        if let Ok(key) = party.register(&answer, kind) {
            accepted(&json, &key, kind);
        }
    }
}

/// What Level 3 asks of a registration, read from its bytes once more.
fn accepted(json: &Value, key: &NewKey, kind: Kind) {
    let bytes = |at: &str| {
        let text = json.pointer(at).and_then(Value::as_str).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
    };
    let client: Value =
        serde_json::from_slice(&bytes("/response/clientDataJSON")).unwrap_or_default();
    assert!(
        client
            .get("type")
            .is_some_and(|kind| kind == "webauthn.create")
    );
    assert!(client.get("origin").is_some_and(|origin| origin == ORIGIN));
    assert!(
        client.get("topOrigin").is_none()
            && client.get("crossOrigin").is_none_or(|cross| cross != true)
    );
    assert_eq!(json["type"], "public-key");
    assert_eq!(bytes("/rawId"), key.credential_id);
    assert!((1..=1023).contains(&key.credential_id.len()));

    let object = bytes("/response/attestationObject");
    let hash: [u8; 32] = Sha256::digest(HOST).into();
    let data = object
        .windows(37)
        .find(|window| window.starts_with(&hash))
        .unwrap_or_default();
    let flags = data.get(32).copied().unwrap_or_default();
    assert!(flags & 1 != 0, "nobody was there");
    assert_eq!(key.user_verified, flags & 4 != 0);
    assert_eq!(key.backup_eligible, flags & 8 != 0);
    assert!(key.backup_eligible || !key.backup_state);
    assert!(!key.passkey || key.user_verified);
    assert!(kind != Kind::Passkey || key.user_verified);
    assert!(kind != Kind::SecurityKey || !key.passkey);
    let public = serde_cbor_2::from_slice::<serde_cbor_2::Value>(&key.public_key);
    assert!(
        matches!(public, Ok(serde_cbor_2::Value::Map(map)) if RelyingParty::ALGORITHMS
            .iter()
            .any(|number| map.get(&serde_cbor_2::Value::Integer(3))
                == Some(&serde_cbor_2::Value::Integer(i128::from(*number))))),
        "an algorithm that was not offered"
    );
}
