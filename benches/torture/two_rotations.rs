//! RST-07 and RST-09: a rotation beside sign-ins and enrolments, and beside another rotation.

use std::thread;

use crate::{
    Outcomes, ensure,
    person::Person,
    rotation::{both, check_done, done, filled},
    rush,
    script::{Actor, STEPS},
    secrets::{keyring, keyring_of},
    trial::Trial,
};

const ROTATE: [&str; 3] = ["keys", "rotate", "--json"];
/// People who enrol meanwhile; their secrets are begun before, under the old key.
const ENROLLING: usize = 20;

pub fn in_use(trial: &mut Trial) -> Outcomes<String> {
    let (site, mut crowd) = filled(trial, trial.size(200, 1_000), 9)?;
    // begun under the old key alone
    let site = site.set("MFA_ENCRYPTION_KEY", crate::support::KEY);
    let before = site.serve()?;
    let mut enrolling = Vec::new();
    for number in 0..ENROLLING {
        let name = format!("new{number}");
        site.place.create(&name);
        let person = Person {
            name,
            password: crate::support::PASSWORD.to_owned(),
            ..Person::default()
        };
        let mut actor = Actor::new(&site, &before, person);
        for (_, act) in STEPS.iter().take(2) {
            actor.act(*act)?;
        }
        enrolling.push((actor.browser, actor.shown, actor.person));
    }
    before.stop();

    let site = site.set("MFA_ENCRYPTION_KEY", &both());
    let server = site.serve()?;
    let mut people: Vec<Person> = crowd.people.drain(..20).collect();
    let (seen, outcome) = rush::during(server.address, &mut people, 15, || {
        thread::scope(|scope| {
            let rotating = scope.spawn(|| site.place.run(&ROTATE));
            let mut enrolled = 0;
            for (browser, shown, person) in enrolling {
                let mut actor = Actor::new(&site, &server, person);
                actor.browser = browser.at(server.address);
                actor.shown = shown;
                let steps = STEPS.get(2..4).unwrap_or_default();
                for (name, act) in steps {
                    actor
                        .act(*act)
                        .map_err(|error| format!("{name}: {error}"))?;
                }
                enrolled += 1;
            }
            let ended = rotating.join().map_err(|_| "the rotation panicked")?;
            Ok::<_, Box<dyn std::error::Error>>((ended, enrolled))
        })
        .map_err(|error| error.to_string())
    })?;
    let (ended, enrolled) = outcome?;
    done(&ended)?;
    let (accepted, unknown) = seen.counts();
    ensure!(
        accepted > 0 && unknown == 0,
        "{unknown} of {accepted} sign-ins failed"
    );
    let odd = seen
        .asked
        .iter()
        .filter(|(.., status)| *status != 303)
        .count();
    ensure!(odd == 0, "{odd} requests were not answered well");
    let old = keyring()?.first_id().to_owned();
    let keys = crowd.known.check(&site, &keyring_of(&both())?)?;
    ensure!(
        !keys.contains_key(&old),
        "secrets are left under the old key: {keys:?}"
    );
    // a code that was spent while its row was being moved must not come back
    let risen = site.base.count(
        "select count(*) from mfa_recovery_code where spent_at is not null and sealed_code is not null",
    )?;
    ensure!(risen == 0, "{risen} spent codes are there again");
    seen.check_codes(&site, &server, &people, 8)?;
    check_done(&site, &mut crowd.known)?;
    Ok(format!(
        "{} secrets, {accepted} sign-ins and {enrolled} enrolments beside it, none failed, none lost, none under the old key",
        crowd.known.len()
    ))
}

pub fn two(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(2, 10);
    let mut secrets = 0;
    for round in 0..rounds {
        let (site, mut crowd) = filled(trial, trial.size(200, 1_000), 9)?;
        let first = site.place.start_with(&ROTATE);
        thread::sleep(trial.chance.between(0, 100));
        let mut second = site.place.start_with(&ROTATE);
        if round % 2 == 1 {
            thread::sleep(trial.chance.between(50, 300));
            second.kill();
            second.ended();
        } else {
            done(&second.ended())?;
        }
        done(&first.ended())?;
        check_done(&site, &mut crowd.known)?;
        secrets += crowd.known.len();
    }
    Ok(format!(
        "{rounds} times two at once, every second time one of them killed; {secrets} secrets, all under the new key"
    ))
}
