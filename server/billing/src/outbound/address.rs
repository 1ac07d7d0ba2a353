//! Which addresses are public: reachable by anyone on the internet (IANA's special-purpose address registries).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network: its first address and its prefix length.
type Net4 = (Ipv4Addr, u32);
type Net6 = (Ipv6Addr, u32);

const NOT_PUBLIC_4: [Net4; 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Carrier-grade NAT, with Alibaba's metadata address.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, with most clouds' metadata address.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // Protocol assignments, with Oracle's metadata address.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
    // Azure's metadata and agents.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// All routed IPv6. The rest is host-local, network-local, multicast or unassigned.
const ROUTED_6: Net6 = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const NOT_PUBLIC_6: [Net6; 4] = [
    // Protocol assignments: Teredo, which tunnels to an IPv4 address that the sender chooses; benchmarks; identifiers.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // The former test network (6bone).
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
];
const MAPPED: Net6 = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
const NAT64: Net6 = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
const SIX_TO_FOUR: Net6 = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);

/// Whether the address is public. An address that embeds an IPv4 address is public if the IPv4 address is.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) if is_in(address, MAPPED) || is_in(address, NAT64) => is_public_4(carried(address, 0)),
        IpAddr::V6(address) if is_in(address, SIX_TO_FOUR) => is_public_4(carried(address, 80)),
        IpAddr::V6(address) => is_in(address, ROUTED_6) && !NOT_PUBLIC_6.into_iter().any(|net| is_in(address, net)),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !NOT_PUBLIC_4.into_iter().any(|(first, length)| (bits ^ u32::from(first)).leading_zeros() >= length)
}

fn is_in(address: Ipv6Addr, (first, length): Net6) -> bool {
    (u128::from(address) ^ u128::from(first)).leading_zeros() >= length
}

/// Returns the embedded IPv4 address, which is followed by `before_end` further bits.
fn carried(address: Ipv6Addr, before_end: u32) -> Ipv4Addr {
    let [.., a, b, c, d] = (u128::from(address) >> before_end).to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::unspecified(&["0.0.0.0", "0.1.2.3", "::", "::1.2.3.4"])]
    #[case::loopback(&["127.0.0.1", "127.255.255.254", "::1"])]
    #[case::private(&["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1", "fec0::1"])]
    #[case::link_local(&["169.254.0.1", "fe80::1", "febf::1"])]
    #[case::shared(&["100.64.0.1", "100.127.255.255"])]
    #[case::metadata(&["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"])]
    #[case::multicast(&["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"])]
    #[case::reserved(&["240.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "192.88.99.1", "5f00::1", "100::1"])]
    #[case::documentation(&["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"])]
    #[case::mapped(&["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"])]
    #[case::nat64(&["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8"])]
    #[case::six_to_four(&["2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:c0a8:101:1::1"])]
    #[case::teredo(&["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"])]
    fn special_purpose_addresses_are_not_public(#[case] addresses: &[&str]) {
        for address in addresses {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[rstest]
    #[case(&["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.1.1.1", "128.0.0.1"])]
    #[case(&["169.253.1.1", "169.255.1.1", "172.15.1.1", "172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.1.1", "223.255.255.254"])]
    #[case(&["2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "3ffd::1"])]
    #[case(&["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"])]
    fn routed_addresses_are_public(#[case] addresses: &[&str]) {
        for address in addresses {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_embedded_ipv4_address_is_judged_like_a_plain_one(bits: u32) {
            let address = Ipv4Addr::from(bits);
            let expected = is_public(address.into());
            let [a, b, c, d] = address.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            prop_assert_eq!(is_public(address.to_ipv6_mapped().into()), expected);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()), expected);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x2002, high, low, 1, 2, 3, 4, 5).into()), expected);
        }
    }
}
