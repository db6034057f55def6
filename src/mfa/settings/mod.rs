//! The page with all methods of an account, and the removal of all of them by an operator.

use serde::{Deserialize, Serialize};

use super::{recovery_codes::SetStanding, totp::Device, webauthn::Key};

pub mod api;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;

/// What the page shows. A type that is switched off is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The authenticator apps.
    pub totp: Option<Vec<Device>>,
    /// The security keys and passkeys.
    pub webauthn: Option<Vec<Key>>,
    /// The recovery codes.
    pub recovery_codes: Option<RecoveryCodes>,
    /// Whether secrets are sealed with the key that everybody knows.
    pub development_key: bool,
    /// Whether the policy asks for a factor that the caller's sign-in lacks.
    pub must_enrol: bool,
}

/// What the page shows of the recovery codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// How the set stands; none before the first factor.
    pub set: Option<SetStanding>,
    /// Whether there is a factor that they can stand in for.
    pub possible: bool,
}
