//! An account, as it is and as it is to be.

use std::fmt;

use super::domain::{Email, Username};
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
pub(super) struct NewAccount {
    pub(super) id: String,
    pub(super) username: Username,
    pub(super) email: Option<Email>,
    pub(super) password_hash: PasswordHash,
    pub(super) user_handle: [u8; 32],
    pub(super) created_at: i64,
}
