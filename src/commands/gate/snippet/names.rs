//! Names of headers, as proxies and clients write them.

/// A name, and every way to write it with underscores for hyphens.
pub(super) fn forms(name: &str) -> Vec<String> {
    let mut forms = vec![String::new()];
    for part in name.split_inclusive('-') {
        let (word, joints): (_, &[&str]) = match part.strip_suffix('-') {
            Some(word) => (word, &["-", "_"]),
            None => (part, &[""]),
        };
        forms = forms
            .iter()
            .flat_map(|form| {
                joints
                    .iter()
                    .map(move |joint| format!("{form}{word}{joint}"))
            })
            .collect();
    }
    forms
}

/// `remote-user` as `Remote-User`.
pub(super) fn title(name: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or(("", word));
        format!("{}{rest}", first.to_uppercase())
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}

/// `remote-user` as nginx names variables.
pub(super) fn variable(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_form_for_every_choice_of_hyphen_and_underscore() {
        assert_eq!(forms("Remote-User"), ["Remote-User", "Remote_User"]);
        assert_eq!(forms("X-Inmor-Assertion").len(), 4);
        assert!(forms("X-Inmor-Assertion").contains(&"X_Inmor-Assertion".to_owned()));
        assert_eq!(title("remote-auth-time"), "Remote-Auth-Time");
        assert_eq!(variable("remote-auth-time"), "remote_auth_time");
    }
}
