//! CRA-09 and CRA-10: others write to the SQLite file at the same time.

use std::{thread, time::Duration};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    Outcomes,
    base::{Base, block_on},
    crowd, ensure,
    person::words,
    secrets,
    site::Site,
    trial::{Trial, now},
};

/// Holds the write lock of the file.
fn hold(site: &Site, time: Duration) -> Outcomes<()> {
    let Base::Sqlite(path) = &site.base else {
        return Err("it is no file".into());
    };
    block_on(async {
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let lock = connection.begin_with("begin immediate").await?;
        tokio::time::sleep(time).await;
        lock.rollback().await?;
        connection.close().await
    })
}

/// Another process holds the lock, for shorter and for longer than the program waits.
pub fn held(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(1, 5);
    let site = Site::new(trial.kind)?;
    let server = site.serve()?;
    let mut people = crowd::add(&site, &secrets::keyring()?, 8, 10)?.people;
    for _ in 0..rounds {
        for (time, waits) in [(2, true), (8, false)] {
            let (time, begun) = (Duration::from_secs(time), now());
            thread::scope(|scope| {
                let holding = scope.spawn(|| hold(&site, time).map_err(|error| error.to_string()));
                thread::sleep(
                    Duration::from_millis(300) + trial.chance.within(Duration::from_millis(300)),
                );
                let person = people.first().ok_or("nobody")?;
                let mut browser = person.browser(&server);
                let asked = now();
                let fields = [
                    ("login", person.name.as_str()),
                    ("password", &person.password),
                ];
                let answer = browser.post("/accounts/login/", &fields)?;
                let took = asked.elapsed();
                ensure!(took < Duration::from_secs(6), "an answer took {took:?}");
                let right = if waits { 303 } else { 503 };
                ensure!(
                    answer.status == right,
                    "held for {time:?}, it answers {}",
                    words(&answer)
                );
                ensure!(
                    waits || !browser.cookies.contains_key("__Host-session"),
                    "a way in"
                );
                ensure!(browser.get("/healthz")?.status == 200, "it is not alive");
                holding.join().map_err(|_| "no lock")??;
                Ok::<_, Box<dyn std::error::Error>>(())
            })?;
            ensure!(begun.elapsed() >= time, "the lock was not held");
            let person = people.first_mut().ok_or("nobody")?;
            person.get_in(&server)?;
        }
    }
    site.check_whole()?;
    Ok(format!(
        "{rounds} × 2 s: everybody waits and gets in; 8 s: 503 within 6 s, then well again"
    ))
}

/// Two processes, a hundred writes at each at the same moment, for each round.
pub fn at_once(trial: &mut Trial) -> Outcomes<String> {
    const EACH: usize = 100;
    const PATH: &str = "/accounts/2fa/totp/activate/new-secret/";
    let rounds = trial.rounds(3, 20);
    let site = Site::new(trial.kind)?;
    let servers = [site.serve()?, site.serve()?];
    let mut person = crowd::add(&site, &secrets::keyring()?, 1, 2)?
        .people
        .remove(0);
    let [one, two] = &servers;
    let signed_in = person.get_in(one)?;
    let mut longest = Duration::ZERO;
    for _ in 0..rounds {
        let statuses = thread::scope(|scope| {
            let asking: Vec<_> = (0..2 * EACH)
                .map(|number| {
                    let server = if number % 2 == 0 { one } else { two };
                    let mut browser = signed_in.at(server.address);
                    scope.spawn(move || {
                        let begun = now();
                        browser
                            .post(PATH, &[])
                            .map(|answer| (answer.status, begun.elapsed()))
                    })
                })
                .collect();
            asking
                .into_iter()
                .map(std::thread::ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        for outcome in statuses {
            let (status, took) = outcome.map_err(|_| "a client panicked")??;
            ensure!(status == 303, "a write is answered {status} after {took:?}");
            longest = longest.max(took);
        }
    }
    site.check_whole()?;
    Ok(format!(
        "{rounds} × 200 writes at two processes, all done, the longest in {} ms",
        longest.as_millis()
    ))
}
