use tokio::task;

use crate::crypto::random::RandomError;

/// A password could be neither hashed nor verified. None of these says anything about it.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// No permit within [`PATIENCE`](super::PATIENCE), or [`QUEUE`](super::QUEUE) others are
    /// waiting. 503 with `Retry-After`.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// There was no salt to be had.
    #[error("no salt for a password hash")]
    Random(#[from] RandomError),
    /// Argon2 refused, for want of memory most likely.
    #[error("Argon2 failed: {0}")]
    Argon2(argon2::Error),
    /// The salt or the output does not fit a PHC string.
    #[error("a password hash cannot be written as a PHC string")]
    Encoding,
    /// The hashing task ended early: the server is stopping.
    #[error("password hashing was stopped")]
    Stopped(#[source] task::JoinError),
}
