//! Hashing and verifying as a whole, through the gate.

mod django;
mod stored;
mod typed;

use argon2::{Algorithm, Argon2, Params, Version};

use super::*;
use crate::crypto::random::Random;

pub(super) const RIGHT: Verdict = Verdict::Right { rehash: None };

pub(super) fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).unwrap()
}

pub(super) fn passwords() -> Passwords {
    Passwords::with_cost(2, Random::seeded(1), Cost::TEST)
}

pub(super) async fn verify(passwords: &Passwords, typed: &str, hash: &PasswordHash) -> Verdict {
    let outcome = passwords
        .verify(password(typed), Some(hash.clone()), Turn::Soon)
        .await;
    outcome.unwrap()
}

pub(super) fn stored(text: &str) -> PasswordHash {
    PasswordHash::stored(text.to_owned())
}

/// A stored hash of other parameters, made without the code under test.
pub(super) fn foreign(text: &str, version: Version, params: Params, salt: &[u8]) -> PasswordHash {
    use argon2::PasswordHasher;
    let hash = Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_with_salt(text.as_bytes(), salt)
        .unwrap();
    stored(&hash.to_string())
}
