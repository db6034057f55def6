//! `accounts …` beside a server that runs on the same database.

use crate::support::{PASSWORD, Place, assert_signed_in, is_signed_in, sign_in};

const OTHER: &str = "eleven blue kettles whistle";
const CREATE_ANNA: [&str; 4] = ["accounts", "create", "anna", "--password-stdin"];

#[test]
fn an_account_made_at_the_shell_signs_in_by_either_name_and_is_listed() {
    let place = Place::new();
    let create = [
        "accounts",
        "create",
        "Anna",
        "--email",
        "anna@example.org",
        "--password-stdin",
    ];
    let created = place.run_with(&create, &format!("{PASSWORD}\n"));
    assert_eq!(created.success(), "Created Anna.\n");
    place.create("bo");
    let server = place.serve();
    for login in ["anna", "ANNA", "Anna@Example.org", "bo"] {
        assert!(is_signed_in(&mut server.signed_in(login)), "{login}");
    }

    let listed = place.run(&["accounts", "list"]);
    let lines: Vec<Vec<&str>> = listed
        .success()
        .lines()
        .map(|line| line.split_whitespace().take(3).collect())
        .collect();
    assert_eq!(
        lines,
        [
            ["Anna", "anna@example.org", "enabled"],
            ["bo", "-", "enabled"]
        ]
    );

    let listed = place.run(&["accounts", "list", "--json"]);
    let accounts: Vec<serde_json::Value> = listed
        .success()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[0]["username"], "Anna");
    assert_eq!(accounts[0]["email"], "anna@example.org");
    assert_eq!(accounts[0]["disabled"], false);
    assert_eq!(accounts[1]["email"], serde_json::Value::Null);
    assert!(accounts[1]["created_at"].as_i64().unwrap() > 1_700_000_000);
    assert!(!listed.stdout.contains("argon2"), "{listed:?}");
}

#[test]
fn an_empty_list_is_empty() {
    let place = Place::new();
    for arguments in [&["accounts", "list"][..], &["accounts", "list", "--json"]] {
        assert_eq!(place.run(arguments).success(), "");
    }
}

#[test]
fn ses_12_disabling_ends_sessions_at_the_next_request_and_enabling_lets_in_again() {
    let place = Place::new();
    place.create("anna");
    place.create("bo");
    let server = place.serve();
    let (mut anna, mut bo) = (server.signed_in("anna"), server.signed_in("bo"));
    assert!(is_signed_in(&mut anna));
    assert_eq!(
        place.run(&["accounts", "disable", "ANNA"]).success(),
        "anna is now disabled.\n"
    );
    assert!(!is_signed_in(&mut anna));
    assert!(is_signed_in(&mut bo));
    let refused = sign_in(&mut anna, "anna", PASSWORD);
    assert_eq!(refused.status, 401);
    assert!(!refused.text().contains("disabled"), "{}", refused.text());
    assert_eq!(
        place.run(&["accounts", "disable", "anna"]).success(),
        "anna was already disabled.\n"
    );
    let listed = place.run(&["accounts", "list"]);
    assert!(
        listed
            .success()
            .lines()
            .next()
            .unwrap()
            .contains(" disabled "),
        "{listed:?}"
    );

    assert_eq!(
        place.run(&["accounts", "enable", "anna"]).success(),
        "anna is now enabled.\n"
    );
    assert_eq!(
        place.run(&["accounts", "enable", "anna"]).success(),
        "anna was already enabled.\n"
    );
    // the session that was ended stays so
    assert!(!is_signed_in(&mut anna));
    assert!(is_signed_in(&mut server.signed_in("anna")));
}

#[test]
fn a_password_set_at_the_shell_ends_sessions_and_alone_signs_in() {
    let place = Place::new();
    place.create("anna");
    let server = place.serve();
    let mut anna = server.signed_in("anna");
    let set = ["accounts", "set-password", "anna", "--password-stdin"];
    let ended = place.run_with(&set, &format!("{OTHER}\n"));
    assert_eq!(
        ended.success(),
        "Set the password of anna; its sessions are ended.\n"
    );
    assert!(!is_signed_in(&mut anna));
    assert_eq!(sign_in(&mut anna, "anna", PASSWORD).status, 401);
    assert_signed_in(&sign_in(&mut anna, "anna", OTHER));
}

#[test]
fn log_13_blanks_and_nul_of_a_password_on_standard_input_are_kept() {
    let place = Place::new();
    let exact = " \tseven quiet\0otters \u{a0}juggle  ";
    for (name, end) in [
        ("anna", "\n"),
        ("bo", "\r\n"),
        ("cleo", ""),
        ("dan", "\nsecond line\n"),
    ] {
        let create = ["accounts", "create", name, "--password-stdin"];
        place.run_with(&create, &format!("{exact}{end}")).success();
    }
    let server = place.serve();
    for name in ["anna", "bo", "cleo", "dan"] {
        for wrong in [exact.trim(), " \tseven quiet"] {
            assert_eq!(
                sign_in(&mut server.browser(), name, wrong).status,
                401,
                "{name} {wrong:?}"
            );
        }
        assert_signed_in(&sign_in(&mut server.browser(), name, exact));
    }
}

