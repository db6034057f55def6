//! `X-Forwarded-For` and `User-Agent`.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::server::client_address::{USER_AGENT, client_address, parse_hop, source, user_agent};

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
/// What somebody else writes before it all.
const FORGED: &str = "198.51.100.66";

/// The proxies, for this purpose.
fn trusted(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[0] == 10,
        IpAddr::V6(address) => address.octets()[0] == 0xfd,
    }
}

fn found(peer: IpAddr, values: &[HeaderValue]) -> IpAddr {
    let headers: HeaderMap = values
        .iter()
        .map(|value| (FORWARDED, value.clone()))
        .collect();
    client_address(&headers, peer, trusted)
}

/// The address of a client is never one that an untrusted peer wrote. The first line is the peer,
/// each further one a header.
pub fn forwarded(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let peer = lines
        .next()
        .and_then(|line| str::from_utf8(line).ok()?.trim().parse().ok())
        .unwrap_or(IpAddr::from([10, 0, 0, 1]))
        .to_canonical();
    let mut values: Vec<_> = lines
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .collect();
    let address = found(peer, &values);
    if !trusted(&peer) {
        assert_eq!(address, peer, "an untrusted peer was believed");
    }
    let written = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|hop| parse_hop(hop.trim()));
    assert!(
        address == peer || written.clone().any(|hop| hop == address),
        "{address} comes from nowhere"
    );
    assert_eq!(address, address.to_canonical(), "one client has two names");
    let forged: IpAddr = FORGED.parse().unwrap_or(peer);
    values.insert(0, HeaderValue::from_static(FORGED));
    let with_more = found(peer, &values);
    if trusted(&address) {
        // a proxy may be the first of the chain
        assert!(with_more == address || with_more == forged);
    } else {
        assert_eq!(with_more, address, "what a client wrote was believed");
    }
    let counted = source(address);
    assert!(counted.parse::<IpAddr>().is_ok() == address.is_ipv4());
    for agent in values {
        let kept = user_agent(&[(header::USER_AGENT, agent)].into_iter().collect());
        assert!(kept.chars().count() <= USER_AGENT && !kept.contains(char::is_control));
    }
}
