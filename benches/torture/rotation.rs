//! RST-06: a rotation that is killed again and again.

use std::thread;

use crate::{
    Outcomes, crowd, ensure,
    secrets::{Known, NEW_KEY, keyring, keyring_of},
    site::Site,
    support::{Ended, KEY},
    trial::{Trial, now},
};

const ROTATE: [&str; 3] = ["keys", "rotate", "--json"];

/// A site with so many secrets under the old key, whose settings have the new key first.
pub fn filled(trial: &Trial, many: usize, codes: usize) -> Outcomes<(Site, crowd::Crowd)> {
    let site = Site::new(trial.kind)?;
    site.place.run(&["check"]).success();
    let crowd = crowd::add(&site, &keyring()?, many, codes)?;
    Ok((site.set("MFA_ENCRYPTION_KEY", &both()), crowd))
}

/// The keys in the order of a rotation.
pub fn both() -> String {
    format!("{NEW_KEY},{KEY}")
}

/// What a rotation that was done has to leave: everything under the new key alone.
pub fn check_done(site: &Site, known: &mut Known) -> Outcomes<()> {
    let keys = known.check(site, &keyring_of(NEW_KEY)?)?;
    ensure!(
        keys.len() == 1,
        "several keys seal after a rotation: {keys:?}"
    );
    Ok(())
}

pub fn done(ended: &Ended) -> Outcomes<()> {
    ensure!(ended.code == Some(0), "a rotation ends with {ended:?}");
    Ok(())
}

pub fn killed(trial: &mut Trial) -> Outcomes<String> {
    let (kills, many) = (trial.rounds(6, 50), trial.size(200, 1_000));
    let (site, mut crowd) = filled(trial, many, 9)?;
    let (old, keys) = (keyring()?.first_id().to_owned(), keyring_of(&both())?);
    // until the first batch is done, measured on a database of the same size
    let (other, _) = filled(trial, many, 9)?;
    let begun = now();
    let mut whole = other.place.start_with(&ROTATE);
    whole.wait_for("moved");
    let first = begun.elapsed();
    done(&whole.ended())?;
    drop(other);

    let (mut struck, mut moving, mut left) = (0, 0, crowd.known.len());
    for number in 0..kills {
        let mut rotating = site.place.start_with(&ROTATE);
        // around the end of the first batch, so that there is something left for the last kill too
        thread::sleep(first / 2 + trial.chance.within(first));
        rotating.kill();
        let ended = rotating.ended();
        struck += usize::from(ended.code.is_none());
        let by_key = crowd
            .known
            .check(&site, &keys)
            .map_err(|error| format!("after kill {number}: {error}"))?;
        let now_left = by_key.get(&old).copied().unwrap_or(0);
        ensure!(now_left <= left, "a secret went back to the old key");
        moving += usize::from(now_left < left);
        left = now_left;
        ensure!(
            ended.code != Some(0) || left == 0,
            "it says that it is done, and {left} are left"
        );
    }
    let left_by_kills = left;
    done(&site.place.run(&ROTATE))?;
    check_done(&site, &mut crowd.known)?;
    let tokens = tokens(&site)?;
    done(&site.place.run(&ROTATE))?;
    ensure!(
        self::tokens(&site)? == tokens,
        "another rotation changes something"
    );
    site.check_whole()?;
    // what nobody needs any more may go
    let alone = site.set("MFA_ENCRYPTION_KEY", NEW_KEY);
    let server = alone.serve()?;
    let person = crowd.people.first_mut().ok_or("nobody")?;
    person.get_in(&server)?;
    Ok(format!(
        "{} secrets, {struck} kills of {kills} hit, {moving} of them past a batch, {left_by_kills} left by them, \
         every secret readable each time; \
         done: the new key alone opens all, once more changes nothing",
        crowd.known.len()
    ))
}

fn tokens(site: &Site) -> Outcomes<Vec<String>> {
    let mut tokens = site.base.texts(
        "select id || sealed_secret from mfa_totp union all select id || coalesce(sealed_code, '') from mfa_recovery_code",
    )?;
    tokens.sort_unstable();
    Ok(tokens)
}
