//! Settings: one TOML file and the environment, read once at start into types that cannot be
//! wrong.
//!
//! The names, defaults and meanings stand in one table ([`table()`]). The file holds the names
//! in lower case, without sections, and lists as arrays; the environment holds lists with commas
//! and wins over the file. Blanks around a value do not count. An empty value is an error,
//! except that an empty list or tagline means none. What is unknown or makes no sense stops the
//! start with one line ([`SettingsError`]).
//!
//! A secret may be given as the path of a file, relative to the working folder, under its name
//! with `_FILE` (`_file`) after it. Of a secret and its file only one may be given in the
//! environment, and only one in the settings file.
//!
//! The sites behind the login gate stand in the file alone, as `[[site]]` after everything else.
//!
//! The environment belongs to many programs, so only unknown variables that begin with `MFA_`
//! or `BRAND_` are refused.

mod check;
mod database_url;
mod describe;
mod error;
mod keys;
mod mail;
mod names;
mod networks;
mod parse;
mod public_url;
mod read;
mod sites;
mod table;
mod types;

#[cfg(test)]
mod tests;

pub use database_url::{Backend, DatabaseUrl};
pub use describe::{Effective, Loaded, readme_table};
pub use error::SettingsError;
pub use keys::{EncryptionKey, EncryptionKeys, Secret};
pub use public_url::PublicUrl;
pub use read::Origin;
pub use table::{Limits, Setting, table};
pub use types::{Brand, Log, LogFormat, Settings, SupportedTypes};

use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::thread::available_parallelism;

use error::Problem;
use mail::{sender, smtp_url};
use networks::networks;
use parse::{address, filter, flag, issuer, list, name, name_or_nothing, text, whole};
use read::{ConfigFile, Sources, Written};

/// The file that is read when none is named and it is there.
pub const DEFAULT_FILE: &str = "inmor-mfa.toml";

