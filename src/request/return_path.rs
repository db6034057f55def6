//! Where to go after signing in: a path of this site, or home.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What must be escaped inside a query value.
const QUERY_VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>');

/// A path, with or without a query, of the same origin. Never an address of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The longest path that is kept, in bytes.
    const LONGEST: usize = 2048;

    /// Takes visible ASCII that begins with one slash and that a browser cannot read as another
    /// host or as a step upwards; no fragment; and no page of signing in
    /// or out or of confirming it, which would lead back and forth.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let decoded = percent_encoding::percent_decode_str(path)
            .decode_utf8()
            .ok()?;
        let plain = |text: &str| {
            text.starts_with('/')
                && !text.contains("//")
                && !text.contains('\\')
                && !text.chars().any(char::is_control)
                && !text
                    .split('/')
                    .any(|segment| segment == "." || segment == "..")
        };
        let again = [
            "/accounts/login",
            "/accounts/logout",
            "/accounts/2fa/authenticate",
            "/accounts/reauthenticate",
        ]
        .iter()
        .any(|own| decoded.starts_with(own));
        let visible =
            text.len() <= Self::LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible
            && plain(path)
            && plain(&decoded)
            && !decoded.contains('%')
            && !text.contains('#')
            && !again)
            .then(|| Self(text.to_owned()))
    }

    /// The path as it stands in a `Location`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as the value of a query.
    #[must_use]
    pub fn encoded(&self) -> String {
        utf8_percent_encode(&self.0, QUERY_VALUE).to_string()
    }
}

impl Default for ReturnPath {
    /// Home.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn htp_06_only_paths_of_this_site_are_taken() {
        for good in [
            "/",
            "/accounts/sessions/",
            "/accounts/sessions/?a=b&c=%2f%2f",
            "/a%20b/",
            "/admin/?next=/x",
        ] {
            assert_eq!(
                ReturnPath::parse(good).map(|path| path.0),
                Some(good.to_owned())
            );
        }
        let long = format!("/{}", "a".repeat(10_000));
        for bad in [
            "",
            "accounts/",
            "//evil.example",
            "/\\evil.example",
            "\\/evil",
            "https:evil",
            "https://good@evil.example",
            "\t//evil",
            "/\t/evil",
            "/%2f/evil",
            "/%2fevil",
            "/%5cevil",
            "/%252fevil",
            "javascript:alert(1)",
            "data:text/html,x",
            "/a\r\nSet-Cookie: a=b",
            "/a%0d%0ab",
            "/../x",
            "/%2e%2e/x",
            "/a/./b",
            "/ü",
            "/a b",
            "/#//evil",
            "/accounts/login/?next=/accounts/login/",
            "/accounts/logout/",
            "/accounts/%6cogin/",
            "/%ff",
            &long,
        ] {
            assert_eq!(ReturnPath::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_path_survives_being_a_query_value() {
        let path = ReturnPath::parse("/a/?b=c&d=%20+e").unwrap();
        let query = format!("next={}", path.encoded());
        let (_, value) = url::form_urlencoded::parse(query.as_bytes())
            .next()
            .unwrap();
        assert_eq!(value, path.as_str());
    }
}
