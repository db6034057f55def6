//! What the program writes while it works holds no secret.

use std::fs;

use crate::{
    http::Browser,
    postgres::Database,
    support::{
        Ended, KEY, PASSWORD, Place, Server, assert_signed_in, is_signed_in, setup_path, sign_in,
    },
};

const CHANGED: &str = "eleven blue kettles whistle";
const MISTYPED: &str = "seven quiet otters jugle";
const REFUSED: &str = "short0marker";
const METRICS: &str = "marker0metrics0token0marker0metrics";
/// A password in the field of the name.
const MISPLACED: &str = "typed0as0name0marker";

/// Lets a server and the shell do all they can at the most talkative, and looks for every secret
/// of it in what they print and store.
fn go_through(place: Place) {
    let place = place
        .set("LOG_FILTER", "trace")
        .set("METRICS_TOKEN", METRICS);
    let mut server = place.serve();
    let link = server.setup_path();
    let mut secrets = in_browsers(&server, &link);
    secrets.extend(
        [
            PASSWORD, CHANGED, MISTYPED, REFUSED, MISPLACED, METRICS, KEY,
        ]
        .map(str::to_owned),
    );
    assert!(secrets.len() > 12, "{secrets:?}");
    let mut ended = vec![server.stop()];
    ended.extend(at_the_shell(&place));

    let token = link.split_once("token=").unwrap().1;
    for one in &ended {
        assert_eq!(one.code, Some(0), "{one:?}");
        for secret in secrets.iter().map(String::as_str).chain(["$argon2id$"]) {
            assert!(!one.stderr.contains(secret), "{secret} in {}", one.stderr);
            assert!(!one.stdout.contains(secret), "{secret} in {}", one.stdout);
        }
        assert!(!one.stderr.contains(token), "{}", one.stderr);
    }
    // the link is printed once, for whoever started the program
    assert_eq!(setup_path(&ended[0].stdout).as_deref(), Some(link.as_str()));
    assert_eq!(ended[0].stdout.matches(token).count(), 1);
    assert!(
        ended[0].stderr.contains("\"DEBUG\""),
        "the log is not talkative"
    );

    secrets.push(token.to_owned());
    for file in fs::read_dir(place.path("data")).into_iter().flatten() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in &secrets {
            assert!(
                !text.contains(secret.as_str()),
                "{secret} is in the database"
            );
        }
    }
}

/// First run, sign-ins, wrong tries, a changed password, ended sessions, a sign-out; answers every
/// token that a browser was given.
fn in_browsers(server: &Server, link: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut keep = |browser: &Browser| tokens.extend(browser.cookies.values().cloned());
    let mut first = server.browser();
    assert_eq!(first.get(link).unwrap().status, 200);
    let mut set_up = |password| {
        let fields = [("login", "anna"), ("password", password)];
        first.post(link, &fields).unwrap().status
    };
    assert_eq!(set_up(REFUSED), 422);
    assert_eq!(set_up(PASSWORD), 303);
    keep(&first);
    let mut second = server.signed_in("anna");
    keep(&second);
    let mut third = server.browser();
    assert_eq!(sign_in(&mut third, "anna", MISTYPED).status, 401);
    assert_eq!(sign_in(&mut third, MISPLACED, MISTYPED).status, 401);
    let change = [("password", PASSWORD), ("new_password", CHANGED)];
    let changed = second.post("/accounts/password/change/", &change).unwrap();
    assert_eq!(changed.status, 303, "{}", changed.text());
    keep(&second);
    assert!(is_signed_in(&mut second) && !is_signed_in(&mut first));
    assert_signed_in(&sign_in(&mut third, "anna", CHANGED));
    keep(&third);
    let ended = third.post("/accounts/sessions/end-others/", &[]).unwrap();
    assert_eq!(ended.status, 303);
    keep(&third);
    assert_eq!(third.post("/accounts/logout/", &[]).unwrap().status, 303);
    assert_eq!(third.get("/nowhere/?token=x").unwrap().status, 404);
    tokens
}

fn at_the_shell(place: &Place) -> [Ended; 4] {
    let create = ["accounts", "create", "bo", "--password-stdin"];
    let set = ["accounts", "set-password", "bo", "--password-stdin"];
    [
        place.run_with(&create, &format!("{CHANGED}\n")),
        place.run_with(&set, &format!("{PASSWORD}\n")),
        place.run(&["accounts", "list", "--json"]),
        place.run(&["check"]),
    ]
}

#[test]
fn rst_02_no_secret_is_in_what_the_program_prints_with_sqlite() {
    go_through(Place::new());
}

#[test]
fn rst_02_no_secret_is_in_what_the_program_prints_with_postgres() {
    let database = Database::create();
    go_through(Place::new().set("DATABASE_URL", &database.url()));
}

#[test]
fn rst_02_arguments_and_environment_of_the_process_hold_no_password_that_was_typed() {
    let place = Place::new();
    place.create("anna");
    let server = place.serve();
    server.signed_in("anna");
    for file in ["cmdline", "environ"] {
        let text = fs::read(format!("/proc/{}/{file}", server.running.id())).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains(PASSWORD), "{file}");
    }
}

#[test]
fn rst_17_a_crash_would_leave_no_core_file() {
    let server = Place::new().serve();
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.running.id())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(line.split_whitespace().nth(4), Some("0"), "{line}");
}
