//! What is about to be done, by the path that it leads to.

/// What a page is for, in words.
#[must_use]
pub(super) fn purpose(path: &str) -> &'static str {
    match path.split('?').next().unwrap_or_default() {
        "/accounts/2fa/totp/activate/" => "Add an authenticator app",
        "/accounts/2fa/totp/deactivate/" => "Deactivate an authenticator app",
        "/accounts/2fa/recovery-codes/" => "See your recovery codes",
        "/accounts/2fa/recovery-codes/download/" => "Download your recovery codes",
        "/accounts/2fa/recovery-codes/generate/" => "Replace your recovery codes",
        "/accounts/2fa/webauthn/add/" => "Add a security key or passkey",
        "/accounts/password/change/" => "Change your password",
        "/accounts/sessions/" => "End other sessions",
        "/authz/hand-over/" => "Go on to a site behind the login gate",
        _ => "Go on",
    }
}

/// The id of the key that an address is about, and what is to be done with it.
#[must_use]
pub(super) fn key(path: &str) -> Option<(&str, &'static str)> {
    let rest = path
        .split('?')
        .next()?
        .strip_prefix("/accounts/2fa/webauthn/")?;
    let (id, action) = rest.split_once('/')?;
    match action {
        "edit/" => Some((id, "Rename")),
        "remove/" => Some((id, "Remove")),
        _ => None,
    }
}

/// The `id` that an address asks for.
#[must_use]
pub(super) fn id(path: &str) -> Option<String> {
    let (_, query) = path.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "id")
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_found_by_the_path_alone_and_an_unknown_one_says_nothing() {
        assert_eq!(
            purpose("/accounts/2fa/totp/deactivate/?id=1"),
            "Deactivate an authenticator app"
        );
        assert_eq!(purpose("/elsewhere/"), "Go on");
        assert_eq!(id("/a/?b=1&id=x%20y").as_deref(), Some("x y"));
        assert_eq!(id("/a/"), None);
    }
}
