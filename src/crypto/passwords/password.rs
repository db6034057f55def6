use std::fmt;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use zeroize::Zeroizing;

/// A password as typed, in Unicode normal form C and otherwise untouched: blanks, newlines and NUL
/// are part of it. It does not print, and its memory is wiped when it goes.
///
/// The form is fixed here so that hashing and verifying cannot disagree about it, and a password
/// set on one system can be typed on another
/// ([NIST SP 800-63B-4 §3.1.1.2](https://pages.nist.gov/800-63-4/sp800-63b.html)).
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// The password has more than [`Password::MAX_CHARS`] characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has at most {} characters", Password::MAX_CHARS)]
pub struct PasswordTooLong;

impl Password {
    /// The most characters (Unicode scalar values in normal form C) of a password.
    pub const MAX_CHARS: usize = 256;

    /// The most bytes as received: what [`MAX_CHARS`](Self::MAX_CHARS) take when decomposed, with
    /// room to spare. Longer texts are refused unread.
    pub const MAX_BYTES: usize = 4_096;

    /// Takes a password over.
    ///
    /// # Errors
    ///
    /// [`PasswordTooLong`], without looking at the text when it is longer than
    /// [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn parse(text: String) -> Result<Self, PasswordTooLong> {
        let text = Zeroizing::new(text);
        if text.len() > Self::MAX_BYTES {
            return Err(PasswordTooLong);
        }
        let text = if is_nfc_quick(text.chars()) == IsNormalized::Yes {
            text
        } else {
            // C is at most three times as long; a string that grew would leave copies behind
            let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
            normal.extend(text.nfc());
            normal
        };
        if text.chars().count() > Self::MAX_CHARS {
            return Err(PasswordTooLong);
        }
        Ok(Self(text))
    }

    /// The characters, in normal form C; for the rules and for comparing two of them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_11_the_limit_counts_characters_after_nfc() {
        let fits = |text: String| Password::parse(text).is_ok();
        for character in ["a", "\u{e9}", "e\u{301}", "\u{1f511}", "s\u{323}\u{307}"] {
            assert!(fits(character.repeat(64)), "{character}");
            assert!(fits(character.repeat(128)), "{character}");
            assert!(fits(character.repeat(256)), "{character}");
            assert!(!fits(character.repeat(257)), "{character}");
        }
        // normalising can lengthen: U+0958 has no composed form and becomes two
        assert!(fits("\u{958}".repeat(128)));
        assert!(!fits("\u{958}".repeat(129)));
    }

    #[test]
    fn log_14_a_megabyte_is_refused_and_the_longest_decomposed_password_is_not() {
        assert!(Password::parse(format!("a{}", "\u{301}".repeat(500_000))).is_err());
        // the longest there is: 256 characters of three letters, 2 304 bytes
        assert!(Password::parse("\u{1112}\u{1161}\u{11ab}".repeat(256)).is_ok());
        assert_eq!(
            Password::parse("\0".repeat(1_000_000)).err(),
            Some(PasswordTooLong)
        );
    }
}
