//! What an administrator sees of the gate.

use crate::{
    auth::sessions::flow::Admin,
    clock::time_in_words,
    gate::{
        DecisionLine, Overview,
        domain::{Decision, Decisions, Outcome},
    },
    services::Services,
};

/// The sites, and the latest decisions: to a superuser those of everybody, to others their own.
#[must_use]
pub fn overview(services: &Services, decisions: &Decisions, who: &Admin) -> Overview {
    let everybodys = who.is_superuser();
    let own = |one: &Decision| one.username.as_deref() == Some(who.username());
    Overview {
        sites: services.settings.sites.clone(),
        decisions: decisions
            .list(|one| everybodys || own(one))
            .into_iter()
            .map(line)
            .collect(),
        everybodys,
    }
}

fn line(decision: Decision) -> DecisionLine {
    let asked = match decision.host.as_str() {
        "" => String::new(),
        host => format!("{} {host}{}", decision.method, decision.path),
    };
    DecisionLine {
        at: time_in_words(decision.at),
        asked,
        username: decision.username,
        outcome: words(decision.outcome).to_owned(),
        why: decision.why,
    }
}

const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "Passed",
        Outcome::SignIn => "Sent to sign in",
        Outcome::StepUp => "Sent to show more",
        Outcome::Forbidden => "Denied: not the role",
        Outcome::Refused => "Denied: not asked properly",
        Outcome::Unavailable => "Denied: the database failed",
    }
}
