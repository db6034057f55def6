//! Asks the program from many connections at once, for a while or once each.

use std::{
    collections::BTreeMap,
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    http::{Answer, Browser},
    table::millis,
};

/// The clock of this program.
#[expect(clippy::disallowed_methods, reason = "a bench measures durations")]
pub fn now() -> Instant {
    Instant::now()
}

/// What came back.
pub struct Outcome {
    pub per_second: f64,
    pub statuses: BTreeMap<u16, usize>,
    /// From the shortest to the longest.
    times: Vec<Duration>,
}

impl Outcome {
    /// Of times that were measured elsewhere.
    pub fn of(times: Vec<Duration>) -> Self {
        let asked = times.into_iter().map(|time| (0, time)).collect();
        Self::from(asked, Duration::ZERO)
    }

    #[expect(clippy::cast_precision_loss, reason = "no run asks 2^52 times")]
    fn from(asked: Vec<(u16, Duration)>, took: Duration) -> Self {
        let mut statuses = BTreeMap::new();
        for (status, _) in &asked {
            *statuses.entry(*status).or_default() += 1;
        }
        let mut times: Vec<Duration> = asked.into_iter().map(|(_, time)| time).collect();
        times.sort_unstable();
        Self {
            per_second: times.len() as f64 / took.as_secs_f64(),
            statuses,
            times,
        }
    }

    pub fn rate(&self) -> String {
        format!("{:.0}/s ({} requests)", self.per_second, self.times.len())
    }

    /// The median and what 99 of 100 stay below.
    pub fn quantiles(&self) -> String {
        let at = |part: usize| {
            let place = (self.times.len() * part / 100).min(self.times.len().saturating_sub(1));
            self.times
                .get(place)
                .map_or_else(String::new, |time| millis(time.as_secs_f64()))
        };
        format!("{}, {}", at(50), at(99))
    }

    pub fn by_status(&self) -> String {
        let counts = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{count} × {status}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}

/// Lets every browser ask again and again until the time or the number of requests is used up.
pub fn run(
    browsers: Vec<Browser>,
    time: Duration,
    most: usize,
    ask: impl Fn(&mut Browser) -> io::Result<Answer> + Sync,
) -> io::Result<Outcome> {
    let (begun, left) = (now(), AtomicUsize::new(most));
    all(browsers, |browser, times| {
        while begun.elapsed() < time && take_one(&left) {
            let asked = now();
            let answer = ask(browser)?;
            times.push((answer.status, asked.elapsed()));
        }
        Ok(())
    })
}

/// Lets the browsers ask `rate` times a second between them, each at its times; a wait counts from when
/// a question was due, so that a slow answer is not hidden by the questions it delays.
pub fn steadily(
    browsers: Vec<Browser>,
    rate: u32,
    time: Duration,
    ask: impl Fn(&mut Browser) -> io::Result<Answer> + Sync,
) -> io::Result<Outcome> {
    let count = u32::try_from(browsers.len()).map_err(io::Error::other)?;
    let between = Duration::from_secs(1) * count / rate;
    let begun = now();
    all(browsers, |browser, times| {
        let mut due = Duration::ZERO;
        while due < time {
            thread::sleep(due.saturating_sub(begun.elapsed()));
            let answer = ask(browser)?;
            times.push((answer.status, begun.elapsed().saturating_sub(due)));
            due += between;
        }
        Ok(())
    })
}

/// Lets every browser ask once.
pub fn once(
    browsers: Vec<Browser>,
    ask: impl Fn(&mut Browser) -> io::Result<Answer> + Sync,
) -> io::Result<Outcome> {
    all(browsers, |browser, times| {
        let asked = now();
        let answer = ask(browser)?;
        times.push((answer.status, asked.elapsed()));
        Ok(())
    })
}

fn all(
    browsers: Vec<Browser>,
    ask: impl Fn(&mut Browser, &mut Vec<(u16, Duration)>) -> io::Result<()> + Sync,
) -> io::Result<Outcome> {
    let begun = now();
    let asked = thread::scope(|scope| {
        let threads: Vec<_> = browsers
            .into_iter()
            .map(|mut browser| {
                let ask = &ask;
                scope.spawn(move || {
                    let mut times = Vec::new();
                    ask(&mut browser, &mut times).map(|()| times)
                })
            })
            .collect();
        let mut asked = Vec::new();
        for thread in threads {
            asked.extend(
                thread
                    .join()
                    .map_err(|_| io::Error::other("a client panicked"))??,
            );
        }
        Ok::<_, io::Error>(asked)
    })?;
    Ok(Outcome::from(asked, begun.elapsed()))
}

fn take_one(left: &AtomicUsize) -> bool {
    left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}
