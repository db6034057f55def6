//! The methods beside the password, and what is done with them.
//!
//! | room | what it does |
//! |---|---|
//! | [`totp`] | authenticator apps |
//! | [`recovery_codes`] | codes that stand in for a lost factor |
//! | [`factors`] | what follows when a factor is added or removed |
//! | [`webauthn`] | security keys and passkeys |
//! | [`ceremonies`] | challenges that were given out to browsers |
//! | [`proofs`] | tries what was given to prove who somebody is, within the limits |
//! | [`authenticate`] | the second step of signing in |
//! | [`assertion`] | the functions by which the answer of a key arrives |
//! | [`reauth`] | confirming who one is before something sensitive |
//! | [`rotation`] | the keys that seal secrets, and moving secrets under another one |
//! | [`restored`] | what follows when a backup took the database's place |
//! | [`settings`] | the page with all methods of an account |

pub mod assertion;
pub mod authenticate;
#[cfg(feature = "ssr")]
pub mod ceremonies;
#[cfg(feature = "ssr")]
pub mod factors;
#[cfg(feature = "ssr")]
pub mod proofs;
pub mod reauth;
pub mod recovery_codes;
#[cfg(feature = "ssr")]
pub mod restored;
#[cfg(feature = "ssr")]
pub mod rotation;
pub mod settings;
pub mod totp;
pub mod webauthn;
