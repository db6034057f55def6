//! The tables of a Django site, read only, and the table `django_account`.

mod accounts;
mod source;

pub use accounts::{Known, New, ids, insert, known, refreshed};
pub use source::{Source, SourceError};
