//! What the browser is asked, as JSON
//! ([§5.1](https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson)).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Kind, RelyingParty};

/// Milliseconds that the browser gives its user.
const TIMEOUT: i64 = 5 * 60 * 1000;

/// A credential that is there already: its id, and how it can be reached, separated by blanks.
pub type Descriptor<'a> = (&'a [u8], &'a str);

/// Whose key is to be made, for whom.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The relying party id.
    pub rp_id: &'a str,
    /// What authenticators show of this site.
    pub rp_name: &'a str,
    /// The account, as authenticators know it: 1 to 64 bytes.
    pub user_handle: &'a [u8],
    /// The username.
    pub username: &'a str,
    /// What it is to be.
    pub kind: Kind,
}

fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn descriptors<'a>(keys: impl IntoIterator<Item = Descriptor<'a>>) -> Vec<Value> {
    let one = |(id, transports): Descriptor<'a>| {
        let mut one = json!({ "type": "public-key", "id": text(id) });
        let transports: Vec<_> = transports.split_whitespace().collect();
        if let (false, Some(one)) = (transports.is_empty(), one.as_object_mut()) {
            one.insert("transports".to_owned(), json!(transports));
        }
        one
    };
    keys.into_iter().map(one).collect()
}

/// Asks for a new key that is none of `keys`.
#[must_use]
pub fn creation_options<'a>(
    wanted: &Wanted<'_>,
    challenge: &[u8],
    keys: impl IntoIterator<Item = Descriptor<'a>>,
) -> Value {
    let (resident_key, verification, hints) = match wanted.kind {
        Kind::Passkey => ("preferred", "required", json!([])),
        // a hardware key has few places for discoverable credentials
        Kind::SecurityKey => ("discouraged", "preferred", json!(["security-key"])),
        Kind::Either => ("preferred", "preferred", json!([])),
    };
    let algorithms: Vec<_> = RelyingParty::ALGORITHMS
        .iter()
        .map(|number| json!({ "type": "public-key", "alg": number }))
        .collect();
    json!({ "publicKey": {
        "rp": { "id": wanted.rp_id, "name": wanted.rp_name },
        "user": {
            "id": text(wanted.user_handle),
            "name": wanted.username,
            "displayName": wanted.username,
        },
        "challenge": text(challenge),
        "pubKeyCredParams": algorithms,
        "timeout": TIMEOUT,
        "excludeCredentials": descriptors(keys),
        "authenticatorSelection": {
            "residentKey": resident_key,
            "requireResidentKey": false,
            "userVerification": verification,
        },
        "hints": hints,
        "attestation": "none",
        "extensions": { "credProps": true },
    } })
}

/// Asks for an answer of one of `keys`, or of any passkey when there are none.
#[must_use]
pub fn request_options<'a>(
    rp_id: &str,
    challenge: &[u8],
    keys: impl IntoIterator<Item = Descriptor<'a>>,
    verification: bool,
) -> Value {
    json!({ "publicKey": {
        "challenge": text(challenge),
        "timeout": TIMEOUT,
        "rpId": rp_id,
        "allowCredentials": descriptors(keys),
        "userVerification": if verification { "required" } else { "preferred" },
    } })
}
