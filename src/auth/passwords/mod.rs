//! Passwords: what they must be like, proving one, changing one.

#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod flow;

pub mod api;
pub mod page;
