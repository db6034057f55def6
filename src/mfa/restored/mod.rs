//! A database that was put back from a backup knows nothing of what has happened since.

pub mod flow;