#[test]
fn log_10_a_password_set_decomposed_signs_in_composed() {
    let place = Place::new();
    let create = ["accounts", "create", "anna", "--password-stdin"];
    place
        .run_with(&create, "sju tysta uttrar go\u{308}r kaffe\n")
        .success();
    let server = place.serve();
    let composed = "sju tysta uttrar g\u{f6}r kaffe";
    assert_signed_in(&sign_in(&mut server.browser(), "anna", composed));
}

#[test]
fn log_08_a_name_that_somebody_has_is_refused_however_it_is_spelled() {
    let place = Place::new();
    let create = [
        "accounts",
        "create",
        "anna",
        "--email",
        "a@example.org",
        "--password-stdin",
    ];
    place.run_with(&create, &format!("{PASSWORD}\n")).success();
    let taken: [&[&str]; 6] = [
        &["anna"],
        &["ANNA"],
        &[" anna "],
        &["\u{ff41}\u{ff4e}\u{ff4e}\u{ff41}"],
        &["A@Example.org"],
        &["bo", "--email", "A@EXAMPLE.org"],
    ];
    for names in taken {
        let arguments = [&["accounts", "create", "--password-stdin"], names].concat();
        let ended = place.run_with(&arguments, &format!("{PASSWORD}\n"));
        assert!(
            ended
                .failure()
                .contains("has that username or e-mail address"),
            "{ended:?}"
        );
    }
    assert_eq!(
        place.run(&["accounts", "list"]).success().lines().count(),
        1
    );
}

#[test]
fn log_21_a_weak_password_is_refused_with_its_reason_and_makes_no_account() {
    let place = Place::new();
    let long = "tangerine kettles argue with patient owls about umbrellas; ".repeat(5);
    let weak = [
        ("brief otter", "at least 15 characters"),
        ("password12345678", "guessed first"),
        ("annabergstrom2026", "built from your name"),
        ("inmor admin inmor", "built from your name"),
        (long.as_str(), "at most 256 characters"),
        ("", "at least 15 characters"),
    ];
    let create = ["accounts", "create", "annabergstrom", "--password-stdin"];
    for (password, reason) in weak {
        let ended = place.run_with(&create, &format!("{password}\n"));
        let line = ended.failure();
        assert!(line.contains(reason), "{line}");
        assert!(password.is_empty() || !line.contains(password), "{line}");
    }
    assert_eq!(place.run(&["accounts", "list"]).success(), "");
    place.create("annabergstrom");
    let set = [
        "accounts",
        "set-password",
        "annabergstrom",
        "--password-stdin",
    ];
    for (password, reason) in weak {
        let ended = place.run_with(&set, &format!("{password}\n"));
        assert!(ended.failure().contains(reason), "{ended:?}");
    }
    let server = place.serve();
    server.signed_in("annabergstrom");
}

#[test]
fn names_that_nobody_can_have_are_refused_in_words() {
    let place = Place::new();
    let wrong: [&[&str]; 4] = [
        &[""],
        &["an na"],
        &["anna\u{202e}"],
        &["anna", "--email", "nowhere"],
    ];
    for names in wrong {
        let arguments = [&["accounts", "create", "--password-stdin"], names].concat();
        let ended = place.run_with(&arguments, &format!("{PASSWORD}\n"));
        assert!(!ended.failure().is_empty(), "{ended:?}");
    }
}

#[test]
fn without_a_terminal_a_password_is_asked_for_on_standard_input_only() {
    let place = Place::new();
    let ended = place.run(&["accounts", "create", "anna"]);
    assert!(ended.failure().contains("--password-stdin"), "{ended:?}");
    let ended = place.run_with(&["accounts", "create", "anna"], &format!("{PASSWORD}\n"));
    assert!(ended.failure().contains("--password-stdin"), "{ended:?}");
}

#[test]
fn an_account_that_does_not_exist_is_told_by_name() {
    let place = Place::new();
    for command in ["disable", "enable", "set-password"] {
        let more: &[&str] = if command == "set-password" {
            &["--password-stdin"]
        } else {
            &[]
        };
        let arguments = [&["accounts", command, "nobody"], more].concat();
        let ended = place.run_with(&arguments, &format!("{PASSWORD}\n"));
        assert_eq!(ended.failure(), "there is no account \"nobody\"");
    }
}

#[test]
fn a_password_that_is_no_utf8_is_refused_in_one_line() {
    let ended = Place::new().run_with_bytes(&CREATE_ANNA, b"seven quiet otters \xe5\xff\n");
    assert!(ended.failure().contains("UTF-8"), "{ended:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let place = Place::new();
    place.create("anna");
    for arguments in [&["check"][..], &["check", "--json"], &["accounts", "list"]] {
        let ended = place.run_unread(arguments);
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    }
}