impl Settings {
    /// Reads the settings file `config`, or [`DEFAULT_FILE`] in the working folder when there is
    /// one, and over it the environment, such as `std::env::vars_os()`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: a file that cannot be read, an unknown name, a value that
    /// is not allowed by itself or beside the others.
    pub fn load<K: Into<OsString>, V: Into<OsString>>(
        config: Option<&Path>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Loaded, SettingsError> {
        let optional = ConfigFile::Optional(Path::new(DEFAULT_FILE));
        let sources = Sources::read(config.map_or(optional, ConfigFile::Required), environment)?;
        let (settings, effective) = build(sources)?;
        let warnings = check::combinations(&settings, &effective)?;
        Ok(Loaded {
            settings,
            effective,
            warnings,
        })
    }
}

/// Reads each setting in the order of the table.
fn build(sources: Sources) -> Result<(Settings, Vec<Effective>), SettingsError> {
    let mut read = Reader {
        sources,
        effective: Vec::new(),
    };
    let public_url = read.get(&table::PUBLIC_URL, |w| PublicUrl::parse(&text(w)?))?;
    let listen = read.get(&table::LISTEN, address)?;
    let database_url = read.get(&table::DATABASE_URL, |w| DatabaseUrl::parse(&text(w)?))?;
    let database_max_connections = read.whole(&table::DATABASE_MAX_CONNECTIONS)?;
    let encryption_keys = read.get(&table::MFA_ENCRYPTION_KEY, |w| {
        EncryptionKeys::parse(&parse::list_or_text(w)?)
    })?;
    let supported_types = read.get(&table::MFA_SUPPORTED_TYPES, |w| {
        SupportedTypes::parse(&list(w)?)
    })?;
    let passkey_login_enabled = read.get_or(
        &table::MFA_PASSKEY_LOGIN_ENABLED,
        flag,
        supported_types.webauthn,
    )?;
    let webauthn_allow_insecure_origin =
        read.get(&table::MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN, flag)?;
    let webauthn_rp_name = read.get(&table::MFA_WEBAUTHN_RP_NAME, name)?;
    let totp_issuer = read.get(&table::MFA_TOTP_ISSUER, issuer)?;
    let totp_digits = read.whole(&table::MFA_TOTP_DIGITS)?;
    let totp_period = read.whole(&table::MFA_TOTP_PERIOD)?;
    let totp_tolerance = read.whole(&table::MFA_TOTP_TOLERANCE)?;
    let recovery_code_count = read.whole(&table::MFA_RECOVERY_CODE_COUNT)?;
    let recovery_codes_show_once = read.get(&table::MFA_RECOVERY_CODES_SHOW_ONCE, flag)?;
    let mfa_required = read.get(&table::MFA_REQUIRED, flag)?;
    let reauthentication_timeout = read.whole(&table::REAUTHENTICATION_TIMEOUT)?;
    let session_idle_timeout = read.whole(&table::SESSION_IDLE_TIMEOUT)?;
    let session_lifetime = read.whole(&table::SESSION_LIFETIME)?;
    let cores = available_parallelism().map_or(1, |cores| cores.get().min(64));
    let password_hash_permits = read.get_or(
        &table::PASSWORD_HASH_PERMITS,
        whole(&table::PASSWORD_HASH_PERMITS),
        cores,
    )?;
    let trusted_proxies = read
        .get_or(&table::TRUSTED_PROXIES, networks, parse::Listed(Vec::new()))?
        .0;
    let brand = Brand {
        operator: read.get(&table::BRAND_OPERATOR, name)?,
        name: read.get(&table::BRAND_NAME, name)?,
        tagline: read.get(&table::BRAND_TAGLINE, name_or_nothing)?,
    };
    let smtp_url = read.optional(&table::SMTP_URL, smtp_url)?;
    let mail_from = read.optional(&table::MAIL_FROM, sender)?;
    let log = Log {
        format: read.get(&table::LOG_FORMAT, |w| LogFormat::parse(&text(w)?))?,
        filter: read.get(&table::LOG_FILTER, filter)?,
    };
    let metrics_token = read.optional(&table::METRICS_TOKEN, |w| Secret::parse_token(text(w)?))?;
    let settings = Settings {
        public_url,
        listen,
        database_url,
        database_max_connections,
        encryption_keys,
        supported_types,
        passkey_login_enabled,
        webauthn_allow_insecure_origin,
        webauthn_rp_name,
        totp_issuer,
        totp_digits,
        totp_period,
        totp_tolerance,
        recovery_code_count,
        recovery_codes_show_once,
        mfa_required,
        reauthentication_timeout,
        session_idle_timeout,
        session_lifetime,
        password_hash_permits,
        trusted_proxies,
        brand,
        smtp_url,
        mail_from,
        log,
        metrics_token,
        sites: std::mem::take(&mut read.sources.sites),
    };
    Ok((settings, read.effective))
}

/// Reads setting by setting and notes what came out, as text that may be shown.
struct Reader {
    sources: Sources,
    effective: Vec<Effective>,
}

impl Reader {
    fn get<T: Display>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&Written) -> Result<T, Problem>,
    ) -> Result<T, SettingsError> {
        let default = || parse(&Written::Plain(setting.default.to_owned()));
        self.note(setting, &parse, default)
    }

    fn get_or<T: Display>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&Written) -> Result<T, Problem>,
        default: T,
    ) -> Result<T, SettingsError> {
        self.note(setting, parse, || Ok(default))
    }

    fn optional<T: Display>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&Written) -> Result<T, Problem>,
    ) -> Result<Option<T>, SettingsError> {
        let one = |written: &Written| Ok(parse::Listed(vec![parse(written)?]));
        let found = self.get_or(setting, one, parse::Listed(Vec::new()))?;
        Ok(found.0.into_iter().next())
    }

    fn whole<T: Display + TryFrom<i64>>(&mut self, setting: &Setting) -> Result<T, SettingsError> {
        self.get(setting, whole(setting))
    }

    fn note<T: Display>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&Written) -> Result<T, Problem>,
        default: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<T, SettingsError> {
        let (value, origin) = match self.sources.find(setting)? {
            Some((written, origin)) => (parse(&written), origin),
            None => (default(), Origin::Default),
        };
        let value = value.map_err(|problem| origin.refuse(setting, &problem))?;
        self.effective.push(Effective {
            name: setting.name,
            value: value.to_string(),
            origin,
        });
        Ok(value)
    }
}
