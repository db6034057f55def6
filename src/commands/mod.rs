//! What an operator does at the shell.
//!
//! Exit status: 0 done, 1 failed with one line on standard error, 2 not understood.

#[cfg(feature = "ssr")]
mod accounts;
#[cfg(feature = "ssr")]
mod backup;
#[cfg(feature = "ssr")]
mod check;
#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
mod gate;
#[cfg(feature = "ssr")]
mod import;
#[cfg(feature = "ssr")]
mod keys;
#[cfg(feature = "ssr")]
mod move_database;
#[cfg(feature = "ssr")]
mod open;
#[cfg(feature = "ssr")]
mod progress;
#[cfg(feature = "ssr")]
mod run;
#[cfg(feature = "ssr")]
mod say;

#[cfg(feature = "ssr")]
pub use run::run;
