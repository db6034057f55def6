//! CRA-07 and CRA-08: PostgreSQL stops, falls silent, or crashes, while people sign in.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Outcomes,
    base::Base,
    crash::TRIED,
    crowd, ensure,
    person::Person,
    rush, secrets,
    seen::Seen,
    site::Site,
    support::Server,
    trial::{Trial, now},
};

/// How long a request may take while there is no database, and how soon it all works again.
const PATIENCE: Duration = Duration::from_secs(6);
const BACK: Duration = Duration::from_secs(5);
/// Sign-ins a second: few enough that no time is spent in the queue for hashing.
const CALM: u32 = 12;

/// Tells the PostgreSQL server of `.ci/postgres` to `stop`, as in a crash, or to `start`.
fn control(word: &str) -> Outcomes<()> {
    let control = std::env::var("TEST_POSTGRES_CONTROL")
        .map_err(|_| "TEST_POSTGRES_CONTROL is not set: run it under .ci/postgres")?;
    let status = Command::new(control).arg(word).status()?;
    ensure!(status.success(), "PostgreSQL does not {word}");
    Ok(())
}

fn begin(trial: &mut Trial) -> Outcomes<(Site, Server, Vec<Person>)> {
    let site = Site::new(trial.kind)?;
    let server = site.serve()?;
    let people = crowd::add(&site, &secrets::keyring()?, 96, 10)?.people;
    Ok((site, server, people))
}

pub fn stopped(trial: &mut Trial) -> Outcomes<String> {
    let outage = Duration::from_secs(trial.size(8, 30));
    let (site, server, mut people) = begin(trial)?;
    let moment = trial.chance.between(500, 1_500);
    let (seen, times) = rush::during(server.address, &mut people, CALM, || {
        thread::sleep(moment);
        control("stop")?;
        let gone = now();
        thread::sleep(outage);
        control("start")?;
        let back = now();
        thread::sleep(BACK + Duration::from_secs(2));
        Ok::<_, Box<dyn std::error::Error>>((gone, back))
    })?;
    look_back(&seen, times?, outage)?;
    end(&site, server, &people, &seen, outage)
}

/// Its processes stand still: connections stay open and nothing is answered, as behind a dead switch.
pub fn silent(trial: &mut Trial) -> Outcomes<String> {
    let outage = Duration::from_secs(trial.size(8, 30));
    let (site, server, mut people) = begin(trial)?;
    let moment = trial.chance.between(500, 1_500);
    let (seen, times) = rush::during(server.address, &mut people, CALM, || {
        thread::sleep(moment);
        let still = backends(&site)?;
        signal("STOP", &still)?;
        let gone = now();
        thread::sleep(outage);
        signal("CONT", &still)?;
        let back = now();
        thread::sleep(BACK + Duration::from_secs(2));
        Ok::<_, Box<dyn std::error::Error>>((gone, back))
    })?;
    look_back(&seen, times?, outage)?;
    end(&site, server, &people, &seen, outage)
}

/// The processes of PostgreSQL, the one that takes connections first.
fn backends(site: &Site) -> Outcomes<Vec<String>> {
    let Base::Postgres(_) = &site.base else {
        return Err("it is not PostgreSQL".into());
    };
    let file = site
        .base
        .text("select current_setting('data_directory') || '/postmaster.pid'")?;
    let postmaster = std::fs::read_to_string(file)?;
    let postmaster = postmaster.lines().next().ok_or("no process")?.to_owned();
    let mut all = vec![postmaster];
    all.extend(site.base.texts(
        "select cast(pid as text) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
    )?);
    Ok(all)
}

fn signal(name: &str, processes: &[String]) -> Outcomes<()> {
    let line = "name=$0; for process; do kill -s \"$name\" \"$process\" 2>/dev/null; done; true";
    let status = Command::new("sh")
        .args(["-c", line, name])
        .args(processes)
        .status()?;
    ensure!(status.success(), "no signal");
    Ok(())
}

/// While the database is gone every request is answered in time, and only with 503; afterwards soon well.
fn look_back(seen: &Seen, (gone, back): (Instant, Instant), outage: Duration) -> Outcomes<()> {
    let (mut amid, mut odd, mut again) = (0, 0, None);
    for (begun, took, status) in &seen.asked {
        let ended = *begun + *took;
        // what was under way may have waited for its hash before it met the database
        let most = PATIENCE * if *begun < gone { 2 } else { 1 };
        ensure!(
            ![0, 503].contains(status) || *took <= most,
            "a request was answered {status} after {took:?}"
        );
        if *status == 303 && ended > back {
            again = again.min(Some(ended)).or(Some(ended));
        }
        if ended > gone + Duration::from_millis(500) && ended < back {
            amid += 1;
            odd += usize::from(*status != 503);
        }
    }
    ensure!(
        amid > 0 && odd == 0,
        "{amid} requests were answered amid {outage:?}, {odd} of them not with 503"
    );
    let again = again.ok_or("nobody gets in afterwards")? - back;
    ensure!(again < BACK, "nobody got in for {again:?} afterwards");
    Ok(())
}

fn end(
    site: &Site,
    server: Server,
    people: &[Person],
    seen: &Seen,
    outage: Duration,
) -> Outcomes<String> {
    let tried = seen.check_codes(site, &server, people, TRIED)?;
    let ended = server.stop();
    ensure!(ended.code == Some(0), "it ends with {:?}", ended.code);
    ensure!(!ended.stderr.contains("panicked"), "it panicked");
    let (accepted, unknown) = seen.counts();
    Ok(format!(
        "{outage:?} long, {} requests, none over 6 s, 503 and nothing else meanwhile, back within 5 s; \
         {accepted} codes accepted, {unknown} unanswered, {tried} tried again, none worked twice",
        seen.asked.len()
    ))
}

pub fn crashes(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(2, 40);
    let (site, server, mut people) = begin(trial)?;
    let mut all = Seen::default();
    for _ in 0..rounds {
        let moment = trial.chance.between(300, 1_200);
        let (seen, done) = rush::during(server.address, &mut people, CALM, || {
            thread::sleep(moment);
            control("stop")?;
            control("start")?;
            thread::sleep(Duration::from_millis(800));
            Ok::<_, Box<dyn std::error::Error>>(())
        })?;
        done?;
        all.sent.extend(seen.sent);
    }
    let tried = all.check_codes(&site, &server, &people, 2 * TRIED)?;
    let (accepted, unknown) = all.counts();
    Ok(format!(
        "{rounds} crashes, {accepted} codes accepted, {unknown} unanswered, {tried} tried again, none worked twice"
    ))
}
