//! Loading as a whole.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, process};

use super::*;

/// A key that is not the development key; printed by Python.
pub(super) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const MARKER: &str = "kkMarkerkk";

/// A file that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(content: impl AsRef<[u8]>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "inmor-mfa-settings-{}-{number}.toml",
            process::id()
        ));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

pub(super) fn load(file: &str, environment: &[(&str, &str)]) -> Result<Loaded, SettingsError> {
    let file = Scratch::new(file);
    Settings::load(Some(&file.0), environment.iter().copied())
}

/// The error line, which is one line and has its form.
pub(super) fn error(file: &str, environment: &[(&str, &str)]) -> String {
    let line = load(file, environment)
        .expect_err("should be refused")
        .to_string();
    assert!(
        !line.contains('\n') && line.contains(": ") && line.contains(" ("),
        "{line}"
    );
    line
}

/// A value other than the default for each setting.
fn example(setting: &Setting) -> &'static str {
    match setting.name {
        "MFA_ENCRYPTION_KEY" => KEY,
        "METRICS_TOKEN" => "0123456789abcdef",
        _ => setting.example,
    }
}

/// The example as it stands in the file.
fn in_toml(setting: &Setting) -> String {
    let example = example(setting);
    let value = match setting.name {
        "MFA_SUPPORTED_TYPES" | "TRUSTED_PROXIES" => {
            format!("{:?}", example.split(',').collect::<Vec<_>>())
        }
        _ if setting.limits.is_some() || ["true", "false"].contains(&example) => example.to_owned(),
        _ => format!("{example:?}"),
    };
    format!("{} = {value}\n", setting.key())
}

fn effective<'a>(loaded: &'a Loaded, setting: &Setting) -> &'a Effective {
    loaded
        .effective
        .iter()
        .find(|one| one.name == setting.name)
        .unwrap()
}

#[test]
fn defaults_are_those_of_the_design() {
    let Loaded {
        settings,
        effective,
        ..
    } = load("", &[]).unwrap();
    assert!(
        effective
            .iter()
            .map(|one| one.name)
            .eq(table().iter().map(|setting| setting.name))
    );
    assert!(effective.iter().all(|one| one.origin == Origin::Default));
    assert_eq!(settings.public_url.origin(), "http://localhost:3000");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
    assert!(settings.database_url.is_default());
    assert_eq!(settings.database_max_connections, 16);
    assert!(settings.encryption_keys.encrypts_with_development_key());
    assert_eq!(
        settings.supported_types,
        SupportedTypes {
            totp: true,
            webauthn: true,
            recovery_codes: true
        }
    );
    assert!(settings.passkey_login_enabled && !settings.webauthn_allow_insecure_origin);
    assert_eq!(
        (
            settings.webauthn_rp_name.as_str(),
            settings.totp_issuer.as_str()
        ),
        ("Inmor Admin", "Inmor Admin")
    );
    assert_eq!(
        (
            settings.totp_digits,
            settings.totp_period,
            settings.totp_tolerance
        ),
        (6, 30, 1)
    );
    assert_eq!(settings.recovery_code_count, 10);
    assert!(!settings.recovery_codes_show_once && !settings.mfa_required);
    assert_eq!(settings.reauthentication_timeout, 300);
    assert_eq!(
        (settings.session_idle_timeout, settings.session_lifetime),
        (3600, 43200)
    );
    assert!((1..=64).contains(&settings.password_hash_permits));
    assert!(settings.trusted_proxies.is_empty() && settings.metrics_token.is_none());
    let Brand {
        operator,
        name,
        tagline,
    } = settings.brand;
    assert_eq!(
        (&*operator, &*name, &*tagline),
        ("SUNET", "Inmor", "Trust Anchor Admin")
    );
    assert_eq!(
        (settings.log.format, &*settings.log.filter),
        (LogFormat::Human, "info")
    );
}

#[test]
fn every_setting_can_be_set_in_the_file_and_in_the_environment() {
    let default = load("", &[]).unwrap();
    // together, since an https origin needs a key of its own
    let file: String = table().iter().map(in_toml).collect();
    let environment: Vec<_> = table()
        .iter()
        .map(|setting| (setting.name, example(setting)))
        .collect();
    let (from_file, from_environment) =
        (load(&file, &[]).unwrap(), load("", &environment).unwrap());
    for (at, setting) in table().iter().enumerate() {
        let (filed, set) = (
            effective(&from_file, setting),
            effective(&from_environment, setting),
        );
        assert_eq!(filed.value, set.value);
        if setting.name != "PASSWORD_HASH_PERMITS" {
            assert_ne!(filed.value, effective(&default, setting).value, "{filed:?}");
        }
        assert_eq!(set.origin, Origin::Environment);
        assert!(
            matches!(&filed.origin, Origin::File { line, .. } if *line == at + 1),
            "{filed:?}"
        );
    }
    assert_eq!(
        format!("{:?}", from_file.settings),
        format!("{:?}", from_environment.settings)
    );
}

