//! What an account's owner is told on the next page, and by e-mail where that is set up: factors
//! added or removed, codes used, wrong second factors, new browsers.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
mod domain;
#[cfg(feature = "ssr")]
pub mod flow;
pub mod page;
#[cfg(feature = "ssr")]
mod store;

/// Something that its owner has not yet put aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLine {
    /// Id of the event.
    pub id: String,
    /// What happened, in a sentence.
    pub text: String,
    /// When and from which address.
    pub origin: String,
}
