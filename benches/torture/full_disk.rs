//! CRA-05: no space left while people sign in, enrol, and secrets are rotated.

use std::{fs, io::Write as _, path::Path};

use crate::{
    Outcomes, crowd, ensure,
    person::{Person, words},
    secrets::{NEW_KEY, keyring, keyring_of},
    small_disk::{SmallDisk, left_out},
    support::{KEY, Server, is_signed_in},
    trial::Trial,
};

pub fn full(trial: &mut Trial) -> Outcomes<String> {
    if let Some(words) = left_out(trial) {
        return Ok(words);
    }
    let rounds = trial.rounds(2, 20);
    let mut refused = 0;
    for _ in 0..rounds {
        let kib = u32::try_from(3_000 + trial.chance.below(2_000))?;
        let disk = SmallDisk::new(kib)?;
        let keys = format!("{NEW_KEY},{KEY}");
        let server = disk.site.serve()?;
        let mut crowd = crowd::add(&disk.site, &keyring()?, 24, 10)?;
        let mut signed_in = crowd.people.first_mut().ok_or("nobody")?.get_in(&server)?;

        let filler = disk.folder.join("filler");
        fill(&filler)?;
        refused += sign_in_while_full(&server, &mut crowd.people, &filler)?;
        let page = signed_in.get("/accounts/2fa/totp/activate/")?;
        ensure!(
            page.status == 503,
            "an enrolment begins on a full disk: {}",
            words(&page)
        );
        let made = disk.site.place.run_with(
            &["accounts", "create", "late", "--password-stdin"],
            "seven quiet otters juggle\n",
        );
        ensure!(
            made.code == Some(1),
            "an account is made on a full disk: {made:?}"
        );
        let rotate = ["keys", "rotate", "--json"];
        let rotated = disk
            .site
            .place
            .also("MFA_ENCRYPTION_KEY", &keys)
            .run(&rotate);
        ensure!(
            rotated.code == Some(1),
            "a rotation is done on a full disk: {rotated:?}"
        );
        crowd.known.check(&disk.site, &keyring_of(&keys)?)?;

        fs::remove_file(&filler)?;
        ensure!(is_signed_in(&mut signed_in), "the session is gone");
        for person in crowd.people.iter_mut().take(4) {
            person
                .get_in(&server)
                .map_err(|error| format!("with space again: {error}"))?;
        }
        ensure!(
            signed_in.get("/accounts/2fa/totp/activate/")?.status == 200,
            "no enrolment"
        );
        crowd.known.check(&disk.site, &keyring_of(&keys)?)?;
        let ended = server.stop();
        ensure!(
            ended.code == Some(0) && !ended.stderr.contains("panicked"),
            "it ends badly"
        );
        disk.site.check_whole()?;
    }
    Ok(format!(
        "{rounds} disks filled up: {refused} sign-ins, enrolments, new accounts and rotations refused, \
         nobody let in, no secret lost, well again without a restart"
    ))
}

/// Takes all space that is left.
fn fill(filler: &Path) -> Outcomes<()> {
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(filler)?;
    for size in [65_536, 4_096, 512] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
    Ok(())
}

/// Signs in until there is no space in the database's own files either; then nobody gets in.
fn sign_in_while_full(server: &Server, people: &mut [Person], filler: &Path) -> Outcomes<usize> {
    let mut refused = 0;
    for _ in 0..20 {
        for person in people.iter_mut().skip(4) {
            let mut browser = person.browser(server);
            let fields = [
                ("login", person.name.as_str()),
                ("password", &person.password),
            ];
            let answer = browser.post("/accounts/login/", &fields)?;
            let wrong = browser.post("/accounts/2fa/authenticate/", &[("code", "000000")])?;
            let told = wrong.header("location").unwrap_or_default();
            let refusal = [401, 422, 503].contains(&wrong.status)
                || (wrong.status == 303 && told.starts_with("/accounts/login/"));
            ensure!(
                [303, 503].contains(&answer.status) && refusal,
                "on a full disk: {}, {}",
                words(&answer),
                words(&wrong)
            );
            ensure!(!browser.cookies.contains_key("__Host-session"), "a way in");
            refused += usize::from(answer.status == 503);
            if refused >= 10 {
                return Ok(refused);
            }
        }
        fill(filler)?;
    }
    Err("the disk does not fill up".into())
}
