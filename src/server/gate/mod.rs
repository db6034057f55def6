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
    Extension, Json, Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use self::check::Dialect;
pub(crate) use self::headers::IDENTITY;
use super::{router::Shared, settings::EncryptionKey, site::FORWARDED};
use crate::{
    gate::flow::{self as gate, Asker, Decision, MarkKeys, SigningKeys, Site},
    request::cookies::Cookie,
    services::{Client, Services},
};

/// What `gate doctor` marks its requests with.
pub(crate) const MARK: &str = "x-inmor-doctor";
/// Where it asks what the gate made of them.
pub(crate) const MADE_OF: &str = "/authz/doctor";
/// Where a session is handed over to a site: on this program's host.
pub(super) const HAND_OVER: &str = "/authz/hand-over/";
/// Where a browser brings its ticket: on the site's host.
pub(super) const ACCEPT: &str = "/.inmor-mfa/accept/";

/// What nginx shows to whom the gate denies: on the site's host.
const DENIED: &str = "/.inmor-mfa/denied";

/// The keys of the gate's own.
#[derive(Clone)]
struct Keys {
    signing: SigningKeys,
    marks: MarkKeys,
}

/// The keys by which `gate doctor` and this program know each other.
pub(crate) fn mark_keys(services: &Services) -> MarkKeys {
    let keys = &services.settings.encryption_keys;
    MarkKeys::derive(keys.iter().map(EncryptionKey::bytes))
}

/// The name of the cookie that holds a visitor's token on a site.
pub(crate) fn cookie_name(services: &Services, site: &Site) -> &'static str {
    cookie(services, site).name()
}

fn cookie(services: &Services, site: &Site) -> Cookie {
    if gate::is_own(services, site) {
        Cookie::Session
    } else {
        Cookie::Site
    }
}

/// The routes of the gate.
pub(super) fn routes(shared: &Shared) -> Router<Shared> {
    let keys = &shared.services.settings.encryption_keys;
    let keys = Keys {
        signing: SigningKeys::derive(keys.iter().map(EncryptionKey::bytes)),
        marks: mark_keys(&shared.services),
    };
    let check = |dialect: Dialect| get(check::answer).layer(Extension(dialect));
    Router::new()
        .route("/authz/nginx", check(Dialect::Original))
        .route(FORWARDED, check(Dialect::Forwarded))
        .route(MADE_OF, get(made_of))
        .route(HAND_OVER, get(crossing::hand_over))
        .route(ACCEPT, post(crossing::accept))
        .route(DENIED, get(|| async { check::denied_to_person() }))
        .route("/.well-known/jwks.json", get(published))
        .layer(Extension(keys))
}

/// What the gate made of the requests that carried the mark of this one.
async fn made_of(
    State(shared): State<Shared>,
    Extension(Keys { marks, .. }): Extension<Keys>,
    headers: HeaderMap,
) -> Response {
    match mark(&shared, &marks, &headers) {
        Some(mark) => {
            let same = |one: &Decision| one.mark.as_deref() == Some(&mark);
            Json(shared.decisions.list(same)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The mark of `gate doctor` on a request.
fn mark(shared: &Shared, keys: &MarkKeys, headers: &HeaderMap) -> Option<String> {
    let mark = only(headers, MARK)?;
    keys.know(mark, shared.services.clock.now())
        .then(|| mark.to_owned())
}

/// The keys by which a site checks an assertion.
async fn published(Extension(Keys { signing, .. }): Extension<Keys>) -> Response {
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
    (headers, signing.published().to_string()).into_response()
}

fn peer(head: &Parts) -> Option<IpAddr> {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// Whether the peer may speak for browsers.
fn is_proxy(shared: &Shared, head: &Parts) -> bool {
    let networks = &shared.services.settings.trusted_proxies;
    peer(head).is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
}

fn client_of(head: &Parts) -> Client {
    let client = head.extensions.get().cloned();
    client.unwrap_or_else(Client::shell)
}

/// Who asks, for what is kept of an answer.
fn asker<'a>(head: &Parts, client: &'a Client, mark: Option<String>) -> Asker<'a> {
    let peer = peer(head).map(|address| address.to_string());
    Asker {
        peer: peer.unwrap_or_default(),
        client,
        mark,
    }
}

/// The one value of a header, if it is text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
