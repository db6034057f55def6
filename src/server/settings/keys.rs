use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::error::Problem;
use crate::crypto::sealing::{Keyring, key_id};

/// The key of the Inmor manual, which everybody knows.
pub(super) const DEVELOPMENT_KEY: &str = "s098x330cQk5XaIdRWI2-bRsWiiy7ggvJfPrq8OKmQE=";

/// Writes the padding as Python does, reads with or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const RIGHT: &str = "use keys printed by `inmor-mfa keys generate`, separated by commas";

/// A Fernet key: 16 bytes for signing, then 16 for encrypting
/// ([Fernet spec](https://github.com/fernet/spec/blob/master/Spec.md)). Prints as its id.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptionKey([u8; 32]);

impl EncryptionKey {
    /// The key of a text, with or without padding.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as Python's `Fernet.generate_key()` writes it: url-safe base64 with padding.
    pub fn fernet_text(&self) -> String {
        BASE64.encode(self.0)
    }

    /// What people and the database call the key, see [`key_id`].
    pub fn id(&self) -> String {
        key_id(&self.0)
    }

    /// The key of the Inmor manual.
    pub fn development() -> Option<Self> {
        Self::parse(DEVELOPMENT_KEY)
    }

    /// Whether it is the key of the Inmor manual.
    pub fn is_development(&self) -> bool {
        Self::development().as_ref() == Some(self)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({})", self.id())
    }
}

/// At least one key, no key twice; the first encrypts, all decrypt. Prints as ids.
#[derive(Debug, Clone)]
pub struct EncryptionKeys {
    first: EncryptionKey,
    older: Vec<EncryptionKey>,
    keyring: Keyring,
}

impl EncryptionKeys {
    pub(super) fn parse(texts: &[String]) -> Result<Self, Problem> {
        let mut keys: Vec<EncryptionKey> = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let which = format!("key {} of {}", at + 1, texts.len());
            let Some(key) = EncryptionKey::parse(text) else {
                return Err(Problem::new(
                    format!("{which} is not 32 bytes in url-safe base64"),
                    RIGHT,
                ));
            };
            if keys.contains(&key) {
                return Err(Problem::new(
                    format!("{which} stands there twice"),
                    "write each key once",
                ));
            }
            keys.push(key);
        }
        let keyring = Keyring::new(keys.iter().map(EncryptionKey::bytes));
        let mut keys = keys.into_iter();
        match (keys.next(), keyring) {
            (Some(first), Some(keyring)) => Ok(Self {
                first,
                older: keys.collect(),
                keyring,
            }),
            _ => Err(Problem::new("holds no key", RIGHT)),
        }
    }

    /// The key that encrypts.
    pub fn first(&self) -> &EncryptionKey {
        &self.first
    }

    /// All keys, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &EncryptionKey> {
        std::iter::once(&self.first).chain(&self.older)
    }

    /// What seals and opens with these keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Whether new secrets are encrypted with the key that everybody knows.
    pub fn encrypts_with_development_key(&self) -> bool {
        self.first.is_development()
    }
}

impl fmt::Display for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, key) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let known = if key.is_development() {
                " (development key)"
            } else {
                ""
            };
            write!(f, "{comma}key {}{known}", key.id())?;
        }
        Ok(())
    }
}

/// Text that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A bearer token: 16 to 256 visible ASCII characters.
    pub(super) fn parse_token(text: String) -> Result<Self, Problem> {
        if (16..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(Problem::new(
                "is no token",
                "use 16 to 256 visible ASCII characters, such as `openssl rand -hex 32`",
            ))
        }
    }

    /// The text itself; compare it in constant time.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set, not shown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // printed by Python 3's base64.urlsafe_b64encode(bytes(range(n, n + 32)))
    const COUNTING: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const URL_SAFE_ONES: &str = "____________________________________________";

    fn keys(texts: &[&str]) -> Result<EncryptionKeys, Problem> {
        EncryptionKeys::parse(&texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_key_made_by_python_works_as_it_is() {
        let key = EncryptionKey::parse(COUNTING).unwrap();
        assert_eq!(key.bytes().to_vec(), (0..32).collect::<Vec<u8>>());
        // hashlib.sha256(bytes(range(32))).hexdigest()[:8]
        assert_eq!(key.id(), "630dcd29");
        assert_eq!(key.fernet_text(), COUNTING);
        assert_eq!(
            EncryptionKey::parse(COUNTING.trim_end_matches('=')),
            Some(key)
        );
    }

    #[test]
    fn what_is_not_32_bytes_in_url_safe_base64_is_refused_by_number() {
        for wrong in [
            "",
            "marker",
            &COUNTING[4..],
            &format!("AAAA{COUNTING}"),
            &COUNTING.replace("Hh8", "/+8"),
            URL_SAFE_ONES,
        ] {
            let problem = keys(&[COUNTING, wrong]).expect_err(wrong);
            assert_eq!(
                problem.wrong,
                "key 2 of 2 is not 32 bytes in url-safe base64"
            );
        }
        assert!(keys(&[]).is_err());
    }

    #[test]
    fn a_key_is_not_taken_twice_in_any_spelling() {
        let problem = keys(&[COUNTING, COUNTING.trim_end_matches('=')]).unwrap_err();
        assert_eq!(problem.wrong, "key 2 of 2 stands there twice");
    }

    #[test]
    fn the_first_key_encrypts() {
        let both = keys(&[COUNTING, DEVELOPMENT_KEY]).unwrap();
        assert_eq!(both.first().fernet_text(), COUNTING);
        assert_eq!(
            both.iter()
                .map(EncryptionKey::fernet_text)
                .collect::<Vec<_>>(),
            [COUNTING, DEVELOPMENT_KEY]
        );
        assert_eq!(both.keyring().first_id(), both.first().id());
        assert!(both.iter().all(|key| both.keyring().holds(&key.id())));
        assert!(!both.encrypts_with_development_key());
        assert!(
            keys(&[DEVELOPMENT_KEY.trim_end_matches('=')])
                .unwrap()
                .encrypts_with_development_key()
        );
    }

    #[test]
    fn a_key_prints_as_its_id() {
        let keys = keys(&[COUNTING]).unwrap();
        assert_eq!(keys.to_string(), "key 630dcd29");
        assert_eq!(format!("{:?}", keys.first()), "EncryptionKey(630dcd29)");
    }
}
