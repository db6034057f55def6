use strsim::normalized_damerau_levenshtein as likeness;

use super::error::{Problem, quoted};
use super::table::table;

/// Refuses a variable that begins like ours and is none of ours, since it is one misspelled;
/// others belong to somebody else.
pub(super) fn check_variable(name: &str) -> Result<(), Problem> {
    let ours = name.starts_with("MFA_") || name.starts_with("BRAND_");
    if ours { check(name, &names()) } else { Ok(()) }
}

/// Refuses a key of the settings file that is no setting.
pub(super) fn check_key(name: &str) -> Result<(), Problem> {
    let keys: Vec<_> = names()
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    check(name, &keys)
}

/// The settings, and the files that may hold those that are secret.
fn names() -> Vec<String> {
    let files = table().iter().filter(|setting| setting.secret);
    let names = table().iter().map(|setting| setting.name.to_owned());
    names
        .chain(files.map(|setting| format!("{}_FILE", setting.name)))
        .collect()
}

fn check(name: &str, known: &[String]) -> Result<(), Problem> {
    if known.iter().any(|known| known == name) {
        return Ok(());
    }
    let right = match nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "see the table of settings in the README".to_owned(),
    };
    Err(Problem::new("is no setting", right))
}

/// The candidate most like `name` when there is some likeness at all.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    candidates
        .map(|known| (likeness(&name, &known.to_ascii_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.4)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// A list item that is none of the few words allowed.
pub(super) fn no_such_word(word: &str, allowed: &[&'static str]) -> Problem {
    let mut right = format!("use {}", allowed.join(", "));
    if let Some(nearest) = nearest(word, allowed.iter().copied()) {
        right = format!("did you mean {nearest}? {right}");
    }
    Problem::new(format!("{} is not known", quoted(word)), right)
}
