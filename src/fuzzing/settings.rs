//! Settings files and the environment.

use std::{env, fs, process};

use toml::de::DeTable;

use crate::server::settings::{Loaded, Settings, SettingsError, table};

/// A word that stands for a secret.
const SECRET: &str = "zq7Secret";
/// Settings that show nothing of their value, or its key id alone.
const HIDDEN: [&str; 2] = ["mfa_encryption_key", "metrics_token"];

/// A file is understood or refused in one line that names what is wrong, and no secret is shown. Up to
/// the first NUL it is the file, then `NAME=value` lines of the environment.
pub fn settings(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let file = parts.next().unwrap_or_default();
    let environment = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let environment: Vec<_> = environment
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let path = env::temp_dir().join(format!("inmor-mfa-fuzzing-{}.toml", process::id()));
    assert!(fs::write(&path, file).is_ok(), "no place for the file");
    let loaded = Settings::load(Some(&path), environment.iter().copied());
    let _ = fs::remove_file(&path);

    let text = String::from_utf8_lossy(file);
    let names: Vec<_> = environment.iter().map(|(name, _)| *name).collect();
    let said = match &loaded {
        Ok(loaded) => understood(loaded),
        Err(error) => refused(error, &text, &names),
    };
    if is_secret(&text, &environment) {
        assert!(!said.contains(SECRET), "{said}");
    }
}

/// What the operator is told of settings that can be used.
fn understood(loaded: &Loaded) -> String {
    let described = loaded.describe();
    assert_eq!(described.lines().count(), table().len(), "{described}");
    for line in described
        .lines()
        .chain(loaded.warnings.iter().map(String::as_str))
    {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    described + &loaded.warnings.join("\n")
}

/// One line, which begins with a setting, a name that was written, or the file.
fn refused(error: &SettingsError, file: &str, variables: &[&str]) -> String {
    let line = error.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
    assert!(line.contains(" (") && line.contains("): "), "{line}");
    let keys: Vec<_> = DeTable::parse(file)
        .map(|file| {
            file.get_ref()
                .keys()
                .map(|key| key.get_ref().to_string())
                .collect()
        })
        .unwrap_or_default();
    let known = table()
        .iter()
        .flat_map(|setting| [setting.name.to_owned(), setting.key()])
        .flat_map(|name| [format!("{name}_FILE"), format!("{name}_file"), name]);
    let named = known
        .chain(keys)
        .chain(variables.iter().map(|name| (*name).to_owned()))
        .chain(["settings file", "--config"].map(str::to_owned))
        .map(|name| shown(&name))
        .any(|name| line.starts_with(&format!("{name}: ")));
    assert!(named, "{line}");
    line
}

/// A name as a line shows it.
fn shown(name: &str) -> String {
    name.chars()
        .map(|letter| {
            if letter.is_control() {
                letter.escape_default().to_string()
            } else {
                letter.to_string()
            }
        })
        .collect()
}

/// Whether the word stands once in all, and within the value of a setting that is never shown.
fn is_secret(file: &str, environment: &[(&str, &str)]) -> bool {
    let Ok(parsed) = DeTable::parse(file) else {
        return false;
    };
    let values = parsed
        .get_ref()
        .iter()
        .filter(|(key, _)| HIDDEN.contains(&&**key.get_ref()))
        .filter_map(|(_, value)| value.get_ref().as_str());
    let variables = environment
        .iter()
        .filter(|(name, _)| HIDDEN.contains(&&*name.to_ascii_lowercase()))
        .map(|(_, value)| *value);
    let all = environment
        .iter()
        .map(|(name, value)| name.matches(SECRET).count() + value.matches(SECRET).count());
    let times = file.matches(SECRET).count() + all.sum::<usize>();
    times == 1 && values.chain(variables).any(|value| value.contains(SECRET))
}
