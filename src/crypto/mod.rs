//! Randomness, tokens, password hashes and sealed secrets.
//!
//! Nothing here knows a table, a request or what time it is. Secrets do not print: their `Debug`
//! names the type and nothing else.

pub mod passwords;
pub mod random;
pub mod sealing;
pub mod token;

use std::fmt::Write as _;

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(
        String::with_capacity(bytes.len().saturating_mul(2)),
        |mut text, byte| {
            // writing to a String does not fail
            let _ = write!(text, "{byte:02x}");
            text
        },
    )
}
