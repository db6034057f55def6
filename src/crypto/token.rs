//! Bearer tokens: what a cookie or a link holds, and what the database holds of it.
//!
//! Sessions, known browsers and first-run links use the same kind. The browser has the token, the
//! database its SHA-256, so a stolen database opens nothing. A plain hash is enough for 256 random
//! bits: there is nothing to guess.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::random::{Random, RandomError};

/// A secret of 32 random bytes; as text, 43 characters of URL-safe base64 without padding
/// ([RFC 4648 §5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
pub struct Token(Zeroizing<[u8; Token::BYTES]>);

impl Token {
    /// Random bytes in a token.
    pub const BYTES: usize = 32;

    /// Characters of a token's text.
    pub const CHARS: usize = 43;

    /// A new token.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the random source fails.
    pub fn generate(random: &Random) -> Result<Self, RandomError> {
        Ok(Self(Zeroizing::new(random.bytes()?)))
    }

    /// The token with this text, or `None` for anything [`expose`](Self::expose) would not write:
    /// another length or alphabet, padding, blanks, or stray bits in the last character.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != Self::CHARS {
            return None;
        }
        let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The text for the cookie or the link, 43 characters. It must not be logged or stored.
    pub fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }

    /// What the database knows the token by.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_slice()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The SHA-256 of a token's 32 bytes (not of its text): 32 bytes, the key of a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The 32 bytes, as bound to a query.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The text of the 32 bytes 0, 1, … 31, and their SHA-256 by `sha256sum`.
    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const SHA256: [u8; 32] = [
        0x63, 0x0d, 0xcd, 0x29, 0x66, 0xc4, 0x33, 0x66, 0x91, 0x12, 0x54, 0x48, 0xbb, 0xb2, 0x5b,
        0x4f, 0xf4, 0x12, 0xa4, 0x9c, 0x73, 0x2d, 0xb2, 0xc8, 0xab, 0xc1, 0xb8, 0x58, 0x1b, 0xd7,
        0x10, 0xdd,
    ];

    #[test]
    fn ses_04_ten_thousand_tokens_are_unique_and_no_bit_is_biased() {
        const TOKENS: usize = 10_000;
        let random = Random::system();
        let mut texts = HashSet::new();
        let mut prefixes = HashSet::new();
        let mut ones = [0_usize; Token::BYTES * 8];
        for _ in 0..TOKENS {
            let token = Token::generate(&random).unwrap();
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += usize::from(token.0[bit / 8] >> (bit % 8) & 1);
            }
            let text = token.expose();
            prefixes.insert(text[..1].to_owned());
            texts.insert(text);
        }
        assert_eq!(texts.len(), TOKENS);
        // a fair bit's standard deviation is sqrt(10 000) / 2 = 50; five of them for all 256 bits
        // together (one false alarm in two million runs) are six for each
        for (bit, count) in ones.into_iter().enumerate() {
            assert!(
                count.abs_diff(TOKENS / 2) <= 6 * 50,
                "bit {bit} was set {count} times"
            );
        }
        assert_eq!(prefixes.len(), 64, "tokens share their beginnings");
    }

    #[test]
    fn a_token_survives_its_text() {
        let token = Token::generate(&Random::seeded(1)).unwrap();
        let text = token.expose();
        assert_eq!(text.len(), Token::CHARS);
        assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
    }

    #[test]
    fn the_hash_is_sha256_of_the_bytes() {
        let hash = Token::parse(TEXT).unwrap().hash();
        assert_eq!(hash.as_slice(), SHA256);
    }

    #[test]
    fn only_the_text_that_was_written_is_read() {
        assert!(Token::parse(TEXT).is_some());
        // the last character has two bits too many: 8 is written, 9, - and _ would be the same token
        let stem = &TEXT[..42];
        for text in [
            String::new(),
            stem.to_owned(),
            format!("{TEXT}="),
            format!("{TEXT}A"),
            format!(" {stem}"),
            format!("{stem}="),
            format!("{stem}9"),
            format!("{stem}-"),
            format!("{stem}+"),
            format!("{stem}\n"),
            TEXT.replace("AAEC", "AA/C"),
            TEXT.replace("AAEC", "AA\0C"),
            TEXT.replace("AAEC", "AAé"),
            "A".repeat(1_000_000),
        ] {
            assert!(Token::parse(&text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn neither_a_token_nor_its_hash_prints() {
        let token = Token::parse(TEXT).unwrap();
        assert_eq!(
            format!("{token:?} {:?}", token.hash()),
            "Token(..) TokenHash(..)"
        );
    }

    #[test]
    fn without_randomness_there_is_no_token() {
        assert!(Token::generate(&Random::failing()).is_err());
    }
}
