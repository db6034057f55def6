use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{Problem, SettingsError};
use super::names::{check_key, check_variable};
use super::sites;
use super::table::Setting;
use crate::gate::Site;

/// Where a value in force comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The environment variable of the setting's name.
    Environment,
    /// The settings file, at this line, counted from 1.
    File {
        /// As it was given.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The content of a file.
    SecretFile {
        /// As it was given.
        path: PathBuf,
        /// The variable or key, ending in `_FILE` or `_file`, that gave it.
        named_by: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment => f.write_str("environment"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::SecretFile { path, named_by } => {
                write!(f, "{} named by {named_by}", path.display())
            }
        }
    }
}

impl Origin {
    /// The setting's name as it is spelled there.
    pub(super) fn spelling(&self, setting: &Setting) -> String {
        match self {
            Self::Default | Self::Environment => setting.name.to_owned(),
            Self::File { .. } => setting.key(),
            Self::SecretFile { named_by, .. } => named_by.clone(),
        }
    }

    pub(super) fn refuse(&self, setting: &Setting, problem: &Problem) -> SettingsError {
        SettingsError::new(&self.spelling(setting), &self.to_string(), problem)
    }
}

/// A value as it was written, before it is known to make sense.
#[derive(Clone)]
pub(super) enum Written {
    /// In the environment, a secret's file or a default: text that may stand for any type.
    Plain(String),
    Text(String),
    Flag(bool),
    Whole(i64),
    List(Vec<String>),
    /// Something that no setting is, by name.
    Other(&'static str),
}

/// The settings file that `--config` names, or the one that may be there.
#[derive(Clone, Copy)]
pub(super) enum ConfigFile<'a> {
    Required(&'a Path),
    Optional(&'a Path),
}

/// Everything that was written down, with no unknown name in it.
pub(super) struct Sources {
    environment: BTreeMap<String, OsString>,
    file: BTreeMap<String, (Written, Origin)>,
    /// Only a file has them.
    pub(super) sites: Vec<Site>,
}

impl Sources {
    pub(super) fn read<K: Into<OsString>, V: Into<OsString>>(
        config: ConfigFile<'_>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingsError> {
        let (file, sites) = match text_of(config)? {
            Some((path, text)) => parse_file(path, &text)?,
            None => (BTreeMap::new(), Vec::new()),
        };
        let environment: BTreeMap<String, OsString> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into().into_string().ok()?, value.into())))
            .collect();
        for name in environment.keys() {
            check_variable(name)
                .map_err(|problem| SettingsError::new(name, "environment", &problem))?;
        }
        Ok(Self {
            environment,
            file,
            sites,
        })
    }

    /// What was written for a setting; the environment wins over the file.
    pub(super) fn find(
        &self,
        setting: &Setting,
    ) -> Result<Option<(Written, Origin)>, SettingsError> {
        match self.in_environment(setting)? {
            Some(found) => Ok(Some(found)),
            None => self.in_file(setting),
        }
    }

    fn in_environment(
        &self,
        setting: &Setting,
    ) -> Result<Option<(Written, Origin)>, SettingsError> {
        let as_text = |name: &str| {
            let Some(value) = self.environment.get(name) else {
                return Ok(None);
            };
            let text = value.to_str().ok_or_else(|| {
                let problem = Problem::new("is not UTF-8", "write it in UTF-8");
                SettingsError::new(name, "environment", &problem)
            })?;
            Ok(Some(text.to_owned()))
        };
        let direct = as_text(setting.name)?;
        let named_by = format!("{}_FILE", setting.name);
        let path = if setting.secret {
            as_text(&named_by)?
        } else {
            None
        };
        match (direct, path) {
            (Some(_), Some(_)) => Err(both(setting.name, &named_by, "environment")),
            (Some(text), None) => Ok(Some((Written::Plain(text), Origin::Environment))),
            (None, Some(path)) => read_secret(&path, named_by, "environment").map(Some),
            (None, None) => Ok(None),
        }
    }

    fn in_file(&self, setting: &Setting) -> Result<Option<(Written, Origin)>, SettingsError> {
        let key = setting.key();
        let named_by = format!("{key}_file");
        match (self.file.get(&key), self.file.get(&named_by)) {
            (Some(_), Some((_, origin))) => Err(both(&key, &named_by, &origin.to_string())),
            (None, Some((Written::Text(path), origin))) => {
                read_secret(path, named_by, &origin.to_string()).map(Some)
            }
            (None, Some((_, origin))) => {
                let problem = Problem::new("is no string", "write the path of a file in quotes");
                Err(SettingsError::new(&named_by, &origin.to_string(), &problem))
            }
            (direct, None) => Ok(direct.cloned()),
        }
    }
}

