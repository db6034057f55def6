//! Prints the figures of the release program beside what the design asks of them; asserts nothing.
//!
//! `make bench`, or `cargo bench --features ssr --bench figures [-- GROUP…]`. It starts the program that
//! `INMOR_MFA_BIN` names, else the one cargo has built, on a free port of this machine and a new
//! SQLite file, for about two minutes. Client and server share the cores, so the rates are
//! lower than with the client on a machine of its own.

mod expired;
mod flood;
mod gate;
mod hashing;
#[path = "../../src/tests/program/http.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod http;
mod import;
mod keys;
mod load;
mod program;
mod rotation;
mod second_factor;
#[path = "../../src/tests/support/security_key/mod.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the tests use more of it, and may panic"
)]
mod security_key;
mod soak;
mod table;
mod trail;

use std::{
    error::Error,
    io,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use http::{Answer, Browser};
use load::{Outcome, now};
use program::{Installation, PASSWORD, Program, USERNAME};
use table::{median, mib, millis, row};

/// Starts of the program that are timed.
const STARTS: usize = 10;
/// Connections that load a page side by side, and for how long and how often they may.
const CONNECTIONS: usize = 16;
const LOAD: Duration = Duration::from_secs(5);
const MOST: usize = 200_000;
/// Rounds in which signing in and hashing take turns, and how long each turn is.
const ROUNDS: usize = 5;
const TURN: Duration = Duration::from_millis(2_500);
/// Sign-ins at once.
const RUSH: usize = 500;
/// After so long the memory of the last hash has been given back.
const REST: Duration = Duration::from_secs(13);

type Outcomes<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcomes<()> {
    let cores = thread::available_parallelism()?.get();
    let installation = Installation::new()?;
    // cargo adds an option of its own
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let wanted = |group: &str| named.is_empty() || named.iter().any(|name| name == group);
    row("figure", "measured", "goal");
    row("cores, shared by client and server", &cores.to_string(), "");
    if wanted("starts") {
        starts(&installation)?;
    }
    if wanted("pages") {
        pages(&installation)?;
    }
    if wanted("codes") {
        second_factor::verifications(TURN)?;
    }
    if wanted("sign-ins") {
        sign_ins(&installation, cores)?;
    }
    if wanted("keys") {
        // a factor of the account would give later sign-ins a second step
        keys::sign_ins(&Installation::new()?.start()?, CONNECTIONS, LOAD, MOST)?;
    }
    if wanted("rush") {
        rush(&installation, cores)?;
    }
    if wanted("flood") {
        flood::flood(&installation)?;
    }
    if wanted("expired") {
        expired::expired(&Installation::new()?)?;
    }
    if wanted("trail") {
        trail::trail(&Installation::new()?)?;
    }
    if wanted("gate") {
        gate::checks(&Installation::new()?, "SQLite")?;
        if let Some(installation) = Installation::on_postgres()? {
            gate::checks(&installation, "PostgreSQL")?;
        }
        gate::behind_nginx(&Installation::new()?)?;
    }
    if wanted("rotation") {
        rotation::rotation(&installation)?;
    }
    if wanted("import") {
        import::import(&Installation::new()?, "SQLite")?;
        if let Some(installation) = Installation::on_postgres()? {
            import::import(&installation, "PostgreSQL")?;
        }
    }
    // an hour, and so only where it is named
    if named.iter().any(|name| name == "soak") {
        soak::soak(&Installation::new()?)?;
    }
    Ok(())
}

fn starts(installation: &Installation) -> Outcomes<()> {
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let begun = now();
        let program = installation.start()?;
        expect(&program.browser().get("/accounts/login/")?, 200)?;
        took.push(begun.elapsed().as_secs_f64());
    }
    row(
        "start to first answer, existing database",
        &millis(median(&mut took)),
        "100 ms",
    );
    Ok(())
}

fn pages(installation: &Installation) -> Outcomes<()> {
    let program = installation.start()?;
    let mut browser = program.browser();
    expect(&browser.get("/accounts/login/")?, 200)?;
    row(
        "memory after the first answer",
        &program.memory()?.to_string(),
        "20 MiB",
    );
    first_visit(&program)?;

    sign_in(&mut browser)?;
    for _ in 0..100 {
        expect(&browser.get("/accounts/sessions/")?, 200)?;
    }
    thread::sleep(REST);
    row(
        "memory after a sign-in, 100 pages and a rest",
        &program.memory()?.to_string(),
        "20 MiB",
    );

    let enrolled = second_factor::enrolled(&program)?;
    for (name, path, from, goal) in [
        (
            "MFA settings page, signed in, with a factor",
            "/accounts/2fa/",
            &enrolled,
            "7,440/s (40 × django-allauth's 186)",
        ),
        (
            "sessions page, signed in",
            "/accounts/sessions/",
            &browser,
            "",
        ),
        ("sign-in page", "/accounts/login/", &program.browser(), ""),
    ] {
        let browsers = || (0..CONNECTIONS).map(|_| from.at(program.address)).collect();
        let ask = |browser: &mut Browser| browser.get(path);
        load::run(browsers(), Duration::from_millis(500), MOST, ask)?;
        let outcome = load::run(browsers(), LOAD, MOST, ask)?;
        all(&outcome, 200)?;
        row(name, &outcome.rate(), goal);
        row("  median, 99 %", &outcome.quantiles(), "");
    }
    row("memory after that load", &program.memory()?.to_string(), "");
    Ok(())
}

