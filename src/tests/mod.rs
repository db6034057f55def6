//! Tests that cross folders: what the store promises, what the whole router answers, and who
//! imports whom. A name that begins with a case id is a claim about that case of the catalogue.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

mod corpus;
mod http;
mod imports;
mod layout;
mod properties;
mod rooms;
mod store;
mod support;
