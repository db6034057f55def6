//! Lets a request that may change something in only when it comes from a page of this site.
//!
//! A browser says where a request comes from in `Origin` and `Sec-Fetch-Site`; no page can make it
//! lie. A request without either is refused: no browser of today sends one. The site's origin is the
//! configured one; what `Host` or a proxy says does not matter here.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{error_page::Explained, gate, router::Shared};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The layer: 403 for a state-changing request from elsewhere, 405 for one that no address takes.
pub(super) async fn require_own(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let origin = shared.services.settings.public_url.origin();
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    // a ticket comes from another host, bound to a cookie of this one
    let carried = request.uri().path() == gate::ACCEPT;
    if safe || carried || is_own(request.headers(), origin) {
        return next.run(request).await;
    }
    if request.method() != Method::POST {
        // nobody takes it, wherever it comes from: so says the router, which it does not reach as it is
        *request.method_mut() = Method::OPTIONS;
        return next.run(request).await;
    }
    tracing::warn!(
        path = request.uri().path(),
        "refused a request from another site"
    );
    let text = format!(
        "This form was not sent from a page of {origin}. Open that address, and send the form again from there."
    );
    (StatusCode::FORBIDDEN, Explained(text)).into_response()
}

fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    let from_here = match (origins.next(), origins.next()) {
        (None, _) => None,
        (Some(one), None) => Some(one.as_bytes() == origin.as_bytes()),
        (Some(_), Some(_)) => Some(false),
    };
    let same_site = match (sites.next(), sites.next()) {
        (None, _) => None,
        (Some(one), None) => Some(one.as_bytes() == b"same-origin"),
        (Some(_), Some(_)) => Some(false),
    };
    // each that is there must agree, and one must be there
    from_here.unwrap_or(true)
        && same_site.unwrap_or(true)
        && (from_here.is_some() || same_site.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://mfa.example.org";

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn csr_01_02_only_requests_that_a_browser_marks_as_ours_are_let_in() {
        let origin = |value| (header::ORIGIN, value);
        let site = |value| (SEC_FETCH_SITE, value);
        for good in [
            vec![origin(OWN)],
            vec![site("same-origin")],
            vec![origin(OWN), site("same-origin")],
        ] {
            assert!(is_own(&headers(&good), OWN), "{good:?}");
        }
        for bad in [
            vec![],
            vec![(header::REFERER, "https://mfa.example.org/")],
            vec![origin("null")],
            vec![origin("https://evil.example")],
            vec![origin("http://mfa.example.org")],
            vec![origin("https://mfa.example.org.evil.example")],
            vec![origin("https://mfa.example.org:8443")],
            vec![site("cross-site")],
            vec![site("same-site")],
            vec![site("none")],
            vec![origin(OWN), site("cross-site")],
            vec![origin("https://evil.example"), site("same-origin")],
        ] {
            assert!(!is_own(&headers(&bad), OWN), "{bad:?}");
        }
    }

    #[test]
    fn two_origin_headers_are_refused() {
        let mut two = headers(&[(header::ORIGIN, OWN)]);
        two.append(header::ORIGIN, "https://evil.example".parse().unwrap());
        assert!(!is_own(&two, OWN));
    }
}
