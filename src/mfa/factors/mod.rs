//! What follows when a factor is added or removed, whatever its kind: other sessions end, recovery
//! codes come with the first factor and go with the last, the owner is told.

mod domain;
pub mod flow;
mod store;
