//! Administrators: their names, and whether they may sign in.

#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
#[cfg(feature = "ssr")]
mod store;
