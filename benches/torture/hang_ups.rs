//! CRA-18: clients that go away while their password is hashed.

use std::{thread, time::Duration};

use crate::{
    Outcomes, crowd, ensure,
    http::Connection,
    secrets,
    site::Site,
    trial::{Trial, now},
};

/// Connections from which they come and go.
const SENDERS: usize = 8;

pub fn hashing(trial: &mut Trial) -> Outcomes<String> {
    let many: usize = trial.size(1_000, 4_000);
    let site = Site::new(trial.kind)?;
    let server = site.serve()?;
    let mut people = crowd::add(&site, &secrets::keyring()?, 4, 10)?.people;
    let waits: Vec<Duration> = (0..many).map(|_| trial.chance.between(0, 30)).collect();
    thread::scope(|scope| {
        let senders: Vec<_> = waits
            .chunks(many.div_ceil(SENDERS))
            .enumerate()
            .map(|(number, waits)| {
                let mut browser = server.browser();
                let address = server.address;
                scope.spawn(move || {
                    for (turn, wait) in waits.iter().enumerate() {
                        // a name that nobody has costs the same; a source of its own is not slowed
                        let (high, low) = (turn / 250, turn % 250);
                        browser.more = format!("X-Forwarded-For: 11.{number}.{high}.{low}\r\n");
                        let fields = [("login", "nobody"), ("password", "wrong")];
                        let request = browser.post_request("/accounts/login/", &fields);
                        let mut connection = Connection::open(address)?;
                        connection.send(request.as_bytes())?;
                        thread::sleep(*wait);
                    }
                    Ok::<_, std::io::Error>(())
                })
            })
            .collect();
        for sender in senders {
            sender.join().map_err(|_| "a client panicked")??;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    let begun = now();
    for person in &mut people {
        person.get_in(&server)?;
    }
    let took = begun.elapsed();
    ensure!(
        took < Duration::from_secs(10),
        "four sign-ins took {took:?} afterwards"
    );
    let ended = server.stop();
    ensure!(
        ended.code == Some(0) && !ended.stderr.contains("panicked"),
        "it ends badly"
    );
    Ok(format!(
        "{many} hang-ups, then four sign-ins in {} ms: the permits are back",
        took.as_millis()
    ))
}