fn both(name: &str, named_by: &str, place: &str) -> SettingsError {
    let problem = Problem::new(format!("is given beside {name}"), "keep one of the two");
    SettingsError::new(named_by, place, &problem)
}

/// Bytes of a secret's file at most.
const LONGEST_SECRET: usize = 64 * 1024;

/// The text of a secret's file.
fn secret_text(path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(LONGEST_SECRET as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > LONGEST_SECRET {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// The content of the file at `path`, which is relative to the working folder.
fn read_secret(
    path: &str,
    named_by: String,
    place: &str,
) -> Result<(Written, Origin), SettingsError> {
    let path = path.trim();
    match secret_text(path) {
        Ok(text) => Ok((
            Written::Plain(text),
            Origin::SecretFile {
                path: PathBuf::from(path),
                named_by,
            },
        )),
        Err(error) => {
            // anything else may be the secret itself, written where its path should be
            let shown = if path.starts_with(['/', '.']) {
                path
            } else {
                "the file"
            };
            let problem = Problem::new(
                format!("{shown} {}", reason(&error)),
                "write the path of a readable text file that holds the secret",
            );
            Err(SettingsError::new(&named_by, place, &problem))
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
        io::ErrorKind::FileTooLarge => "is larger than 64 KiB".to_owned(),
        kind => format!("cannot be read, {kind}"),
    }
}

fn text_of(config: ConfigFile<'_>) -> Result<Option<(&Path, String)>, SettingsError> {
    let (path, name) = match config {
        ConfigFile::Required(path) => (path, "--config"),
        ConfigFile::Optional(path) => (path, "settings file"),
    };
    match (fs::read_to_string(path), config) {
        (Ok(text), _) => Ok(Some((path, text))),
        (Err(error), ConfigFile::Optional(_)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        (Err(error), _) => {
            let problem = Problem::new(reason(&error), "name a readable TOML file");
            Err(SettingsError::new(
                name,
                &path.display().to_string(),
                &problem,
            ))
        }
    }
}

/// What a file says by name.
type Named = BTreeMap<String, (Written, Origin)>;

fn parse_file(path: &Path, text: &str) -> Result<(Named, Vec<Site>), SettingsError> {
    let parsed = DeTable::parse(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        let place = format!("{}:{line}:{column}", path.display());
        let problem = Problem::new("is no valid TOML", error.message());
        SettingsError::new("settings file", &place, &problem)
    })?;
    let (mut found, mut sites) = (BTreeMap::new(), Vec::new());
    for (key, value) in parsed.get_ref() {
        if key.get_ref() == sites::KEY {
            sites = sites::sites(path, text, value)?;
            continue;
        }
        let (line, _) = position(text, key.span().start);
        let origin = Origin::File {
            path: path.to_owned(),
            line,
        };
        let name = key.get_ref();
        check_key(name).map_err(|problem| {
            let section = Problem::new(
                "is a section",
                "write all settings at the top, such as mfa_totp_digits",
            );
            let problem = if value.get_ref().is_table() {
                section
            } else {
                problem
            };
            SettingsError::new(name, &origin.to_string(), &problem)
        })?;
        found.insert(name.to_string(), (written(value.get_ref()), origin));
    }
    Ok((found, sites))
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Boolean(flag) => Written::Flag(*flag),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Written::Other("a number too large"), Written::Whole),
        DeValue::Array(items) => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map_or(
                Written::Other("a list of other things than strings"),
                Written::List,
            ),
        DeValue::Float(_) => Written::Other("a number with a point"),
        DeValue::Datetime(_) => Written::Other("a date"),
        DeValue::Table(_) => Written::Other("a section"),
    }
}

/// Line and column, counted from 1, of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |rest| rest.chars().count())
        + 1;
    (line, column)
}
