//! What happened: who did what to whom, when and from where.
//!
//! An event is written in the transaction of the change it tells of, so one is never
//! there without the other. Rows are only ever added.

#[cfg(feature = "ssr")]
mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod notices;
#[cfg(feature = "ssr")]
mod store;
