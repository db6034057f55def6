//! The two functions by which a browser asks for, and sends, the answer of a key, whatever it is for.

use serde::{Deserialize, Serialize};

pub mod api;

/// What the answer of a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signing in with a passkey alone.
    Passkey,
    /// The second step of signing in.
    SecondFactor,
    /// Confirming who one is.
    Reauthenticate,
}
