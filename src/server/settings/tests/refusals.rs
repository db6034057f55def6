//! Settings that are refused, and the line that says so.

use super::*;

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
fn what_is_no_mail_server_or_no_sender_is_refused() {
    let line = error("", &[("SMTP_URL", "smtp://u:p@mail.example.org")]);
    assert!(
        line.starts_with(
            "SMTP_URL: lets the password travel unencrypted (environment): write smtps://"
        ),
        "{line}"
    );
    assert!(error("smtp_url = 'mail.example.org'", &[]).contains("is no URL"));
    assert_eq!(
        error("", &[("MAIL_FROM", "Inmor Admin")]),
        "MAIL_FROM: `Inmor Admin` is no sender of letters (environment): \
         write for example Inmor Admin <mfa@example.org>, the address in ASCII"
    );
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

#[test]
fn sites_that_would_share_cookies_are_refused_save_on_a_developers_machine() {
    let read = |url: &str, hosts: &[&str]| {
        let sites = hosts
            .iter()
            .map(|host| format!("[[site]]\nhost = '{host}'"));
        let file = sites.collect::<Vec<_>>().join("\n");
        load(&file, &[("PUBLIC_URL", url), ("MFA_ENCRYPTION_KEY", KEY)])
    };
    let own = "https://mfa.example.org";
    for hosts in [
        &["mfa.example.org:8443"][..],
        &["a.example.org", "a.example.org:8443"],
        &["192.0.2.1:1", "192.0.2.1:2"],
    ] {
        let line = read(own, hosts).unwrap_err().to_string();
        assert!(line.contains("are one name"), "{line}");
    }
    assert!(read(own, &["mfa.example.org", "a.example.org:8443"]).is_ok());
    assert!(read("http://localhost:3000", &["localhost:1", "localhost:2"]).is_ok());
}

#[test]
fn a_mistake_in_a_site_is_refused_with_its_line_and_what_would_be_right() {
    for (text, starts, ends) in [
        (
            "[site]\nhost = 'a.example'",
            "site: is no list",
            "write [[site]] with two brackets for each",
        ),
        ("[[site]]\n", "site.host: is missing", "below [[site]]"),
        (
            "[[site]]\nhots = 'a.example'",
            "site.hots: is no setting",
            "use host, rule",
        ),
        (
            "[[site]]\nhost = 'A.example'",
            "site.host: `A.example`",
            "write it as browsers do: a.example",
        ),
        (
            "[[site]]\nhost = 'https://a.example'",
            "site.host:",
            "write the host alone, such as admin.example.org",
        ),
        (
            "[[site]]\nhost = 'a.example:443'",
            "site.host:",
            "write it as browsers do: a.example",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site]]\nhost = 'a.example'",
            "site.host:",
            "into one [[site]]",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\nrequire = 'session'",
            "site.rule.path: is missing",
            "below [[site.rule]]",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = 'users'",
            "site.rule.path:",
            "dot segments",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/a/../b'",
            "site.rule.path:",
            "dot segments",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/'\nrequire = 'twofactor'",
            "site.rule.require:",
            "phishing_resistant",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/'\nfresh = 0",
            "site.rule.fresh:",
            "without quotes",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/'\nroles = ['root']",
            "site.rule.roles:",
            "use staff, superuser",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/'\nrequire = 'nothing'\nfresh = 3",
            "site.rule.require:",
            "or more",
        ),
        (
            "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/a'\n[[site.rule]]\npath = '/a/'",
            "site.rule.path:",
            "keep one of the two",
        ),
    ] {
        let line = error(text, &[]);
        assert!(line.starts_with(starts) && line.ends_with(ends), "{line}");
        assert!(line.contains(".toml:"), "{line}");
    }
    let line = error(
        "[[site]]\nhost = 'a.example'\n[[site.rule]]\npath = '/'\nrequire = 'x'",
        &[],
    );
    assert!(line.contains(".toml:5)"), "{line}");
}
