//! Notices when somebody sets the clock of the machine: codes and limits depend on it.

use std::time::Duration;

use metrics::counter;
use tokio::time::Instant;

use crate::clock::Clock;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// A difference of so many seconds is a jump: the clock tells whole seconds, and a busy machine is late.
const JUMP: i64 = 3;

/// Compares the clock with the time that has gone by, for ever.
pub(super) async fn watch(clock: Clock) {
    let mut before = (clock.now(), Instant::now());
    loop {
        tokio::time::sleep(EVERY).await;
        let now = (clock.now(), Instant::now());
        let gone = i64::try_from((now.1 - before.1).as_secs()).unwrap_or(i64::MAX);
        if let Some(seconds) = jump(before.0, now.0, gone) {
            tracing::warn!(
                seconds,
                "the clock was set: codes of authenticator apps may be refused until it is right"
            );
            counter!("inmor_mfa_clock_jumps_total").increment(1);
        }
        before = now;
    }
}

/// By how many seconds a clock was set that showed `before`, and `now` after `gone` seconds.
fn jump(before: i64, now: i64, gone: i64) -> Option<i64> {
    let set = now.saturating_sub(before).saturating_sub(gone);
    (set.saturating_abs() >= JUMP).then_some(set)
}

#[cfg(test)]
mod tests {
    use super::jump;

    #[test]
    fn cra_15_a_clock_that_was_set_is_noticed_and_one_that_runs_is_not() {
        assert_eq!(jump(1_000, 1_005, 5), None);
        // whole seconds on both sides, and a machine that was busy
        assert_eq!(jump(1_000, 1_007, 5), None);
        assert_eq!(jump(1_000, 1_045, 45), None);
        assert_eq!(jump(1_000, 4_605, 5), Some(3_600));
        assert_eq!(jump(1_000, -2_595, 5), Some(-3_600));
        assert_eq!(jump(i64::MIN, i64::MAX, 5), Some(i64::MAX - 5));
    }
}
