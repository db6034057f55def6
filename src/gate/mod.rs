//! The login gate: proxies ask it about every request to a site that knows no MFA of its own.
//!
//! A site is a host with rules; the rule with the longest path that a request's path begins with says
//! what the request needs. A check reads one row and decides without further input or output.
//! A site under another host name has a cookie of its own, which it gets by a ticket that the
//! browser carries over once.

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;
#[cfg(feature = "ssr")]
mod store;

/// A host and what its requests need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// As browsers send it in `Host`: lower case, the port only where it is not the scheme's own.
    pub host: String,
    /// Each path once; the longest that fits counts.
    pub rules: Vec<Rule>,
}

/// What requests to a part of a site need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Whole segments from the beginning: `/users/` and `/users` both mean `/users` and all below it.
    pub path: String,
    /// How the visitor must have signed in.
    pub require: Require,
    /// Seconds since a factor was last shown, at most.
    pub fresh: Option<i64>,
    /// One of these; nobody's when empty, which means everybody's.
    pub roles: Vec<Role>,
}

impl Rule {
    /// What holds where a site says nothing.
    #[must_use]
    pub fn default_of_a_site() -> Self {
        Self {
            path: "/".to_owned(),
            require: Require::TwoFactor,
            fresh: None,
            roles: Vec::new(),
        }
    }
}

/// How a visitor must have signed in, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Require {
    /// Not at all.
    Nothing,
    /// Somehow.
    Session,
    /// With a factor beside the password, or a passkey.
    TwoFactor,
    /// With a security key or a passkey.
    PhishingResistant,
}

impl Require {
    /// All of them, the weakest first.
    pub const ALL: [Self; 4] = [
        Self::Nothing,
        Self::Session,
        Self::TwoFactor,
        Self::PhishingResistant,
    ];

    /// The name in settings and headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Session => "session",
            Self::TwoFactor => "two_factor",
            Self::PhishingResistant => "phishing_resistant",
        }
    }
}

impl fmt::Display for Require {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an account may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May use the admin site.
    Staff,
    /// May do everything there.
    Superuser,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Staff, Self::Superuser];

    /// The name in settings and headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Superuser => "superuser",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an administrator sees of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The sites, as the settings have them.
    pub sites: Vec<Site>,
    /// The latest decisions of this process, the newest first.
    pub decisions: Vec<DecisionLine>,
    /// Whether those of everybody are among them.
    pub everybodys: bool,
}

/// A line in the list of decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// When: `2026-11-24 17:45 UTC`.
    pub at: String,
    /// What was asked for: `GET admin.example.org/users/`; empty when that was not clear.
    pub asked: String,
    /// Username of whoever was signed in.
    pub username: Option<String>,
    /// What it got, in words.
    pub outcome: String,
    /// Why.
    pub why: String,
}
