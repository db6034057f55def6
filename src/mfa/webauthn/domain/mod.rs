//! What a browser and an authenticator answer, checked as
//! [Web Authentication Level 3](https://www.w3.org/TR/webauthn-3/) asks: by the library, and before
//! it by this room where the library lets things pass.

mod adopted;
mod answer;
mod authenticator_data;
mod eddsa;
mod options;
mod party;
#[cfg(test)]
mod tests;
mod vendor;

pub use adopted::{NotAdopted, adopt, attestation_object};
pub use answer::{Assertion, Attestation, challenge_of};
pub use options::{Descriptor, Wanted, creation_options, request_options};
pub use party::{Kind, NewKey, RelyingParty, StoredKey, Used};
pub use vendor::vendor;

/// Why an answer was not accepted, for the audit trail. Nobody else is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not what a browser sends, or not for this site.
    Answer(&'static str),
    /// The library refused it: challenge, flags or signature.
    NotVerified,
    /// The signature is right and the counter went back: there may be two of this key.
    Counter,
}

impl Fault {
    /// In words, for the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer(what) => what,
            Self::NotVerified => "key not verified",
            Self::Counter => "counter of the key went back",
        }
    }
}

/// Longest credential id, in bytes
/// ([§4](https://www.w3.org/TR/webauthn-3/#credential-id)).
const CREDENTIAL_ID_LIMIT: usize = 1023;
