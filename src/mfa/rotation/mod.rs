//! The keys that seal secrets: how many secrets each one holds, and how they all come under the first
//! while the program serves.
//!
//! Secrets are moved in batches, a transaction each, and a row only where the token that was read is
//! still in it. So a rotation may be killed at any moment and run again, two may run at once, and what
//! an administrator changes meanwhile is never undone.

pub mod flow;
