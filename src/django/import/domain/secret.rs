//! Secrets as Django stores them: in clear, or as a Fernet token.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::crypto::sealing::ForeignKey;

/// How every Fernet token begins, and neither Base32 nor a seed in hexadecimal digits does.
const TOKEN: &str = "gAAAAA";

/// Why a secret is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is a token that no key opens.
    #[error("no key opens it: give the key it was sealed with as --fernet-key")]
    NoKey,
    /// It is not what django-allauth writes.
    #[error("it is not what django-allauth stores")]
    Damaged,
}

/// A secret in clear.
pub struct Opened {
    /// The secret.
    pub text: Zeroizing<String>,
    /// Whether it was sealed with the key that everybody knows.
    pub exposed: bool,
}

/// The keys that a site's secrets may be sealed with.
#[derive(Debug)]
pub struct Keys {
    given: Vec<ForeignKey>,
    published: Option<ForeignKey>,
}

impl Keys {
    /// The keys that the operator gives, and the one that everybody knows.
    #[must_use]
    pub const fn new(given: Vec<ForeignKey>, published: Option<ForeignKey>) -> Self {
        Self { given, published }
    }

    /// A secret as stored, token or not.
    ///
    /// # Errors
    /// [`Unreadable::NoKey`].
    pub fn open(&self, stored: &str) -> Result<Opened, Unreadable> {
        if !stored.starts_with(TOKEN) {
            return Ok(Opened {
                text: Zeroizing::new(stored.to_owned()),
                exposed: false,
            });
        }
        // whoever gives the published key among theirs has exposed the secret all the same
        let published = self.published.iter().map(|key| (key, true));
        let given = self.given.iter().map(|key| (key, false));
        published
            .chain(given)
            .find_map(|(key, exposed)| {
                let text = key.open(stored)?;
                Some(Opened { text, exposed })
            })
            .ok_or(Unreadable::NoKey)
    }
}

/// The shared secret of an authenticator app: `{"secret": …}`.
///
/// # Errors
/// [`Unreadable`].
pub fn app(data: &Value, keys: &Keys) -> Result<Opened, Unreadable> {
    let stored = data.get("secret").and_then(Value::as_str);
    keys.open(stored.ok_or(Unreadable::Damaged)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn django_secrets_are_told_from_tokens_and_exposed_ones_from_others() {
        let key = |byte: u8| ForeignKey::new(&[byte; 32]).unwrap();
        let read = |stored: &str, keys: &Keys| {
            app(&json!({ "secret": stored }), keys)
                .map(|opened| (opened.text.to_string(), opened.exposed))
        };
        let sealed = |byte| key(byte).seal(0, SECRET);
        let keys = Keys::new(vec![key(1), key(2)], Some(key(9)));
        let plain = (SECRET.to_owned(), false);
        assert_eq!(read(SECRET, &keys), Ok(plain.clone()));
        assert_eq!(read(&sealed(1), &keys), Ok(plain.clone()));
        assert_eq!(read(&sealed(2), &keys), Ok(plain));
        assert_eq!(read(&sealed(9), &keys), Ok((SECRET.to_owned(), true)));
        assert_eq!(read(&sealed(3), &keys), Err(Unreadable::NoKey));
        let given_too = Keys::new(vec![key(9)], Some(key(9)));
        assert_eq!(read(&sealed(9), &given_too), Ok((SECRET.to_owned(), true)));
        for data in [json!({}), json!(null), json!({ "secret": 7 })] {
            assert_eq!(app(&data, &keys).err(), Some(Unreadable::Damaged));
        }
    }
}
