//! CRA-01 and CRA-02: kill -9 at a random moment of a random step of the script.

use std::{
    io,
    sync::mpsc::{self, Sender},
    thread,
    time::Duration,
};

use crate::{
    Outcomes,
    aftermath::check,
    chance::Chance,
    ensure,
    http::Browser,
    person::Person,
    script::{Actor, CONFIRM, STEPS},
    site::Site,
    support::{PASSWORD, Server},
    trial::{Trial, now},
};

/// What the database holds after each step when nobody kills anything, and how long each takes.
pub struct Known {
    pub after: Vec<Vec<String>>,
    took: Vec<Duration>,
}

/// Who acted, how many steps were answered, and whether one more may have been begun.
pub struct Broken {
    pub person: Person,
    pub next: Person,
    pub browser: Browser,
    pub answered: usize,
    /// What was refused although the server was there.
    pub refused: Option<String>,
}

/// Kills spread over all steps, and within each over the time it takes.
pub fn script(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(16, 200);
    run(trial, rounds, 0..STEPS.len(), "every step of the script")
}

/// Kills just before, during and just after the confirmation of an app.
pub fn confirm(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(5, 30);
    run(trial, rounds, CONFIRM..CONFIRM + 1, "an app's confirmation")
}

fn run(
    trial: &mut Trial,
    rounds: usize,
    steps: std::ops::Range<usize>,
    what: &str,
) -> Outcomes<String> {
    let site = Site::new(trial.kind)?;
    let known = learn(&site)?;
    let (mut there, mut absent, mut kept) = (0, 0, Vec::new());
    let (first, many) = (steps.start, steps.len());
    for round in 0..rounds {
        if many > 1 && trial.chance.below(many) == 0 {
            killed_creation(&site, &known, &format!("made{round}"), &mut trial.chance)?;
            continue;
        }
        let step = first + trial.chance.below(many);
        // past its usual time too: the answer is then out, and has to hold
        let longest = known.took.get(step).copied().unwrap_or_default() * 13 / 10;
        let delay = match trial.chance.below(8) {
            0 => Duration::ZERO,
            1 => longest * 2,
            _ => trial.chance.within(longest),
        };
        let server = site.serve()?;
        let name = format!("round{round}");
        let broken = act_until(&site, server, &name, step, delay)?;
        let server = site.serve()?;
        let context = format!(
            "round {round}, killed {delay:?} after the begin of {:?}",
            STEPS.get(step).map_or("the end", |(name, _)| name)
        );
        let came_through =
            check(&site, &server, &known, broken).map_err(|error| format!("{context}: {error}"))?;
        if came_through {
            there += 1;
        } else {
            absent += 1;
        }
        kept.push((name.clone(), lasting(&site, &name)?));
    }
    site.check_whole()?;
    for (name, snapshot) in &kept {
        ensure!(
            lasting(&site, name)? == *snapshot,
            "{name} is not as it was"
        );
    }
    Ok(format!(
        "{rounds} kills over {what}, {there} unanswered requests done, {absent} not, none by half; \
         everybody gets in, no code twice"
    ))
}

/// What an account has that does not run out in the minutes that a long run takes.
fn lasting(site: &Site, name: &str) -> Outcomes<Vec<String>> {
    let mut lines = site.snapshot(name)?;
    lines.retain(|line| !line.starts_with("login_attempt") && !line.starts_with("enrolments"));
    Ok(lines)
}

/// Goes through the script undisturbed.
fn learn(site: &Site) -> Outcomes<Known> {
    let server = site.serve()?;
    site.place.create("learn");
    let mut known = Known {
        after: vec![site.snapshot("learn")?],
        took: Vec::new(),
    };
    let mut actor = Actor::new(site, &server, person("learn"));
    for (name, act) in STEPS {
        let begun = now();
        actor
            .act(*act)
            .map_err(|error| format!("{name}, undisturbed: {error}"))?;
        known.took.push(begun.elapsed());
        known.after.push(site.snapshot("learn")?);
    }
    Ok(known)
}

/// Kills the command that creates an account.
fn killed_creation(site: &Site, known: &Known, name: &str, chance: &mut Chance) -> Outcomes<()> {
    let words = ["accounts", "create", name, "--password-stdin"];
    let password = format!("{PASSWORD}\n");
    let mut command = site.place.start_with_bytes(&words, password.as_bytes());
    thread::sleep(chance.between(0, 500));
    command.kill();
    let ended = command.ended();
    let (found, none) = (site.snapshot(name)?, site.snapshot("nobody")?);
    ensure!(
        known.after.first() == Some(&found) || (found == none && ended.code != Some(0)),
        "{ended:?} and there is {found:?}"
    );
    Ok(())
}

fn person(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        ..Person::default()
    }
}

/// Lets a new person act, and kills the server so long after he begins a step.
fn act_until(
    site: &Site,
    mut server: Server,
    name: &str,
    step: usize,
    delay: Duration,
) -> Outcomes<Broken> {
    site.place.create(name);
    let (began, steps) = mpsc::channel();
    let actor = Actor::new(site, &server, person(name));
    thread::scope(|scope| {
        let acting = scope.spawn(move || act(actor, &began));
        while steps.recv().is_ok_and(|begun| begun < step) {}
        thread::sleep(delay);
        server.running.kill();
        server.running.ended();
        acting.join().map_err(|_| "the actor panicked".into())
    })
}

/// Goes through the script until nobody answers.
fn act(mut actor: Actor<'_>, began: &Sender<usize>) -> Broken {
    let (mut answered, mut refused) = (0, None);
    for (number, (_, act)) in STEPS.iter().enumerate() {
        let _ = began.send(number);
        if let Err(error) = actor.act(*act) {
            if !error.is::<io::Error>() {
                refused = Some(error.to_string());
            }
            break;
        }
        answered += 1;
    }
    Broken {
        person: actor.person,
        next: actor.next,
        browser: actor.browser,
        answered,
        refused,
    }
}
