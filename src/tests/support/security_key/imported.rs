//! Keys that were made elsewhere, from what the fixtures say of them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use crypto_glue::traits::Pkcs8DecodePrivateKey as _;
use serde_json::Value;

use super::{
    Credential, EcdsaP256PrivateKey, EcdsaP384PrivateKey, Private, RS256PrivateKey, SecurityKey,
    decode,
};

impl SecurityKey {
    /// The authenticator of an entry `webauthn` in `expected.json`.
    pub fn imported(entry: &Value) -> Self {
        let pem: String = entry["private_key_pem"]
            .as_str()
            .unwrap()
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let der = BASE64_STANDARD.decode(pem).unwrap();
        let algorithm = entry["cose_alg"].as_i64().unwrap();
        let private = match algorithm {
            -7 => Private::P256(EcdsaP256PrivateKey::from_pkcs8_der(&der).unwrap()),
            -35 => Private::P384(EcdsaP384PrivateKey::from_pkcs8_der(&der).unwrap()),
            -257 => Private::Rsa(Box::new(RS256PrivateKey::from_pkcs8_der(&der).unwrap())),
            // RFC 8410: 16 bytes that say what it is, and the key
            -8 => Private::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(
                der[16..].try_into().unwrap(),
            ))),
            other => panic!("{other}"),
        };
        let synced = entry["backup_eligible"].as_bool().unwrap();
        Self {
            algorithm,
            user_verified: entry["passwordless"].as_bool().unwrap_or_default(),
            synced,
            aaguid: [0; 16],
            counter: u32::try_from(entry["sign_count"].as_u64().unwrap()).unwrap(),
            counts: !synced,
            credentials: vec![Credential {
                id: decode(&entry["credential_id"]),
                rp_id: entry["rp_id"].as_str().unwrap().to_owned(),
                user_handle: decode(&entry["user_handle"]),
                private,
            }],
        }
    }
}
