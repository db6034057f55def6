//! The JSON that a browser sends
//! ([§5.1](https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson)), and its envelope.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_cbor_2::Value as Cbor;
use serde_json::{Map, Value};
use webauthn_rs_core::proto::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::{
    CREDENTIAL_ID_LIMIT, Fault,
    authenticator_data::{self, Attested, Head},
};

/// How an authenticator can be reached, for the browser to know where to look.
const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];

/// The challenge that an answer claims to be for, whatever else is wrong with it: so that no answer
/// leaves its ceremony open.
#[must_use]
pub fn challenge_of(json: &Value) -> Option<Vec<u8>> {
    let data = json.pointer("/response/clientDataJSON")?.as_str()?;
    let data = BASE64_URL_SAFE_NO_PAD.decode(data).ok()?;
    let data: Value = serde_json::from_slice(&data).ok()?;
    BASE64_URL_SAFE_NO_PAD
        .decode(data.get("challenge")?.as_str()?)
        .ok()
}

/// The answer to a registration.
#[derive(Debug)]
pub struct Attestation {
    pub(super) answer: RegisterPublicKeyCredential,
    pub(super) attested: Attested,
    pub(super) challenge: Vec<u8>,
    /// Whether the authenticator keeps the credential itself; `None` when it does not say.
    pub(super) discoverable: Option<bool>,
    /// Known names, separated by blanks.
    pub(super) transports: String,
}

impl Attestation {
    /// Reads an answer from a browser that is at `origin`.
    ///
    /// # Errors
    /// [`Fault::Answer`].
    pub fn parse(json: &Value, origin: &str) -> Result<Self, Fault> {
        let answer: RegisterPublicKeyCredential =
            serde_json::from_value(json.clone()).map_err(|_| Fault::Answer("JSON"))?;
        envelope(&answer.id, &answer.raw_id, &answer.type_)?;
        let challenge = challenge(&answer.response.client_data_json, "webauthn.create", origin)?;
        let attested = attestation(&answer.response.attestation_object)?;
        if attested.credential_id != answer.raw_id {
            return Err(Fault::Answer("credential id"));
        }
        Ok(Self {
            discoverable: discoverable(json),
            transports: transports(json),
            answer,
            attested,
            challenge,
        })
    }
}

/// Whether the authenticator keeps the credential of an answer; `None` when it does not say.
pub(super) fn discoverable(json: &Value) -> Option<bool> {
    json.pointer("/clientExtensionResults/credProps/rk")
        .and_then(Value::as_bool)
}

/// The known names in an answer, separated by blanks.
pub(super) fn transports(json: &Value) -> String {
    let mut transports: Vec<_> = json
        .pointer("/response/transports")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|name| TRANSPORTS.iter().find(|known| **known == name))
        .copied()
        .collect();
    transports.sort_unstable();
    transports.dedup();
    transports.join(" ")
}

/// The answer to an authentication.
#[derive(Debug)]
pub struct Assertion {
    pub(super) answer: PublicKeyCredential,
    pub(super) challenge: Vec<u8>,
    pub(super) head: Head,
}

impl Assertion {
    /// Reads an answer from a browser that is at `origin`.
    ///
    /// # Errors
    /// [`Fault::Answer`].
    pub fn parse(json: &Value, origin: &str) -> Result<Self, Fault> {
        let answer: PublicKeyCredential =
            serde_json::from_value(json.clone()).map_err(|_| Fault::Answer("JSON"))?;
        envelope(&answer.id, &answer.raw_id, &answer.type_)?;
        let challenge = challenge(&answer.response.client_data_json, "webauthn.get", origin)?;
        let head = authenticator_data::assertion(&answer.response.authenticator_data)?;
        Ok(Self {
            answer,
            challenge,
            head,
        })
    }

    /// The id of the credential that it claims to be of.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.answer.raw_id
    }

    /// The account that the authenticator says it is for.
    #[must_use]
    pub fn user_handle(&self) -> Option<&[u8]> {
        self.answer.response.user_handle.as_deref()
    }
}

pub(super) fn envelope(id: &str, raw_id: &[u8], kind: &str) -> Result<(), Fault> {
    if kind != "public-key" {
        return Err(Fault::Answer("type of the credential"));
    }
    if raw_id.is_empty() || raw_id.len() > CREDENTIAL_ID_LIMIT {
        return Err(Fault::Answer("length of the credential id"));
    }
    if id != BASE64_URL_SAFE_NO_PAD.encode(raw_id) {
        return Err(Fault::Answer("credential id"));
    }
    Ok(())
}

/// The challenge in client data
/// ([§5.8.1](https://www.w3.org/TR/webauthn-3/#dictionary-client-data)) that a page of `origin`
/// collected itself, not one in a frame of somebody else's.
fn challenge(bytes: &[u8], kind: &str, origin: &str) -> Result<Vec<u8>, Fault> {
    let data: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|_| Fault::Answer("client data"))?;
    let text = |name| data.get(name).and_then(Value::as_str);
    if text("type") != Some(kind) {
        return Err(Fault::Answer("type of the client data"));
    }
    if text("origin") != Some(origin) {
        return Err(Fault::Answer("origin"));
    }
    let framed = data
        .get("crossOrigin")
        .is_some_and(|framed| *framed != Value::Bool(false));
    if framed || data.contains_key("topOrigin") {
        return Err(Fault::Answer("frame of another origin"));
    }
    text("challenge")
        .and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok())
        .ok_or(Fault::Answer("challenge"))
}

/// The attested credential in an attestation object
/// ([§6.5.4](https://www.w3.org/TR/webauthn-3/#sctn-generating-an-attestation-object)).
pub(super) fn attestation(bytes: &[u8]) -> Result<Attested, Fault> {
    const WRONG: Fault = Fault::Answer("attestation object");
    let Ok(Cbor::Map(object)) = serde_cbor_2::from_slice(bytes) else {
        return Err(WRONG);
    };
    let member = |name: &str| object.get(&Cbor::Text(name.to_owned()));
    let (Some(Cbor::Text(format)), Some(Cbor::Map(statement)), Some(Cbor::Bytes(data))) =
        (member("fmt"), member("attStmt"), member("authData"))
    else {
        return Err(WRONG);
    };
    if format == "none" && !statement.is_empty() {
        return Err(Fault::Answer("attestation statement"));
    }
    authenticator_data::attested(data)
}
