//! Browsers that have completed a sign-in. A long-lived cookie marks them, so that wrong
//! tries from elsewhere do not slow the owner's own browser. It opens nothing by itself.

pub mod flow;
mod store;
