//! A real Django with django-allauth, from the package index.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{OLD_KEY, SITE_KEY, fixture, users};
use crate::{
    http::ORIGIN,
    postgres::Database,
    support::{PASSWORD, Place, assert_signed_in, sign_in},
};

const SITE: &str = include_str!("real.py");

/// The interpreter of an environment with the packages.
fn python() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/django");
    let ended = Command::new(script).output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let text = String::from_utf8(ended.stdout).unwrap();
    text.trim_end().to_owned()
}

/// Loads the SQL into a new site and signs everybody in there; answers what each did.
fn sign_in_there(place: &Place, database: &Value, users: &[Value]) -> Vec<String> {
    let task = json!({
        "origin": ORIGIN,
        "database": database,
        "sql": place.path("out.sql"),
        "key": SITE_KEY,
        "users": users,
    });
    let mut site = Command::new(python())
        .args(["-c", SITE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = site.stdin.take().unwrap();
    stdin.write_all(task.to_string().as_bytes()).unwrap();
    drop(stdin);
    let ended = site.wait_with_output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let text = String::from_utf8(ended.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn sqlite(place: &Place) -> Value {
    json!({ "ENGINE": "django.db.backends.sqlite3", "NAME": place.path("site.sqlite3") })
}

fn postgres(database: &Database) -> Value {
    let url = url::Url::parse(&database.url()).unwrap();
    json!({
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path().trim_start_matches('/'),
        "USER": url.username(),
        "HOST": url.host_str().unwrap(),
        "PORT": url.port().unwrap(),
    })
}

/// An installation to which a fixture has come, and from which it goes.
fn round_trip(name: &str) -> Place {
    let place = Place::new();
    let keys = format!("{SITE_KEY},{OLD_KEY}");
    place
        .run(&["import", "django", &fixture(name), "--fernet-key", &keys])
        .success();
    place
}

fn export(place: &Place) -> String {
    let ended = place.run(&["export", "django", "out.sql", "--fernet-key", SITE_KEY]);
    ended.success().to_owned()
}

#[test]
fn django_accounts_sign_in_at_a_real_site_after_they_went_back() {
    let place = round_trip("db.sqlite3");
    // erin has signed in here, so her hash is ours; anna was never there
    place.create("anna");
    let server = place.serve();
    let mut all = users("expected.json");
    let erin = all.iter().find(|user| user["username"] == "erin").unwrap();
    let password = erin["password"].as_str().unwrap().to_owned();
    assert_signed_in(&sign_in(&mut server.browser(), "erin", &password));
    server.stop();
    all.push(json!({
        "username": "anna", "password": PASSWORD, "is_active": true, "mfa_enabled": false,
        "webauthn": [], "totp": null, "recovery_codes": null,
    }));
    export(&place);
    let expected = [
        "alice: code key totp",
        "bob: code key passkey totp",
        "carol: code totp",
        "dave: not active",
        "erin: password",
        "anna: password",
    ];
    assert_eq!(sign_in_there(&place, &sqlite(&place), &all), expected);
    let database = Database::create();
    assert_eq!(sign_in_there(&place, &postgres(&database), &all), expected);
}

#[test]
fn django_odd_accounts_sign_in_at_a_real_site_after_they_went_back() {
    let place = round_trip("edge.sqlite3");
    let told = export(&place);
    assert!(told.starts_with("Wrote 6 accounts"), "{told}");
    let expected = [
        "frank: passkey",
        "åsa.öst: code totp",
        "grace: code totp",
        "heidi: totp",
        "ivan: password",
        "Judy: code key",
    ];
    let all = users("edge_expected.json");
    assert_eq!(sign_in_there(&place, &sqlite(&place), &all), expected);
}
