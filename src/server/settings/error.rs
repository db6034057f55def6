use std::fmt::Write as _;

/// Why the settings cannot be used, as one line: `name: what is wrong (place): what is right`.
///
/// The name is spelled as it was written: lower case in the file, upper case in the
/// environment. The value of a secret is never part of the line, and control characters are
/// escaped, so that the line stays one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {wrong} ({place}): {right}")]
pub struct SettingsError {
    name: String,
    wrong: String,
    place: String,
    right: String,
}

impl SettingsError {
    pub(super) fn new(name: &str, place: &str, problem: &Problem) -> Self {
        Self {
            name: one_line(name),
            wrong: one_line(&problem.wrong),
            place: one_line(place),
            right: one_line(&problem.right),
        }
    }
}

/// What is wrong with a value and what would be right, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) wrong: String,
    pub(super) right: String,
}

impl Problem {
    pub(super) fn new(wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            right: right.into(),
        }
    }
}

/// The start of a value that is no secret, for an error line.
pub(super) fn quoted(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = value.chars().take(LONGEST).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn one_line(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut line, c| {
            if c.is_control() {
                // writing to a String does not fail
                let _ = write!(line, "{}", c.escape_default());
            } else {
                line.push(c);
            }
            line
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_stays_one_line() {
        let problem = Problem::new(quoted("a\nb\u{1b}[31m"), "x");
        let line = SettingsError::new("na\rme", "p\n", &problem).to_string();
        assert_eq!(line, r"na\rme: `a\nb\u{1b}[31m` (p\n): x");
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(quoted(&"å".repeat(61)), format!("`{}…`", "å".repeat(60)));
    }
}
