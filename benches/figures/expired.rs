//! What signing in costs beside very many rows that have run out; LOA-05.

use std::time::Duration;

use crate::{
    Outcomes, expect, from_elsewhere,
    load::{Outcome, now},
    program::Installation,
    sign_in,
    table::row,
};

/// Rows that have run out.
const ROWS: u32 = 1_000_000;
/// Sign-ins that are timed.
const SIGN_INS: usize = 100;

/// Times sign-ins before the rows are there and while they are purged.
pub fn expired(installation: &Installation) -> Outcomes<()> {
    let (before, _) = sign_ins(installation)?;
    installation.sqlite(&format!(
        "insert into session select 'old' || n, randomblob(32), account.id, 'pwd', '', '', 1000, 1000, 1000, 1000 \
         from account, (with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {ROWS}) \
         select n from numbers) where username = 'berta'"
    ))?;
    let (beside, left) = sign_ins(installation)?;
    row(
        "sign-in, one after the other: median, 99 %",
        &before.quantiles(),
        "",
    );
    row(
        "  beside 1,000,000 expired rows being purged",
        &beside.quantiles(),
        "unchanged",
    );
    row("  rows left after those", &left.to_string(), "");
    Ok(())
}

fn sign_ins(installation: &Installation) -> Outcomes<(Outcome, i64)> {
    let program = installation.start()?;
    let mut times: Vec<Duration> = Vec::new();
    for number in 0..SIGN_INS {
        let mut browser = from_elsewhere(&program, 20_000 + number);
        let begun = now();
        expect(&sign_in(&mut browser)?, 303)?;
        times.push(begun.elapsed());
    }
    let left = installation.sqlite("select count(*) from session where last_seen_at = 1000")?;
    Ok((Outcome::of(times), left))
}