#[test]
fn a_number_reaches_its_own_field() {
    let names = [
        "DATABASE_MAX_CONNECTIONS",
        "PASSWORD_HASH_PERMITS",
        "MFA_TOTP_DIGITS",
        "MFA_TOTP_PERIOD",
        "MFA_TOTP_TOLERANCE",
        "MFA_RECOVERY_CODE_COUNT",
        "REAUTHENTICATION_TIMEOUT",
        "SESSION_IDLE_TIMEOUT",
        "SESSION_LIFETIME",
    ];
    let numbers = ["11", "12", "7", "17", "2", "13", "14", "301", "302"];
    let all: Vec<_> = names.into_iter().zip(numbers).collect();
    let s = load("", &all).unwrap().settings;
    assert_eq!(
        (
            s.database_max_connections,
            s.password_hash_permits,
            s.totp_digits
        ),
        (11, 12, 7)
    );
    assert_eq!(
        (s.totp_period, s.totp_tolerance, s.recovery_code_count),
        (17, 2, 13)
    );
    assert_eq!(
        (
            s.reauthentication_timeout,
            s.session_idle_timeout,
            s.session_lifetime
        ),
        (14, 301, 302)
    );
}

#[test]
fn the_environment_wins_over_the_file() {
    let loaded = load(
        "brand_name = 'File'\nmfa_encryption_key_file = '/nowhere'",
        &[("BRAND_NAME", "Env"), ("MFA_ENCRYPTION_KEY", KEY)],
    );
    let loaded = loaded.unwrap();
    assert_eq!(loaded.settings.brand.name, "Env");
    assert_eq!(loaded.settings.encryption_keys.to_string(), "key 630dcd29");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
    let line = error("\nbrand_name = 'a'\nmfa_totp_digit = 6\n", &[]);
    assert!(
        line.starts_with("mfa_totp_digit: is no setting ("),
        "{line}"
    );
    assert!(
        line.ends_with(".toml:3): did you mean mfa_totp_digits?"),
        "{line}"
    );
    assert!(error("PUBLIC_URL = 'x'", &[]).ends_with(":1): did you mean public_url?"));
    assert!(error("totp_issuer = 'x'", &[]).ends_with("did you mean mfa_totp_issuer?"));
    assert!(
        error("mfa_encryption_keyfile = 'x'", &[])
            .ends_with("did you mean mfa_encryption_key_file?")
    );
    assert!(
        error("zzzzzzzzzzzzzzzzzzzzz = 1", &[])
            .ends_with("see the table of settings in the README")
    );
    assert!(error("listen_file = 'x'", &[]).starts_with("listen_file: is no setting"));
    assert!(error("[mfa]\ntotp_digits = 6", &[]).starts_with("mfa: is a section ("));
}

#[test]
fn an_unknown_variable_is_refused_when_it_begins_like_ours() {
    let line = error("", &[("MFA_TOTP_DIGTS", "6")]);
    assert_eq!(
        line,
        "MFA_TOTP_DIGTS: is no setting (environment): did you mean MFA_TOTP_DIGITS?"
    );
    assert!(error("", &[("BRAND_NAM", "x")]).ends_with("did you mean BRAND_NAME?"));
    assert!(error("", &[("MFA_TOTP_ISSUER_FILE", "x")]).ends_with("did you mean MFA_TOTP_ISSUER?"));
    assert!(
        load(
            "",
            &[
                ("SESSION_MANAGER", "x"),
                ("LOG_FILE", "x"),
                ("mfa_totp_digits", "9"),
                ("PATH", "")
            ]
        )
        .is_ok()
    );
}

