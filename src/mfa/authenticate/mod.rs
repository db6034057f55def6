//! The second step of signing in: after the password, a code.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;

/// What the page offers.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Whether a code of an authenticator app can be used.
    pub totp: bool,
    /// Whether a recovery code can be used.
    pub recovery_codes: bool,
    /// Whether a security key or passkey can be used.
    pub webauthn: bool,
    /// Whether too many wrong codes have closed the authenticator app.
    pub totp_closed: bool,
    /// Digits of an authenticator app's code.
    pub digits: u32,
}
