//! The second factor with the program as a process: its keys, its log, its files, two of it at once.

use std::{fs, thread};

use inmor_mfa::{clock::Clock, crypto::hex};
use totp_rs::{Builder, Secret};

use crate::{
    http::{Answer, Browser},
    postgres::Database,
    support::{KEY, PASSWORD, Place, Server, is_signed_in, sign_in},
};

const ACTIVATE: &str = "/accounts/2fa/totp/activate/";
const AUTHENTICATE: &str = "/accounts/2fa/authenticate/";
const CODES: &str = "/accounts/2fa/recovery-codes/";
/// Another key, as `keys generate` prints them.
pub const OTHER_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// What stands between two texts on a page.
fn between(answer: &Answer, from: &str, to: &str) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once(from).expect(&text);
    rest.split_once(to).expect(&text).0.to_owned()
}

/// What an app shows, so many steps from now.
pub fn code(secret: &str, steps: i64) -> String {
    let at = Clock::system().now() + steps * 30;
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .build()
        .unwrap();
    totp.generate(u64::try_from(at).unwrap()).to_string()
}

/// Adds an authenticator app by the code of the step before this one, so that two are left.
fn enrol(browser: &mut Browser) -> String {
    let page = browser.get(ACTIVATE).unwrap();
    let secret = between(&page, "<code id=\"secret\">", "</code>").replace(' ', "");
    let fields = [("code", &*code(&secret, -1)), ("name", "phone")];
    let answer = browser.post(ACTIVATE, &fields).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    secret
}

/// The recovery codes on their page.
fn codes(browser: &mut Browser) -> Vec<String> {
    let page = browser.get(CODES).unwrap().text();
    page.split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</code>"))
        .map(|(code, _)| code.to_owned())
        .collect()
}

pub fn authenticate(browser: &mut Browser, code: &str) -> u16 {
    browser
        .post(AUTHENTICATE, &[("code", code)])
        .unwrap()
        .status
}

/// A browser in which the password was right.
pub fn pending(server: &Server, login: &str) -> Browser {
    let mut browser = server.browser();
    let answer = sign_in(&mut browser, login, PASSWORD);
    assert_eq!(answer.header("location"), Some(AUTHENTICATE));
    browser
}

pub fn enrolled(place: &Place) -> (String, Vec<String>) {
    place.create("anna");
    let server = place.serve();
    let mut browser = server.signed_in("anna");
    let secret = enrol(&mut browser);
    let codes = codes(&mut browser);
    assert_eq!(codes.len(), 10);
    server.stop();
    (secret, codes)
}

#[test]
fn rst_03_a_wrong_key_does_not_start_and_what_needs_it_is_counted() {
    let place = Place::new();
    enrolled(&place);
    let before = fs::read(place.path("data/inmor-mfa.sqlite3")).unwrap();
    let wrong = place.set("MFA_ENCRYPTION_KEY", OTHER_KEY);
    for command in ["serve", "check"] {
        let ended = wrong.run(&[command]);
        let line = ended.failure();
        assert!(line.contains("mfa_encryption_key: no key opens"), "{line}");
        assert!(line.contains("(11 secrets)"), "{line}");
    }
    let after = fs::read(wrong.path("data/inmor-mfa.sqlite3")).unwrap();
    assert_eq!(before, after);
}

#[test]
fn rst_05_a_new_key_before_the_old_one_opens_everything() {
    let place = Place::new();
    let (secret, codes) = enrolled(&place);
    let place = place.also("MFA_ENCRYPTION_KEY", &format!("{OTHER_KEY},{KEY}"));
    let server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &code(&secret, 0)), 303);
    assert_eq!(self::codes(&mut browser), codes);
}

