use base64::{Engine as _, prelude::BASE64_URL_SAFE};
use fernet::Fernet;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::crypto::hex;

/// Told to `fernet` as the current time when it opens: it refuses what is stamped more than 60 s
/// later, and adds those 60 s without looking for overflow.
const END_OF_TIME: u64 = i64::MAX.unsigned_abs();

/// What people and the database call a key: the first 8 hex digits of the SHA-256 of its 32 bytes.
#[must_use]
pub fn key_id(key: &[u8; 32]) -> String {
    let mut id = hex(&Sha256::digest(key));
    id.truncate(8);
    id
}

/// One key: 16 bytes for signing, then 16 for encrypting. `fernet` zeroes them when dropped.
pub(super) struct Key {
    pub(super) id: String,
    fernet: Fernet,
}

impl Key {
    /// `fernet` takes text only; no 32 bytes are known to be refused.
    pub(super) fn new(bytes: &[u8; 32]) -> Option<Self> {
        Some(Self {
            id: key_id(bytes),
            fernet: Fernet::new(&Zeroizing::new(BASE64_URL_SAFE.encode(bytes)))?,
        })
    }

    /// A plain Fernet token, as Python's `Fernet.encrypt_at_time` makes them.
    pub(super) fn seal(&self, now: i64, plain: &[u8]) -> String {
        self.fernet
            .encrypt_at_time(plain, u64::try_from(now).unwrap_or(0))
    }

    /// What a plain Fernet token holds, whenever it was stamped.
    pub(super) fn open(&self, token: &str) -> Option<Zeroizing<Vec<u8>>> {
        // `fernet` takes any number of `=` at the end; here a token has one spelling
        BASE64_URL_SAFE.decode(token).ok()?;
        let plain = self.fernet.decrypt_at_time(token, None, END_OF_TIME);
        plain.ok().map(Zeroizing::new)
    }
}
