//! Signing in: from a name and a password to a session.

#[cfg(feature = "ssr")]
pub mod flow;

pub mod api;
pub mod page;