#[test]
fn rst_08_the_old_key_can_go_once_all_secrets_have_been_moved_and_not_before() {
    let place = Place::new();
    let (secret, codes) = enrolled(&place);
    let status = |place: &Place| {
        place
            .run(&["keys", "status", "--json"])
            .success()
            .to_owned()
    };
    let line = |key: &str, secrets: u8, state: &str| {
        format!("{{\"key\":\"{key}\",\"secrets\":{secrets},\"state\":\"{state}\"}}\n")
    };
    let (old, new) = ("630dcd29", "72dbb733");
    assert_eq!(status(&place), line(old, 11, "seals"));

    let place = place.set("MFA_ENCRYPTION_KEY", &format!("{OTHER_KEY},{KEY}"));
    let both = line(new, 0, "seals") + &line(old, 11, "opens");
    assert_eq!(status(&place), both);
    let dry = place.run(&["keys", "rotate", "--dry-run"]);
    assert_eq!(
        dry.success(),
        format!("11 secrets would be moved under the key {new}.\n")
    );
    assert_eq!(status(&place), both);

    let place = place.set("MFA_ENCRYPTION_KEY", OTHER_KEY);
    let refused = place.run(&["serve"]);
    assert!(refused.failure().contains(&format!("{old} (11 secrets)")));
    let refused = place.run(&["keys", "rotate"]);
    assert!(
        refused
            .failure()
            .contains("11 secrets were left as they are")
    );
    assert_eq!(
        status(&place),
        line(new, 0, "seals") + &line(old, 11, "missing")
    );

    let place = place.set("MFA_ENCRYPTION_KEY", &format!("{OTHER_KEY},{KEY}"));
    let server = place.serve();
    let moved = place.run(&["keys", "rotate", "--json"]);
    let lines: Vec<_> = moved.success().lines().collect();
    let end = format!("{{\"key\":\"{new}\",\"moved\":11,\"unreadable\":0}}");
    assert_eq!(lines.last(), Some(&end.as_str()));
    let again = place.run(&["keys", "rotate"]);
    assert_eq!(
        again.success(),
        format!("Moved 0 secrets under the key {new}.\n")
    );
    server.stop();

    let place = place.set("MFA_ENCRYPTION_KEY", OTHER_KEY);
    assert_eq!(status(&place), line(new, 11, "seals"));
    let server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &code(&secret, 0)), 303);
    assert_eq!(self::codes(&mut browser), codes);
}

#[test]
fn reset_mfa_removes_every_factor_and_session_once_it_is_confirmed() {
    let place = Place::new();
    place.create("anna");
    let server = place.serve();
    let mut browser = server.signed_in("anna");
    enrol(&mut browser);
    let asked = place.run(&["accounts", "reset-mfa", "anna"]);
    assert!(asked.failure().contains("--yes"));
    assert!(is_signed_in(&mut browser));
    let reset = place.run(&["accounts", "reset-mfa", "anna", "--yes"]);
    assert_eq!(
        reset.success(),
        "anna has no second factor any more; its sessions are ended.\n"
    );
    assert!(!is_signed_in(&mut browser));
    let mut again = server.signed_in("anna");
    let home = again.get("/").unwrap().text();
    assert!(
        home.contains("An operator has removed all factors"),
        "{home}"
    );
    let unknown = place.run(&["accounts", "reset-mfa", "nobody", "--yes"]);
    assert!(unknown.failure().contains("no account"));
}

/// Sets a second factor up and uses it, with the most talkative log; then looks for each secret.
fn go_through(place: Place) {
    let place = place.set("LOG_FILTER", "trace");
    place.create("anna");
    let server = place.serve();
    let mut browser = server.signed_in("anna");
    let secret = enrol(&mut browser);
    let codes = codes(&mut browser);
    let mut second = pending(&server, "anna");
    let pending_token = second.cookies.get("__Host-login").unwrap().clone();
    assert_eq!(authenticate(&mut second, "000000"), 422);
    assert_eq!(authenticate(&mut second, &code(&secret, 0)), 303);
    let mut third = pending(&server, "anna");
    assert_eq!(authenticate(&mut third, &codes[0]), 303);
    let confirm = [("code", codes[1].as_str())];
    let confirmed = third.post("/accounts/reauthenticate/", &confirm).unwrap();
    assert_eq!(confirmed.status, 303);

    let raw = Secret::try_from_base32(&secret).unwrap();
    let grouped: Vec<_> = secret
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    let mut forms = vec![
        secret.clone().into_bytes(),
        secret.to_ascii_lowercase().into_bytes(),
        secret.chars().rev().collect::<String>().into_bytes(),
        grouped.join(" ").into_bytes(),
        raw.as_ref().to_vec(),
        hex(raw.as_ref()).into_bytes(),
        pending_token.into_bytes(),
    ];
    for code in &codes {
        let bare = code.replace('-', "");
        forms.extend([
            code.clone().into_bytes(),
            bare.chars().rev().collect::<String>().into_bytes(),
            hex(bare.as_bytes()).into_bytes(),
            bare.to_ascii_lowercase().into_bytes(),
            bare.into_bytes(),
        ]);
    }
    // the files as they are while the program runs, its write-ahead log included
    let mut places: Vec<Vec<u8>> = fs::read_dir(place.path("data"))
        .into_iter()
        .flatten()
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    for file in ["cmdline", "environ"] {
        places.push(fs::read(format!("/proc/{}/{file}", server.running.id())).unwrap());
    }
    let ended = server.stop();
    assert!(
        ended.stderr.contains("second_factor.failed"),
        "the log is not talkative"
    );
    places.extend([ended.stdout.into_bytes(), ended.stderr.into_bytes()]);
    for bytes in &places {
        for form in &forms {
            let found = bytes.windows(form.len()).any(|window| window == form);
            assert!(!found, "{}", String::from_utf8_lossy(form));
        }
    }
}

