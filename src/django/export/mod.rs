//! Back to Django: SQL with the rows of `auth_user`, `account_emailaddress` and `mfa_authenticator` that
//! django-allauth would have.
//!
//! Accounts that came from there keep their ids, so that their passkeys still know them; others get
//! ids above those. The SQL is for a new site's database, SQLite or PostgreSQL, after its migrations.

mod domain;
pub mod flow;
