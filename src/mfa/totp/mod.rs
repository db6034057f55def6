//! Authenticator apps: time-based one-time passwords
//! ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)) with SHA-1.
//!
//! An account may have several apps, each with a label and a secret of its own. Setting one up is
//! tied to the session: the secret stays the same, sealed in the database, until it is confirmed by a
//! code, replaced on request, or ten minutes old. A code is spent by one conditional update on its time
//! step, so it works once, whichever process sees it first.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;
#[cfg(feature = "ssr")]
mod store;

/// What the page that sets an app up shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The shared secret: base32 without padding, in groups of four.
    pub secret: String,
    /// The same as an `otpauth://` address, for a phone's link.
    pub uri: String,
    /// The QR code of the address.
    pub qr: Qr,
    /// Digits of a code.
    pub digits: u32,
    /// Whether adding the app also makes recovery codes.
    pub makes_recovery_codes: bool,
}

/// A QR code, to be drawn as one path.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qr {
    /// Modules on each side, with the quiet zone.
    pub side: u32,
    /// The dark modules as an SVG path in units of a module.
    pub path: String,
}

/// An authenticator app as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Public id.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// When it was added: `2026-11-24 17:45 UTC`.
    pub added: String,
    /// When a code of it was last accepted.
    pub last_used: Option<String>,
    /// Whether too many wrong codes have closed it.
    pub closed: bool,
    /// Whether its secret was once sealed with a key that everybody knows.
    pub exposed: bool,
}

/// What the page that deactivates an app shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deactivation {
    /// The apps to choose from; at least one.
    pub devices: Vec<Device>,
    /// Whether the account then has no factor, which takes the recovery codes with it.
    pub is_last: bool,
    /// Whether the policy forbids that.
    pub forbidden: bool,
}
