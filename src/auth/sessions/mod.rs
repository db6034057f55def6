//! Signed-in browsers: the list, ending them, and the proof of being signed in.
//!
//! A session is known by the SHA-256 of a random token; the token itself is only in the
//! browser's cookie. Its row is changed by targeted updates, never written back whole, so a
//! request that was under way cannot bring an ended session back.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;
#[cfg(feature = "ssr")]
mod store;

/// A line in the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Public id; no cookie can be made from it.
    pub id: String,
    /// Whether it is the session that asks.
    pub current: bool,
    /// Browser and system in words: `Firefox on Linux`.
    pub browser: String,
    /// Address of the last request.
    pub address: String,
    /// When and how it was signed in: `2026-11-24 17:45 UTC`.
    pub signed_in: String,
    /// `password`, `password and authenticator app`, …
    pub methods: String,
    /// When it was last used, to the minute.
    pub last_seen: String,
}

/// What the home page shows of the one who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The username.
    pub username: String,
    /// The e-mail address, where there is one.
    pub email: Option<String>,
    /// When this session was signed in.
    pub signed_in: String,
    /// `password`, …
    pub methods: String,
    /// Refused tries to sign in to this account since the sign-in before this one.
    pub failures: i64,
    /// How many sessions the account has.
    pub sessions: i64,
    /// How many sites are behind the login gate.
    pub sites: usize,
}
