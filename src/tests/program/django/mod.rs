//! Bringing accounts over from Django, as an operator does it, and back to a real one.

mod python;

use std::fs;

use serde_json::{Value, json};

use crate::{
    postgres::Database,
    support::{KEY, Place, assert_signed_in, mode, sign_in},
};

/// The key of the fixtures' site.
const SITE_KEY: &str = "b6vZZ83YlQ6xLbMT-KLuMl69FQD2TMu1BncTHhUfXcM=";
const OLD_KEY: &str = "uzwsi2WOMn-pGIvhUY0-DwUsLNvfOyzYFChkLrDZZ6E=";

fn fixture(name: &str) -> String {
    format!(
        "{}/src/tests/fixtures/django-allauth/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// The users that a fixture is about.
fn users(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(fixture(name)).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    expected["users"].as_array().unwrap().clone()
}

#[test]
fn django_accounts_are_listed_as_a_table_and_as_json_and_come_once() {
    let place = Place::new();
    let source = fixture("db.sqlite3");
    let import = |more: &[&str]| place.run(&[&["import", "django", &source][..], more].concat());

    let ended = import(&[]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stdout.contains("alice")
            && ended.stdout.contains("authenticator app: no key opens it"),
        "{ended:?}"
    );
    let line = ended.failure();
    assert!(
        line.contains("--fernet-key") && line.ends_with("nothing was written"),
        "{line}"
    );
    assert_eq!(place.run(&["accounts", "list"]).success(), "");

    let dry = import(&["--fernet-key", SITE_KEY, "--dry-run"]);
    assert!(
        dry.success().ends_with("0 refused; nothing was written.\n"),
        "{dry:?}"
    );
    assert_eq!(dry.stderr, "");
    assert_eq!(place.run(&["accounts", "list"]).success(), "");

    place.write("keys", &format!("# {OLD_KEY}\n"));
    let line = import(&["--fernet-key-file", "keys"]).failure().to_owned();
    assert!(
        line.starts_with("--fernet-key-file: key 1 is not 32 bytes"),
        "{line}"
    );
    place.write("keys", &format!("{OLD_KEY},\n{SITE_KEY}\n"));
    let ended = import(&["--fernet-key-file", "keys", "--json"]);
    let lines: Vec<Value> = ended
        .success()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["username"], "alice");
    assert_eq!(
        lines[0]["recovery_codes"],
        json!({ "unused": 7, "used": 3 })
    );
    assert_eq!(lines[5]["totals"]["imported"], 5);

    let again = import(&["--fernet-key-file", "keys"]);
    assert!(
        again
            .success()
            .ends_with("0 imported, 0 updated, 5 unchanged, 0 kept as they are here, 0 refused.\n")
    );
    let list = place.run(&["accounts", "list", "--json"]);
    let alice = list.success().lines().next().unwrap().to_owned();
    let alice: Value = serde_json::from_str(&alice).unwrap();
    assert_eq!(alice["roles"], json!(["staff", "superuser"]));

    // what was printed and written of them all holds no secret
    let database = fs::read(place.path("data/inmor-mfa.sqlite3")).unwrap();
    let database = String::from_utf8_lossy(&database).into_owned();
    for user in users("expected.json") {
        for secret in [
            &user["password"],
            &user["totp"]["secret"],
            &user["recovery_codes"]["unused"][0],
        ] {
            let Some(secret) = secret.as_str() else {
                continue;
            };
            for text in [
                &ended.stdout,
                &ended.stderr,
                &dry.stdout,
                &again.stdout,
                &database,
            ] {
                assert!(!text.contains(secret), "{secret}");
            }
        }
    }
}

#[test]
fn django_keys_that_are_wrong_are_told_by_their_place_alone() {
    let place = Place::new();
    let source = fixture("db.sqlite3");
    let almost = &SITE_KEY[..40];
    let ended = place.run(&[
        "import",
        "django",
        &source,
        "--fernet-key",
        SITE_KEY,
        "--fernet-key",
        almost,
    ]);
    let line = ended.failure();
    assert!(
        line.starts_with("--fernet-key: key 2 is not 32 bytes"),
        "{line}"
    );
    assert!(!line.contains(almost));
    // url-safe base64 may begin with a hyphen, and is no option then
    let hyphen = format!("-{}", &SITE_KEY[1..]);
    place
        .run(&[
            "import",
            "django",
            &source,
            "--fernet-key",
            SITE_KEY,
            "--fernet-key",
            &hyphen,
        ])
        .success();
    let line = place.run(&["import", "django", &source, "--fernet-key-file", "none"]);
    assert!(line.failure().starts_with("--fernet-key-file: none: "));
    let line = place.run(&["import", "django", "none.sqlite3"]);
    assert_eq!(
        line.failure(),
        "there is no file none.sqlite3: correct the path"
    );
    assert_eq!(place.run(&["import", "django"]).code, Some(2));
    let help = place.run(&["import", "django", "--help"]);
    assert!(help.success().contains("--without-unreadable"));
}

#[test]
fn django_accounts_on_postgresql_sign_in_at_the_server() {
    let database = Database::create();
    let place = Place::new().set("DATABASE_URL", &database.url());
    let ended = place.run(&[
        "import",
        "django",
        &format!("sqlite://{}", fixture("db.sqlite3")),
        "--fernet-key",
        SITE_KEY,
    ]);
    ended.success();
    let server = place.serve();
    let users = users("expected.json");
    let erin = users
        .iter()
        .find(|user| user["username"] == "erin")
        .unwrap();
    let answer = sign_in(
        &mut server.browser(),
        "erin",
        erin["password"].as_str().unwrap(),
    );
    assert_signed_in(&answer);
    server.stop();
}

#[test]
fn django_keys_tie_the_installation_to_the_host_name_that_they_came_over_for() {
    let place = Place::new();
    place
        .run(&[
            "import",
            "django",
            &fixture("db.sqlite3"),
            "--fernet-key",
            SITE_KEY,
        ])
        .success();
    let moved = place.set("PUBLIC_URL", "https://mfa.example.org");
    let ended = moved.run(&["serve"]);
    let line = ended.failure();
    assert!(
        line.contains("3 security keys and passkeys were made for localhost"),
        "{line}"
    );
}

#[test]
fn django_exports_are_their_owners_alone_and_overwrite_nothing() {
    let place = Place::new();
    place.create("anna");
    let line = place.run(&["export", "django", "out.sql"]);
    assert!(line.failure().starts_with("--fernet-key: "), "{line:?}");
    let ended = place.run(&["export", "django", "out.sql", "--fernet-key", KEY]);
    assert_eq!(
        ended.success(),
        "Wrote 1 accounts to out.sql. It holds secrets: load it, then delete it.\n"
    );
    assert_eq!(mode(&place.path("out.sql")), 0o600);
    let before = fs::read(place.path("out.sql")).unwrap();
    let ended = place.run(&["export", "django", "out.sql", "--fernet-key", KEY]);
    assert!(ended.failure().starts_with("out.sql: "), "{ended:?}");
    assert_eq!(fs::read(place.path("out.sql")).unwrap(), before);
    assert!(
        String::from_utf8(before)
            .unwrap()
            .contains("'argon2$argon2id$v=19$m=19456,t=2,p=1$")
    );
}
