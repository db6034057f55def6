//! Tries a code that was typed, of whichever kind it is, within limits that bind the account and the
//! factor: whatever session, attempt, source or process it comes from.

pub mod flow;
