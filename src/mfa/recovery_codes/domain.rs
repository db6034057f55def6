//! What a code looks like, and what the database knows of it.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::crypto::random::{Random, RandomError};

/// Random bytes in a code. 112 bits and more need no slow hash
/// ([NIST SP 800-63B-4 §3.1.2.2](https://pages.nist.gov/800-63-4/sp800-63b.html)).
const BYTES: usize = 15;
/// Letters of a code, without dashes.
const LETTERS: usize = 24;
/// [Crockford's base 32](https://www.crockford.com/base32.html): no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new code: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`.
///
/// # Errors
/// [`RandomError`].
pub fn new_code(random: &Random) -> Result<Zeroizing<String>, RandomError> {
    let bytes = Zeroizing::new(random.bytes::<BYTES>()?);
    let mut code = Zeroizing::new(String::with_capacity(LETTERS + LETTERS / 4));
    for five in bytes.chunks_exact(5) {
        let bits = five
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for letter in (0..8).rev() {
            if letter % 4 == 3 && !code.is_empty() {
                code.push('-');
            }
            let value = usize::try_from(bits >> (letter * 5) & 31).unwrap_or_default();
            code.push(ALPHABET.get(value).copied().map_or('0', char::from));
        }
    }
    Ok(code)
}

/// A code as typed, in the one spelling that is hashed: upper case, without separators, and with
/// look-alikes read as what they stand for.
pub struct Code(Zeroizing<String>);

impl Code {
    /// The code in a text, or `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(LETTERS));
        for letter in text.chars() {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter if letter.is_whitespace() || is_separator(letter) => continue,
                letter => letter,
            };
            if code.len() == LETTERS || !letter.is_ascii() {
                return None;
            }
            if !ALPHABET.contains(&u8::try_from(letter).ok()?) {
                return None;
            }
            code.push(letter);
        }
        (code.len() == LETTERS).then(|| Self(code))
    }

    /// What the database knows the code by: the hash also names the account, so the same code in
    /// another account's set would be another hash.
    #[must_use]
    pub fn hash(&self, account_id: &str) -> [u8; 32] {
        hash(b"inmor-mfa recovery code", account_id, &self.0)
    }
}

/// Letters of a code of another system, without separators: more than a code of an app has, unless
/// those are set to be longer.
const FOREIGN: std::ops::RangeInclusive<usize> = 7..=64;

/// A code of another system as typed: letters and digits in lower case, without separators. It is too
/// short for a hash to hide it, so as long as it is unspent the database has it sealed and not hashed.
pub struct ForeignCode(Zeroizing<String>);

impl ForeignCode {
    /// The code in a text, or `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(*FOREIGN.end()));
        for letter in text.chars() {
            if letter.is_whitespace() || is_separator(letter) {
                continue;
            }
            if !letter.is_ascii_alphanumeric() || code.len() == *FOREIGN.end() {
                return None;
            }
            code.push(letter.to_ascii_lowercase());
        }
        FOREIGN.contains(&code.len()).then(|| Self(code))
    }

    /// The code in the one spelling that is compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        bool::from(self.0.as_bytes().ct_eq(text.as_bytes()))
    }

    /// What the database knows the code by once it is spent.
    #[must_use]
    pub fn hash(&self, account_id: &str) -> [u8; 32] {
        hash(
            b"inmor-mfa spent code of another system",
            account_id,
            &self.0,
        )
    }
}

/// What stands for the hash of a code that no hash may find, in the row with an id.
#[must_use]
pub fn no_hash(id: &str) -> [u8; 32] {
    hash(b"inmor-mfa unspent code of another system", id, "")
}

const fn is_separator(letter: char) -> bool {
    matches!(letter, '-' | '_' | '.' | ',' | '\u{2010}'..='\u{2015}')
}

