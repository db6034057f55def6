//! Who is at the other end: the peer, or what a trusted proxy says of it, read from the right.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use ipnet::IpNet;

use super::{error_page::Explained, router::Shared};
use crate::services::Client;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Characters of a `User-Agent` that are kept.
pub(crate) const USER_AGENT: usize = 200;

/// The layer: puts a [`Client`] beside the request, and sends plain HTTP to https where that is the site's scheme.
pub(super) async fn find(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let settings = &shared.services.settings;
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(address)| {
            address.ip().to_canonical()
        });
    let trusted = |address: &IpAddr| {
        settings
            .trusted_proxies
            .iter()
            .any(|network: &IpNet| network.contains(address))
    };
    if settings.public_url.is_https()
        && trusted(&peer)
        && last_is(request.headers(), &X_FORWARDED_PROTO, "http")
    {
        return to_https(&request, settings.public_url.origin());
    }
    let address = client_address(request.headers(), peer, trusted);
    let client = Client {
        source: source(address),
        address: address.to_string(),
        user_agent: user_agent(request.headers()),
    };
    request.extensions_mut().insert(client);
    next.run(request).await
}

fn to_https(request: &Request, origin: &str) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        return Redirect::permanent(&format!("{origin}{path}")).into_response();
    }
    (
        StatusCode::FORBIDDEN,
        Explained(format!(
            "This was sent without encryption. Open {origin} and send it again."
        )),
    )
        .into_response()
}

/// Walks the chain from the peer outwards as long as each hop is trusted; what cannot be read ends it.
pub(crate) fn client_address(
    headers: &HeaderMap,
    peer: IpAddr,
    trusted: impl Fn(&IpAddr) -> bool,
) -> IpAddr {
    let values: Vec<&str> = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .map(|value| value.to_str().unwrap_or("?"))
        .collect();
    let hops = values.iter().flat_map(|value| value.split(',')).rev();
    let mut address = peer;
    for hop in hops {
        if !trusted(&address) {
            break;
        }
        let Some(next) = parse_hop(hop.trim()) else {
            break;
        };
        address = next;
    }
    address
}

/// An address with or without a port, IPv6 with or without brackets.
pub(crate) fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

fn last_is(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .next_back()
        .and_then(|text| text.to_str().ok())
        .and_then(|text| text.rsplit(',').next())
        .is_some_and(|last| last.trim().eq_ignore_ascii_case(value))
}

/// What limits count: a household has a /64 of IPv6 to itself.
pub(crate) fn source(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
    }
}

pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let bytes = headers
        .get(header::USER_AGENT)
        .map_or(&b""[..], HeaderValue::as_bytes);
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|letter| !letter.is_control())
        .take(USER_AGENT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let headers = forwarded
            .iter()
            .map(|value| (X_FORWARDED_FOR, value.parse().unwrap()))
            .collect();
        client_address(&headers, peer.parse().unwrap(), |address| {
            trusted.iter().any(|network| network.contains(address))
        })
        .to_string()
    }

    #[test]
    fn log_09_an_untrusted_peer_is_not_believed() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn htp_09_the_chain_is_read_from_the_right_as_far_as_hops_are_trusted() {
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1, 198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1", "198.51.100.1", "10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(address("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn htp_09_ports_ipv6_and_garbage_are_understood_or_end_the_chain() {
        assert_eq!(address("10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(address("fd00::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(address("fd00::1", &["[2001:db8::7]"]), "2001:db8::7");
        assert_eq!(address("fd00::1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["1.1.1.1, , 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn limits_count_an_ipv6_household_once() {
        assert_eq!(
            source("2001:db8:1:2:3:4:5:6".parse().unwrap()),
            source("2001:db8:1:2::1".parse().unwrap())
        );
        assert_ne!(
            source("2001:db8:1:2::1".parse().unwrap()),
            source("2001:db8:1:3::1".parse().unwrap())
        );
        assert_ne!(
            source("192.0.2.1".parse().unwrap()),
            source("192.0.2.2".parse().unwrap())
        );
    }

    #[test]
    fn ses_22_a_missing_or_wild_user_agent_is_no_failure() {
        assert_eq!(user_agent(&HeaderMap::new()), "");
        let wild = [0xff_u8, b'<', b'\t', 0xc3].repeat(500);
        let headers = [(
            header::USER_AGENT,
            axum::http::HeaderValue::from_bytes(&wild).unwrap(),
        )]
        .into_iter()
        .collect();
        let kept = user_agent(&headers);
        assert_eq!(kept.chars().count(), USER_AGENT);
        assert!(!kept.contains('\t'));
    }
}
