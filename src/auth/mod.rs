//! Who is asking, and how they prove it.
//!
//! | room | what it does |
//! |---|---|
//! | [`accounts`] | administrators and their names |
//! | [`password_rules`] | what a new password must be like |
//! | [`passwords`] | proving a password, changing one |
//! | [`throttle`] | slows guessing without shutting the owner out |
//! | [`devices`] | browsers that have signed in before |
//! | [`sessions`] | signed-in browsers, and the proof of it that flows ask for |
//! | [`attempts`] | sign-ins under way, between password and second factor |
//! | [`login`] | from a name and a password to a session |
//! | [`setup`] | the first administrator |

pub mod accounts;
#[cfg(feature = "ssr")]
pub mod attempts;
#[cfg(feature = "ssr")]
pub mod devices;
pub mod login;
#[cfg(feature = "ssr")]
pub mod password_rules;
pub mod passwords;
pub mod sessions;
pub mod setup;
#[cfg(feature = "ssr")]
pub mod throttle;
