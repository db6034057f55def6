//! Re-authentication: confirming who one is before something sensitive
//! ([NIST SP 800-63B-4 §5.2](https://pages.nist.gov/800-63-4/sp800-63b.html)).
//!
//! By a factor where the account has one, else by the password. It counts for one session, for
//! `REAUTHENTICATION_TIMEOUT` seconds, and is not prolonged by use.

use serde::{Deserialize, Serialize};

use super::authenticate::Offer;

pub mod api;
#[cfg(feature = "ssr")]
mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is about to be done: `Deactivate authenticator app “phone”`.
    pub purpose: String,
    /// The username, for password managers.
    pub username: String,
    /// The factors to choose from; without one, the password is asked for.
    pub factors: Option<Offer>,
    /// Where to go on to.
    pub next: Option<String>,
}
