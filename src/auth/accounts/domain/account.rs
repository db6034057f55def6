//! An account, as it is and as it is to be.

use std::fmt;

use super::{Email, Username};
use crate::crypto::passwords::PasswordHash;

/// An administrator's account.
#[derive(Clone)]
pub struct Account {
    /// UUIDv7 text.
    pub id: String,
    /// As its owner writes it.
    pub username: String,
    /// As it is compared.
    pub canonical: String,
    /// As its owner writes it.
    pub email: Option<String>,
    /// PHC string; `None` when the account has no password.
    pub password_hash: Option<String>,
    /// When a password was last set, in seconds since 1970 UTC; not when its hash was renewed.
    pub password_changed_at: Option<i64>,
    /// Seconds since 1970 UTC.
    pub created_at: i64,
    /// Whether signing in is refused.
    pub disabled: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A row to be added.
pub struct NewAccount {
    /// UUIDv7 text.
    pub id: String,
    /// The username.
    pub username: Username,
    /// The e-mail address.
    pub email: Option<Email>,
    /// Of the first password.
    pub password_hash: PasswordHash,
    /// Random; what authenticators know the account by.
    pub user_handle: [u8; 32],
    /// Seconds since 1970 UTC.
    pub created_at: i64,
}
