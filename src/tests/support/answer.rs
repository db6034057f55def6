//! An answer, and what tests say of it.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Response, StatusCode, header},
};

/// An answer that has been read to its end.
#[derive(Clone, Debug)]
pub(in crate::tests) struct Answer {
    pub(in crate::tests) status: StatusCode,
    pub(in crate::tests) headers: HeaderMap,
    pub(in crate::tests) bytes: Bytes,
    /// The bytes as text.
    pub(in crate::tests) body: String,
}

impl Answer {
    pub(super) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Self {
            status: parts.status,
            headers: parts.headers,
            bytes,
            body,
        }
    }

    /// A header that occurs once, or an empty text.
    #[track_caller]
    pub(in crate::tests) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} occurs twice");
        value
    }

    pub(in crate::tests) fn set_cookies(&self) -> Vec<&str> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    /// The nonce of the content security policy; empty where there is none.
    pub(in crate::tests) fn nonce(&self) -> &str {
        let policy = self.header("content-security-policy");
        policy
            .split_once("'nonce-")
            .and_then(|(_, rest)| rest.split_once('\''))
            .map_or("", |(nonce, _)| nonce)
    }

    /// Status, headers and page without what differs between any two answers and without `typed`.
    pub(in crate::tests) fn comparable(&self, typed: &str) -> (StatusCode, Vec<String>, String) {
        let same = |text: &str| {
            let mut text = text
                .replace(self.header("x-request-id"), "ID")
                .replace(typed, "TYPED");
            if !self.nonce().is_empty() {
                text = text.replace(self.nonce(), "NONCE");
            }
            text
        };
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| *name != header::CONTENT_LENGTH);
        let mut headers: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {}", same(value.to_str().unwrap())))
            .collect();
        headers.sort();
        (self.status, headers, same(&self.body))
    }

    /// The value of a form's hidden field.
    #[track_caller]
    pub(in crate::tests) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let found = self.body.split_once(&start);
        let (_, rest) = found.unwrap_or_else(|| panic!("no {name} is in\n{}", self.body));
        let (value, _) = rest.split_once('"').unwrap();
        value.replace("&amp;", "&")
    }

    #[track_caller]
    pub(in crate::tests) fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.body);
        self
    }

    #[track_caller]
    pub(in crate::tests) fn assert_redirect(&self, location: &str) -> &Self {
        self.assert_status(303);
        assert_eq!(self.header("location"), location);
        self
    }

    /// The page with this status says this, as a person reads it.
    #[track_caller]
    pub(in crate::tests) fn assert_says(&self, status: u16, text: &str) -> &Self {
        self.assert_status(status);
        assert!(
            self.body.contains(text),
            "{text:?} is not in\n{}",
            self.body
        );
        self
    }

    #[track_caller]
    pub(in crate::tests) fn assert_lacks(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "{text:?} is in\n{}", self.body);
        self
    }
}
