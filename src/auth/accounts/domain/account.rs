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
    /// Whether the account has the role `staff`.
    pub is_staff: bool,
    /// Whether the account has the role `superuser`.
    pub is_superuser: bool,
}

impl Account {
    /// The names of its roles.
    #[must_use]
    pub fn roles(&self) -> Vec<&'static str> {
        [(self.is_staff, "staff"), (self.is_superuser, "superuser")]
            .into_iter()
            .filter_map(|(has, role)| has.then_some(role))
            .collect()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// An account of another system, with what that knows of it.
#[derive(Clone)]
pub struct Adopted {
    /// The username.
    pub username: Username,
    /// The e-mail address.
    pub email: Option<Email>,
    /// As the other system stores it; `None` when the account has no password.
    pub password_hash: Option<PasswordHash>,
    /// What the other system has told authenticators: 1 to 64 bytes.
    pub user_handle: Vec<u8>,
    /// When it was made there, in seconds since 1970 UTC.
    pub created_at: i64,
    /// Whether signing in is refused.
    pub disabled: bool,
    /// Given name; may be empty.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// Whether it has the role `staff`.
    pub is_staff: bool,
    /// Whether it has the role `superuser`.
    pub is_superuser: bool,
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
