//! Judges a request, and keeps what came of it.

use super::{place, roles};
use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::sessions::flow::{self as sessions, Holder},
    crypto::token::Token,
    gate::{
        Require, Role, Site,
        domain::{
            Asked, Claims, Decision, Decisions, Needs, Outcome, SigningKeys, Standing, Verdict,
            Wants, level,
        },
    },
    services::{Client, FlowError, Services},
};

/// How long an assertion is good, in seconds.
const ASSERTION_LIFETIME: i64 = 60;

/// What a request gets, and who asked.
pub struct Answer {
    /// What it gets.
    pub verdict: Verdict,
    /// Who is signed in, whatever the verdict.
    pub visitor: Option<Holder>,
    /// What it needs, in words.
    pub needs: String,
}

/// Judges a request by one indexed read. Only what a person does keeps a session from idling away.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn check(
    services: &Services,
    client: &Client,
    site: &Site,
    asked: &Asked,
    token: Option<&Token>,
) -> Result<Answer, FlowError> {
    let by_person = asked.wants == Wants::Page || !asked.method.is_safe();
    let seen_by = by_person.then_some(client);
    let visitor = match token {
        Some(token) => sessions::find_at(services, place(services, site), token, seen_by).await?,
        None => None,
    };
    let needs = Needs::of(site, &asked.reading);
    Ok(Answer {
        verdict: judge_visitor(services, &needs, visitor.as_ref()),
        visitor,
        needs: needs.to_string(),
    })
}

pub(super) fn judge_visitor(
    services: &Services,
    needs: &Needs,
    visitor: Option<&Holder>,
) -> Verdict {
    let roles = visitor.map(roles).unwrap_or_default();
    let standing = visitor.map(|visitor| Standing {
        methods: visitor.methods(),
        shown_at: visitor.reauthenticated_at(),
        key_shown_at: visitor.key_shown_at(),
        roles: &roles,
    });
    judge(services, needs, standing)
}

/// What a request gets; the policy of this program holds for its sites too.
pub(super) fn judge(services: &Services, needs: &Needs, standing: Option<Standing<'_>>) -> Verdict {
    let lacks_factor =
        standing.is_some_and(|standing| level(standing.methods) < Require::TwoFactor);
    match needs.verdict(standing, services.clock.now()) {
        Verdict::Allow
            if services.settings.mfa_required
                && lacks_factor
                && needs.require() != Require::Nothing =>
        {
            Verdict::StepUp
        }
        verdict => verdict,
    }
}

/// The signed form of who is let in.
#[must_use]
pub fn assertion(
    services: &Services,
    keys: &SigningKeys,
    site: &Site,
    visitor: &Holder,
) -> Option<String> {
    let now = services.clock.now();
    keys.sign(&Claims {
        iss: services.settings.public_url.origin(),
        aud: &site.host,
        sub: visitor.account_id(),
        preferred_username: visitor.username(),
        amr: visitor.methods().split_whitespace().collect(),
        auth_time: visitor.authenticated_at(),
        acr: level(visitor.methods()).as_str(),
        groups: roles(visitor).into_iter().map(Role::as_str).collect(),
        iat: now,
        exp: now.saturating_add(ASSERTION_LIFETIME),
    })
}

/// Who put a question to the gate.
pub struct Asker<'a> {
    /// The peer's address: a proxy, if it is what it should be.
    pub peer: String,
    /// Whose request it was about.
    pub client: &'a Client,
    /// The mark that `gate doctor` put on it.
    pub mark: Option<String>,
}

/// Keeps a decision for whoever looks; the denial of a signed-in person is also an event of the audit
/// trail, once a minute for the same rule.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn keep(
    services: &Services,
    decisions: &Decisions,
    by: Asker<'_>,
    asked: Option<&Asked>,
    visitor: Option<&Holder>,
    (outcome, why): (Outcome, String),
) -> Result<(), FlowError> {
    let text = |part: fn(&Asked) -> &str| asked.map(part).unwrap_or_default().to_owned();
    let decision = Decision {
        at: services.clock.now(),
        peer: by.peer,
        method: text(|asked| asked.method.as_str()),
        host: text(|asked| &asked.host),
        path: text(Asked::path),
        username: visitor.map(|visitor| visitor.username().to_owned()),
        outcome,
        why,
        mark: by.mark,
    };
    let detail = format!("{}: {}", decision.host, decision.why);
    let is_new = decisions.keep(decision);
    if let (Outcome::Forbidden, true, Some(visitor)) = (outcome, is_new, visitor) {
        let mut tx = services.db.begin().await?;
        let event: Event<'_> = visitor.event(Action::GateDenied, &detail);
        audit::record(services, &mut tx, by.client, &event).await?;
        tx.commit().await?;
    }
    Ok(())
}
