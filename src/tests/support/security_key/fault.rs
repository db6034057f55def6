//! One thing that is wrong, everything else as it should be; the numbers are those of group WA.

use serde_cbor_2::Value as Cbor;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Private, RS256,
    cbor::{bytes, integer, map, text, to_vec},
    encode,
};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// WA-01: the page had this origin.
    Origin(&'static str),
    /// WA-01.
    OriginMissing,
    /// WA-02: the key was asked by this relying party id.
    RpId(&'static str),
    /// WA-03.
    Challenge(&'static str),
    /// WA-03.
    ChallengeTruncated,
    /// WA-09: `crossOrigin` and `topOrigin`.
    CrossOrigin,
    TopOrigin,
    TopOriginOnly,
    CrossOriginNotBoolean,
    /// WA-10: the account that the key names.
    UserHandle,
    UserHandleMissing,
    /// WA-11.
    UnknownCredential,
    /// WA-13: the counter is this.
    Counter(u32),
    /// WA-16.
    NoUv,
    /// WA-17.
    NoUp,
    /// WA-18.
    BackedUpWithoutEligible,
    BackupEligible,
    /// WA-20.
    SignatureFlipped,
    SignatureEmpty,
    SignatureZero,
    SignatureTrailing,
    SignatureOfOtherKey,
    SignatureWithoutHash,
    /// WA-21: the attestation object or the authenticator data.
    CborTruncated,
    CborTrailing,
    CborNoMap,
    CborIndefinite,
    CborWrongTypes,
    CborHugeLength,
    CborDeep,
    CborNotText,
    CborEmpty,
    DataShort,
    DataTrailing,
    ExtensionsMissing,
    ExtensionsBad,
    AttestedMissing,
    /// WA-22.
    ClientDataDeep,
    /// WA-23: a member of the answer is left out, or is this.
    Without(&'static str),
    Null(&'static str),
    Number(&'static str),
    Junk(&'static str),
    ClientDataNoJson,
    ClientDataNotUtf8,
    ClientDataArray,
    /// The other ceremony's type of client data.
    ClientDataType,
    /// WA-24.
    TypePassword,
    IdOfAnother,
    NoneWithStatement,
    UnknownFormat,
    /// WA-26.
    AlgorithmNotOffered,
    AlgorithmUnknown,
    AlgorithmOfOtherKeyType,
    OffCurve,
    ZeroPoint,
    RsaShort,
    RsaExponentOne,
    /// Length of the credential id.
    IdLength(usize),
}

use Fault as F;

/// At both ceremonies.
const EVERYWHERE: &[Fault] = &[
    F::Origin("https://evil.example"),
    F::Origin("http://mfa.localhost:3000"),
    F::Origin("http://localhost:3000.evil.example"),
    F::Origin("http://evil.examplelocalhost:3000"),
    F::Origin("http://localhost:3000@evil.example"),
    F::Origin("http://localhost:3001"),
    F::Origin("http://localhost"),
    F::Origin("https://localhost:3000"),
    F::Origin("http://localhost:3000/"),
    F::Origin("null"),
    F::OriginMissing,
    F::RpId("evil.example"),
    F::RpId("LOCALHOST"),
    F::Challenge("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
    F::Challenge(""),
    F::ChallengeTruncated,
    F::CrossOrigin,
    F::TopOrigin,
    F::TopOriginOnly,
    F::CrossOriginNotBoolean,
    F::NoUp,
    F::BackedUpWithoutEligible,
    F::DataShort,
    F::DataTrailing,
    F::ExtensionsMissing,
    F::ExtensionsBad,
    F::ClientDataDeep,
    F::ClientDataNoJson,
    F::ClientDataNotUtf8,
    F::ClientDataArray,
    F::ClientDataType,
    F::TypePassword,
    F::IdOfAnother,
    F::Without("id"),
    F::Without("rawId"),
    F::Without("type"),
    F::Without("response"),
    F::Without("response/clientDataJSON"),
    F::Null("id"),
    F::Null("rawId"),
    F::Null("type"),
    F::Null("response"),
    F::Null("response/clientDataJSON"),
    F::Number("id"),
    F::Number("rawId"),
    F::Number("type"),
    F::Number("response"),
    F::Number("response/clientDataJSON"),
    F::Junk("rawId"),
    F::Junk("response/clientDataJSON"),
];

impl Fault {
    /// What a registration must not get through with.
    pub fn at_registration() -> Vec<Fault> {
        let more = [
            F::IdLength(0),
            F::IdLength(1024),
            F::IdLength(2000),
            F::CborTruncated,
            F::CborTrailing,
            F::CborNoMap,
            F::CborIndefinite,
            F::CborWrongTypes,
            F::CborHugeLength,
            F::CborDeep,
            F::CborNotText,
            F::CborEmpty,
            F::AttestedMissing,
            F::NoneWithStatement,
            F::UnknownFormat,
            F::AlgorithmNotOffered,
            F::AlgorithmUnknown,
            F::AlgorithmOfOtherKeyType,
            F::OffCurve,
            F::ZeroPoint,
            F::Without("response/attestationObject"),
            F::Null("response/attestationObject"),
            F::Number("response/attestationObject"),
            F::Junk("response/attestationObject"),
        ];
        EVERYWHERE.iter().copied().chain(more).collect()
    }

    /// What an authentication must not get through with.
    pub fn at_authentication() -> Vec<Fault> {
        let more = [
            F::UserHandle,
            F::UnknownCredential,
            F::SignatureFlipped,
            F::SignatureEmpty,
            F::SignatureZero,
            F::SignatureTrailing,
            F::SignatureOfOtherKey,
            F::SignatureWithoutHash,
            F::BackupEligible,
            F::Without("response/authenticatorData"),
            F::Without("response/signature"),
            F::Null("response/authenticatorData"),
            F::Null("response/signature"),
            F::Number("response/signature"),
            F::Number("response/userHandle"),
            F::Junk("response/authenticatorData"),
            F::Junk("response/signature"),
        ];
        EVERYWHERE.iter().copied().chain(more).collect()
    }

    pub(super) fn credential_id(self, id: Vec<u8>) -> Vec<u8> {
        match self {
            F::IdLength(length) => vec![7; length],
            _ => id,
        }
    }

    pub(super) fn client_data(self, mut data: Map<String, Value>) -> Vec<u8> {
        let set = |data: &mut Map<String, Value>, name: &str, value: Value| {
            data.insert(name.to_owned(), value);
        };
        match self {
            F::Origin(origin) => set(&mut data, "origin", json!(origin)),
            F::OriginMissing => drop(data.remove("origin")),
            F::Challenge(text) => set(&mut data, "challenge", json!(text)),
            F::ChallengeTruncated => {
                let text = data["challenge"].as_str().unwrap();
                let short = json!(text[..text.len() - 2]);
                set(&mut data, "challenge", short);
            }
            F::CrossOrigin => set(&mut data, "crossOrigin", json!(true)),
            F::CrossOriginNotBoolean => set(&mut data, "crossOrigin", json!("false")),
            F::TopOrigin => {
                set(&mut data, "crossOrigin", json!(true));
                set(&mut data, "topOrigin", json!("https://evil.example"));
            }
            F::TopOriginOnly => {
                let own = data["origin"].clone();
                set(&mut data, "topOrigin", own);
            }
            F::ClientDataType => {
                let other = match data["type"].as_str() {
                    Some("webauthn.get") => "webauthn.create",
                    _ => "webauthn.get",
                };
                set(&mut data, "type", json!(other));
            }
            F::ClientDataDeep => {
                let deep = format!("{}{}", "[".repeat(9000), "]".repeat(9000));
                let rest = serde_json::to_string(&data).unwrap();
                return format!("{},\"deep\":{deep}}}", rest.trim_end_matches('}')).into_bytes();
            }
            F::ClientDataNoJson => return b"{\"type\":".to_vec(),
            F::ClientDataNotUtf8 => return b"{\"type\":\"\xff\xfe\"}".to_vec(),
            F::ClientDataArray => return serde_json::to_vec(&json!([data])).unwrap(),
            _ => {}
        }
        serde_json::to_vec(&data).unwrap()
    }

    pub(super) fn rp_id(self, rp_id: &str) -> &str {
        match self {
            F::RpId(other) => other,
            _ => rp_id,
        }
    }

    pub(super) fn flags(self, flags: u8) -> u8 {
        match self {
            F::NoUp => flags & !1,
            F::NoUv => flags & !(1 << 2),
            F::BackedUpWithoutEligible => flags & !(1 << 3) | 1 << 4,
            F::BackupEligible => flags ^ 1 << 3,
            F::ExtensionsMissing | F::ExtensionsBad => flags | 1 << 7,
            F::AttestedMissing => flags & !(1 << 6),
            _ => flags,
        }
    }

    pub(super) fn counter(self, counter: u32) -> u32 {
        match self {
            F::Counter(other) => other,
            _ => counter,
        }
    }

    pub(super) fn authenticator_data(self, mut data: Vec<u8>) -> Vec<u8> {
        match self {
            F::DataShort => drop(data.pop()),
            F::DataTrailing => data.push(0),
            F::ExtensionsBad => data.extend([0xa1, 0x61]),
            F::AttestedMissing => data.truncate(37),
            _ => {}
        }
        data
    }

    pub(super) fn public_key(self, mut key: Vec<(i128, Cbor)>) -> Vec<u8> {
        let mut set = |name: i128, value: Cbor| {
            if let Some(pair) = key.iter_mut().find(|(number, _)| *number == name) {
                pair.1 = value;
            }
        };
        match self {
            F::AlgorithmNotOffered => set(3, integer(-36)),
            F::AlgorithmUnknown => set(3, integer(-70_000)),
            F::AlgorithmOfOtherKeyType => set(3, integer(RS256)),
            F::OffCurve => set(-2, bytes(&[1; 32])),
            F::ZeroPoint => {
                set(-2, bytes(&[0; 32]));
                set(-3, bytes(&[0; 32]));
            }
            F::RsaShort => set(-1, bytes(&[0xc1; 128])),
            F::RsaExponentOne => set(-2, bytes(&[0, 0, 1])),
            _ => {}
        }
        let pairs = key
            .into_iter()
            .map(|(name, value)| (Cbor::Integer(name), value));
        to_vec(&map(pairs))
    }

    pub(super) fn attestation(
        self,
        data: &[u8],
        object: impl Fn(&str, Cbor) -> Vec<u8>,
    ) -> Vec<u8> {
        let empty = || map([]);
        let mut good = object("none", empty());
        match self {
            F::CborTruncated => good.truncate(good.len() - 10),
            F::CborTrailing => good.push(0),
            F::CborNoMap => return to_vec(&Cbor::Array(vec![bytes(data)])),
            F::CborIndefinite => return vec![0xbf, 0x63, b'f', b'm'],
            F::CborWrongTypes => return object("none", text("")),
            F::CborHugeLength => {
                return vec![0xa1, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
            }
            F::CborDeep => return [vec![0x81; 20_000], vec![0]].concat(),
            F::CborNotText => return [&[0xa1, 0x61, 0xff][..], &good].concat(),
            F::CborEmpty => return Vec::new(),
            F::NoneWithStatement => {
                return object("none", map([(text("alg"), integer(-7))]));
            }
            F::UnknownFormat => return object("unheard-of", empty()),
            _ => {}
        }
        good
    }

    pub(super) fn signature(self, key: &Private, data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let signed = [data, &Sha256::digest(client_data)].concat();
        let mut signature = key.sign(&signed);
        match self {
            F::SignatureFlipped => *signature.last_mut().unwrap() ^= 1,
            F::SignatureEmpty => signature.clear(),
            F::SignatureZero => signature = vec![0x30, 6, 2, 1, 0, 2, 1, 0],
            F::SignatureTrailing => signature.push(0),
            F::SignatureOfOtherKey => signature = Private::generate(-7).sign(&signed),
            F::SignatureWithoutHash => signature = key.sign(&[data, client_data].concat()),
            _ => {}
        }
        signature
    }

    pub(super) fn envelope(self, answer: &mut Value) {
        let (path, value) = match self {
            F::TypePassword => ("type", json!("password")),
            F::IdOfAnother => ("id", json!(encode(&[9; 32]))),
            F::UserHandle => ("response/userHandle", json!(encode(&[9; 32]))),
            F::UserHandleMissing => ("response/userHandle", Value::Null),
            F::UnknownCredential => {
                answer["id"] = json!(encode(&[9; 32]));
                ("rawId", json!(encode(&[9; 32])))
            }
            F::Null(path) => (path, Value::Null),
            F::Number(path) => (path, json!(7)),
            F::Junk(path) => (path, json!("!#%&/()=")),
            F::Without(path) => {
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                let folder = if folder.is_empty() {
                    answer
                } else {
                    &mut answer[folder]
                };
                folder.as_object_mut().unwrap().remove(name);
                return;
            }
            _ => return,
        };
        *answer.pointer_mut(&format!("/{path}")).unwrap() = value;
    }
}
