//! Sealing what has to be read again: TOTP secrets, and recovery codes that may be shown.
//!
//! A sealed secret is a [Fernet] token (AES-128-CBC, then HMAC-SHA-256) of a small JSON object that
//! names purpose, account and factor beside the secret. Fernet has no associated data; with the
//! names inside, a token that was copied into another row does not open there.
//!
//! Fernet stamps the time into a token. Nothing is decided by it here: the clock of a server may be
//! set back, and its secrets have to stay readable.
//!
//! [Fernet]: https://github.com/fernet/spec/blob/master/Spec.md

mod binding;
mod error;
mod foreign;
mod key;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

pub use binding::{Binding, Purpose};
pub use error::{OpenError, SealError};
pub use foreign::ForeignKey;
use key::Key;
pub use key::key_id;

/// At least one key; the first seals, all open. Prints as ids, and is cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Keys>);

struct Keys {
    first: Key,
    older: Vec<Key>,
}

/// A secret as a row holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// A Fernet token: URL-safe base64 with padding; about 200 characters around a TOTP secret.
    pub token: String,
    /// The [`key_id`] of the key that opens it.
    pub key_id: String,
}

impl Keyring {
    /// The keys in the order of `MFA_ENCRYPTION_KEY`, or `None` without any.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a [u8; 32]>) -> Option<Self> {
        let mut keys = keys.into_iter().map(Key::new);
        let first = keys.next()??;
        let older = keys.collect::<Option<_>>()?;
        Some(Self(Arc::new(Keys { first, older })))
    }

    /// Seals a secret under the first key, stamped `now` in seconds since 1970 UTC; a time before
    /// that counts as 1970.
    ///
    /// The initialisation vector is drawn by the crate `fernet` from the operating system: it does
    /// not let a caller provide one.
    ///
    /// # Errors
    ///
    /// [`SealError`] when the plaintext cannot be written, which no text is known to cause.
    ///
    /// # Panics
    ///
    /// In the crate `fernet`, when the operating system has no random bytes.
    pub fn seal(&self, now: i64, binding: Binding<'_>, secret: &str) -> Result<Sealed, SealError> {
        let key = &self.0.first;
        Ok(Sealed {
            token: key.seal(now, &binding.around(secret)?),
            key_id: key.id.clone(),
        })
    }

    /// The secret in a token, if the key with this id sealed it for this purpose, account and
    /// factor, at whatever time.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoKey`] when no key has the id, [`OpenError::Broken`] for everything else.
    pub fn open(
        &self,
        token: &str,
        key_id: &str,
        binding: Binding<'_>,
    ) -> Result<Zeroizing<String>, OpenError> {
        let key = self.key(key_id).ok_or_else(|| OpenError::NoKey {
            key_id: key_id.to_owned(),
        })?;
        key.open(token)
            .and_then(|plain| binding.secret_in(&plain))
            .ok_or(OpenError::Broken)
    }

    /// Whether a key has this id, so that what it sealed can be opened.
    pub fn holds(&self, key_id: &str) -> bool {
        self.key(key_id).is_some()
    }

    /// The id of the key that seals.
    pub fn first_id(&self) -> &str {
        &self.0.first.id
    }

    fn key(&self, id: &str) -> Option<&Key> {
        self.keys().find(|key| key.id == id)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.0.first).chain(&self.0.older)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ids = f.debug_tuple("Keyring");
        for key in self.keys() {
            ids.field(&format_args!("{}", key.id));
        }
        ids.finish()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(key {})", self.key_id)
    }
}
