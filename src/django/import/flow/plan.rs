//! What an account becomes, before anything is written.

use std::fmt;

use serde_json::Value;

use crate::{
    auth::accounts::flow::{Adopted, Email, Username},
    crypto::passwords::PasswordHash,
    django::import::domain::{
        self, AccountReport, Authenticator, CodesReport, Keys, Left, Names, Outcome, Record,
        Unreadable,
    },
    mfa::{
        recovery_codes::flow::{self as recovery_codes},
        totp::flow as totp,
        webauthn::flow as webauthn,
    },
    services::Services,
};

/// Longest given or family name, as in `auth_user`.
const LONGEST_NAME: usize = 150;

/// An account that may be written, and what is told of it.
pub(super) struct Plan {
    pub(super) django_id: i64,
    /// When it was made, there.
    pub(super) created_at: i64,
    /// `None` when it does not come over; the report says why.
    pub(super) account: Option<Adopted>,
    pub(super) factors: Factors,
    /// Of what was read, and of what of it is left behind.
    pub(super) digest: [u8; 32],
    /// Whether a secret is there that no key opens.
    pub(super) unreadable: bool,
    pub(super) report: AccountReport,
}

/// What an account has beside its password.
#[derive(Default)]
pub(super) struct Factors {
    /// Authenticator apps, each with whether it is exposed.
    pub(super) apps: Vec<(totp::Moving, bool)>,
    pub(super) keys: Vec<webauthn::Moving>,
    pub(super) codes: Option<(recovery_codes::Moving, bool)>,
}

/// What is found out on the way.
struct Findings {
    left: Vec<Left>,
    unreadable: bool,
    factors: Factors,
    /// Whether Django asks for a second factor.
    has_factor: bool,
}

impl Findings {
    fn leave(&mut self, what: impl Into<String>, why: &dyn fmt::Display) {
        self.left.push(Left {
            what: what.into(),
            why: why.to_string(),
        });
    }

    fn lose(&mut self, what: &str, why: Unreadable) {
        self.unreadable |= why == Unreadable::NoKey;
        self.leave(what, &why);
    }
}

/// Says what an account becomes.
pub(super) fn plan(services: &Services, keys: &Keys, names: &Names, record: &Record) -> Plan {
    let mut found = Findings {
        left: Vec::new(),
        unreadable: false,
        factors: Factors::default(),
        has_factor: false,
    };
    for row in &record.authenticators {
        take(services, keys, row, &mut found);
    }
    let without = found.factors.apps.is_empty() && found.factors.keys.is_empty();
    if without && found.factors.codes.take().is_some() {
        found.leave(
            "recovery codes",
            &"there is no factor that they could stand in for",
        );
    }
    let password = match PasswordHash::of_django(&record.password) {
        Ok(password) => password,
        Err(why) => {
            found.leave(
                "password",
                &format!("{why}: set one with accounts set-password"),
            );
            None
        }
    };
    // its password alone must not become enough because nothing else came over
    let opened_up = without && found.has_factor;
    if opened_up {
        found.left.push(Left::second_factor());
    }
    let username = Username::parse(&record.username);
    let reason = match &username {
        None => Some("its username is not allowed here: rename it in Django"),
        Some(name) if names.is_twice(name.canonical().as_str()) => Some(
            "another account has the same username but for case or spelling: rename one of them in Django",
        ),
        Some(_) => None,
    };
    let email = username
        .as_ref()
        .and_then(|name| address(record, name, names, &mut found));
    let (first_name, last_name) = (short(&record.first_name), short(&record.last_name));
    let algorithm = password.as_ref().map(|(_, algorithm)| *algorithm);
    let handle = domain::user_handle(record.id);
    let created_at = domain::seconds(&record.date_joined).unwrap_or_default();
    let account = match (reason, username, handle) {
        (None, Some(username), Some(user_handle)) => Some(Adopted {
            username,
            email,
            password_hash: password.map(|(hash, _)| hash),
            user_handle,
            created_at,
            disabled: !record.active || opened_up,
            first_name,
            last_name,
            is_staff: record.staff,
            is_superuser: record.superuser,
        }),
        _ => None,
    };
    let report = AccountReport {
        django_id: record.id,
        username: record.username.clone(),
        outcome: Outcome::Refused,
        reason: reason.map(str::to_owned),
        email: account
            .as_ref()
            .and_then(|account| account.email.as_ref())
            .map(|email| email.as_str().to_owned()),
        disabled: !record.active || opened_up,
        roles: [(record.staff, "staff"), (record.superuser, "superuser")]
            .into_iter()
            .filter_map(|(has, role)| has.then_some(role))
            .collect(),
        password: algorithm,
        totp: !found.factors.apps.is_empty(),
        webauthn: found
            .factors
            .keys
            .iter()
            .map(|key| key.name.clone())
            .collect(),
        recovery_codes: found.factors.codes.as_ref().map(|(set, _)| count(set)),
        exposed: exposed(&found.factors),
        left_behind: found.left,
    };
    Plan {
        django_id: record.id,
        created_at,
        account,
        factors: found.factors,
        digest: domain::digest(record, &report.left_behind),
        unreadable: found.unreadable,
        report,
    }
}

