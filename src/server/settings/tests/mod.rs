//! Loading as a whole.

mod refusals;
mod secrets;
mod values;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, process};

use super::*;

/// A key that is not the development key; printed by Python.
pub(super) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

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

fn effective<'a>(loaded: &'a Loaded, setting: &Setting) -> &'a Effective {
    loaded
        .effective
        .iter()
        .find(|one| one.name == setting.name)
        .unwrap()
}
