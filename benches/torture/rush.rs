//! Sign-ins from many people at a rate, each code noted with what became of it.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::{
    Outcomes, ensure,
    http::{Answer, Browser},
    person::{AUTHENTICATE, Person, from, words},
    seen::{Fate, Seen, Sent},
    trial::now,
};

/// Connections from which people sign in.
const CONNECTIONS: usize = 12;

/// Lets everybody sign in, about `rate` times a second in all, while `act` runs.
pub fn during<T>(
    address: SocketAddr,
    people: &mut [Person],
    rate: u32,
    act: impl FnOnce() -> T,
) -> Outcomes<(Seen, T)> {
    let over = AtomicBool::new(false);
    let (many, connections) = (people.len(), CONNECTIONS.min(people.len()));
    let share = many.div_ceil(connections);
    let every = Duration::from_secs(1) * u32::try_from(connections)? / rate;
    thread::scope(|scope| {
        let threads: Vec<_> = people
            .chunks_mut(share)
            .enumerate()
            .map(|(number, people)| {
                let over = &over;
                scope.spawn(move || one(address, people, number * share, every, over))
            })
            .collect();
        let outcome = act();
        over.store(true, Ordering::SeqCst);
        let mut seen = Seen::default();
        for thread in threads {
            let more = thread.join().map_err(|_| "a client panicked")?;
            let more = more.map_err(|error| error.clone())?;
            seen.sent.extend(more.sent);
            seen.asked.extend(more.asked);
            seen.cookies.extend(more.cookies);
        }
        Ok((seen, outcome))
    })
}

fn one(
    address: SocketAddr,
    people: &mut [Person],
    first: usize,
    every: Duration,
    over: &AtomicBool,
) -> Result<Seen, String> {
    let (mut seen, mut turn) = (Seen::default(), 0);
    let many = people.len();
    while !over.load(Ordering::SeqCst) {
        let begun = now();
        let place = turn % many;
        turn += 1;
        let Some(person) = people.get_mut(place) else {
            break;
        };
        sign_in(address, person, first + place, &mut seen).map_err(|error| error.to_string())?;
        thread::sleep(every.saturating_sub(begun.elapsed()));
    }
    Ok(seen)
}

/// One sign-in, as far as it goes.
fn sign_in(
    address: SocketAddr,
    person: &mut Person,
    number: usize,
    seen: &mut Seen,
) -> Outcomes<()> {
    let mut browser = Browser::new(address);
    browser.more = from(&person.name);
    let fields = [
        ("login", person.name.as_str()),
        ("password", &person.password),
    ];
    match ask(&mut browser, "/accounts/login/", &fields, seen) {
        None => return Ok(()),
        Some(answer) if answer.status == 503 => return Ok(()),
        Some(answer) => ensure!(
            answer.header("location") == Some(AUTHENTICATE),
            "the right password of {} is answered {}",
            person.name,
            words(&answer)
        ),
    }
    let code = person.use_code()?;
    let fate = match ask(&mut browser, AUTHENTICATE, &[("code", &code)], seen) {
        Some(answer) if answer.status == 303 => {
            seen.cookies.push(browser);
            Fate::Accepted
        }
        None => Fate::Unknown,
        Some(answer) if answer.status == 503 => Fate::Unknown,
        Some(answer) => {
            return Err(format!(
                "a new code of {} is answered {}",
                person.name,
                words(&answer)
            )
            .into());
        }
    };
    seen.sent.push(Sent {
        person: number,
        code,
        fate,
    });
    Ok(())
}

fn ask(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
    seen: &mut Seen,
) -> Option<Answer> {
    let begun = now();
    let answer = browser.post(path, fields).ok();
    let status = answer.as_ref().map_or(0, |answer| answer.status);
    seen.asked.push((begun, begun.elapsed(), status));
    if answer.is_none() {
        // nobody there: no use in asking as fast as a machine can
        thread::sleep(Duration::from_millis(20));
    }
    answer
}