fn count(set: &recovery_codes::Moving) -> CodesReport {
    let used = set.codes.iter().filter(|(_, spent)| *spent).count();
    CodesReport {
        unused: set.codes.len().saturating_sub(used),
        used,
    }
}

/// What of an account's factors everybody may know.
fn exposed(factors: &Factors) -> Option<String> {
    let app = factors.apps.iter().any(|(_, exposed)| *exposed);
    let codes = factors.codes.as_ref().is_some_and(|(_, exposed)| *exposed);
    match (app, codes) {
        (true, true) => Some("authenticator app and recovery codes"),
        (true, false) => Some("authenticator app"),
        (false, true) => Some("recovery codes"),
        (false, false) => None,
    }
    .map(str::to_owned)
}

/// The address of an account, unless it is none or somebody else's too.
fn address(
    record: &Record,
    username: &Username,
    names: &Names,
    found: &mut Findings,
) -> Option<Email> {
    let text = domain::address(record)?;
    let Some(email) = Email::parse(text) else {
        found.leave("e-mail address", &"it is no address that can be used here");
        return None;
    };
    if names.is_shared(email.canonical().as_str(), username.canonical().as_str()) {
        found.leave("e-mail address", &"another account has it too");
        return None;
    }
    Some(email)
}

/// A name without blanks around it, cut to what Django allows. Control characters are dropped: SQLite may
/// hold a NUL, which PostgreSQL refuses.
fn short(name: &str) -> String {
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    name.trim().chars().take(LONGEST_NAME).collect()
}

/// Takes one row of `mfa_authenticator`.
fn take(services: &Services, keys: &Keys, row: &Authenticator, found: &mut Findings) {
    let created_at = domain::seconds(&row.created_at).unwrap_or_default();
    let last_used_at = row.last_used_at.as_deref().and_then(domain::seconds);
    let data = row.json();
    match row.kind.as_str() {
        "totp" => {
            found.has_factor = true;
            let opened = domain::app(&data, keys).and_then(|opened| {
                if totp::is_secret(&opened.text) {
                    Ok(opened)
                } else {
                    Err(Unreadable::Damaged)
                }
            });
            match opened {
                Ok(opened) => {
                    let app = totp::Moving {
                        label: "Authenticator app".to_owned(),
                        secret: opened.text,
                        created_at,
                        last_used_at,
                    };
                    found.factors.apps.push((app, opened.exposed));
                }
                Err(why) => found.lose("authenticator app", why),
            }
        }
        "webauthn" => {
            found.has_factor = true;
            let name = data.get("name").and_then(Value::as_str).unwrap_or_default();
            match webauthn::adoptable(services, data.get("credential").unwrap_or_default()) {
                Ok(key) => found.factors.keys.push(webauthn::Moving {
                    name: name.to_owned(),
                    rp_id: services.settings.public_url.host().to_owned(),
                    key,
                    created_at,
                    last_used_at,
                }),
                Err(why) => found.leave(format!("security key “{name}”"), &why),
            }
        }
        "recovery_codes" => match domain::codes(&data, keys) {
            Ok(codes) => {
                let (fit, others): (Vec<_>, Vec<_>) = codes
                    .all
                    .into_iter()
                    .partition(|(code, _)| recovery_codes::is_foreign_code(code));
                if !others.is_empty() {
                    let why = "they are not 7 to 64 letters and digits";
                    found.leave(format!("{} recovery codes", others.len()), &why);
                }
                let set = recovery_codes::Moving {
                    codes: fit,
                    created_at,
                    stored_at: codes.viewed_at,
                };
                found.factors.codes = Some((set, codes.exposed));
            }
            Err(why) => found.lose("recovery codes", why),
        },
        _ => found.leave("a factor of another kind", &"it is not known here"),
    }
}
