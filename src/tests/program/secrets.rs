//! What the program writes while it works holds no secret.

use std::fs;

use crate::{
    postgres::Database,
    support::{KEY, PASSWORD, Place, assert_signed_in, is_signed_in, setup_path, sign_in},
};

const CHANGED: &str = "eleven blue kettles whistle";
const MISTYPED: &str = "seven quiet otters jugle";

/// First run, sign-ins, a wrong try, a changed password, ended sessions, a sign-out, and what the
/// shell can do, all at the most talkative; then every secret of it is looked for.
fn go_through(place: Place) {
    let place = place
        .set("LOG_FILTER", "trace")
        .set("METRICS_TOKEN", "marker0metrics0token0marker0metrics");
    let server = place.serve();
    let link = server.setup_path().unwrap();
    let fields = [("login", "anna"), ("password", PASSWORD)];
    let mut first = server.browser();
    assert_eq!(first.get(&link).unwrap().status, 200);
    assert_eq!(
        first
            .post(&link, &[("login", "anna"), ("password", "short0marker")])
            .unwrap()
            .status,
        422
    );
    assert_eq!(first.post(&link, &fields).unwrap().status, 303);
    let mut secrets: Vec<String> = [
        PASSWORD,
        CHANGED,
        MISTYPED,
        "short0marker",
        "typed0as0name0marker",
        KEY,
    ]
    .map(str::to_owned)
    .into();
    secrets.push("marker0metrics0token0marker0metrics".to_owned());
    let mut keep = |browser: &crate::http::Browser| {
        for name in ["__Host-session", "__Host-device"] {
            secrets.extend(browser.cookie(name).map(str::to_owned));
        }
    };
    keep(&first);
    let mut second = server.signed_in("anna");
    keep(&second);
    let mut third = server.browser();
    assert_eq!(sign_in(&mut third, "anna", MISTYPED).status, 401);
    // a password in the wrong field
    assert_eq!(
        sign_in(&mut third, "typed0as0name0marker", MISTYPED).status,
        401
    );
    let change = [("password", PASSWORD), ("new_password", CHANGED)];
    assert_eq!(
        second
            .post("/accounts/password/change/", &change)
            .unwrap()
            .status,
        303
    );
    keep(&second);
    assert!(is_signed_in(&mut second) && !is_signed_in(&mut first));
    assert_signed_in(&sign_in(&mut third, "anna", CHANGED));
    keep(&third);
    assert_eq!(
        third
            .post("/accounts/sessions/end-others/", &[])
            .unwrap()
            .status,
        303
    );
    keep(&third);
    assert_eq!(third.post("/accounts/logout/", &[]).unwrap().status, 303);
    assert_eq!(third.get("/nowhere/?token=x").unwrap().status, 404);
    let token = link.split_once("token=").unwrap().1.to_owned();
    let served = server.stop();
    assert_eq!(served.code, Some(0), "{served:?}");
    assert!(
        served.stderr.contains("\"DEBUG\""),
        "the log is not at its most talkative"
    );

    let create = ["accounts", "create", "bo", "--password-stdin"];
    let shell = [
        place.run_with(&create, &format!("{CHANGED}\n")),
        place.run_with(
            &["accounts", "set-password", "bo", "--password-stdin"],
            &format!("{PASSWORD}\n"),
        ),
        place.run(&["accounts", "list", "--json"]),
        place.run(&["check"]),
    ];
    assert!(secrets.len() > 10, "{secrets:?}");
    for ended in shell.iter().chain([&served]) {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for secret in &secrets {
            assert!(
                !ended.stderr.contains(secret.as_str()),
                "{secret} in {}",
                ended.stderr
            );
            assert!(
                !ended.stdout.contains(secret.as_str()),
                "{secret} in {}",
                ended.stdout
            );
        }
        // the link is printed once, for whoever started the program
        assert!(!ended.stderr.contains(&token), "{}", ended.stderr);
        assert!(!ended.stderr.contains("$argon2id$"), "{}", ended.stderr);
        assert!(!ended.stdout.contains("$argon2id$"), "{}", ended.stdout);
    }
    assert_eq!(setup_path(&served.stdout), Some(link));
    assert_eq!(served.stdout.matches(&token).count(), 1);
    // the database's own files hold none in clear either
    if let Ok(files) = fs::read_dir(place.path("data")) {
        for file in files {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in secrets.iter().chain([&token]) {
                assert!(!text.contains(secret.as_str()), "{secret}");
            }
        }
    }
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
