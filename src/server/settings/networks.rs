use std::net::IpAddr;

use ipnet::IpNet;

use super::error::{Problem, quoted};
use super::parse::{Listed, list};
use super::read::Written;

/// Networks and single addresses; neither everybody nor anything that can be read two ways.
pub(super) fn networks(written: &Written) -> Result<Listed<IpNet>, Problem> {
    list(written)?
        .iter()
        .map(|item| network(item))
        .collect::<Result<_, _>>()
        .map(Listed)
}

fn network(item: &str) -> Result<IpNet, Problem> {
    let wrong = |what: &str, right: String| Problem::new(format!("{} {what}", quoted(item)), right);
    let network = match item.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => item.parse::<IpNet>().map_err(|_| {
            wrong(
                "is no network or address",
                "write for example 10.0.0.0/8 or 2001:db8::1".to_owned(),
            )
        })?,
    };
    if network.prefix_len() == 0 {
        let right = "name the proxies only, or every client could claim any address";
        return Err(wrong("is everybody", right.to_owned()));
    }
    if network.addr() != network.network() {
        let right = format!(
            "write {} for all of them or {} for the one",
            network.trunc(),
            network.addr()
        );
        return Err(wrong("is an address and a network", right));
    }
    if let IpAddr::V6(address) = network.addr()
        && address.to_ipv4_mapped().is_some()
    {
        return Err(wrong("is IPv4 in IPv6", "write it as IPv4".to_owned()));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_networks_or_addresses_but_never_everybody() {
        let read = |text: &str| {
            networks(&Written::Plain(text.to_owned()))
                .map(|list| list.to_string())
                .map_err(|p| p.wrong)
        };
        assert_eq!(
            read("10.0.0.0/8,192.0.2.1,2001:db8::/32,::1").unwrap(),
            "10.0.0.0/8,192.0.2.1/32,2001:db8::/32,::1/128"
        );
        assert_eq!(read("").unwrap(), "none");
        for wrong in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/33",
            "proxy",
            "10.0.0",
            "10.0.0.5/8",
            "::ffff:10.0.0.1",
        ] {
            assert!(
                read(&format!("192.0.2.1,{wrong}"))
                    .unwrap_err()
                    .contains(wrong),
                "{wrong}"
            );
        }
    }
}
