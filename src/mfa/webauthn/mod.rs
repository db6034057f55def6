//! Security keys and passkeys
//! ([Web Authentication Level 3](https://www.w3.org/TR/webauthn-3/)).
//!
//! A passkey was enrolled with user verification and is kept by its authenticator: it signs in by
//! itself. A security key stands beside the password. Both confirm who somebody is. What the library
//! lets pass is refused by `domain`; what may happen once is decided by one statement in `store.rs`.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;
#[cfg(feature = "ssr")]
mod store;

/// A key as its owner sees it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Public id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Model of the authenticator, as it says itself.
    pub vendor: Option<String>,
    /// Whether it signs in by itself.
    pub passkey: bool,
    /// Whether it is on several devices or may be.
    pub synced: bool,
    /// Whether its user was verified when it was added.
    pub user_verified: bool,
    /// When it was added: `2026-11-24 17:45 UTC`.
    pub added: String,
    /// When it was last used.
    pub last_used: Option<String>,
    /// The site it was made for, when that is another one.
    pub elsewhere: Option<String>,
    /// Whether its counter once went back, so that there may be two of it.
    pub suspect: bool,
}

/// What the page with all keys shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The keys, the oldest first.
    pub keys: Vec<Key>,
    /// What tells a password manager which keys are left, after a change.
    pub signals: Option<Signals>,
}

/// What the Signal API takes
/// ([§5.1.10](https://www.w3.org/TR/webauthn-3/#sctn-signal-methods)); ids in URL-safe base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signals {
    /// The relying party id.
    pub rp_id: String,
    /// The account, as authenticators know it.
    pub user_id: String,
    /// The username.
    pub name: String,
    /// Ids of all credentials of the account.
    pub credential_ids: Vec<String>,
}

/// What the page that removes a key shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The key.
    pub key: Key,
    /// Whether the account then has no factor, which takes the recovery codes with it.
    pub is_last: bool,
    /// Whether the policy forbids that.
    pub forbidden: bool,
}
