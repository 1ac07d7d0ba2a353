//! The client address: the peer of the connection, or the one that trusted proxies report.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};
use billing::identity::ClientAddress;
use ipnet::IpNet;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Inserts the client's [`ClientAddress`] into the request's extensions.
pub(in crate::http) fn insert(trusted: &[IpNet], request: &mut Request) {
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
    let address = resolve(peer, request.headers(), trusted);
    request.extensions_mut().insert(ClientAddress(address));
}

/// Returns `peer`, or if it is a trusted proxy, the last entry of `X-Forwarded-For` that is no trusted proxy.
///
/// Reads from the end, because a client can forge entries further left. Stops at an entry that is no IP address.
fn resolve(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let hops = lines.rev().flat_map(|line| line.rsplit(',')).map(|hop| hop.trim().parse::<IpAddr>());
    let mut address = peer.to_canonical();
    for hop in hops {
        match hop {
            Ok(hop) if trusted.iter().any(|proxies| proxies.contains(&address)) => address = hop.to_canonical(),
            _ => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("9.9.9.9", "1.1.1.1", "9.9.9.9")]
    #[case("10.0.0.1", "1.1.1.1", "1.1.1.1")]
    #[case("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1")]
    #[case("10.0.0.1", "1.1.1.1, 10.0.0.2", "1.1.1.1")]
    #[case("10.0.0.1", "junk", "10.0.0.1")]
    #[case("172.16.9.9", "1.1.1.1, 172.31.0.7", "1.1.1.1")]
    #[case("172.32.0.1", "1.1.1.1", "172.32.0.1")]
    #[case("::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1")]
    #[case("2001:db8::7", "1.1.1.1, ::ffff:10.0.0.2", "1.1.1.1")]
    #[case("2001:db9::7", "1.1.1.1", "2001:db9::7")]
    fn only_trusted_proxies_are_followed(#[case] peer: &str, #[case] forwarded: &str, #[case] client: &str) {
        let trusted = ["10.0.0.1/32", "10.0.0.2/32", "172.16.0.0/12", "2001:db8::/32"];
        let trusted = trusted.map(|network| network.parse().unwrap());
        let headers = HeaderMap::from_iter([(X_FORWARDED_FOR.parse().unwrap(), forwarded.parse().unwrap())]);
        assert_eq!(resolve(peer.parse().unwrap(), &headers, &trusted), client.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        for line in ["6.6.6.6, 1.1.1.1", "10.0.0.2"] {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let client = resolve("10.0.0.1".parse().unwrap(), &headers, &trusted);
        assert_eq!(client, "1.1.1.1".parse::<IpAddr>().unwrap());
    }
}
