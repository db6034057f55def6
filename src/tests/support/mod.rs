//! A whole program for one test: a database of its own, a clock that stands still, and callers.

mod answer;
mod app;
mod authenticator;
mod browser;
mod database;
mod django;
mod passkeys;
mod security_key;

pub(super) use answer::Answer;
pub(super) use app::{NOW, OTHER_KEY, PASSWORD, TestApp, execute, texts, while_open};
pub(super) use authenticator::{
    ACTIVATE, ATTEMPT, AUTHENTICATE, Authenticator, CODES, DEACTIVATE, REAUTHENTICATE, SETTINGS,
    STEP, codes_on,
};
pub(super) use browser::{Browser, DEVICE, OWN, SESSION, form, post};
pub(super) use database::{Kind, TestDatabase, TestFolder};
pub(super) use django::{Site, foreign_key, other_file, refused};
pub(super) use passkeys::{ADD, KEYS};
pub(super) use security_key::{Fault, RS256, SecurityKey};

/// Makes two tests of each named `async fn(Kind)`, one for each database.
///
/// A function that is not named here is unused, which the compiler tells.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { Box::pin(super::$test($crate::tests::support::Kind::Sqlite)).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { Box::pin(super::$test($crate::tests::support::Kind::Postgres)).await; })+
        }
    };
}
pub(super) use on_both;

/// How many rounds a race has: as many as `INMOR_MFA_ROUNDS` says, else `usual`.
pub(super) fn rounds(usual: usize) -> usize {
    let wanted = std::env::var("INMOR_MFA_ROUNDS").ok();
    wanted.map_or(usual, |text| text.parse().unwrap())
}
