//! Administrators come over from Django with [django-allauth](https://docs.allauth.org/), and go back.
//!
//! Nobody enrols again: an account keeps its password, authenticator app, security keys, passkeys and
//! unused recovery codes. The tables of the other side are read and written here and nowhere else; what
//! becomes of them is up to the folders of accounts and methods.

pub mod export;
pub mod import;
