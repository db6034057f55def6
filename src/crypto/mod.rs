//! Randomness, tokens and password hashes.
//!
//! Nothing here knows a table, a request or what time it is. Secrets do not print: their `Debug`
//! names the type and nothing else.

pub mod passwords;
pub mod random;
pub mod token;
