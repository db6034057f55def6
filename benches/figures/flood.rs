//! What honest people notice while many addresses guess passwords; LOA-02 and LOA-03.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    Outcomes, from_elsewhere,
    http::Browser,
    load::{Outcome, now},
    program::{Installation, Program, USERNAME},
    sign_in,
    table::row,
};

/// Addresses that guess, each with one try on the way.
const GUESSERS: usize = 200;
/// Browsers of people who are signed in, and how often each loads a page.
const READERS: usize = 50;
const READS_EVERY: Duration = Duration::from_millis(500);
/// How long they are measured without guessers.
const QUIET: Duration = Duration::from_secs(5);
/// Sign-ins by the owner of the account that is guessed at, and the time between two of them.
const SIGN_INS: usize = 60;
const SIGNS_IN_EVERY: Duration = Duration::from_millis(1_500);
/// What an honest sign-in may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Floods the program, and measures what others notice.
pub fn flood(installation: &Installation) -> Outcomes<()> {
    let program = installation.start()?;
    let mut reader = from_elsewhere(&program, 40_000);
    sign_in(&mut reader)?;
    let begun = now();
    let quiet = read(&program, &reader, || begun.elapsed() > QUIET)?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| -> Outcomes<()> {
        let (program, over) = (&program, &over);
        for number in 0..GUESSERS {
            scope.spawn(move || {
                let mut browser = from_elsewhere(program, number);
                while !over.load(Ordering::Relaxed) {
                    let fields = [("login", USERNAME), ("password", "not the right one")];
                    if browser.post("/accounts/login/", &fields).is_err() {
                        browser = from_elsewhere(program, number);
                    }
                }
            });
        }
        let reader = &reader;
        let reads = scope.spawn(|| {
            let is_over = || over.load(Ordering::Relaxed);
            read(program, reader, is_over).map_err(|error| error.to_string())
        });
        let (mut times, mut in_time) = (Vec::new(), 0);
        for number in 0..SIGN_INS {
            thread::sleep(SIGNS_IN_EVERY);
            let mut owner = from_elsewhere(program, 30_000 + number);
            let begun = now();
            let answer = sign_in(&mut owner);
            let took = begun.elapsed();
            times.push(took);
            in_time += usize::from(answer.is_ok_and(|it| it.status == 303) && took < PATIENCE);
        }
        over.store(true, Ordering::Relaxed);
        let reads = reads.join().map_err(|_| "a reader panicked")??;
        row(
            &format!("honest sign-ins in time, {GUESSERS} addresses guessing"),
            &format!("{} %", 100 * in_time / SIGN_INS),
            "99 %",
        );
        row(
            "  median, 99 %",
            &Outcome::of(times).quantiles(),
            "95 % below 3 s",
        );
        row(
            "pages of 50 people meanwhile, median, 99 %",
            &reads.quantiles(),
            "95 % at most twice the quiet one",
        );
        row("  without guessers", &quiet.quantiles(), "");
        Ok(())
    })
}

/// People who look at a page now and then, until it is over.
fn read(program: &Program, from: &Browser, is_over: impl Fn() -> bool + Sync) -> Outcomes<Outcome> {
    let times = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut browser = from.at(program.address);
                while !is_over() {
                    thread::sleep(READS_EVERY);
                    let begun = now();
                    let answer = browser.get("/accounts/sessions/");
                    if let (Ok(mut times), Ok(200)) = (times.lock(), answer.map(|it| it.status)) {
                        times.push(begun.elapsed());
                    }
                }
            });
        }
    });
    let times = times.into_inner().map_err(|_| "a reader panicked")?;
    Ok(Outcome::of(times))
}
