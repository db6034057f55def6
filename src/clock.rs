//! What time it is.
//!
//! Everything below the request layer takes the time as an argument; the request layer has it
//! from the [`Clock`] it was given at start.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use time::{OffsetDateTime, macros::format_description};

/// Tells the time; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock for tests that stands at `now` (seconds since 1970 UTC) and moves only when the
    /// hands are turned.
    pub fn fixed(now: i64) -> (Self, Hands) {
        let time = Arc::new(AtomicI64::new(now));
        (Self(Source::Fixed(Arc::clone(&time))), Hands(time))
    }

    /// Whole seconds since 1970 UTC, rounded down; negative before 1970.
    pub fn now(&self) -> i64 {
        match &self.0 {
            Source::System => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the one place that asks the system for the time"
                )]
                let now = SystemTime::now();
                seconds_since_1970(now)
            }
            Source::Fixed(time) => time.load(Ordering::SeqCst),
        }
    }
}

/// Turns a [`Clock::fixed`] from outside, while the program holds the clock.
#[derive(Clone, Debug)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    /// Sets the clock to `now`, in seconds since 1970 UTC.
    pub fn set(&self, now: i64) {
        self.0.store(now, Ordering::SeqCst);
    }

    /// Moves the clock by `seconds`, backwards when negative.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn seconds_since_1970(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(error) => {
            let before = error.duration();
            let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            whole
                .saturating_neg()
                .saturating_sub(i64::from(before.subsec_nanos() > 0))
        }
    }
}

/// A time as people read it: `2026-11-24 17:45 UTC`.
#[must_use]
pub fn time_in_words(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn seconds_are_rounded_down_on_both_sides_of_1970() {
        let half = Duration::from_millis(500);
        assert_eq!(seconds_since_1970(UNIX_EPOCH), 0);
        assert_eq!(
            seconds_since_1970(UNIX_EPOCH + Duration::from_secs(7) + half),
            7
        );
        assert_eq!(seconds_since_1970(UNIX_EPOCH - half), -1);
        assert_eq!(seconds_since_1970(UNIX_EPOCH - Duration::from_secs(7)), -7);
    }

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written() {
        assert!(Clock::system().now() > 1_790_000_000);
    }

    #[test]
    fn the_hands_move_every_clone_and_nothing_else_does() {
        let (clock, hands) = Clock::fixed(1_000);
        let shared = clock.clone();
        assert_eq!((clock.now(), clock.now()), (1_000, 1_000));
        hands.advance(30);
        assert_eq!((clock.now(), shared.now()), (1_030, 1_030));
        hands.advance(-60);
        assert_eq!(shared.now(), 970);
        hands.set(-5);
        assert_eq!(clock.now(), -5);
    }

    #[test]
    fn times_are_shown_in_utc_and_absurd_ones_do_not_panic() {
        assert_eq!(time_in_words(0), "1970-01-01 00:00 UTC");
        assert_eq!(time_in_words(1_795_000_000), "2026-11-18 11:06 UTC");
        assert_eq!(time_in_words(i64::MAX), "unknown");
    }
}
