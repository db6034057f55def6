//! What pages and sign-ins cost beside a very long audit trail; LOA-08.

use std::{io, time::Duration};

use crate::{
    Outcomes, expect, from_elsewhere,
    http::{Answer, Browser},
    load::{Outcome, now},
    program::{Installation, USERNAME},
    sign_in,
    table::row,
};

/// Events of the trail, of which the account that is looked at has one in a hundred.
const EVENTS: u32 = 10_000_000;
/// Times that each thing is done.
const TIMES: usize = 100;
const PAGES: [&str; 4] = ["/", "/accounts/2fa/", "/accounts/sessions/", "/admin/gate/"];

/// Fills the trail, and times what an administrator does.
pub fn trail(installation: &Installation) -> Outcomes<()> {
    installation.sqlite(&format!(
        "insert into audit_event with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {EVENTS}) \
         select 'old' || n, 1000 + n, case n % 300 when 0 then 'sign_in.failed' else 'signed_in' end, null, \
         case n % 100 when 0 then account.id else 'other' || n % 1000 end, '198.18.0.1', null, '' \
         from numbers, account where username = '{USERNAME}'"
    ))?;
    let program = installation.start()?;
    row(
        &format!("events of the audit trail: {EVENTS}; sign-in, median, 99 %"),
        &timed(
            |number| sign_in(&mut from_elsewhere(&program, 30_000 + number)),
            303,
        )?,
        "",
    );
    let mut browser: Browser = from_elsewhere(&program, 40_000);
    sign_in(&mut browser)?;
    for path in PAGES {
        row(
            &format!("  {path}"),
            &timed(|_| browser.get(path), 200)?,
            "200 ms",
        );
    }
    Ok(())
}

fn timed(mut ask: impl FnMut(usize) -> io::Result<Answer>, status: u16) -> Outcomes<String> {
    let mut times: Vec<Duration> = Vec::new();
    for number in 0..TIMES {
        let begun = now();
        let answer = ask(number)?;
        times.push(begun.elapsed());
        expect(&answer, status)?;
    }
    Ok(Outcome::of(times).quantiles())
}
