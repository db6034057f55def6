//! WebAuthn ceremonies under way: challenges that were given out, each good for one answer
//! ([Web Authentication Level 3 §13.4.3](https://www.w3.org/TR/webauthn-3/#sctn-cryptographic-challenges)).
//!
//! A ceremony belongs to a purpose and to a browser: to its session, its sign-in under way, or a
//! cookie of its own. It lives five minutes in the database, so it may begin at one process and end at
//! another, and it is used up before the answer is looked at.

pub mod flow;
mod store;
