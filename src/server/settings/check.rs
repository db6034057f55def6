use super::error::{Problem, SettingsError};
use super::read::Origin;
use super::sites::name_of;
use super::table::{self, Setting};
use super::{Effective, Settings};
use crate::gate::Site;

/// Refuses settings that are right one by one and wrong together; what is only unwise comes back
/// as warnings, a line each.
pub(super) fn combinations(
    settings: &Settings,
    effective: &[Effective],
) -> Result<Vec<String>, SettingsError> {
    let origin = |setting: &Setting| origin_of(effective, setting);
    let refuse = |setting: &Setting, wrong: String, right: &str| {
        Err(origin(setting).refuse(setting, &Problem::new(wrong, right)))
    };
    let url = &settings.public_url;
    let types = settings.supported_types;
    let open_http = !url.is_https() && !url.is_localhost();

    if open_http && !settings.webauthn_allow_insecure_origin {
        return refuse(
            &table::PUBLIC_URL,
            format!("{url} is neither https nor localhost, so browsers offer no passkeys"),
            "use https, if need be of a proxy in front of this program; for development only, \
             set MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN to true",
        );
    }
    if settings.encryption_keys.encrypts_with_development_key() && !url.is_localhost() {
        return refuse(
            &table::MFA_ENCRYPTION_KEY,
            format!("the development key, which everybody knows, may not protect {url}"),
            "put a key printed by `inmor-mfa keys generate` first",
        );
    }
    if settings.passkey_login_enabled && !types.webauthn {
        return refuse(
            &table::MFA_PASSKEY_LOGIN_ENABLED,
            "true needs a method that MFA_SUPPORTED_TYPES leaves out".to_owned(),
            "add webauthn there, or leave this out",
        );
    }
    if settings.mfa_required && !types.has_factor() {
        return refuse(
            &table::MFA_REQUIRED,
            "true needs a factor, and MFA_SUPPORTED_TYPES has none".to_owned(),
            "add totp or webauthn there",
        );
    }
    let beside = |missing: &Setting| {
        let right = format!("set it too, to something like {}", missing.example);
        (format!("needs {} beside it", missing.name), right)
    };
    match (&settings.smtp_url, &settings.mail_from) {
        (Some(_), None) => {
            let (wrong, right) = beside(&table::MAIL_FROM);
            return refuse(&table::SMTP_URL, wrong, &right);
        }
        (None, Some(_)) => {
            let (wrong, right) = beside(&table::SMTP_URL);
            return refuse(&table::MAIL_FROM, wrong, &right);
        }
        _ => {}
    }
    let (idle, lifetime) = (&table::SESSION_IDLE_TIMEOUT, &table::SESSION_LIFETIME);
    // a default that the other, set one makes pointless is no contradiction
    let both_set = ![idle, lifetime]
        .iter()
        .any(|one| matches!(origin(one), Origin::Default));
    if both_set && settings.session_idle_timeout > settings.session_lifetime {
        let place = format!("{} and {}", origin(idle), origin(lifetime));
        let (unused, whole) = (settings.session_idle_timeout, settings.session_lifetime);
        let problem = Problem::new(
            format!("{unused} s is longer than {}, {whole} s", lifetime.name),
            "shorten the first or lengthen the second",
        );
        return Err(SettingsError::new(
            &origin(idle).spelling(idle),
            &place,
            &problem,
        ));
    }
    // cookies know no ports
    let shares = |site: &&Site| site.host != url.authority() && name_of(site) == url.host();
    let site = settings.sites.iter().find(shares);
    if let Some(site) = site.filter(|_| !url.is_localhost()) {
        return refuse(
            &table::PUBLIC_URL,
            format!(
                "{url} and the site {} are one name, so browsers send the cookies of each to both",
                site.host
            ),
            "give the site a name of its own",
        );
    }
    Ok(warnings(settings, open_http))
}

