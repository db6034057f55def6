//! What every answer carries: a request id, a content security policy with a nonce of its own,
//! and the other headers that tell a browser to be strict.
//!
//! A head that hyper cannot or will not read never gets here: its own 400, 414 and 431 have no
//! such headers, no body either, and end the connection.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use tracing::Instrument;

use super::router::Shared;

/// The nonce of one answer: 16 random bytes, Base64.
#[derive(Clone, Debug)]
pub(super) struct ResponseNonce(pub(super) Arc<str>);

/// Beside a page: the other origin to which its form may go.
#[derive(Clone, Debug)]
pub(super) struct FormTarget(pub(super) String);

/// The id of one request: 8 random bytes in hex. Pages of failures show it, log lines carry it.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) Arc<str>);

const FIXED: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // not no-referrer: that makes browsers send `Origin: null` with a form of this very site
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (
        HeaderName::from_static("permissions-policy"),
        "publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), \
         accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
];
/// Two years, for all sub-domains.
const STRICT_TRANSPORT: &str = "max-age=63072000; includeSubDomains";
/// For answers that are no page: nothing in them may run, load or be framed.
const NO_PAGE: &str = "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The outermost layer.
pub(super) async fn add(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let Ok((nonce, id)) = names(&shared) else {
        tracing::error!("the system gives no random bytes");
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        be_strict(&shared, response.headers_mut(), NO_PAGE);
        return response;
    };
    request.extensions_mut().insert(nonce.clone());
    request.extensions_mut().insert(id.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id = &*id.0);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(
        || tracing::debug!(%method, path, status = response.status().as_u16(), "answered"),
    );

    let target = response.extensions_mut().remove::<FormTarget>();
    let headers = response.headers_mut();
    let policy = policy(headers, &nonce, target.as_ref());
    be_strict(&shared, headers, &policy);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Adds what is the same for every answer, and its policy.
fn be_strict(shared: &Shared, headers: &mut HeaderMap, policy: &str) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if shared.services.settings.public_url.is_https() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(STRICT_TRANSPORT),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
}

fn names(
    shared: &Shared,
) -> Result<(ResponseNonce, RequestId), crate::crypto::random::RandomError> {
    let nonce = BASE64_STANDARD.encode(shared.services.random.bytes::<16>()?);
    let id = u64::from_be_bytes(shared.services.random.bytes()?);
    Ok((
        ResponseNonce(nonce.into()),
        RequestId(format!("{id:016x}").into()),
    ))
}

/// Whether an answer is a page.
pub(super) fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn policy(
    headers: &HeaderMap,
    ResponseNonce(nonce): &ResponseNonce,
    target: Option<&FormTarget>,
) -> String {
    if !is_page(headers) {
        return NO_PAGE.to_owned();
    }
    // `cargo leptos watch` tells pages to reload through a socket on another port
    let reload = if super::site::is_watched() {
        " ws://127.0.0.1:3001 ws://localhost:3001"
    } else {
        ""
    };
    let target = target.map_or_else(String::new, |FormTarget(origin)| format!(" {origin}"));
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self'{reload}; img-src 'self' data:; font-src 'self'; manifest-src 'self'; object-src 'none'; \
         form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    )
}
