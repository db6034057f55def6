//! The `Cookie` header.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::request::cookies::{Cookie, find, is_there};

/// Exactly 32 bytes in URL-safe base64: the last letter has two bits of its own that are not used.
fn is_token(value: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    value.len() == 43
        && value.bytes().all(letter)
        && value.ends_with(|last| "AEIMQUYcgkosw048".contains(last))
}

/// What is found is the first well-formed token under the name. Each line is a header.
pub fn cookies(data: &[u8]) {
    let headers: HeaderMap = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .map(|value| (header::COOKIE, value))
        .collect();
    for cookie in [
        Cookie::Session,
        Cookie::Attempt,
        Cookie::Ceremony,
        Cookie::Device,
    ] {
        let begin = format!("{}=", cookie.name());
        let expected = headers
            .values()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(begin.as_str()))
            .find(|value| is_token(value));
        let found = find(&headers, cookie);
        let text = found.as_ref().map(crate::crypto::token::Token::expose);
        assert_eq!(text.as_deref(), expected, "{cookie:?}");
        assert!(found.is_none() || is_there(&headers, cookie), "{cookie:?}");
        if let Some(token) = found {
            let set = cookie.set(&token, Some(1));
            assert!(set.starts_with(&begin) && HeaderValue::from_str(&set).is_ok());
        }
    }
}
