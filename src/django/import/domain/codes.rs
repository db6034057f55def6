//! Recovery codes: derived from a seed, or a list that came from an older package.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{Keys, Unreadable};

/// Codes of a set, and digits of a code, where a site has not set others.
const COUNT: u32 = 10;
const DIGITS: usize = 8;

/// A set.
pub struct Codes {
    /// The codes, each with whether it is spent.
    pub all: Vec<(Zeroizing<String>, bool)>,
    /// Whether it was sealed with the key that everybody knows.
    pub exposed: bool,
    /// When its owner last saw it, in seconds since 1970 UTC.
    pub viewed_at: Option<i64>,
}

/// The codes in `{"seed": …, "used_mask": …}` or `{"migrated_codes": […]}`.
///
/// # Errors
/// [`Unreadable`].
pub fn codes(data: &Value, keys: &Keys) -> Result<Codes, Unreadable> {
    // a float of seconds there; the fraction does not matter
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let viewed_at = data
        .get("viewed_at")
        .and_then(Value::as_f64)
        .map(|at| at as i64);
    if let Some(list) = data.get("migrated_codes").and_then(Value::as_array) {
        let mut set = Codes {
            all: Vec::with_capacity(list.len()),
            exposed: false,
            viewed_at,
        };
        for stored in list {
            let opened = keys.open(stored.as_str().ok_or(Unreadable::Damaged)?)?;
            set.exposed |= opened.exposed;
            set.all.push((opened.text, false));
        }
        return Ok(set);
    }
    let stored = data.get("seed").and_then(Value::as_str);
    let seed = keys.open(stored.ok_or(Unreadable::Damaged)?)?;
    let mask = match data.get("used_mask") {
        None | Some(Value::Null) => 0,
        Some(mask) => mask.as_u64().ok_or(Unreadable::Damaged)?,
    };
    if seed.text.is_empty() {
        return Err(Unreadable::Damaged);
    }
    Ok(Codes {
        all: derive(&seed.text, mask).ok_or(Unreadable::Damaged)?,
        exposed: seed.exposed,
        viewed_at,
    })
}

/// The codes of a seed: each is cut from an HMAC-SHA-1 under the seed's letters of a text that grows by
/// the code's number. A set bit of the mask is a spent code.
fn derive(seed: &str, mask: u64) -> Option<Vec<(Zeroizing<String>, bool)>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed.as_bytes()).ok()?;
    // a site that has set a larger number has used one beyond ours, or it makes no difference
    let count = COUNT.max(u64::BITS.saturating_sub(mask.leading_zeros()));
    (0..count)
        .map(|number| {
            mac.update(format!("{number:3},").as_bytes());
            let digest = mac.clone().finalize().into_bytes();
            let cut = u32::from_be_bytes(*digest.first_chunk()?);
            let code = format!("{:0DIGITS$}", cut % 10_u32.pow(8));
            Some((Zeroizing::new(code), mask & (1 << number) != 0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::sealing::ForeignKey;

    /// Ran through django-allauth itself.
    const SEED: &str =
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627";
    const CODES: [&str; 10] = [
        "51120137", "97079580", "42591744", "84969450", "07781729", "02530044", "17603793",
        "98190926", "70103049", "89962668",
    ];

    fn read(data: &Value) -> Vec<(String, bool)> {
        let keys = Keys::new(vec![ForeignKey::new(&[1; 32]).unwrap()], None);
        let set = codes(data, &keys).unwrap();
        let codes = set.all.into_iter();
        codes
            .map(|(code, spent)| (code.to_string(), spent))
            .collect()
    }

    #[test]
    fn django_codes_of_a_seed_are_those_of_allauth_and_the_mask_spends_them() {
        let sealed = ForeignKey::new(&[1; 32]).unwrap().seal(0, SEED);
        for seed in [SEED, &sealed] {
            let expected: Vec<_> = (0..)
                .zip(CODES)
                .map(|(number, code)| (code.to_owned(), [0, 2].contains(&number)))
                .collect();
            assert_eq!(read(&json!({ "seed": seed, "used_mask": 5 })), expected);
        }
        assert!(
            read(&json!({ "seed": SEED }))
                .iter()
                .all(|(_, spent)| !spent)
        );
        assert_eq!(read(&json!({ "seed": SEED, "used_mask": 2048 })).len(), 12);
        assert_eq!(
            read(&json!({ "seed": SEED, "used_mask": u64::MAX })).len(),
            64
        );
    }

    #[test]
    fn django_codes_of_a_list_are_as_they_stand_there_sealed_or_not() {
        let sealed = ForeignKey::new(&[1; 32]).unwrap().seal(0, "494fbbca");
        let list = json!({ "migrated_codes": ["23888533", sealed] });
        let expected = [
            ("23888533".to_owned(), false),
            ("494fbbca".to_owned(), false),
        ];
        assert_eq!(read(&list), expected);
        assert!(read(&json!({ "migrated_codes": [] })).is_empty());
    }

    #[test]
    fn django_codes_that_are_none_are_damaged() {
        let keys = Keys::new(Vec::new(), None);
        for data in [
            json!({}),
            json!([]),
            json!({ "seed": 7 }),
            json!({ "seed": "" }),
            json!({ "seed": SEED, "used_mask": -1 }),
            json!({ "seed": SEED, "used_mask": "5" }),
            json!({ "migrated_codes": [7] }),
        ] {
            assert_eq!(
                codes(&data, &keys).err(),
                Some(Unreadable::Damaged),
                "{data}"
            );
        }
    }
}
