//! Tries what somebody gives to prove who they are: a code that was typed, of whichever kind, within
//! limits that bind the account and the factor, whatever session, attempt, source or process it comes
//! from; or the answer of a key, which nobody can guess.

pub mod flow;
