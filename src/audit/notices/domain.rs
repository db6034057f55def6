//! Events in the owner's words.

use crate::clock::time_in_words;

/// What happened, as a sentence and as the subject of a letter; `None` for what needs no telling.
pub(super) fn words(action: &str, detail: &str) -> Option<(String, &'static str)> {
    let (text, subject) = match action {
        "factor.added" => (
            format!("Authenticator app “{detail}” was added to your account."),
            "Authenticator App Activated",
        ),
        "factor.removed" => (
            format!("Authenticator app “{detail}” was removed from your account."),
            "Authenticator App Deactivated",
        ),
        "key.added" => (
            format!("Key “{detail}” was added to your account."),
            "Security Key Added",
        ),
        "key.removed" => (
            format!("Key “{detail}” was removed from your account."),
            "Security Key Removed",
        ),
        "key.suspect" => (
            format!("The counter of your key “{detail}” went back: somebody may have a copy of it. If it is not faulty, remove it."),
            "A Security Key May Have Been Copied",
        ),
        "factor.closed" => (
            format!("Too many wrong codes in a row have closed your {detail}. Set it up anew to use it again."),
            "Too Many Wrong Codes",
        ),
        "factor.exposed" => (
            format!("Your {detail} came here from a system that kept the secrets under a key which everybody knows. Replace them: add your authenticator app anew and deactivate the old one, and make new recovery codes."),
            "Renew Your Second Factor",
        ),
        "second_factor.failed" => (
            "Somebody entered your right password and then a wrong code. If that was not you, change your password."
                .to_owned(),
            "Wrong Code After Your Password",
        ),
        "recovery_codes.replaced" => (
            "A new set of recovery codes was made; the old codes do not work any more.".to_owned(),
            "New Recovery Codes Generated",
        ),
        "recovery_codes.used" => (
            match detail {
                "0" => "Your last recovery code was used. Make a new set.".to_owned(),
                "1" => "A recovery code was used. One is left.".to_owned(),
                left => format!("A recovery code was used. {left} are left."),
            },
            "Recovery Code Used",
        ),
        "mfa.reset" => (
            "An operator has removed all factors and recovery codes of your account.".to_owned(),
            "Two-Factor Authentication Reset",
        ),
        "browser.new" => (
            format!("Your account was used to sign in from a new browser: {detail}."),
            "New Sign-in",
        ),
        _ => return None,
    };
    Some((text, subject))
}

/// When and from where: `2026-11-24 17:45 UTC, from 192.0.2.1`.
pub(super) fn origin(at: i64, source: &str) -> String {
    let when = time_in_words(at);
    if source == "shell" {
        format!("{when}, at the server")
    } else {
        format!("{when}, from {source}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::flow::Action;

    #[test]
    fn aud_04_what_an_owner_must_know_has_words_and_the_rest_has_none() {
        for told in [
            Action::FactorAdded,
            Action::FactorRemoved,
            Action::FactorClosed,
            Action::FactorExposed,
            Action::KeyAdded,
            Action::KeyRemoved,
            Action::KeySuspect,
            Action::SecondFactorFailed,
            Action::RecoveryCodesReplaced,
            Action::RecoveryCodeUsed,
            Action::MfaReset,
            Action::NewBrowser,
        ] {
            assert!(words(told.as_str(), "phone").is_some(), "{told:?}");
        }
        assert!(words(Action::SignedOut.as_str(), "").is_none());
    }

    #[test]
    fn the_number_of_codes_left_is_a_sentence() {
        let used = |left| words("recovery_codes.used", left).unwrap().0;
        assert!(used("0").contains("last"));
        assert!(used("1").ends_with("One is left."));
        assert!(used("7").ends_with("7 are left."));
    }
}
