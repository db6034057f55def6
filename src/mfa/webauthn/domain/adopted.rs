//! Keys that were registered with another system for this site, and keys as another system takes them.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_cbor_2::Value as Cbor;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use webauthn_rs_core::proto::COSEKey;

use super::{
    Fault, NewKey, RelyingParty,
    answer::{attestation, discoverable, envelope, transports},
    authenticator_data::{ATTESTED, BACKED_UP, ELIGIBLE, PRESENT, VERIFIED},
    eddsa,
};

/// Why a registered key cannot come over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdopted {
    /// The stored answer is damaged.
    #[error("the stored key is damaged ({0})")]
    Damaged(&'static str),
    /// It was made for another relying party id.
    #[error("it was made for another host name")]
    Elsewhere,
    /// Signatures of this COSE number are not verified here.
    #[error("its signature algorithm {0} is not verified here")]
    Algorithm(i128),
    /// The public key is no key of its algorithm, or an RSA key that has not 2048 bits.
    #[error("its public key cannot be used")]
    PublicKey,
}

impl From<Fault> for NotAdopted {
    fn from(fault: Fault) -> Self {
        Self::Damaged(fault.as_str())
    }
}

/// The key of an answer, `RegistrationResponseJSON`, that another system has verified and stored.
///
/// It was accepted there, so neither challenge nor statement is looked at. It signs in by itself only if
/// its user was verified when it was made, and it says that it is discoverable. Where it says nothing, it
/// must be of a kind that always is: of this device, or synced.
///
/// # Errors
/// [`NotAdopted`].
pub fn adopt(json: &Value, rp_id: &str) -> Result<NewKey, NotAdopted> {
    let text = |path: &str| json.pointer(path).and_then(Value::as_str);
    let raw_id = text("/rawId").or_else(|| text("/id")).unwrap_or_default();
    let decode = |text: &str| {
        BASE64_URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|_| NotAdopted::Damaged("base64"))
    };
    let id = decode(raw_id)?;
    let kind = text("/type").unwrap_or_default();
    envelope(text("/id").unwrap_or_default(), &id, kind)?;
    let object = decode(text("/response/attestationObject").unwrap_or_default())?;
    let attested = attestation(&object)?;
    if attested.credential_id != id {
        return Err(NotAdopted::Damaged("credential id"));
    }
    let head = attested.head;
    if head.rp_id_hash != *Sha256::digest(rp_id) {
        return Err(NotAdopted::Elsewhere);
    }
    if !head.says(PRESENT) || head.says(BACKED_UP) && !head.says(ELIGIBLE) {
        return Err(NotAdopted::Damaged("flags"));
    }
    usable(&attested.public_key)?;
    let on_this_device = text("/authenticatorAttachment") == Some("platform");
    let stays = discoverable(json).unwrap_or(on_this_device || head.says(ELIGIBLE));
    Ok(NewKey {
        passkey: head.says(VERIFIED) && stays,
        credential_id: attested.credential_id,
        public_key: attested.public_key,
        sign_count: i64::from(head.sign_count),
        user_verified: head.says(VERIFIED),
        backup_eligible: head.says(ELIGIBLE),
        backup_state: head.says(BACKED_UP),
        aaguid: Uuid::from_bytes(attested.aaguid).to_string(),
        transports: transports(json),
    })
}

/// Whether signatures of a `COSE_Key` can be verified here.
fn usable(public_key: &[u8]) -> Result<(), NotAdopted> {
    let key: Cbor = serde_cbor_2::from_slice(public_key).map_err(|_| NotAdopted::PublicKey)?;
    let Cbor::Map(map) = &key else {
        return Err(NotAdopted::PublicKey);
    };
    let Some(Cbor::Integer(algorithm)) = map.get(&Cbor::Integer(3)) else {
        return Err(NotAdopted::PublicKey);
    };
    let readable = if *algorithm == eddsa::EDDSA {
        eddsa::parse(public_key).is_some()
    } else if RelyingParty::ALGORITHMS.map(i128::from).contains(algorithm) {
        COSEKey::try_from(&key).is_ok()
    } else {
        return Err(NotAdopted::Algorithm(*algorithm));
    };
    if readable {
        Ok(())
    } else {
        Err(NotAdopted::PublicKey)
    }
}

