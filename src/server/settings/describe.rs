use std::fmt::Write as _;

use super::keys::DEVELOPMENT_KEY;
use super::{Origin, Settings, table};

/// Checked settings, with what an administrator should know about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Every setting with its origin, in the order of the table.
    pub effective: Vec<Effective>,
    /// What is allowed but unwise, a line each.
    pub warnings: Vec<String>,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// As in the environment.
    pub name: &'static str,
    /// The value as text that may be shown: of keys the id, of a URL all but the password.
    pub value: String,
    /// Who set it.
    pub origin: Origin,
}

impl Loaded {
    /// The effective settings in three columns: name, value, origin; for `inmor-mfa check`.
    pub fn describe(&self) -> String {
        let wide = |text: fn(&Effective) -> &str| {
            self.effective
                .iter()
                .map(|one| text(one).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (names, values) = (wide(|one| one.name), wide(|one| &one.value));
        self.effective.iter().fold(String::new(), |mut lines, one| {
            // writing to a String does not fail
            let _ = writeln!(
                lines,
                "{:names$}  {:values$}  {}",
                one.name, one.value, one.origin
            );
            lines
        })
    }
}

/// The table of settings in Markdown, as it stands in the README.
pub fn readme_table() -> String {
    let head =
        "| setting | default | unit | example | meaning |\n|---|---|---|---|---|\n".to_owned();
    table().iter().fold(head, |mut rows, setting| {
        let default = if setting.default == DEVELOPMENT_KEY {
            "development key"
        } else {
            setting.default
        };
        let file = if setting.secret { " (or `_FILE`)" } else { "" };
        let range = setting
            .limits
            .map(|l| format!("; {} to {}", l.from, l.to))
            .unwrap_or_default();
        // writing to a String does not fail
        let _ = writeln!(
            rows,
            "| `{}`{file} | {default} | {} | {} | {}{range} |",
            setting.name,
            setting.unit,
            setting.example.replace('<', "\\<"),
            setting.meaning
        );
        rows
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::*;

    #[test]
    fn every_setting_has_a_line_with_its_origin() {
        let text = load("brand_name = 'Å'", &[("LOG_FORMAT", "json")])
            .unwrap()
            .describe();
        assert_eq!(text.lines().count(), table().len());
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line("LOG_FORMAT").ends_with("  environment"));
        assert!(line("LOG_FILTER").ends_with("  default"));
        assert!(line("BRAND_NAME").ends_with(".toml:1"));
    }

    #[test]
    fn the_readme_table_has_a_row_a_setting() {
        let text = readme_table();
        assert_eq!(text.lines().count(), table().len() + 2);
        assert!(
            text.lines().all(|row| row.matches('|').count() == 6),
            "{text}"
        );
        assert!(
            text.contains("| `MFA_TOTP_DIGITS` | 6 | digits | 8 | length of a TOTP code; 6 to 8 |")
        );
    }

    #[test]
    fn the_readme_shows_the_settings_that_there_are() {
        let readme = include_str!("../../../README.md");
        let table = readme_table();
        assert!(readme.contains(&table), "README.md should hold:\n{table}");
    }
}
