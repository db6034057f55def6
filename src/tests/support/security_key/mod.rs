//! A security key in software with the browser in front of it. It does what it should, or exactly
//! one thing that it should not: see [`Fault`].

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use crypto_glue::{
    ecdsa_p256::{self, EcdsaP256DerSignature, EcdsaP256PrivateKey, EcdsaP256SigningKey},
    ecdsa_p384::{EcdsaP384DerSignature, EcdsaP384PrivateKey, EcdsaP384SigningKey},
    rsa::{self, RS256PrivateKey, RS256Signature, RS256SigningKey},
    traits::{
        Generate as _, PublicKeyParts as _, SignatureEncoding as _, Signer as _, ToSec1Point as _,
    },
};
use serde_cbor_2::Value as Cbor;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

mod cbor;
mod fault;
mod imported;

use cbor::{bytes, integer, map, text, to_vec};
pub use fault::Fault;

pub const ES256: i64 = -7;
pub const RS256: i64 = -257;

/// A key with the credentials that were made on it; a clone is a copy of the key.
#[derive(Clone)]
pub struct SecurityKey {
    /// COSE number of its signatures.
    pub algorithm: i64,
    /// Whether it verifies its user.
    pub user_verified: bool,
    /// Whether it says that its credentials may be on several devices, and are.
    pub synced: bool,
    /// Its model.
    pub aaguid: [u8; 16],
    /// The counter of the last signature; 0 for ever where it does not count.
    pub counter: u32,
    /// Whether it counts.
    pub counts: bool,
    pub credentials: Vec<Credential>,
}

#[derive(Clone)]
pub struct Credential {
    id: Vec<u8>,
    rp_id: String,
    user_handle: Vec<u8>,
    private: Private,
}

#[derive(Clone)]
enum Private {
    P256(EcdsaP256PrivateKey),
    P384(EcdsaP384PrivateKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Rsa(Box<RS256PrivateKey>),
}

impl Private {
    fn generate(algorithm: i64) -> Self {
        if algorithm == RS256 {
            Self::Rsa(Box::new(rsa::new_key(2048).unwrap()))
        } else {
            Self::P256(ecdsa_p256::new_key())
        }
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: EcdsaP256DerSignature = EcdsaP256SigningKey::from(key).sign(data);
                signature.as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: EcdsaP384DerSignature = EcdsaP384SigningKey::from(key).sign(data);
                signature.as_bytes().to_vec()
            }
            Self::Ed25519(key) => key.sign(data).to_vec(),
            Self::Rsa(key) => {
                let signature: RS256Signature = RS256SigningKey::new((**key).clone()).sign(data);
                signature.to_vec()
            }
        }
    }

    /// The `COSE_Key`.
    fn public(&self) -> Vec<(i128, Cbor)> {
        match self {
            Self::P256(key) => {
                let point = key.public_key().to_sec1_point(false);
                vec![
                    (1, integer(2)),
                    (3, integer(ES256)),
                    (-1, integer(1)),
                    (-2, bytes(point.x().unwrap())),
                    (-3, bytes(point.y().unwrap())),
                ]
            }
            Self::P384(_) | Self::Ed25519(_) => panic!("such keys only come from elsewhere"),
            Self::Rsa(key) => vec![
                (1, integer(3)),
                (3, integer(RS256)),
                (-1, bytes(&key.n().to_be_bytes_trimmed_vartime())),
                (-2, bytes(&key.e().to_be_bytes_trimmed_vartime())),
            ],
        }
    }
}

impl Default for SecurityKey {
    /// A key that verifies its user, counts, and stays where it is.
    fn default() -> Self {
        Self {
            algorithm: ES256,
            user_verified: true,
            synced: false,
            aaguid: [0; 16],
            counter: 0,
            counts: true,
            credentials: Vec::new(),
        }
    }
}

impl SecurityKey {
    /// A key that is content with a touch.
    pub fn touch_only() -> Self {
        Self {
            user_verified: false,
            ..Self::default()
        }
    }

    /// A passkey of a password manager.
    pub fn synced() -> Self {
        Self {
            synced: true,
            counts: false,
            ..Self::default()
        }
    }

    /// Makes a credential as asked, in a browser at `origin`; answers `RegistrationResponseJSON`.
    pub fn create(&mut self, asked: &Value, origin: &str) -> Value {
        self.create_with(asked, origin, Fault::None)
    }

