//! What an account is, and which names it can have.

mod account;
mod names;

pub use account::{Account, Adopted, NewAccount};
pub use names::{CanonicalName, Email, Username};
