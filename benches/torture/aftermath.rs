//! What a kill has left behind: compared with what was answered before it, and tried out.

use crate::{
    Outcomes, ensure,
    kills::{Broken, Known},
    person::Person,
    site::{Site, id_of},
    support::{Server, is_signed_in, sign_in},
};

/// Compares what is there with what was answered; says whether an unanswered request was done.
pub fn check(site: &Site, server: &Server, known: &Known, broken: Broken) -> Outcomes<bool> {
    let answered = broken.answered;
    if let Some(refused) = broken.refused {
        return Err(format!("refused before the kill: {refused}").into());
    }
    let found = site.snapshot(&broken.person.name)?;
    let came_through = match (known.after.get(answered), known.after.get(answered + 1)) {
        (Some(before), _) if found == *before => false,
        (_, Some(after)) if found == *after => true,
        (before, after) => {
            return Err(format!(
                "after {answered} answers there is {found:?}, neither {before:?} nor {after:?}"
            )
            .into());
        }
    };
    let mut person = if came_through {
        broken.next
    } else {
        broken.person
    };
    for app in &person.apps {
        let last = site.base.text(&format!(
            "select cast(last_step as text) from mfa_totp where label = '{}' and account_id = {}",
            app.label,
            id_of(&person.name)
        ))?;
        ensure!(
            last == app.last.to_string(),
            "the step {} is {last}",
            app.last
        );
    }
    let signed_in = answered > 0
        && !came_through
        && broken
            .browser
            .cookies
            .get("__Host-session")
            .is_some_and(|token| token != "ended");
    if signed_in {
        let mut browser = broken.browser.at(server.address);
        ensure!(
            is_signed_in(&mut browser),
            "after {answered} answers the session is gone"
        );
    }
    check_ways_in(server, &mut person)?;
    Ok(came_through)
}

/// What must not work does not, and what must does, once.
fn check_ways_in(server: &Server, person: &mut Person) -> Outcomes<()> {
    if let Some(old) = &person.old_password {
        let answer = sign_in(&mut person.browser(server), &person.name, old);
        ensure!(answer.status == 401, "the old password is taken");
    }
    if !person.apps.is_empty() {
        for code in person.void.iter().rev().take(2) {
            person.check_refused(server, code)?;
        }
    }
    person.get_in(server)?;
    if let (false, Some(code)) = (person.apps.is_empty(), person.void.last()) {
        person.check_refused(server, code)?;
    }
    Ok(())
}
