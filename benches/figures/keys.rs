//! What a passkey costs: signing in with nothing else, both functions, by a key in software.

use std::{io, sync::Mutex, time::Duration};

use serde_json::{Value, json};

use crate::{
    Outcomes, all, expect,
    http::{Browser, ORIGIN},
    load,
    program::{PASSWORD, Program, USERNAME},
    security_key::SecurityKey,
    table::row,
};

/// A passkey of whoever is signed in.
fn enrolled(browser: &mut Browser) -> Outcomes<SecurityKey> {
    let mut key = SecurityKey::synced();
    let asked = browser.post_json("/api/webauthn/registration/start", "{}")?;
    expect(&asked, 200)?;
    let asked: Value = serde_json::from_str(&asked.text())?;
    let body = json!({ "name": "bench", "credential": key.create(&asked, ORIGIN) });
    let answer = browser.post_json("/api/webauthn/registration/finish", &body.to_string())?;
    expect(&answer, 200)?;
    Ok(key)
}

/// Signs in with the passkey again and again from several connections.
pub fn sign_ins(
    program: &Program,
    connections: usize,
    time: Duration,
    most: usize,
) -> Outcomes<()> {
    let mut browser = program.browser();
    let fields = [("login", USERNAME), ("password", PASSWORD)];
    expect(&browser.post("/accounts/login/", &fields)?, 303)?;
    let key = Mutex::new(enrolled(&mut browser)?);
    let browsers = (0..connections).map(|_| program.browser()).collect();
    let outcome = load::run(browsers, time, most, |browser| {
        browser.cookies.clear();
        let start = r#"{"purpose":"passkey"}"#;
        let asked = browser.post_json("/api/webauthn/authentication/start", start)?;
        let asked: Value = serde_json::from_str(&asked.text()).map_err(io::Error::other)?;
        let mut key = key
            .lock()
            .map_err(|_| io::Error::other("the key is broken"))?
            .clone();
        let body = json!({ "purpose": "passkey", "credential": key.get(&asked, ORIGIN) });
        browser.post_json("/api/webauthn/authentication/finish", &body.to_string())
    })?;
    all(&outcome, 200)?;
    row(
        "passkey sign-ins, both functions, key in software included",
        &outcome.rate(),
        "",
    );
    row("  median, 99 %", &outcome.quantiles(), "");
    Ok(())
}
