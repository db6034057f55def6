//! Slows guessing, in the database, so that restarts and further processes change nothing.
//!
//! A try is counted by one conditional statement *before* the password is looked at; the
//! statement that changes no row means "not yet". Two hundred parallel tries are so counted
//! one after the other. A right password takes its own count back.
//!
//! Bounds: from one source against one account 5 tries at once, then after 1, 2, 4 … 900 s
//! ([`flow::ACCOUNT`]): at most 110 a day. From one source against all accounts 100 tries at once,
//! then one a minute ([`flow::SOURCE`]), and a hundred again after an hour without any. A browser that has signed in before has a lane of its own
//! for its account, which tries from elsewhere do not fill.

mod domain;
pub mod flow;
mod store;
