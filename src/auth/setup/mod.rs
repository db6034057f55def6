//! First run: a one-time link, printed by the server, that makes the first administrator.

#[cfg(feature = "ssr")]
pub mod flow;
#[cfg(feature = "ssr")]
mod store;

pub mod api;
pub mod page;
