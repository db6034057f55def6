//! Sign-ins under way: the time between a right password and the second factor.
//!
//! An attempt is known by the SHA-256 of a random token in a cookie of its own. It holds no rights:
//! all that it opens is the second step, for five minutes and five tries.

pub mod flow;
mod store;
