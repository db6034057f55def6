//! Ed25519 ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)), which the library knows and does not
//! verify. Such keys are not offered; they come over from other systems.

use ed25519_dalek::{Signature, VerifyingKey};
use serde_cbor_2::Value as Cbor;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{
    Assertion, Fault, StoredKey, Used,
    authenticator_data::{BACKED_UP, ELIGIBLE, PRESENT, VERIFIED},
};

/// COSE number of the algorithm ([RFC 9053 §2.2](https://www.rfc-editor.org/rfc/rfc9053#section-2.2)).
pub(super) const EDDSA: i128 = -8;
/// Key type: a key that is one string of bytes.
const OKP: i128 = 1;
/// The curve Ed25519.
const ED25519: i128 = 6;

/// The key in a `COSE_Key`; `None` when it is of another algorithm or curve, or no point of it.
pub(super) fn parse(public_key: &[u8]) -> Option<VerifyingKey> {
    let Ok(Cbor::Map(key)) = serde_cbor_2::from_slice(public_key) else {
        return None;
    };
    let is = |label, value| key.get(&Cbor::Integer(label)) == Some(&Cbor::Integer(value));
    let Some(Cbor::Bytes(x)) = key.get(&Cbor::Integer(-2)) else {
        return None;
    };
    if !is(1, OKP) || !is(3, EDDSA) || !is(-1, ED25519) {
        return None;
    }
    let key = VerifyingKey::from_bytes(x.as_slice().try_into().ok()?).ok()?;
    (!key.is_weak()).then_some(key)
}

/// Verifies an answer as the library does those of other algorithms
/// ([§7.2](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion), steps 15 to 24): type, origin
/// and form were looked at when it was read, its challenge was used up by the caller.
pub(super) fn authenticate(
    rp_id: &str,
    answer: &Assertion,
    key: &StoredKey<'_>,
    public_key: &VerifyingKey,
    verification: bool,
) -> Result<Used, Fault> {
    let head = answer.head;
    let response = &answer.answer.response;
    let eligible = head.says(ELIGIBLE);
    let acceptable = bool::from(head.rp_id_hash.ct_eq(&Sha256::digest(rp_id)))
        && head.says(PRESENT)
        && (head.says(VERIFIED) || !verification)
        && eligible == key.backup_eligible
        && (eligible || !head.says(BACKED_UP));
    if !acceptable {
        return Err(Fault::NotVerified);
    }
    let signed = [
        response.authenticator_data.as_slice(),
        &Sha256::digest(response.client_data_json.as_slice()),
    ]
    .concat();
    verify(public_key, &signed, response.signature.as_slice())?;
    let sign_count = i64::from(head.sign_count);
    if (sign_count > 0 || key.sign_count > 0) && sign_count <= key.sign_count {
        return Err(Fault::Counter);
    }
    Ok(Used {
        sign_count,
        user_verified: head.says(VERIFIED),
        backup_state: head.says(BACKED_UP),
    })
}

fn verify(key: &VerifyingKey, signed: &[u8], signature: &[u8]) -> Result<(), Fault> {
    let signature = Signature::from_slice(signature).map_err(|_| Fault::NotVerified)?;
    key.verify_strict(signed, &signature)
        .map_err(|_| Fault::NotVerified)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    fn cose(pairs: &[(i128, Cbor)]) -> Vec<u8> {
        let map: BTreeMap<_, _> = pairs
            .iter()
            .map(|(label, value)| (Cbor::Integer(*label), value.clone()))
            .collect();
        serde_cbor_2::to_vec(&Cbor::Map(map)).unwrap()
    }

    fn okp(algorithm: i128, curve: i128, x: &[u8]) -> Vec<u8> {
        cose(&[
            (1, Cbor::Integer(OKP)),
            (3, Cbor::Integer(algorithm)),
            (-1, Cbor::Integer(curve)),
            (-2, Cbor::Bytes(x.to_vec())),
        ])
    }

    /// [RFC 8032 §7.1](https://www.rfc-editor.org/rfc/rfc8032#section-7.1), tests 1 to 3.
    const VECTORS: [(&str, &str, &str); 3] = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];

    #[test]
    fn rfc8032_section_7_1_and_nothing_that_differs_by_a_bit() {
        for (key, message, signature) in VECTORS {
            let key = parse(&okp(EDDSA, ED25519, &bytes(key))).unwrap();
            let (message, signature) = (bytes(message), bytes(signature));
            assert_eq!(verify(&key, &message, &signature), Ok(()));
            for bit in 0..signature.len() * 8 {
                let mut other = signature.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                assert!(verify(&key, &message, &other).is_err(), "{bit}");
            }
            let longer = [&message[..], &[0]].concat();
            assert!(verify(&key, &longer, &signature).is_err());
            assert!(verify(&key, &message, &signature[..63]).is_err());
            assert!(verify(&key, &message, &[&signature[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn a_key_of_another_algorithm_curve_or_length_or_a_weak_one_is_none() {
        let x = bytes(VECTORS[0].0);
        assert!(parse(&okp(EDDSA, ED25519, &x)).is_some());
        assert!(parse(&okp(-7, ED25519, &x)).is_none());
        assert!(parse(&okp(EDDSA, 7, &x)).is_none());
        assert!(parse(&okp(EDDSA, ED25519, &x[..31])).is_none());
        // the neutral element and a point of order 8: signatures of them need no private key
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(parse(&okp(EDDSA, ED25519, &neutral)).is_none());
        assert!(parse(&okp(EDDSA, ED25519, &[0; 32])).is_none());
        assert!(parse(&[0xa0]).is_none());
        assert!(parse(&[]).is_none());
    }
}
