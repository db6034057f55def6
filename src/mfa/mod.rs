//! The methods beside the password, and what is done with them.
//!
//! | room | what it does |
//! |---|---|
//! | [`totp`] | authenticator apps |
//! | [`recovery_codes`] | codes that stand in for a lost factor |
//! | [`factors`] | what follows when a factor is added or removed |
//! | [`codes`] | tries a typed code, of whichever kind, within the limits |
//! | [`authenticate`] | the second step of signing in |
//! | [`reauth`] | confirming who one is before something sensitive |
//! | [`settings`] | the page with all methods of an account |

pub mod authenticate;
#[cfg(feature = "ssr")]
pub mod codes;
#[cfg(feature = "ssr")]
pub mod factors;
pub mod reauth;
pub mod recovery_codes;
pub mod settings;
pub mod totp;
