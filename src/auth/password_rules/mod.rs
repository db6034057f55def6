//! What a new password must be like: long, not a common one, not made of names. Nothing else.

#[cfg(feature = "ssr")]
mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
