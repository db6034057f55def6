//! What must hold for any sequence of events, with sequences that are the same in every run.

mod below_policy;
mod gate;
mod time_steps;

use std::fmt::Debug;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

/// Tries `cases` values of a strategy; fails with the shortest that does not hold.
#[track_caller]
fn holds<S: Strategy>(
    cases: u32,
    strategy: &S,
    claim: impl Fn(S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: Debug,
{
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    if let Err(error) = TestRunner::new_with_rng(config, random).run(strategy, claim) {
        panic!("{error}");
    }
}
