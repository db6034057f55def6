//! What `gate doctor` puts on its requests, so that it can ask afterwards what the gate made of them.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::derive::{authenticate, derive};
use crate::crypto::hex;

/// What is derived, so that nothing else ever derives the same.
const PURPOSE: &[u8] = b"inmor-mfa gate doctor, 1";

/// The keys that marks are made and known by; any of them will do.
#[derive(Clone)]
pub struct MarkKeys(Vec<Zeroizing<[u8; 32]>>);

impl MarkKeys {
    /// The keys of encryption keys, in their order.
    #[must_use]
    pub fn derive<'a>(keys: impl Iterator<Item = &'a [u8; 32]>) -> Self {
        Self(keys.filter_map(|key| derive(key, PURPOSE)).collect())
    }

    /// A mark that is good until `until`, seconds since 1970 UTC; `None` without a key.
    #[must_use]
    pub fn make(&self, until: i64, random: [u8; 16]) -> Option<String> {
        let text = format!("{until}.{}", hex(&random));
        let sum = authenticate(self.0.first()?, text.as_bytes())?;
        Some(format!("{text}.{}", hex(&sum)))
    }

    /// Whether a mark was made with one of the keys and is still good.
    #[must_use]
    pub fn know(&self, mark: &str, now: i64) -> bool {
        let Some((text, sum)) = mark.rsplit_once('.') else {
            return false;
        };
        let until = text.split('.').next().and_then(|until| until.parse().ok());
        let made = |key: &Zeroizing<[u8; 32]>| {
            authenticate(key, text.as_bytes())
                .is_some_and(|right| hex(&right).as_bytes().ct_eq(sum.as_bytes()).into())
        };
        until.is_some_and(|until: i64| now <= until) && self.0.iter().any(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_known_by_whoever_has_the_key_until_it_has_run_out() {
        let mine = MarkKeys::derive([[1; 32]].iter());
        let mark = mine.make(100, [7; 16]).unwrap();
        assert!(mine.know(&mark, 100) && !mine.know(&mark, 101));
        assert!(MarkKeys::derive([[2; 32], [1; 32]].iter()).know(&mark, 100));
        assert!(!MarkKeys::derive([[2; 32]].iter()).know(&mark, 100));
        let later = mark.replacen("100.", "900.", 1);
        for bad in [
            "",
            ".",
            "100",
            "100..",
            &later,
            &format!("{mark}0"),
            &mark[..60],
        ] {
            assert!(!mine.know(bad, 100), "{bad}");
        }
    }
}
