//! Where a request comes from: the connection's other end, or what trusted proxies say of it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};
use billing::identity::ClientAddress;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Puts it among the request's extensions.
pub(super) fn note(trusted: &[IpAddr], request: &mut Request) {
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
    let address = seen_through(peer, request.headers(), trusted);
    request.extensions_mut().insert(ClientAddress(address));
}

/// Walks the list from its end while those who wrote it are trusted: what stands further left, anybody may have made up.
fn seen_through(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<_> = lines.flat_map(|line| line.split(',')).map(|hop| hop.trim().parse::<IpAddr>()).collect();
    let mut address = peer;
    for hop in hops.into_iter().rev() {
        match hop {
            Ok(hop) if trusted.contains(&address.to_canonical()) => address = hop,
            _ => break,
        }
    }
    address.to_canonical()
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
    fn only_trusted_proxies_are_believed(#[case] peer: &str, #[case] forwarded: &str, #[case] client: &str) {
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let headers = HeaderMap::from_iter([(X_FORWARDED_FOR.parse().unwrap(), forwarded.parse().unwrap())]);
        assert_eq!(seen_through(peer.parse().unwrap(), &headers, &trusted), client.parse::<IpAddr>().unwrap());
    }
}
