//! From the tables `auth_user`, `account_emailaddress` and `mfa_authenticator` of a Django site, which
//! are never written to.
//!
//! Everything is read twice: first to find what no key opens and which names are not unique, then to be
//! brought over, some hundred accounts a transaction, each of them whole or not at all.

mod domain;
pub mod flow;
mod store;
