//! Whether an account is as it was when it came over.

use sha2::{Digest as _, Sha256};

use super::{Left, Record};

/// A hash of everything that was read of an account, and of what of it cannot come over: with another
/// key, that may be less.
#[must_use]
pub fn digest(record: &Record, left: &[Left]) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(text.as_bytes());
    };
    for text in [
        &record.username,
        &record.password,
        &record.email,
        &record.first_name,
        &record.last_name,
        &record.date_joined,
    ] {
        add(text);
    }
    for flag in [record.active, record.staff, record.superuser] {
        add(if flag { "1" } else { "0" });
    }
    for row in &record.addresses {
        add(&row.email);
        add(if row.verified { "1" } else { "0" });
        add(if row.primary { "1" } else { "0" });
    }
    for row in &record.authenticators {
        add(&row.kind);
        add(&row.data);
        add(&row.created_at);
        add(row.last_used_at.as_deref().unwrap_or_default());
    }
    for left in left {
        add(&left.what);
        add(&left.why);
    }
    digest.finalize().into()
}

/// The digest of an account of which still more could not be written, because accounts here have it: as
/// long as they do, the account is as it was; when one has given it up, it is not.
#[must_use]
pub fn lessened(digest: [u8; 32], lost: &[Left]) -> [u8; 32] {
    if lost.is_empty() {
        return digest;
    }
    let mut less = Sha256::new();
    less.update(digest);
    for left in lost {
        for text in [&left.what, &left.why] {
            less.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            less.update(text.as_bytes());
        }
    }
    less.finalize().into()
}
