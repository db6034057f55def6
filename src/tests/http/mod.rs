//! What the whole router answers, as its callers see it.

mod address;
mod audit_trail;
mod clock_jumps;
mod django;
mod failures;
mod files;
mod forms;
mod gate;
mod guessing;
mod headers;
mod https;
mod key_faults;
mod keys;
mod lifecycle;
mod limits;
mod login;
mod markup;
mod methods;
mod metrics;
mod mfa_required;
mod names;
mod notices;
mod origin;
mod passwords;
mod paths;
mod reauth;
mod reauth_proofs;
mod recovery_code_sets;
mod recovery_codes;
mod recovery_codes_shown;
mod rehash;
mod rotation;
mod sealed;
mod second_step;
mod session_crowd;
mod session_list;
mod sessions;
mod sessions_and_factors;
mod setup;
mod throttle;
mod totp;
mod totp_codes;

use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;

use serde_json::json;

use super::support::{Answer, Browser};
use crate::server::router::PAGES;

/// The path of every server function that this program has.
pub(in crate::tests) fn server_functions() -> Vec<&'static str> {
    let mut paths: Vec<_> = server_fn_paths()
        .map(|(path, method)| {
            assert_eq!(method, Method::POST, "{path}");
            path
        })
        .collect();
    paths.sort_unstable();
    assert!(
        paths.contains(&"/accounts/login/") && paths.len() >= 6,
        "{paths:?}"
    );
    paths
}

/// Fields that make each server function do something, for whoever may.
const FIELDS: [(&str, &str); 10] = [
    ("login", "anna"),
    ("password", super::support::PASSWORD),
    ("new_password", "seven otters juggle lanterns"),
    ("email", "anna@example.org"),
    ("id", "0"),
    ("token", "0"),
    ("next", "/accounts/sessions/"),
    ("name", "x"),
    ("code", "123456"),
    ("ids", "0"),
];

/// [`FIELDS`] with the id of something that is there.
fn fields_with(id: &str) -> Vec<(&str, &str)> {
    let with_id = |(name, value)| {
        (
            name,
            if name == "id" || name == "ids" {
                id
            } else {
                value
            },
        )
    };
    FIELDS.into_iter().map(with_id).collect()
}

/// Whether a function takes JSON instead of a form.
pub(in crate::tests) fn takes_json(path: &str) -> bool {
    [
        "/api/webauthn/registration/",
        "/api/webauthn/authentication/",
    ]
    .iter()
    .any(|folder| path.starts_with(folder))
}

/// Sends fields to a function as it takes them.
async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    if takes_json(path) {
        let mut body: serde_json::Map<_, _> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        body.insert("purpose".to_owned(), json!("reauthenticate"));
        browser.call(path, &body.into()).await
    } else {
        browser.post(path, fields).await
    }
}

/// The path of every page, and of the file that is made for whoever asks.
pub(in crate::tests) fn pages() -> Vec<&'static str> {
    let paths: Vec<_> = PAGES
        .iter()
        .map(String::as_str)
        .chain(["/accounts/2fa/recovery-codes/download/"])
        .collect();
    assert!(paths.contains(&"/") && paths.len() >= 14, "{paths:?}");
    paths
}

/// The address of a file of the site that the sign-in page asks for, by its ending.
async fn packaged(browser: &mut Browser, ending: &str) -> String {
    let page = browser.get("/accounts/login/").await;
    let found = page
        .body
        .split('"')
        .find(|text| text.starts_with("/pkg/") && text.ends_with(ending));
    let path = found
        .unwrap_or_else(|| panic!("no file ends with {ending} in\n{}", page.body))
        .to_owned();
    let answer = browser.get(&path).await;
    assert_eq!(
        answer.status, 200,
        "{path} is not there: build the site first, with `make site`"
    );
    path
}