fn hash(domain: &[u8], account_id: &str, code: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(domain);
    digest.update(b"\0");
    digest.update(account_id.as_bytes());
    digest.update(b"\0");
    digest.update(code.as_bytes());
    digest.finalize().into()
}

/// Whose codes these are, for where and of when.
#[must_use]
pub fn whose(username: &str, site: &str, created: &str) -> String {
    format!("Recovery codes of {username} at {site}, made {created}.")
}

/// The text file with a set.
#[must_use]
pub fn file(codes: &[String], username: &str, site: &str, created: &str) -> String {
    let mut text = whose(username, site, created);
    text.push_str("\nEach works once, in place of a code from your authenticator app.\n\n");
    for code in codes {
        text.push_str(code);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_has_120_random_bits_in_six_groups_without_look_alikes() {
        let random = Random::system();
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let code = new_code(&random).unwrap();
            assert_eq!(code.len(), 29);
            assert!(code.split('-').all(|group| group.len() == 4), "{code:?}");
            assert!(!code.contains(['I', 'L', 'O', 'U']), "{code:?}");
            assert!(Code::parse(&code).is_some());
            seen.insert(code.to_string());
        }
        assert_eq!(seen.len(), 1000);
        // every letter of the alphabet occurs at every place: no bit stands still
        for place in (0..29).filter(|place| place % 5 != 4) {
            let letters: HashSet<_> = seen.iter().map(|code| code.as_bytes()[place]).collect();
            assert_eq!(letters.len(), 32, "place {place}");
        }
    }

    #[test]
    fn case_separators_and_look_alikes_are_forgiven() {
        let exact = Code::parse("0123-4567-89AB-CDEF-GHJK-MNPQ").unwrap();
        for typed in [
            "0123456789abcdefghjkmnpq",
            " o123 4567 89ab cdef ghjk mnpq ",
            "Oi23–4567–89AB–CDEF–GHJK–MNPQ",
            "0L23.4567.89AB.CDEF.GHJK.MNPQ",
        ] {
            let code = Code::parse(typed).unwrap();
            assert_eq!(code.hash("a"), exact.hash("a"), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_not_hashed() {
        for text in [
            "",
            "€#",
            "123456",
            "0123-4567-89AB-CDEF-GHJK-MNP",
            "0123-4567-89AB-CDEF-GHJK-MNPQR",
            "0123-4567-89AB-CDEF-GHJK-MNPU",
            "0123-4567-89AB-CDEF-GHJK-MNP€",
        ] {
            assert!(Code::parse(text).is_none(), "{text}");
        }
        assert!(Code::parse(&"0".repeat(1_000_000)).is_none());
    }

    #[test]
    fn django_codes_are_compared_without_case_and_separators() {
        let exact = ForeignCode::parse("85077701").unwrap();
        assert!(exact.is("85077701") && !exact.is("85077702") && !exact.is("8507770"));
        for typed in ["8507 7701", " 8507-7701 ", "8.5.0.7.7.7.0.1", "8507–7701"] {
            assert_eq!(ForeignCode::parse(typed).unwrap().as_str(), "85077701");
        }
        assert_eq!(
            ForeignCode::parse("494F BBCA").unwrap().as_str(),
            "494fbbca"
        );
        for text in ["", "123456", "85077701!", "８５０７７７０１", "85077701€"] {
            assert!(ForeignCode::parse(text).is_none(), "{text}");
        }
        assert!(ForeignCode::parse(&"0".repeat(64)).is_some());
        assert!(ForeignCode::parse(&"0".repeat(65)).is_none());
        assert!(ForeignCode::parse(&"0".repeat(1_000_000)).is_none());
        assert_ne!(exact.hash("a"), exact.hash("b"));
    }

    #[test]
    fn one_code_is_two_hashes_in_two_accounts() {
        let code = Code::parse("0123-4567-89AB-CDEF-GHJK-MNPQ").unwrap();
        assert_ne!(code.hash("a"), code.hash("b"));
    }
}