fn warnings(settings: &Settings, open_http: bool) -> Vec<String> {
    let url = &settings.public_url;
    let types = settings.supported_types;
    let keys = &settings.encryption_keys;
    let mut warnings = Vec::new();
    if keys.encrypts_with_development_key() {
        warnings.push(
            "MFA_ENCRYPTION_KEY is the development key, which everybody knows: \
             set one printed by `inmor-mfa keys generate` before you use this in earnest"
                .to_owned(),
        );
    } else if keys.iter().any(super::EncryptionKey::is_development) {
        warnings.push(
            "MFA_ENCRYPTION_KEY still holds the development key: \
             run `inmor-mfa keys rotate`, then take it out"
                .to_owned(),
        );
    }
    if open_http {
        warnings.push(format!(
            "PUBLIC_URL {url} is not https: passwords and sessions can be read on the way, \
             and browsers offer no passkeys"
        ));
    }
    if url.is_address() && types.webauthn {
        warnings.push(format!(
            "PUBLIC_URL {url} is an address: passkeys need a name, such as localhost"
        ));
    }
    if types.recovery_codes && !types.has_factor() {
        warnings.push(
            "MFA_SUPPORTED_TYPES has recovery_codes alone: they come only beside totp or webauthn"
                .to_owned(),
        );
    }
    if let Some(server) = &settings.smtp_url
        && !server.is_private()
    {
        warnings.push(format!(
            "SMTP_URL {server} lets letters travel unencrypted: \
             use smtps:// or ?tls=required when the server speaks TLS"
        ));
    }
    warnings
}

