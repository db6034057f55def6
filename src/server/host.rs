//! Refuses a request whose `Host` leaves open which site is meant.
//!
//! A proxy may read the first of two, this program the second; so a request with two, with none
//! or with one that is no address is a 400 ([RFC 9112 §3.2]). Which host it names does not matter here.
//!
//! [RFC 9112 §3.2]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The layer.
pub(super) async fn require_one(request: Request, next: Next) -> Response {
    if is_clear(request.headers(), request.version()) {
        next.run(request).await
    } else {
        StatusCode::BAD_REQUEST.into_response()
    }
}

fn is_clear(headers: &HeaderMap, version: Version) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        // an address without a host is sent with an empty one
        (Some(one), None) => one.is_empty() || is_address(one.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A name or an address of the network, with or without a port.
fn is_address(bytes: &[u8]) -> bool {
    Authority::try_from(bytes).is_ok_and(|authority| !authority.as_str().contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(hosts: &[&str], version: Version) -> bool {
        let headers = hosts
            .iter()
            .map(|host| (header::HOST, host.parse().unwrap()))
            .collect();
        is_clear(&headers, version)
    }

    #[test]
    fn one_host_is_clear_and_two_are_not() {
        for host in [
            "localhost:3000",
            "mfa.example.org",
            "my_host",
            "192.0.2.1",
            "[2001:db8::1]:443",
            "",
        ] {
            assert!(clear(&[host], Version::HTTP_11), "{host}");
            assert!(!clear(&[host, host], Version::HTTP_11), "{host}");
            assert!(!clear(&[host, "evil.example"], Version::HTTP_10), "{host}");
        }
    }

    #[test]
    fn only_before_http_1_1_there_may_be_none() {
        assert!(!clear(&[], Version::HTTP_11));
        assert!(clear(&[], Version::HTTP_10));
    }

    #[test]
    fn what_is_no_address_is_not_clear() {
        for host in [
            "localhost:3000, evil.example",
            "localhost evil.example",
            "localhost/evil.example",
            "http://localhost:3000",
            "anna@localhost:3000",
            "localhost:3000#",
            "localhost?",
            "[::1",
        ] {
            assert!(!clear(&[host], Version::HTTP_11), "{host}");
        }
    }
}