    pub fn create_with(&mut self, asked: &Value, origin: &str, fault: Fault) -> Value {
        let id = fault.credential_id(<[u8; 32]>::generate().to_vec());
        self.make(asked, origin, fault, id)
    }

    /// Claims the credential id of somebody else: with the same key when it has it, else with another.
    pub fn create_as(&mut self, asked: &Value, origin: &str, id: &[u8]) -> Value {
        self.make(asked, origin, Fault::None, id.to_vec())
    }

    /// The id of its first credential.
    pub fn id_of_first(&self) -> Vec<u8> {
        self.credentials.first().unwrap().id.clone()
    }

    fn make(&mut self, asked: &Value, origin: &str, fault: Fault, id: Vec<u8>) -> Value {
        let options = &asked["publicKey"];
        let rp_id = options["rp"]["id"].as_str().unwrap().to_owned();
        let same = self.credentials.iter().find(|one| one.id == id);
        let private = same.map_or_else(
            || Private::generate(self.algorithm),
            |one| one.private.clone(),
        );
        let credential = Credential {
            id,
            private,
            user_handle: decode(&options["user"]["id"]),
            rp_id,
        };
        let client_data = Self::client_data("webauthn.create", options, origin, fault);
        let mut attested = self.aaguid.to_vec();
        attested.extend(u16::try_from(credential.id.len()).unwrap().to_be_bytes());
        attested.extend(&credential.id);
        attested.extend(fault.public_key(credential.private.public()));
        let data = self.authenticator_data(&credential, Some(&attested), fault);
        let object = fault.attestation(&data, |format, statement| {
            to_vec(&map([
                (text("fmt"), text(format)),
                (text("attStmt"), statement),
                (text("authData"), bytes(&data)),
            ]))
        });
        let mut answer = json!({
            "id": encode(&credential.id),
            "rawId": encode(&credential.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "clientDataJSON": encode(&client_data),
                "attestationObject": encode(&object),
                "authenticatorData": encode(&data),
                "transports": ["usb", "nfc"],
                "publicKeyAlgorithm": self.algorithm,
            },
        });
        fault.envelope(&mut answer);
        self.credentials.push(credential);
        answer
    }

    /// Answers as asked, in a browser at `origin`; answers `AuthenticationResponseJSON`.
    pub fn get(&mut self, asked: &Value, origin: &str) -> Value {
        self.get_with(asked, origin, Fault::None)
    }

    pub fn get_with(&mut self, asked: &Value, origin: &str, fault: Fault) -> Value {
        let options = &asked["publicKey"];
        let allowed: Vec<_> = options["allowCredentials"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| decode(&one["id"]))
            .collect();
        let credential = self
            .credentials
            .iter()
            .find(|one| {
                one.rp_id == options["rpId"] && (allowed.is_empty() || allowed.contains(&one.id))
            })
            .or(self.credentials.first())
            .unwrap()
            .clone();
        if self.counts {
            self.counter += 1;
        }
        let client_data = Self::client_data("webauthn.get", options, origin, fault);
        let data = self.authenticator_data(&credential, None, fault);
        let signature = fault.signature(&credential.private, &data, &client_data);
        let mut answer = json!({
            "id": encode(&credential.id),
            "rawId": encode(&credential.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&data),
                "signature": encode(&signature),
                "userHandle": encode(&credential.user_handle),
            },
        });
        fault.envelope(&mut answer);
        answer
    }

    fn client_data(kind: &str, options: &Value, origin: &str, fault: Fault) -> Vec<u8> {
        let mut data = Map::new();
        data.insert("type".to_owned(), json!(kind));
        data.insert("challenge".to_owned(), options["challenge"].clone());
        data.insert("origin".to_owned(), json!(origin));
        data.insert("crossOrigin".to_owned(), json!(false));
        fault.client_data(data)
    }

    fn authenticator_data(
        &self,
        credential: &Credential,
        attested: Option<&[u8]>,
        fault: Fault,
    ) -> Vec<u8> {
        let mut flags = 1 | u8::from(self.user_verified) << 2;
        if self.synced {
            flags |= 0b1_1000;
        }
        if attested.is_some() {
            flags |= 1 << 6;
        }
        let mut data = Sha256::digest(fault.rp_id(&credential.rp_id)).to_vec();
        data.push(fault.flags(flags));
        data.extend(fault.counter(self.counter).to_be_bytes());
        data.extend(attested.unwrap_or_default());
        fault.authenticator_data(data)
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text.as_str().unwrap())
        .unwrap()
}
