//! What a site can check by itself: a short-lived JWT ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519))
//! signed with Ed25519 ([RFC 8037 §3.1](https://www.rfc-editor.org/rfc/rfc8037#section-3.1)).
//!
//! The key is derived from an encryption key, so every process has the same and none is stored;
//! it changes with the encryption key, and older ones stay published as long as theirs are kept.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::derive::derive;

/// What is derived, so that nothing else ever derives the same.
const PURPOSE: &[u8] = b"inmor-mfa gate assertion, Ed25519, 1";

/// What an assertion says.
#[derive(Clone, Debug, Serialize)]
pub struct Claims<'a> {
    /// This program's origin.
    pub iss: &'a str,
    /// Host of the request.
    pub aud: &'a str,
    /// Id of the account.
    pub sub: &'a str,
    /// Its username.
    pub preferred_username: &'a str,
    /// How its owner signed in ([RFC 8176](https://www.rfc-editor.org/rfc/rfc8176)).
    pub amr: Vec<&'a str>,
    /// When that was, seconds since 1970 UTC.
    pub auth_time: i64,
    /// How strong that is: `session`, `two_factor` or `phishing_resistant`.
    pub acr: &'a str,
    /// What the account is.
    pub groups: Vec<&'a str>,
    /// Now.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
}

/// The keys that sign: the first does, all are published.
#[derive(Clone)]
pub struct SigningKeys(Vec<SigningKey>);

impl SigningKeys {
    /// The keys of encryption keys, in their order.
    #[must_use]
    pub fn derive<'a>(keys: impl Iterator<Item = &'a [u8; 32]>) -> Self {
        Self(keys.filter_map(derived).collect())
    }

    /// The signed text; `None` without a key.
    #[must_use]
    pub fn sign(&self, claims: &Claims<'_>) -> Option<String> {
        let key = self.0.first()?;
        let head = json!({ "alg": "EdDSA", "typ": "JWT", "kid": key_id(key) });
        let mut text = encoded(head.to_string());
        text.push('.');
        text.push_str(&encoded(serde_json::to_string(claims).ok()?));
        let signature = key.sign(text.as_bytes());
        text.push('.');
        text.push_str(&encoded(signature.to_bytes()));
        Some(text)
    }

    /// The public keys as a JWK set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
    #[must_use]
    pub fn published(&self) -> Value {
        let public = |key: &SigningKey| {
            json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
                "kid": key_id(key), "x": encoded(key.verifying_key().to_bytes()),
            })
        };
        json!({ "keys": self.0.iter().map(public).collect::<Vec<_>>() })
    }
}

fn derived(key: &[u8; 32]) -> Option<SigningKey> {
    Some(SigningKey::from_bytes(&*derive(key, PURPOSE)?))
}

/// The thumbprint of a public key ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638), RFC 8037 §2).
fn key_id(key: &SigningKey) -> String {
    let x = encoded(key.verifying_key().to_bytes());
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    encoded(Sha256::digest(members))
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier as _};

    use super::*;

    const CLAIMS: Claims<'_> = Claims {
        iss: "https://mfa.example.org",
        aud: "admin.example.org",
        sub: "01a1ee56-5e00-7019-a9f0-d30758ecaefd",
        preferred_username: "anna",
        amr: Vec::new(),
        auth_time: 1,
        acr: "two_factor",
        groups: Vec::new(),
        iat: 2,
        exp: 62,
    };

    #[test]
    fn what_is_signed_verifies_under_the_published_key_and_no_other_text_does() {
        let keys = SigningKeys::derive([[1; 32], [2; 32]].iter());
        let text = keys.sign(&CLAIMS).unwrap();
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        let key = keys.0[0].verifying_key();
        assert!(key.verify(signed.as_bytes(), &signature).is_ok());
        assert!(
            key.verify(format!("{signed}x").as_bytes(), &signature)
                .is_err()
        );
        assert!(
            keys.0[1]
                .verifying_key()
                .verify(signed.as_bytes(), &signature)
                .is_err()
        );
        let published = keys.published();
        assert_eq!(published["keys"].as_array().unwrap().len(), 2);
        assert_eq!(published["keys"][0]["x"], encoded(key.to_bytes()));
        assert!(!published.to_string().contains("\"d\""));
    }

    #[test]
    fn a_process_with_the_same_keys_signs_the_same_and_one_with_another_does_not() {
        let sign = |key: u8| SigningKeys::derive([[key; 32]].iter()).sign(&CLAIMS);
        assert_eq!(sign(1), sign(1));
        assert_ne!(sign(1), sign(2));
        assert_eq!(SigningKeys::derive([].iter()).sign(&CLAIMS), None);
    }
}
