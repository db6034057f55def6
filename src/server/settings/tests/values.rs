//! Settings that are right: defaults, what is set, and who wins.

use super::*;

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
    assert!(settings.smtp_url.is_none() && settings.mail_from.is_none());
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
