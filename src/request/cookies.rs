//! The cookies of this program. All of them carry a random token and nothing else.
//!
//! `__Host-` makes the browser insist on `Secure`, `Path=/` and no `Domain`, so that no
//! sibling host can plant one ([RFC 6265bis §4.1.3.2](https://www.rfc-editor.org/rfc/rfc6265bis)).

use axum::http::{HeaderMap, header};

use crate::crypto::token::Token;

/// A cookie by its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The session; ends with the browser.
    Session,
    /// A sign-in under way, between password and second factor.
    Attempt,
    /// A passkey that was asked for before anybody is known.
    Ceremony,
    /// A browser that has signed in before; long-lived.
    Device,
    /// A session on the host of a site behind the login gate.
    Site,
    /// A browser on such a host that is to bring a ticket.
    Browser,
}

impl Cookie {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-session",
            Self::Attempt => "__Host-login",
            Self::Ceremony => "__Host-ceremony",
            Self::Device => "__Host-device",
            Self::Site => "__Host-inmor-site",
            Self::Browser => "__Host-inmor-browser",
        }
    }

    /// The `Set-Cookie` value; `max_age` in seconds.
    pub(crate) fn set(self, token: &Token, max_age: Option<i64>) -> String {
        let age = max_age
            .map(|seconds| format!("; Max-Age={seconds}"))
            .unwrap_or_default();
        format!(
            "{}={}; Path=/; Secure; HttpOnly; SameSite={}{age}",
            self.name(),
            token.expose(),
            self.same_site()
        )
    }

    /// A ticket comes with a form from another host, which may be of another site.
    const fn same_site(self) -> &'static str {
        match self {
            Self::Browser => "None",
            _ => "Lax",
        }
    }

    /// The `Set-Cookie` value that takes the token and leaves a word in its place.
    pub(super) fn end(self) -> String {
        format!(
            "{}=ended; Path=/; Secure; HttpOnly; SameSite=Lax",
            self.name()
        )
    }

    /// The `Set-Cookie` value that removes it.
    pub(crate) fn clear(self) -> String {
        format!(
            "{}=; Path=/; Secure; HttpOnly; SameSite={}; Max-Age=0",
            self.name(),
            self.same_site()
        )
    }
}

/// The token in a request's cookie, if it has the shape of one.
pub(crate) fn find(headers: &HeaderMap, cookie: Cookie) -> Option<Token> {
    values(headers, cookie).find_map(Token::parse)
}

/// Whether a request brings the cookie at all, whatever is in it.
pub(crate) fn is_there(headers: &HeaderMap, cookie: Cookie) -> bool {
    values(headers, cookie).next().is_some()
}

fn values(headers: &HeaderMap, cookie: Cookie) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| *name == cookie.name())
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::Random;

    fn token() -> Token {
        Token::generate(&Random::seeded(7)).unwrap()
    }

    #[test]
    fn ses_03_cookies_are_host_bound_secure_and_out_of_reach_of_scripts() {
        for value in [
            Cookie::Session.set(&token(), None),
            Cookie::Device.set(&token(), Some(60)),
            Cookie::Session.clear(),
            Cookie::Session.end(),
        ] {
            let (name, rest) = value.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{value}");
            for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
                assert!(rest.contains(attribute), "{value}");
            }
            assert!(!rest.contains("Domain") && value.len() < 4096, "{value}");
        }
    }

    #[test]
    fn ses_23_a_cookie_under_the_plain_name_is_not_read() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            format!("session={}", token().expose()).parse().unwrap(),
        );
        assert!(find(&headers, Cookie::Session).is_none());
        headers.append(
            header::COOKIE,
            format!("a=b; __Host-session={}", token().expose())
                .parse()
                .unwrap(),
        );
        assert_eq!(
            find(&headers, Cookie::Session).map(|found| found.expose().clone()),
            Some(token().expose().clone())
        );
    }

    #[test]
    fn garbage_in_the_cookie_header_is_no_token() {
        for value in [
            "__Host-session",
            "__Host-session=",
            "__Host-session=;;;==",
            "__Host-session=é",
            "=",
            ";",
        ] {
            let mut headers = HeaderMap::new();
            headers.append(
                header::COOKIE,
                axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
            assert!(find(&headers, Cookie::Session).is_none(), "{value}");
        }
    }
}