#[test]
fn rst_01_02_no_secret_of_a_second_factor_is_in_a_file_or_in_the_log_with_sqlite() {
    go_through(Place::new());
}

#[test]
fn rst_02_no_secret_of_a_second_factor_is_in_the_log_with_postgres() {
    let database = Database::create();
    go_through(Place::new().set("DATABASE_URL", &database.url()));
}

#[test]
fn tot_06_rec_02_fifty_at_once_at_two_processes_are_one_session() {
    let database = Database::create();
    let place = Place::new().set("DATABASE_URL", &database.url());
    place.create("anna");
    let servers = [place.serve(), place.serve()];
    let mut browser = servers[0].signed_in("anna");
    let secret = enrol(&mut browser);
    let codes = codes(&mut browser);
    let right = [
        code(&secret, 0),
        code(&secret, 1),
        codes[0].clone(),
        codes[1].clone(),
    ];
    for code in right {
        let pending: Vec<_> = (0..50)
            .map(|number| pending(&servers[number % 2], "anna"))
            .collect();
        let tries: Vec<_> = pending
            .into_iter()
            .map(|mut browser| {
                let code = code.clone();
                thread::spawn(move || authenticate(&mut browser, &code))
            })
            .collect();
        let statuses: Vec<u16> = tries
            .into_iter()
            .map(|tried| tried.join().unwrap())
            .collect();
        let signed_in = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(signed_in, 1, "{statuses:?}");
        assert!(
            statuses
                .iter()
                .all(|status| [303, 422, 429].contains(status)),
            "{statuses:?}"
        );
    }
    assert_eq!(
        database.number("select count(*) from mfa_recovery_code where spent_at is not null"),
        2
    );
}

#[test]
fn rec_12_what_was_answered_stays_spent_after_a_kill() {
    let place = Place::new();
    let (secret, codes) = enrolled(&place);
    for right in [code(&secret, 0), codes[0].clone(), codes[1].clone()] {
        let mut server = place.serve();
        let mut browser = pending(&server, "anna");
        assert_eq!(authenticate(&mut browser, &right), 303);
        server.running.kill();
        server.running.ended();
        let server = place.serve();
        assert!(is_signed_in(&mut browser.at(server.address)));
        let mut again = pending(&server, "anna");
        assert_eq!(authenticate(&mut again, &right), 422);
        server.stop();
    }
}

#[test]
fn rst_15_a_copy_on_another_host_with_the_same_key_knows_all_factors() {
    let place = Place::new();
    let (secret, codes) = enrolled(&place);
    let elsewhere = Place::new();
    fs::create_dir(elsewhere.path("data")).unwrap();
    let database = "data/inmor-mfa.sqlite3";
    fs::copy(place.path(database), elsewhere.path(database)).unwrap();
    let server = elsewhere.serve();
    for right in [code(&secret, 0), codes[0].clone()] {
        assert_eq!(authenticate(&mut pending(&server, "anna"), &right), 303);
    }
}
