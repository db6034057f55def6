use std::fmt;
use std::net::SocketAddr;

use ipnet::IpNet;

use super::error::Problem;
use super::parse::{Listed, word};
use super::{DatabaseUrl, EncryptionKeys, PublicUrl, Secret};
use crate::{
    gate::Site,
    mail::{Sender, SmtpUrl},
};

/// What the program was told, checked. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the settings file"
)]
pub struct Settings {
    /// The one origin: relying party, origin check, links, cookie security.
    pub public_url: PublicUrl,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// Connections this process opens to a database server; a file has its own rule.
    pub database_max_connections: u32,
    /// The Fernet keys that seal secrets in the database.
    pub encryption_keys: EncryptionKeys,
    /// Which methods exist.
    pub supported_types: SupportedTypes,
    /// Whether a passkey alone signs in; never true without `supported_types.webauthn`.
    pub passkey_login_enabled: bool,
    /// Whether `public_url` may be `http` elsewhere than on localhost.
    pub webauthn_allow_insecure_origin: bool,
    /// What a browser shows when a passkey is registered.
    pub webauthn_rp_name: String,
    /// What the authenticator app shows; without a colon.
    pub totp_issuer: String,
    /// Length of a code, 6 to 8.
    pub totp_digits: u32,
    /// Length of a time step, seconds.
    pub totp_period: i64,
    /// Time steps before and after now whose codes pass too, 0 to 2.
    pub totp_tolerance: u32,
    /// Codes in a set.
    pub recovery_code_count: u32,
    /// True: hashed and shown once; false: viewable again after re-authentication.
    pub recovery_codes_show_once: bool,
    /// Whether an account without a factor may only enrol one.
    pub mfa_required: bool,
    /// How long a re-authentication lasts, seconds.
    pub reauthentication_timeout: i64,
    /// How long a session lasts unused, seconds; at most `session_lifetime`.
    pub session_idle_timeout: i64,
    /// How long a session lasts after sign-in, seconds.
    pub session_lifetime: i64,
    /// Passwords hashed at the same time.
    pub password_hash_permits: usize,
    /// Whose `X-Forwarded-*` headers are believed; compare canonical addresses
    /// (`IpAddr::to_canonical`), IPv4 within IPv6 does not occur here.
    pub trusted_proxies: Vec<IpNet>,
    /// The page head.
    pub brand: Brand,
    /// The server that takes letters; set together with `mail_from` or not at all.
    pub smtp_url: Option<SmtpUrl>,
    /// Who letters are from.
    pub mail_from: Option<Sender>,
    /// What is logged and how.
    pub log: Log,
    /// The bearer token that reads the metrics; without it only programs on this machine may.
    pub metrics_token: Option<Secret>,
    /// What the login gate stands in front of.
    pub sites: Vec<Site>,
}

/// The page head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// Who runs it.
    pub operator: String,
    /// What it belongs to.
    pub name: String,
    /// What it is; may be empty.
    pub tagline: String,
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// Directives of `tracing_subscriber::EnvFilter`; not checked here.
    pub filter: String,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Human,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        match word(text, &["human", "json"])? {
            "json" => Ok(Self::Json),
            _ => Ok(Self::Human),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}

/// Which methods exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SupportedTypes {
    /// Codes of an authenticator app.
    pub totp: bool,
    /// Passkeys and security keys.
    pub webauthn: bool,
    /// Recovery codes, which stand in for another method and are none by themselves.
    pub recovery_codes: bool,
}

impl SupportedTypes {
    pub(super) fn parse(words: &[String]) -> Result<Self, Problem> {
        let mut types = Self::default();
        for text in words {
            match word(text, &["totp", "webauthn", "recovery_codes"])? {
                "totp" => types.totp = true,
                "webauthn" => types.webauthn = true,
                _ => types.recovery_codes = true,
            }
        }
        Ok(types)
    }

    /// Whether an account can have a factor at all.
    pub fn has_factor(self) -> bool {
        self.totp || self.webauthn
    }
}

impl fmt::Display for SupportedTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.totp, "totp"),
            (self.webauthn, "webauthn"),
            (self.recovery_codes, "recovery_codes"),
        ];
        Listed(
            words
                .into_iter()
                .filter_map(|(on, word)| on.then_some(word))
                .collect(),
        )
        .fmt(f)
    }
}
