//! How often something may fail, and what for.

use sha2::{Digest, Sha256};

use crate::crypto::hex;

/// How often something may fail.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Name in the table.
    pub(super) purpose: &'static str,
    /// Tries that can be made at once; each later one has to wait.
    pub(super) free: i64,
    /// The longest delay after a failure, in seconds; delays double up to it.
    pub(super) longest: i64,
    /// Seconds without a try, past the delay, after which failures are forgotten.
    pub forget: i64,
}

/// Tries on one account's password from one source, or from one known browser. Remembered for a
/// day, so that nobody gets more tries a day by pausing than by going on.
pub const ACCOUNT: Limit = Limit {
    purpose: "password",
    free: 5,
    longest: 900,
    forget: 24 * 3600,
};
/// Tries of codes on one factor of an account, from anywhere, or from one known browser.
pub const CODE: Limit = Limit {
    purpose: "code",
    free: 10,
    longest: 900,
    forget: 24 * 3600,
};
/// Tries on any password from one source. Forgotten sooner: a source may be a whole office.
pub const SOURCE: Limit = Limit {
    purpose: "source",
    free: 100,
    longest: 60,
    forget: 3600,
};
/// Passkey challenges for one source of which nobody is known yet, and its wrong answers. Each is a row
/// in the database that costs the source nothing: 300 at once, then one a second, until a right answer
/// or a minute's pause.
pub const CHALLENGE: Limit = Limit {
    purpose: "challenge",
    free: 300,
    longest: 1,
    forget: 60,
};

/// What failures are counted for. Kept as a hash: a mistyped name may be a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(pub(super) String);

impl Subject {
    /// A subject of several parts, none of which can run into the next.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(hex(&digest.finalize()))
    }
}
