//! Recovery codes: a set that stands in for a lost factor, each code once
//! ([NIST SP 800-63B-4 §3.1.2](https://pages.nist.gov/800-63-4/sp800-63b.html), look-up secrets).
//!
//! A code has 120 random bits, so a plain hash finds it and tells nothing to whoever steals the
//! database. Beside the hash, unless codes are shown once only, stands the sealed code for its owner
//! to see again.
//!
//! Codes that come over from another system are short: what a thief of the database could find by
//! trying must not be hashed. They are sealed as long as they are unspent, and found by opening them.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;
#[cfg(feature = "ssr")]
mod store;

/// How a set stands, without its codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStanding {
    /// Codes that are left.
    pub left: i64,
    /// Codes it was made with.
    pub made: i64,
    /// When it was made: `2026-11-24 17:45 UTC`.
    pub created: String,
    /// Whether the owner has said that they are kept.
    pub stored: bool,
    /// Whether too many wrong codes have closed it.
    pub closed: bool,
    /// Whether it was once sealed with a key that everybody knows.
    pub exposed: bool,
}

/// The page that shows a set.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// How the set stands.
    pub standing: SetStanding,
    /// The codes that are left and may be seen; empty when they were shown once before.
    pub codes: Vec<String>,
    /// Whether they are shown now and never again.
    pub only_now: bool,
    /// Whose they are, for where and of when: for paper.
    pub whose: String,
    /// The same as a text file.
    pub file: String,
}
