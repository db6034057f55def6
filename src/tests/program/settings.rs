//! Arguments and settings: what is refused, and in which words.

use crate::support::{KEY, Place};

const COMMANDS: [&[&str]; 4] = [
    &["serve"],
    &["check"],
    &["accounts", "list"],
    &["setup-link"],
];

#[test]
fn a_wrong_setting_ends_every_command_with_one_line_that_names_it_and_its_place() {
    let in_environment = Place::new().set("MFA_TOTP_DIGITS", "5");
    let in_file = Place::new();
    in_file.write("inmor-mfa.toml", "# one\nmfa_totp_digits = 5\n");
    for command in COMMANDS {
        assert_eq!(
            in_environment.run(command).failure(),
            "MFA_TOTP_DIGITS: 5 is not allowed (environment): use 6 to 8 digits; RFC 4226 allows no other length"
        );
        assert_eq!(
            in_file.run(command).failure(),
            "mfa_totp_digits: 5 is not allowed (inmor-mfa.toml:2): use 6 to 8 digits; RFC 4226 allows no other length"
        );
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_one() {
    let in_environment = Place::new().set("BRAND_TAGLIN", "x").run(&["check"]);
    assert_eq!(
        in_environment.failure(),
        "BRAND_TAGLIN: is no setting (environment): did you mean BRAND_TAGLINE?"
    );
    let place = Place::new();
    place.write("inmor-mfa.toml", "\n\nsession_livetime = 3600\n");
    assert_eq!(
        place.run(&["check"]).failure(),
        "session_livetime: is no setting (inmor-mfa.toml:3): did you mean session_lifetime?"
    );
}

#[test]
fn a_named_settings_file_is_read_and_must_be_there() {
    let place = Place::new();
    place.write("other.toml", "brand_operator = 'Elsewhere'\n");
    let shown = place.run(&["check", "--config", "other.toml"]);
    assert!(shown.success().contains("Elsewhere"), "{shown:?}");
    let missing = place.run(&["--config", "missing.toml", "check"]);
    assert_eq!(
        missing.failure(),
        "--config: does not exist (missing.toml): name a readable TOML file"
    );
}

#[test]
fn a_wrong_log_filter_is_refused_by_name() {
    let ended = Place::new()
        .set("LOG_FILTER", "info,=,x=loud")
        .run(&["check"]);
    let line = ended.failure();
    assert!(
        line.to_ascii_lowercase().starts_with("log_filter: "),
        "{line}"
    );
}

#[test]
fn the_development_key_is_refused_away_from_localhost() {
    let place = Place::new()
        .unset("MFA_ENCRYPTION_KEY")
        .set("PUBLIC_URL", "https://mfa.example.org");
    for command in COMMANDS {
        let ended = place.run(command);
        let line = ended.failure();
        assert!(
            line.starts_with("MFA_ENCRYPTION_KEY: the development key")
                && line.contains("https://mfa.example.org"),
            "{line}"
        );
    }
    let place = place.set("MFA_ENCRYPTION_KEY", KEY);
    place.run(&["check"]).success();
}

#[test]
fn the_development_key_warns_on_localhost() {
    let place = Place::new().unset("MFA_ENCRYPTION_KEY");
    let mut server = place.start();
    let line = server.wait_for("development key");
    assert!(line.contains("\"WARN\""), "{line}");
    server.listening();
}

#[test]
fn every_command_explains_itself() {
    let commands: [&[&str]; 12] = [
        &[],
        &["serve"],
        &["check"],
        &["accounts"],
        &["accounts", "create"],
        &["accounts", "list"],
        &["accounts", "disable"],
        &["accounts", "enable"],
        &["accounts", "set-password"],
        &["setup-link"],
        &["keys"],
        &["keys", "generate"],
    ];
    let place = Place::new();
    for command in commands {
        let help = place.run(&[command, &["--help"]].concat());
        assert!(help.success().contains("Usage: inmor-mfa"), "{help:?}");
        assert_eq!(help.stderr, "", "{command:?}");
    }
    let version = place.run(&["--version"]);
    assert!(version.success().starts_with("inmor-mfa "), "{version:?}");
}

#[test]
fn a_log_for_people_has_colours_only_on_a_terminal() {
    let place = Place::new().set("LOG_FORMAT", "human");
    let mut running = place.start();
    running.wait_for("listening");
    running.signal("TERM");
    let ended = running.ended();
    assert!(ended.stderr.contains(" INFO "), "{ended:?}");
    assert!(!ended.stderr.contains('\u{1b}'), "{ended:?}");
}

#[test]
fn usage_that_makes_no_sense_ends_with_2_and_changes_nothing() {
    let wrong: [&[&str]; 11] = [
        &[],
        &["accounts"],
        &["serv"],
        &["serve", "--port", "1"],
        &["serve", "now"],
        &["check", "--yaml"],
        &["accounts", "create"],
        &["accounts", "create", "anna", "secret"],
        &["accounts", "disable"],
        &["accounts", "list", "anna"],
        &["--config"],
    ];
    let place = Place::new();
    for arguments in wrong {
        let ended = place.run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(ended.stderr.contains("--help"), "{ended:?}");
    }
    assert!(!place.path("data").exists());
}

#[test]
fn a_password_cannot_be_an_argument() {
    let place = Place::new();
    let given: [&[&str]; 4] = [
        &["accounts", "create", "anna", "--password", "secret"],
        &["accounts", "create", "anna", "--password-stdin=secret"],
        &["accounts", "create", "anna", "--password-stdin", "secret"],
        &["accounts", "set-password", "anna", "--password=secret"],
    ];
    for arguments in given {
        let ended = place.run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
    }
}

#[test]
fn check_shows_every_setting_with_its_origin() {
    let place = Place::new().set("DATABASE_URL", "sqlite://here.sqlite3");
    place.write("inmor-mfa.toml", "brand_operator = 'Elsewhere'\n");
    let ended = place.run(&["check"]);
    let line = |name: &str| {
        let mut lines = ended.success().lines();
        lines
            .find(|line| line.split_whitespace().next() == Some(name))
            .unwrap_or_else(|| panic!("{name}: {ended:?}"))
    };
    let words = |name| line(name).split_whitespace().collect::<Vec<_>>();
    assert_eq!(
        words("BRAND_OPERATOR"),
        ["BRAND_OPERATOR", "Elsewhere", "inmor-mfa.toml:1"]
    );
    assert_eq!(
        words("DATABASE_URL"),
        ["DATABASE_URL", "sqlite://here.sqlite3", "environment"]
    );
    assert_eq!(
        words("MFA_TOTP_DIGITS"),
        ["MFA_TOTP_DIGITS", "6", "default"]
    );
    assert_eq!(
        words("MFA_ENCRYPTION_KEY"),
        ["MFA_ENCRYPTION_KEY", "key", "630dcd29", "environment"]
    );
    assert!(ended.success().ends_with("in order.\n"), "{ended:?}");
}

#[test]
fn check_prints_json_a_setting_a_line() {
    let ended = Place::new().run(&["check", "--json"]);
    let mut names = Vec::new();
    for line in ended.success().lines() {
        let one: serde_json::Value = serde_json::from_str(line).unwrap();
        for part in ["name", "value", "origin"] {
            assert!(one[part].is_string(), "{line}");
        }
        names.push(one["name"].as_str().unwrap().to_owned());
    }
    assert!(
        names.len() > 25 && names.contains(&"PUBLIC_URL".to_owned()),
        "{names:?}"
    );
}

#[test]
fn rst_02_check_shows_no_secret() {
    const MARKER: &str = "marker0marker0marker0";
    let place = Place::new();
    place.write("token", MARKER);
    let place = place
        .set(
            "DATABASE_URL",
            "postgres://anna:marker0marker0marker0@127.0.0.1:1/inmor",
        )
        .set("METRICS_TOKEN_FILE", "token")
        .set("LOG_FILTER", "trace");
    for arguments in [&["check"][..], &["check", "--json"]] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for text in [&ended.stdout, &ended.stderr] {
            assert!(
                !text.contains("marker0") && !text.contains(&KEY[..12]),
                "{text}"
            );
        }
    }
}
