//! Passwords: proving one, changing one.

#[cfg(feature = "ssr")]
pub mod flow;

pub mod api;
pub mod page;
