//! Hashing and verifying passwords with Argon2id, behind a gate that bounds memory and work.
//!
//! One hash takes 19 MiB and some 20 ms of a core ([RFC 9106], parameters of the [OWASP cheat
//! sheet]). At most `permits` run at a time, off the async threads; others queue fairly, up to
//! [`QUEUE`] of them and for up to [`PATIENCE`], and are then refused as [`HashingError::Busy`].
//! A permit belongs to the work, not to the request: a client that hangs up while queueing leaves
//! the queue, and one that hangs up while its password is hashed frees the permit when the hash is
//! done, neither earlier nor never.
//!
//! An unknown account, an account without a password and a broken hash cost the same Argon2id run
//! as a wrong password. What cannot be hidden: while the stored hash is of other parameters than
//! the current ones, a wrong password takes as long as those do. That goes for the hashes of Django
//! too, which an account brings along and keeps until its first sign-in: PBKDF2 and bcrypt take some
//! ten times longer than ours, so who measures can tell that such an account exists and has not been
//! used yet. Its Argon2 takes 100 MiB in place of 19, while one of them is verified.
//!
//! [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106
//! [OWASP cheat sheet]: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id

mod cost;
mod django;
mod error;
mod gate;
mod hash;
mod memory;
mod password;

#[cfg(test)]
mod tests;

pub use cost::Cost;
pub use django::NotTaken;
pub use error::HashingError;
pub use gate::{PATIENCE, Passwords, QUEUE, Turn};
pub use hash::{PasswordHash, Verdict};
pub use password::{Password, PasswordTooLong};
