//! The login gate's own addresses: what proxies ask, and how a session gets from here to a site.
//!
//! A proxy is believed only from `TRUSTED_PROXIES`. What is not clearly allowed is denied, and every
//! answer carries every identity header, empty where nobody is signed in, so that a proxy that copies
//! them also overwrites what a client sent.

mod check;
mod crossing;
mod headers;

use std::net::{IpAddr, SocketAddr};

use axum::{
    Extension, Router,
    extract::ConnectInfo,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::{router::Shared, settings::EncryptionKey};
use crate::gate::flow::SigningKeys;

/// Where a session is handed over to a site: on this program's host.
pub(super) const HAND_OVER: &str = "/authz/hand-over/";
/// Where a browser brings its ticket: on the site's host.
pub(super) const ACCEPT: &str = "/.inmor-mfa/accept/";

/// The routes of the gate.
pub(super) fn routes(shared: &Shared) -> Router<Shared> {
    let keys = shared.services.settings.encryption_keys.iter();
    let keys = SigningKeys::derive(keys.map(EncryptionKey::bytes));
    Router::new()
        .route("/authz/nginx", get(check::by_original))
        .route("/authz/forward", get(check::by_forwarded))
        .route(HAND_OVER, get(crossing::hand_over))
        .route(ACCEPT, post(crossing::accept))
        .route("/.well-known/jwks.json", get(published))
        .layer(Extension(keys))
}

/// The keys by which a site checks an assertion.
async fn published(Extension(keys): Extension<SigningKeys>) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/jwk-set+json"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        ),
    ];
    (headers, keys.published().to_string()).into_response()
}

/// Whether the peer may speak for browsers.
fn is_proxy(shared: &Shared, head: &Parts) -> bool {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(address)| {
        let address: IpAddr = address.ip().to_canonical();
        let networks = &shared.services.settings.trusted_proxies;
        networks.iter().any(|network| network.contains(&address))
    })
}

/// The one value of a header, if it is text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
