//! Where to go after signing in.

use std::borrow::Cow;

use axum::http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::request::{ReturnPath, second_step_path, sign_in_path};

const ORIGINS: [&str; 2] = ["https://mfa.example.org", "http://localhost:3000"];
/// Pages that would lead back and forth.
const AGAIN: [&str; 4] = [
    "/accounts/login",
    "/accounts/logout",
    "/accounts/2fa/authenticate",
    "/accounts/reauthenticate",
];

/// What is accepted is a path of this site, to a browser and after a proxy has decoded it.
pub fn next(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    // whatever it is, what leads to a sign-in is an address of this site
    for path in [sign_in_path(text), second_step_path(Some(text))] {
        assert!(path.starts_with("/accounts/") && HeaderValue::from_str(&path).is_ok());
        stays(&path);
    }
    let Some(path) = ReturnPath::parse(text) else {
        return;
    };
    assert_eq!(path.as_str(), text);
    assert!(HeaderValue::from_str(text).is_ok());
    stays(text);
    let decoded = decoded(text);
    assert!(
        !AGAIN.iter().any(|page| decoded.starts_with(page)),
        "leads back: {text}"
    );
    assert!(decoded.starts_with('/') && !decoded.starts_with("//") && !decoded.contains('\\'));
    let query = format!("next={}&more=1", path.encoded());
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    assert!(
        pairs.next().is_some_and(|(_, value)| value == text) && pairs.count() == 1,
        "{query}"
    );
}

/// The path before its query, as a proxy may see it.
fn decoded(text: &str) -> Cow<'_, str> {
    let path = text.split('?').next().unwrap_or_default();
    percent_decode_str(path).decode_utf8_lossy()
}

/// A browser that is at this site and is sent there is still there.
fn stays(path: &str) {
    for origin in ORIGINS {
        let base = format!("{origin}/accounts/login/");
        let joined = Url::parse(&base).and_then(|base| base.join(path));
        assert!(
            joined.is_ok_and(|url| url.origin().ascii_serialization() == origin
                && url.path().starts_with('/')
                && !url.path().starts_with("//")
                && !url.path().starts_with("/\\")
                && url.username().is_empty()
                && decoded(url.path()) == decoded(path)),
            "{path:?} leads away from {origin}"
        );
    }
}