#[test]
fn a_value_of_another_type_is_refused_for_every_setting() {
    for setting in table() {
        let key = setting.key();
        for value in [
            "{ a = 1 }",
            "1.5",
            "2026-01-01",
            "[1]",
            "0x7fffffffffffffffff",
        ] {
            let line = error(&format!("#\n{key} = {value}"), &[]);
            assert!(
                line.starts_with(&format!("{key}: is a")) && line.contains(".toml:2): "),
                "{line}"
            );
        }
        if setting.limits.is_some() {
            assert!(error(&format!("{key} = '6'"), &[]).contains("without quotes"));
        }
    }
    assert!(error("mfa_required = 'true'", &[]).contains("is a string"));
    assert!(error("mfa_required = 1", &[]).contains("write true or false"));
    assert!(error("listen = 3000", &[]).contains("is a number"));
    assert!(error("trusted_proxies = '10.0.0.0/8'", &[]).contains("write a list"));
    assert!(error("mfa_supported_types = 'totp'", &[]).contains("write a list"));
}

#[test]
fn the_line_says_what_is_wrong_where_and_what_would_be_right() {
    let line = error("# one\n\nmfa_totp_digits = 5", &[]);
    assert!(
        line.starts_with("mfa_totp_digits: 5 is not allowed ("),
        "{line}"
    );
    assert!(
        line.ends_with(".toml:3): use 6 to 8 digits; RFC 4226 allows no other length"),
        "{line}"
    );
    assert_eq!(
        error("", &[("MFA_SUPPORTED_TYPES", "totp,webautn")]),
        "MFA_SUPPORTED_TYPES: `webautn` is not known (environment): \
         did you mean webauthn? use totp, webauthn, recovery_codes"
    );
    assert!(error("", &[("LOG_FORMAT", "xml")]).ends_with("use human, json"));
    assert!(
        error("brand_name = 'a'\nbrand_name = 'b'", &[]).contains(".toml:2:1"),
        "duplicate"
    );
    assert!(error("brand_name = \"a", &[]).contains("is no valid TOML"));
}

#[test]
fn empty_is_an_error_but_for_lists_and_the_tagline() {
    for setting in table() {
        let loaded = load("", &[(setting.name, "")]);
        let may =
            ["MFA_SUPPORTED_TYPES", "TRUSTED_PROXIES", "BRAND_TAGLINE"].contains(&setting.name);
        assert_eq!(loaded.is_ok(), may, "{}", setting.name);
    }
    assert!(load("trusted_proxies = []\nbrand_tagline = ''", &[]).is_ok());
}

#[test]
fn a_named_file_has_to_exist_and_the_usual_one_need_not() {
    let missing = Settings::load(Some(Path::new("/nowhere/a.toml")), [("PATH", "")]).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "--config: does not exist (/nowhere/a.toml): name a readable TOML file"
    );
    assert!(Settings::load(Some(Path::new("/")), [("PATH", "")]).is_err());
    let optional = |path| Sources::read(ConfigFile::Optional(path), [("PATH", "")]);
    assert!(optional(Path::new("/nowhere/a.toml")).is_ok());
    assert!(optional(Path::new("/")).is_err());
    let latin1 = Scratch::new(b"brand_name = '\xe5'");
    assert!(
        optional(&latin1.0)
            .err()
            .unwrap()
            .to_string()
            .contains("is not UTF-8")
    );
}

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
fn the_file_takes_keys_as_a_string_or_a_list() {
    let one = format!(
        "mfa_encryption_key = '{KEY}, {}'",
        table::MFA_ENCRYPTION_KEY.default
    );
    let two = format!(
        "mfa_encryption_key = ['{KEY}', '{}']",
        table::MFA_ENCRYPTION_KEY.default
    );
    for file in [one, two] {
        let keys = load(&file, &[]).unwrap().settings.encryption_keys;
        assert_eq!(
            keys.to_string(),
            "key 630dcd29, key 54b02f65 (development key)"
        );
    }
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
    let loaded = load(
        "",
        &[
            ("DATABASE_URL", &database),
            ("METRICS_TOKEN", &token),
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

#[cfg(unix)]
#[test]
fn what_is_not_utf8_is_refused_where_it_is_ours() {
    use std::os::unix::ffi::OsStringExt as _;
    let latin1 = || OsString::from_vec(vec![0xe5]);
    let empty = Scratch::new("");
    let ours =
        Settings::load(Some(&empty.0), [(OsString::from("BRAND_NAME"), latin1())]).unwrap_err();
    assert_eq!(
        ours.to_string(),
        "BRAND_NAME: is not UTF-8 (environment): write it in UTF-8"
    );
    assert!(Settings::load(Some(&empty.0), [(latin1(), latin1())]).is_ok());
    assert!(Settings::load(Some(&empty.0), [(OsString::from("OTHER"), latin1())]).is_ok());
}
