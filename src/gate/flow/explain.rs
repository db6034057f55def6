//! What a request would get, and why; for operators.

use serde::Serialize;

use super::{check::judge, roles_of, site};
use crate::{
    auth::accounts::flow::Account,
    gate::{
        Require,
        domain::{Asked, Needs, Standing, Verdict, level},
    },
    services::Services,
};

/// Ways of having signed in, the weakest last, as stored method names and in words.
const WAYS: [(&str, &str); 3] = [
    ("hwk", "security key or passkey"),
    ("pwd otp", "password and code"),
    ("pwd", "password alone"),
];

/// What a request would get.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The site.
    pub host: String,
    /// Method and path as rules see them, or that the path is ambiguous.
    pub path: String,
    /// What the request needs, in words.
    pub needs: String,
    /// What it would get, by how the visitor has just signed in.
    pub answers: Vec<(&'static str, &'static str)>,
}

/// What a request would get from nobody, and from an account by how it has just signed in; `None` when
/// the host is no site.
#[must_use]
pub fn explain(services: &Services, asked: &Asked, account: Option<&Account>) -> Option<Explained> {
    let site = site(services, asked)?;
    let needs = Needs::of(site, &asked.reading);
    let answer = |standing| words(judge(services, &needs, standing));
    let mut answers = vec![("not signed in", answer(None))];
    if let Some(account) = account {
        let roles = roles_of(account.is_staff, account.is_superuser);
        let now = services.clock.now();
        answers.extend(WAYS.map(|(methods, way)| {
            let standing = Standing {
                methods,
                shown_at: now,
                key_shown_at: (level(methods) == Require::PhishingResistant).then_some(now),
                roles: &roles,
            };
            let refused = account.disabled && !matches!(answer(None), PASSES);
            let got = if refused {
                "cannot sign in: the account is disabled"
            } else {
                answer(Some(standing))
            };
            (way, got)
        }));
    }
    Some(Explained {
        host: site.host.clone(),
        path: asked.path().to_owned(),
        needs: needs.to_string(),
        answers,
    })
}

const PASSES: &str = "passes";

const fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => PASSES,
        Verdict::SignIn => "is sent to sign in",
        Verdict::StepUp => "must show more first",
        Verdict::Forbid => "is denied: not the role",
    }
}
