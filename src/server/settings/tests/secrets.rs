//! Secrets: in files of their own, once, and never shown.

use super::*;

const MARKER: &str = "kkMarkerkk";

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let secret = Scratch::new(format!("{KEY}\n"));
    let in_environment = load("", &[("MFA_ENCRYPTION_KEY_FILE", secret.text())]).unwrap();
    let in_file = load(
        &format!("mfa_encryption_key_file = '{}'", secret.text()),
        &[],
    )
    .unwrap();
    for (loaded, name) in [
        (in_environment, "MFA_ENCRYPTION_KEY_FILE"),
        (in_file, "mfa_encryption_key_file"),
    ] {
        let one = effective(&loaded, &table::MFA_ENCRYPTION_KEY);
        assert_eq!(one.value, "key 630dcd29");
        assert_eq!(
            one.origin.to_string(),
            format!("{} named by {name}", secret.text())
        );
    }
}

#[test]
fn a_secret_is_given_once() {
    let path = Scratch::new(KEY);
    let twice = error(
        "",
        &[
            ("MFA_ENCRYPTION_KEY", KEY),
            ("MFA_ENCRYPTION_KEY_FILE", path.text()),
        ],
    );
    assert_eq!(
        twice,
        "MFA_ENCRYPTION_KEY_FILE: is given beside MFA_ENCRYPTION_KEY (environment): keep one of the two"
    );
    let twice = error(
        "database_url_file = '/x'\ndatabase_url = 'sqlite::memory:'",
        &[],
    );
    assert!(
        twice.starts_with("database_url_file: is given beside database_url ("),
        "{twice}"
    );
    let empty = Scratch::new("\n");
    for secret in table().iter().filter(|setting| setting.secret) {
        let name = format!("{}_FILE", secret.name);
        assert!(
            error("", &[(&name, empty.text())]).starts_with(&format!("{name}: ")),
            "{name}"
        );
        assert!(
            error("", &[(&name, "/nowhere/secret")])
                .contains("/nowhere/secret does not exist (environment)")
        );
        assert!(error(&format!("{} = 1", name.to_lowercase()), &[]).contains("is no string"));
    }
}

#[test]
fn a_file_of_a_secret_is_read_up_to_64_kib() {
    let set = |text: &str| {
        let file = Scratch::new(text);
        load("", &[("MFA_ENCRYPTION_KEY_FILE", file.text())]).map_err(|error| error.to_string())
    };
    let blanks = " ".repeat(64 * 1024 - KEY.len());
    assert!(set(&format!("{KEY}{blanks}")).is_ok());
    for wrong in [format!("{KEY}{blanks} "), format!("{KEY}{blanks}Å")] {
        let line = set(&wrong).err().unwrap_or_default();
        assert!(
            line.contains(" is larger than 64 KiB (environment): "),
            "{line}"
        );
    }
    let endless = error("", &[("MFA_ENCRYPTION_KEY_FILE", "/dev/zero")]);
    assert!(
        endless.contains("/dev/zero is larger than 64 KiB"),
        "{endless}"
    );
}

#[test]
fn no_error_shows_a_secret() {
    let secrets = [
        MARKER.to_owned(),
        format!("{KEY},{MARKER}"),
        format!("sqlite:{MARKER}"),
        format!("postgres://u:{MARKER}#x@h/d"),
        format!("postgres://u:{MARKER}@h/d?x=y"),
        format!("postgres://u:{MARKER}@h:99999/d"),
        format!("smtps://u:{MARKER}#x@h"),
        format!("smtp://u:{MARKER}@h"),
        format!("smtps://{MARKER}@h"),
        format!("{MARKER}\n{MARKER}{MARKER}"),
        format!("Å{MARKER}{MARKER}{MARKER}{MARKER}"),
    ];
    let mut refused = 0;
    for setting in table().iter().filter(|setting| setting.secret) {
        for secret in &secrets {
            let file = Scratch::new(secret);
            let (key, named_by) = (setting.key(), format!("{}_FILE", setting.name));
            let attempts = [
                load("", &[(setting.name, secret)]),
                load("", &[(&named_by, secret)]),
                load("", &[(&named_by, file.text())]),
                load("", &[(setting.name, secret), (&named_by, secret)]),
                load(&format!("{key} = {secret:?}"), &[]),
                load(&format!("{key} = [{secret:?}, 1]"), &[]),
                load(&format!("{key} = {secret}"), &[]),
                load(&format!("{key} = \"{secret}"), &[]),
                load(&format!("{key} = '{secret}' {secret}"), &[]),
                load(&format!("{key} = '{MARKER}\\q'\n{key} = '{MARKER}'"), &[]),
                load(&format!("{key} = \"{MARKER}\\q\""), &[]),
                load(&format!("{key}_file = {secret:?}"), &[]),
                load(&format!("{key} = {{ {MARKER} = '{MARKER}' }}"), &[]),
            ];
            for error in attempts.into_iter().filter_map(Result::err) {
                refused += 1;
                assert!(!error.to_string().contains(MARKER), "{error}");
                assert!(!format!("{error:?}").contains(MARKER), "{error:?}");
                assert!(!error.to_string().contains('\n'), "{error}");
            }
        }
    }
    assert!(refused > 200, "{refused}");
}

#[test]
fn nothing_that_prints_shows_a_secret() {
    let database = format!("postgres://u:{MARKER}@h/d");
    let token = format!("{MARKER}{MARKER}");
    let server = format!("smtps://{MARKER}:{MARKER}@h");
    let loaded = load(
        "",
        &[
            ("DATABASE_URL", &database),
            ("METRICS_TOKEN", &token),
            ("SMTP_URL", &server),
            ("MAIL_FROM", "mfa@example.org"),
            ("MFA_ENCRYPTION_KEY", KEY),
        ],
    )
    .unwrap();
    let bytes = format!("{:?}", loaded.settings.encryption_keys.first().bytes());
    for text in [
        format!("{loaded:?}"),
        format!("{:#?}", loaded.settings),
        loaded.describe(),
        loaded.warnings.join("\n"),
    ] {
        for secret in [
            MARKER,
            KEY,
            KEY.trim_end_matches('='),
            &bytes,
            "0, 1, 2, 3",
            "00010203",
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert_eq!(loaded.settings.metrics_token.unwrap().expose(), token);
    assert_eq!(loaded.settings.database_url.expose(), database);
}
