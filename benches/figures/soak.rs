//! What a program that is used for a long time holds in the end; LOA-06.

use std::{
    env,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use crate::{
    Outcomes, from_elsewhere,
    http::{Answer, Browser},
    load,
    program::{Installation, Program},
    sign_in,
    table::{mib, row},
};

/// Minutes, unless `INMOR_MFA_SOAK_MINUTES` says otherwise.
const MINUTES: u64 = 60;
/// Browsers, and what all of them ask a second.
const BROWSERS: usize = 50;
const RATE: u32 = 100;
/// Of so many requests of a browser one is a sign-in, and one a wrong one.
const TURN: usize = 50;
/// Looks at the program, the same number in each half.
const LOOKS: u64 = 60;

/// What the program holds at a moment: memory in KiB, descriptors.
type Look = (u64, u64);

/// Uses the program for an hour, and looks at it all the while.
pub fn soak(installation: &Installation) -> Outcomes<()> {
    let minutes = match env::var("INMOR_MFA_SOAK_MINUTES") {
        Ok(minutes) => minutes.parse()?,
        Err(_) => MINUTES,
    };
    let time = Duration::from_secs(60 * minutes);
    let program = installation.start()?;
    let browsers: Vec<Browser> = (0..BROWSERS)
        .map(|number| from_elsewhere(&program, 50_000 + number))
        .collect();
    let (asked, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (outcome, looks) = thread::scope(|scope| -> Outcomes<_> {
        let looks =
            scope.spawn(|| look_on(&program, time, &over).map_err(|error| error.to_string()));
        let outcome = load::steadily(browsers, RATE, time, |browser| {
            ask(browser, asked.fetch_add(1, Ordering::Relaxed))
        });
        over.store(true, Ordering::Relaxed);
        Ok((
            outcome?,
            looks.join().map_err(|_| "the look-out panicked")??,
        ))
    })?;
    row(
        &format!("{minutes} min of pages, sign-ins and wrong ones: requests"),
        &outcome.rate(),
        "100/s",
    );
    row("  answers by status", &outcome.by_status(), "");
    row("  median, 99 %", &outcome.quantiles(), "");
    let quarters: Vec<Look> = looks.chunks(looks.len().div_ceil(4)).map(mean).collect();
    let [.., (third, opened_before), (fourth, opened)] = quarters.as_slice() else {
        return Err("nothing was seen of the program".into());
    };
    row(
        "  memory in the third quarter, in the last",
        &format!("{}, {}", mib(*third), mib(*fourth)),
        &format!("at most {}", mib(third * 105 / 100)),
    );
    row(
        "  descriptors in the third quarter, in the last",
        &format!("{opened_before}, {opened}"),
        "",
    );
    Ok(())
}

/// One request of those that are asked in turn.
fn ask(browser: &mut Browser, number: usize) -> std::io::Result<Answer> {
    // each browser asks every fiftieth of them
    match number / BROWSERS % TURN {
        0 => sign_in(browser),
        1 => browser.post(
            "/accounts/login/",
            &[("login", "nobody"), ("password", "not the right one")],
        ),
        turn => browser.get(match turn % 4 {
            0 => "/accounts/sessions/",
            1 => "/accounts/2fa/",
            2 => "/accounts/login/",
            _ => "/healthz",
        }),
    }
}

fn look_on(program: &Program, time: Duration, over: &AtomicBool) -> Outcomes<Vec<Look>> {
    let between = time / u32::try_from(LOOKS)?;
    let mut looks = Vec::new();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(between);
        looks.push((program.memory()?.resident, program.descriptors()?));
    }
    Ok(looks)
}

fn mean(looks: &[Look]) -> Look {
    let count = u64::try_from(looks.len()).unwrap_or(1).max(1);
    let sum = looks.iter().fold((0, 0), |(memory, open), look| {
        (memory + look.0, open + look.1)
    });
    (sum.0 / count, sum.1 / count)
}
