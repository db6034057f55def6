/// What there is to know about one setting; the README's table, the refusal of unknown names
/// and `inmor-mfa check` come from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable; in lower case the key in the file.
    pub name: &'static str,
    /// The default as it would be written in the environment, or in words when it is computed.
    pub default: &'static str,
    /// `s`, `steps`, …, or empty.
    pub unit: &'static str,
    /// A value other than the default.
    pub example: &'static str,
    /// What it does, in one line.
    pub meaning: &'static str,
    /// Never shown, and readable from a file named by the name with `_FILE` after it.
    pub secret: bool,
    /// The smallest and largest number and why, when it is a number.
    pub limits: Option<Limits>,
}

/// The numbers a setting may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The smallest.
    pub from: i64,
    /// The largest.
    pub to: i64,
    /// Why not less or more.
    pub why: &'static str,
}

const fn limits(from: i64, to: i64, why: &'static str) -> Limits {
    Limits { from, to, why }
}

impl Setting {
    const BLANK: Self = Self {
        name: "",
        default: "",
        unit: "",
        example: "",
        meaning: "",
        secret: false,
        limits: None,
    };

    /// The key in the settings file.
    pub fn key(&self) -> String {
        self.name.to_ascii_lowercase()
    }
}

/// All settings, in the order in which they are read and shown.
pub fn table() -> &'static [Setting] {
    TABLE
}

macro_rules! settings {
    ($($name:ident { $($field:ident: $value:expr),+ $(,)? })+) => {
        $(pub(super) const $name: Setting =
            Setting { name: stringify!($name), $($field: $value,)+ ..Setting::BLANK };)+
        static TABLE: &[Setting] = &[$($name),+];
    };
}

const DAY: i64 = 86_400;

settings! {
    PUBLIC_URL {
        default: "http://localhost:3000", example: "https://mfa.example.org",
        meaning: "the one origin under which browsers reach the program; also the WebAuthn relying party",
    }
    LISTEN {
        default: "127.0.0.1:3000", example: "[::]:8080",
        meaning: "address and port to listen on",
    }
    DATABASE_URL {
        default: "sqlite://data/inmor-mfa.sqlite3", example: "postgres://inmor@db.example.org/inmor", secret: true,
        meaning: "`sqlite://PATH`, `sqlite::memory:` or `postgres://…`",
    }
    DATABASE_MAX_CONNECTIONS {
        default: "16", example: "32", limits: Some(limits(1, 500, "PostgreSQL allows 100 in all unless told otherwise")),
        meaning: "connections this process opens to PostgreSQL",
    }
    MFA_ENCRYPTION_KEY {
        default: super::keys::DEVELOPMENT_KEY, example: "printed by `inmor-mfa keys generate`", secret: true,
        meaning: "Fernet keys, comma-separated; the first encrypts, all decrypt",
    }
    MFA_SUPPORTED_TYPES {
        default: "totp,webauthn,recovery_codes", example: "webauthn,recovery_codes",
        meaning: "which methods exist",
    }
    MFA_PASSKEY_LOGIN_ENABLED {
        default: "true", example: "false",
        meaning: "sign in with a passkey alone; off when `webauthn` is not supported",
    }
    MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN {
        default: "false", example: "true",
        meaning: "allow `http://` origins other than localhost, for development only",
    }
    MFA_WEBAUTHN_RP_NAME {
        default: "Inmor Admin", example: "Example Admin",
        meaning: "name shown when a passkey is registered",
    }
    MFA_TOTP_ISSUER {
        default: "Inmor Admin", example: "Example Admin",
        meaning: "name shown in the authenticator app",
    }
    MFA_TOTP_DIGITS {
        default: "6", unit: "digits", example: "8", limits: Some(limits(6, 8, "RFC 4226 allows no other length")),
        meaning: "length of a TOTP code",
    }
    MFA_TOTP_PERIOD {
        default: "30", unit: "s", example: "60",
        limits: Some(limits(15, 120, "less is too short to type, more gives a seen code too long a life")),
        meaning: "how long a TOTP code is shown",
    }
    MFA_TOTP_TOLERANCE {
        default: "1", unit: "steps", example: "2",
        limits: Some(limits(0, 2, "each step more lets two more codes pass, which helps who guesses")),
        meaning: "time steps before and after now whose codes pass too",
    }
    MFA_RECOVERY_CODE_COUNT {
        default: "10", unit: "codes", example: "12", limits: Some(limits(1, 50, "the set has to fit on a page")),
        meaning: "recovery codes in a set",
    }
    MFA_RECOVERY_CODES_SHOW_ONCE {
        default: "false", example: "true",
        meaning: "true: hashed and shown once; false: viewable again after re-authentication",
    }
    MFA_REQUIRED {
        default: "false", example: "true",
        meaning: "an account without a factor may only enrol one",
    }
    REAUTHENTICATION_TIMEOUT {
        default: "300", unit: "s", example: "600",
        limits: Some(limits(1, DAY, "more than a day protects nothing")),
        meaning: "how long a re-authentication lasts",
    }
    SESSION_IDLE_TIMEOUT {
        default: "3600", unit: "s", example: "1800",
        limits: Some(limits(1, 30 * DAY, "a session lives 30 days at the most")),
        meaning: "a session unused for so long ends",
    }
    SESSION_LIFETIME {
        default: "43200", unit: "s", example: "28800",
        limits: Some(limits(1, 30 * DAY, "NIST SP 800-63B asks for a new sign-in after 30 days at the latest")),
        meaning: "a session ends so long after sign-in",
    }
    PASSWORD_HASH_PERMITS {
        default: "number of cores", example: "2",
        limits: Some(limits(1, 64, "each takes 19 MiB of memory and a core")),
        meaning: "passwords hashed at the same time",
    }
    TRUSTED_PROXIES {
        default: "none", example: "10.0.0.0/8,2001:db8::1",
        meaning: "networks and addresses whose `X-Forwarded-*` headers are believed",
    }
    BRAND_OPERATOR {
        default: "SUNET", example: "Example Federation",
        meaning: "page head: who runs it",
    }
    BRAND_NAME {
        default: "Inmor", example: "Anchor",
        meaning: "page head: what it belongs to",
    }
    BRAND_TAGLINE {
        default: "Trust Anchor Admin", example: "Federation Admin",
        meaning: "page head: what it is; may be empty",
    }
    SMTP_URL {
        default: "none", example: "smtps://user:password@mail.example.org", secret: true,
        meaning: "server that takes letters to account owners, or `smtp://…:587?tls=required`; without it none are sent",
    }
    MAIL_FROM {
        default: "none", example: "Inmor Admin <mfa@example.org>",
        meaning: "sender of these letters",
    }
    LOG_FORMAT {
        default: "human", example: "json",
        meaning: "`human` or `json`",
    }
    LOG_FILTER {
        default: "info", example: "info,sqlx=warn",
        meaning: "what is logged, in the words of `tracing`",
    }
    METRICS_TOKEN {
        default: "none", example: "printed by `openssl rand -hex 32`", secret: true,
        meaning: "bearer token that reads `/metrics`; without it only programs on this machine may",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_described_once() {
        for (at, setting) in table().iter().enumerate() {
            assert!(
                !setting.meaning.is_empty() && !setting.example.is_empty(),
                "{setting:?}"
            );
            assert!(!setting.default.is_empty(), "{setting:?}");
            assert_ne!(setting.default, setting.example);
            assert!(
                table()[..at].iter().all(|other| other.name != setting.name),
                "{setting:?}"
            );
        }
    }
}
