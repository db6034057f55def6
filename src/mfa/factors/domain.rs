//! What an owner calls a factor.

use crate::error::Error;

/// Characters of a label.
const LIMIT: usize = 64;

/// A label as kept: without blanks around it, `default` when empty.
///
/// # Errors
/// [`Error::LabelNotAllowed`] for one too long or with characters that do not print.
pub fn label(text: &str, default: &str) -> Result<String, Error> {
    let label = text.trim();
    if label.is_empty() {
        return Ok(default.to_owned());
    }
    if label.chars().count() > LIMIT || label.chars().any(char::is_control) {
        return Err(Error::LabelNotAllowed);
    }
    Ok(label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_trimmed_printable_and_short_and_has_a_default() {
        assert_eq!(label("  phone ", "App"), Ok("phone".to_owned()));
        assert_eq!(label(" ", "App"), Ok("App".to_owned()));
        assert_eq!(label(&"é".repeat(64), "App"), Ok("é".repeat(64)));
        assert_eq!(label(&"é".repeat(65), "App"), Err(Error::LabelNotAllowed));
        assert_eq!(label("a\u{1b}[2Jb", "App"), Err(Error::LabelNotAllowed));
    }
}
