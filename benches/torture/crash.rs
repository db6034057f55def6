//! CRA-03 and CRA-04: the program killed, and stopped, while people sign in.

use std::{thread, time::Duration};

use crate::{
    Outcomes, crowd, ensure, rush, secrets,
    site::Site,
    support::is_signed_in,
    trial::{Trial, now},
};

/// Sign-ins a second that are tried for.
pub const RATE: u32 = 50;
/// Codes that are tried again after each crash.
pub const TRIED: usize = 24;

pub fn kill(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(1, 20);
    let (mut accepted, mut unknown, mut tried) = (0, 0, 0);
    for _ in 0..rounds {
        let site = Site::new(trial.kind)?;
        let mut server = site.serve()?;
        let mut people = crowd::add(&site, &secrets::keyring()?, 48, 10)?.people;
        let moment = trial.chance.between(600, 2_500);
        let (seen, ()) = rush::during(server.address, &mut people, RATE, || {
            thread::sleep(moment);
            server.running.kill();
        })?;
        server.running.ended();
        let server = site.serve()?;
        site.check_whole()?;
        tried += seen.check_codes(&site, &server, &people, TRIED)?;
        for browser in seen.cookies.iter().rev().take(5) {
            ensure!(
                is_signed_in(&mut browser.at(server.address)),
                "a session is gone"
            );
        }
        let (yes, lost) = seen.counts();
        accepted += yes;
        unknown += lost;
    }
    Ok(format!(
        "{rounds} kills, {accepted} sign-ins answered and {unknown} cut off, serves within 5 s, \
         {tried} codes tried again, none worked twice"
    ))
}

pub fn stop(trial: &mut Trial) -> Outcomes<String> {
    /// A request that is sent in the moment of the stop may find the door shut.
    const MOMENT: Duration = Duration::from_millis(50);
    let rounds = trial.rounds(1, 20);
    let (mut answered, mut longest) = (0, Duration::ZERO);
    for _ in 0..rounds {
        let site = Site::new(trial.kind)?;
        let server = site.serve()?;
        let mut people = crowd::add(&site, &secrets::keyring()?, 48, 10)?.people;
        let (moment, address) = (trial.chance.between(600, 2_000), server.address);
        let (seen, (asked, took, ended)) = rush::during(address, &mut people, RATE, || {
            thread::sleep(moment);
            let asked = now();
            let ended = server.stop();
            (asked, asked.elapsed(), ended)
        })?;
        longest = longest.max(took);
        ensure!(ended.code == Some(0), "it ends with {:?}", ended.code);
        ensure!(!ended.stderr.contains("panicked"), "it panicked");
        let cut_off = seen.asked.iter().filter(|(begun, took, status)| {
            *status == 0 && *begun + MOMENT < asked && *begun + *took > asked
        });
        let cut_off = cut_off.count();
        ensure!(cut_off == 0, "{cut_off} running requests were not answered");
        answered += seen
            .asked
            .iter()
            .filter(|(.., status)| *status != 0)
            .count();
        let server = site.serve()?;
        site.check_whole()?;
        seen.check_codes(&site, &server, &people, TRIED / 2)?;
        for browser in seen.cookies.iter().rev().take(5) {
            ensure!(
                is_signed_in(&mut browser.at(server.address)),
                "a session is gone"
            );
        }
    }
    ensure!(
        longest < Duration::from_millis(10_500),
        "a stop took {longest:?}"
    );
    Ok(format!(
        "{rounds} stops, {answered} requests answered, all that ran were; exit 0 after {} ms at most",
        longest.as_millis()
    ))
}
