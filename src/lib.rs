//! `inmor-mfa`: multi-factor authentication for administrator accounts.
//!
//! One crate is built twice: with the feature `ssr` as the server program, with `hydrate` as
//! the WASM that makes the islands of its pages live. A request runs through these rooms, and
//! each may use only those to its right:
//!
//! ```text
//! page → api → request → flow → domain, store.rs → crypto, clock, mail, store/
//! ```
//!
//! - [`app`] has the routes; [`ui`] the parts pages are made of; [`error`] what a person is told.
//! - `request` turns a request into what a flow needs, and a flow's outcome into an answer.
//! - [`auth`] knows who is asking, [`mfa`] the methods beside the password, [`audit`] what happened;
//!   `gate` answers proxies in front of other sites; `django` brings accounts over from another system. A folder there is one subject: its
//!   `flow` guards, acts and records; its `domain` holds rules without input or output; its
//!   `store` is the only one to know its tables.
//! - `crypto`, `clock`, `mail` and `store` are tools that know nothing of the rest. Time, randomness
//!   and keys reach the rules as arguments.
//! - `server` surrounds all of it: router, headers, same-origin check, forms, settings.
//!   `commands` is what an operator types.
//! - `fuzzing` says what must hold for every input from outside; it is in no program.
//!
//! `src/tests/layout.rs` checks who imports whom.

// a page is one deeply nested type
#![recursion_limit = "256"]
#![cfg_attr(feature = "ssr", forbid(unsafe_code))]

pub mod app;
pub mod audit;
pub mod auth;
pub mod browser;
pub mod commands;
pub mod error;
pub mod gate;
pub mod mfa;
pub mod server;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod clock;
#[cfg(feature = "ssr")]
pub mod crypto;
#[cfg(feature = "ssr")]
pub mod django;
#[cfg(any(feature = "fuzzing", all(test, feature = "ssr")))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
pub mod services;
#[cfg(feature = "ssr")]
pub mod store;

#[cfg(all(test, feature = "ssr"))]
mod tests;

/// Makes the islands of the page live.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