/// An attestation object without a statement from which another system can learn a key again
/// ([§6.5.4](https://www.w3.org/TR/webauthn-3/#sctn-generating-an-attestation-object)); its counter is
/// that of the last signature. `None` when the key's AAGUID or id is none.
#[must_use]
pub fn attestation_object(key: &NewKey, rp_id: &str) -> Option<Vec<u8>> {
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    let flags = PRESENT
        | ATTESTED
        | flag(key.user_verified, VERIFIED)
        | flag(key.backup_eligible, ELIGIBLE)
        | flag(key.backup_state, BACKED_UP);
    let mut data = Sha256::digest(rp_id).to_vec();
    data.push(flags);
    data.extend(u32::try_from(key.sign_count).ok()?.to_be_bytes());
    data.extend(Uuid::parse_str(&key.aaguid).ok()?.as_bytes());
    data.extend(u16::try_from(key.credential_id.len()).ok()?.to_be_bytes());
    data.extend(&key.credential_id);
    data.extend(&key.public_key);
    let text = |text: &str| Cbor::Text(text.to_owned());
    let object = Cbor::Map(
        [
            (text("fmt"), text("none")),
            (text("attStmt"), Cbor::Map([].into())),
            (text("authData"), Cbor::Bytes(data)),
        ]
        .into(),
    );
    serde_cbor_2::to_vec(&object).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RP_ID: &str = "mfa.example.org";

    /// A P-256 key: the one of RFC 9500 §2.3 would do as well; this is the generator of the curve.
    fn es256() -> Vec<u8> {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        let (x, y) = (
            hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
        );
        [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..],
            &x,
            &[0x22, 0x58, 32],
            &y,
        ]
        .concat()
    }

    fn key() -> NewKey {
        NewKey {
            credential_id: vec![7; 32],
            public_key: es256(),
            sign_count: 41,
            passkey: true,
            user_verified: true,
            backup_eligible: true,
            backup_state: false,
            aaguid: "2fc0579f-8113-47ea-b116-bb5a8db9202a".to_owned(),
            transports: "internal usb".to_owned(),
        }
    }

    fn stored(key: &NewKey) -> Value {
        let object = attestation_object(key, RP_ID).unwrap();
        let id = BASE64_URL_SAFE_NO_PAD.encode(&key.credential_id);
        json!({
            "type": "public-key", "id": id, "rawId": id,
            "authenticatorAttachment": "cross-platform",
            "response": {
                "attestationObject": BASE64_URL_SAFE_NO_PAD.encode(object),
                "transports": ["usb", "telepathy", "internal"],
            },
            "clientExtensionResults": { "credProps": { "rk": true } },
        })
    }

    #[test]
    fn django_keys_go_out_and_come_back_as_they_were() {
        let (key, json) = (key(), stored(&key()));
        assert_eq!(
            format!("{:?}", adopt(&json, RP_ID).unwrap()),
            format!("{key:?}")
        );
    }

    #[test]
    fn django_keys_sign_in_alone_only_when_verified_and_discoverable() {
        for (verified, rk, attachment, eligible, passkey) in [
            (true, json!({ "rk": true }), "cross-platform", false, true),
            (true, json!({ "rk": false }), "platform", true, false),
            (false, json!({ "rk": true }), "platform", true, false),
            (true, json!({}), "cross-platform", false, false),
            (true, json!({}), "platform", false, true),
            (true, json!({}), "cross-platform", true, true),
            (false, json!({}), "platform", true, false),
        ] {
            let mut json = stored(&NewKey {
                user_verified: verified,
                backup_eligible: eligible,
                ..key()
            });
            json["clientExtensionResults"]["credProps"] = rk;
            json["authenticatorAttachment"] = attachment.into();
            assert_eq!(adopt(&json, RP_ID).unwrap().passkey, passkey, "{json}");
        }
    }

    #[test]
    fn django_keys_that_cannot_work_here_say_why() {
        let good = stored(&key());
        let with = |path: &str, value: Value| {
            let mut json = good.clone();
            *json.pointer_mut(path).unwrap() = value;
            adopt(&json, RP_ID).err()
        };
        assert_eq!(
            adopt(&good, "other.example.org").err(),
            Some(NotAdopted::Elsewhere)
        );
        for (path, value) in [
            ("/type", json!("password")),
            ("/id", json!("AAAA")),
            ("/rawId", json!("AAAA")),
            ("/rawId", json!("not base64!")),
            ("/response", json!({})),
            ("/response/attestationObject", json!("o2M")),
            ("/response/attestationObject", json!(7)),
        ] {
            let why = with(path, value);
            assert!(
                matches!(why, Some(NotAdopted::Damaged(_))),
                "{path}: {why:?}"
            );
        }
        assert!(adopt(&Value::Null, RP_ID).is_err());
        let of = |public_key: Vec<u8>| {
            adopt(
                &stored(&NewKey {
                    public_key,
                    ..key()
                }),
                RP_ID,
            )
            .err()
        };
        let mut es512 = es256();
        es512.splice(4..5, [0x38, 0x23]);
        assert_eq!(of(es512), Some(NotAdopted::Algorithm(-36)));
        let mut off_curve = es256();
        *off_curve.last_mut().unwrap() ^= 1;
        assert_eq!(of(off_curve), Some(NotAdopted::PublicKey));
        assert_eq!(of(vec![0xa0]), Some(NotAdopted::PublicKey));
    }
}