/// What a browser fetches to show the sign-in page for the first time, heads and all.
fn first_visit(program: &Program) -> Outcomes<()> {
    let mut browser = program.browser();
    browser.more.push_str("Accept-Encoding: gzip, br\r\n");
    // the page names its files in the clear only when it is not compressed
    let page = program.browser().get("/accounts/login/")?.text();
    let package = page
        .split_once("href=\"/pkg/")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(digest, _)| digest)
        .ok_or("the sign-in page names no style sheet")?;
    let mut bytes = 0;
    for path in [
        "/accounts/login/".to_owned(),
        "/favicon.svg".to_owned(),
        format!("/pkg/{package}/inmor-mfa.css"),
        format!("/pkg/{package}/inmor-mfa.js"),
        format!("/pkg/{package}/inmor-mfa.wasm"),
    ] {
        let answer = browser.get(&path)?;
        expect(&answer, 200)?;
        bytes += answer.head.len() + answer.body.len();
    }
    row(
        "first visit to the sign-in page, heads included",
        &format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
        "100 KiB",
    );
    Ok(())
}

fn sign_ins(installation: &Installation, cores: usize) -> Outcomes<()> {
    let program = installation.start()?;
    let (mut bare, mut over_http, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let browsers = |count: usize| {
        (0..count)
            .map(|number| from_elsewhere(&program, number))
            .collect()
    };
    hashing::bare(cores, TURN / 5)?;
    load::run(browsers(4 * cores), TURN / 5, MOST, sign_in)?;
    let mut latest = None;
    for _ in 0..ROUNDS {
        let hashes = hashing::bare(cores, TURN)?;
        let outcome = load::run(browsers(4 * cores), TURN, MOST, sign_in)?;
        all(&outcome, 303)?;
        bare.push(hashes);
        over_http.push(outcome.per_second);
        ratios.push(outcome.per_second / hashes);
        latest = Some(outcome);
    }
    row(
        "bare Argon2id, 19 MiB, 2 passes, on all cores",
        &format!("{:.1}/s", median(&mut bare)),
        "",
    );
    row(
        "sign-ins through HTTP, taking turns with it",
        &format!("{:.1}/s", median(&mut over_http)),
        "",
    );
    row(
        "  as part of the bare function",
        &format!("{:.0} %", 100.0 * median(&mut ratios)),
        "90 %",
    );
    if let Some(outcome) = latest {
        row(
            &format!("  median, 99 %, {} at a time", 4 * cores),
            &outcome.quantiles(),
            "",
        );
    }
    Ok(())
}

fn rush(installation: &Installation, cores: usize) -> Outcomes<()> {
    let program = installation.start()?;
    expect(&program.browser().get("/accounts/login/")?, 200)?;
    let idle = program.memory()?.resident;
    let (start, over) = (Barrier::new(RUSH), AtomicBool::new(false));
    let (outcome, health) = thread::scope(|scope| -> Outcomes<_> {
        let health = scope.spawn(|| {
            let mut browser = program.browser();
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let begun = now();
                if browser.get("/healthz")?.status == 200 {
                    times.push(begun.elapsed());
                }
                thread::sleep(Duration::from_millis(5));
            }
            Ok::<_, io::Error>(times)
        });
        let browsers = (0..RUSH)
            .map(|number| from_elsewhere(&program, number))
            .collect();
        let outcome = load::once(browsers, |browser| {
            start.wait();
            sign_in(browser)
        });
        over.store(true, Ordering::Relaxed);
        let times = health.join().map_err(|_| "the health check panicked")??;
        Ok((outcome?, Outcome::of(times)))
    })?;
    let permits = u64::try_from(cores)?;
    row(
        &format!("{RUSH} sign-ins at once, answers by status"),
        &outcome.by_status(),
        "",
    );
    row("  median, 99 %", &outcome.quantiles(), "");
    row(
        "  peak of the memory, idle before",
        &format!("{} (idle {})", mib(program.memory()?.peak), mib(idle)),
        &format!(
            "{} (idle + {permits} × 19 + 64)",
            mib(idle + (permits * 19 + 64) * 1024)
        ),
    );
    row(
        "  /healthz meanwhile, median, 99 %",
        &health.quantiles(),
        "",
    );
    thread::sleep(REST);
    row("  memory after a rest", &program.memory()?.to_string(), "");
    Ok(())
}

/// A browser at a network address of its own, as the trusted proxy in front of the program tells it.
fn from_elsewhere(program: &Program, number: usize) -> Browser {
    let mut browser = program.browser();
    browser.more = format!(
        "X-Forwarded-For: 198.18.{}.{}\r\n",
        number / 250,
        number % 250 + 1
    );
    browser
}

/// Signs in as a browser that has never been here.
fn sign_in(browser: &mut Browser) -> io::Result<Answer> {
    browser.cookies.clear();
    browser.post(
        "/accounts/login/",
        &[("login", USERNAME), ("password", PASSWORD)],
    )
}

fn expect(answer: &Answer, status: u16) -> Outcomes<()> {
    if answer.status == status {
        return Ok(());
    }
    Err(format!("expected {status}: {}{}", answer.head, answer.text()).into())
}

fn all(outcome: &Outcome, status: u16) -> Outcomes<()> {
    if outcome.statuses.keys().eq([&status]) {
        return Ok(());
    }
    Err(format!("expected only {status}: {}", outcome.by_status()).into())
}