fn origin_of<'a>(effective: &'a [Effective], setting: &Setting) -> &'a Origin {
    effective
        .iter()
        .find(|one| one.name == setting.name)
        .map_or(&Origin::Default, |one| &one.origin)
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::super::tests::{KEY, error, load};

    const HTTPS: (&str, &str) = ("PUBLIC_URL", "https://mfa.example.org");
    const DEVELOPMENT: &str = table::MFA_ENCRYPTION_KEY.default;

    #[test]
    fn http_elsewhere_than_on_localhost_needs_a_permission() {
        let http = ("PUBLIC_URL", "http://mfa.example.org");
        let key = ("MFA_ENCRYPTION_KEY", KEY);
        assert_eq!(
            error("", &[http, key]),
            "PUBLIC_URL: http://mfa.example.org is neither https nor localhost, so browsers offer no passkeys \
             (environment): use https, if need be of a proxy in front of this program; for development only, \
             set MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN to true"
        );
        let permitted = load(
            "",
            &[http, key, ("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", "true")],
        )
        .unwrap();
        assert!(
            permitted.warnings[0].starts_with("PUBLIC_URL http://mfa.example.org is not https")
        );
        assert!(load("", &[HTTPS, key]).unwrap().warnings.is_empty());
    }

    #[test]
    fn the_development_key_encrypts_on_localhost_only() {
        assert!(load("", &[]).unwrap().warnings[0].contains("development key"));
        assert!(
            error("", &[HTTPS])
                .starts_with("MFA_ENCRYPTION_KEY: the development key, which everybody")
        );
        assert!(error("", &[HTTPS]).contains("(default)"));
        let unpadded = DEVELOPMENT.trim_end_matches('=');
        let first = format!("{DEVELOPMENT},{KEY}");
        for explicit in [DEVELOPMENT, unpadded, &first] {
            assert!(
                error("", &[HTTPS, ("MFA_ENCRYPTION_KEY", explicit)]).contains("(environment)")
            );
        }
    }

    #[test]
    fn the_development_key_may_be_an_old_one_so_that_it_can_be_rotated_away() {
        let keys = format!("{KEY},{DEVELOPMENT}");
        let loaded = load("", &[HTTPS, ("MFA_ENCRYPTION_KEY", &keys)]).unwrap();
        assert!(
            loaded.warnings[0].contains("keys rotate"),
            "{:?}",
            loaded.warnings
        );
        assert!(
            load("", &[HTTPS, ("MFA_ENCRYPTION_KEY", KEY)])
                .unwrap()
                .warnings
                .is_empty()
        );
    }

    #[test]
    fn passkey_sign_in_is_off_without_webauthn_unless_it_was_asked_for() {
        let totp = ("MFA_SUPPORTED_TYPES", "totp");
        assert!(!load("", &[totp]).unwrap().settings.passkey_login_enabled);
        assert!(load("", &[]).unwrap().settings.passkey_login_enabled);
        assert!(
            !load("", &[totp, ("MFA_PASSKEY_LOGIN_ENABLED", "false")])
                .unwrap()
                .settings
                .passkey_login_enabled
        );
        let asked = error("mfa_passkey_login_enabled = true", &[totp]);
        assert!(
            asked.starts_with("mfa_passkey_login_enabled: true needs"),
            "{asked}"
        );
        assert!(asked.contains(".toml:1)"), "{asked}");
    }

    #[test]
    fn a_required_factor_has_to_exist() {
        for none in ["", "recovery_codes"] {
            let line = error(
                "",
                &[("MFA_REQUIRED", "true"), ("MFA_SUPPORTED_TYPES", none)],
            );
            assert!(
                line.starts_with("MFA_REQUIRED: true needs a factor"),
                "{line}"
            );
        }
        assert!(
            load(
                "",
                &[
                    ("MFA_REQUIRED", "true"),
                    ("MFA_SUPPORTED_TYPES", "webauthn")
                ]
            )
            .is_ok()
        );
        assert!(load("", &[("MFA_SUPPORTED_TYPES", "")]).is_ok());
        let alone = load("", &[("MFA_SUPPORTED_TYPES", "recovery_codes")]).unwrap();
        assert!(
            alone
                .warnings
                .iter()
                .any(|line| line.contains("recovery_codes alone"))
        );
    }

    #[test]
    fn the_idle_timeout_is_within_the_lifetime_and_the_line_names_both() {
        let both = |idle| [("SESSION_IDLE_TIMEOUT", idle), ("SESSION_LIFETIME", "3599")];
        assert_eq!(
            error("", &both("3600")),
            "SESSION_IDLE_TIMEOUT: 3600 s is longer than SESSION_LIFETIME, 3599 s (environment and environment): \
             shorten the first or lengthen the second"
        );
        assert!(load("", &both("3599")).is_ok());
        assert!(load("", &[("SESSION_LIFETIME", "3599")]).is_ok());
    }

    #[test]
    fn a_mail_server_and_a_sender_come_together() {
        let server = ("SMTP_URL", "smtps://u:marker@mail.example.org");
        let sender = ("MAIL_FROM", "Inmor <mfa@example.org>");
        assert_eq!(
            error("", &[server]),
            "SMTP_URL: needs MAIL_FROM beside it (environment): \
             set it too, to something like Inmor Admin <mfa@example.org>"
        );
        let line = error("mail_from = 'mfa@example.org'", &[]);
        assert!(
            line.starts_with("mail_from: needs SMTP_URL beside it ("),
            "{line}"
        );
        let settings = load("", &[server, sender]).unwrap().settings;
        assert!(settings.smtp_url.is_some() && settings.mail_from.is_some());
    }

    #[test]
    fn letters_that_others_can_read_are_warned_of() {
        let warned = |url| {
            let set = [("SMTP_URL", url), ("MAIL_FROM", "mfa@example.org")];
            let warnings = load("", &set).unwrap().warnings;
            warnings.iter().any(|line| {
                line.starts_with("SMTP_URL smtp://mail.example.org:") && line.contains("TLS")
            })
        };
        assert!(warned("smtp://mail.example.org"));
        assert!(warned("smtp://mail.example.org?tls=opportunistic"));
        assert!(!warned("smtp://mail.example.org?tls=required"));
        assert!(!warned("smtp://localhost"));
    }

    #[test]
    fn an_address_is_no_relying_party() {
        let warned = load("", &[("PUBLIC_URL", "http://127.0.0.1:3000")])
            .unwrap()
            .warnings;
        assert!(
            warned
                .iter()
                .any(|line| line.contains("passkeys need a name")),
            "{warned:?}"
        );
    }
}
