//! Who the caller is: keys, sessions, tokens, passwords, and the limits on guessing them.

pub mod api_key;
pub mod client;
pub mod device;
pub mod factors;
pub(crate) mod fair_queue;
pub mod link_token;
pub mod login_throttle;
pub mod password;
pub mod seal;
pub mod session;
pub mod throttle;
pub mod token;
pub mod totp;
pub mod unsubscribe;

pub use token::firebase;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The client's address. Behind trusted proxies, this is the address that they report, not their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The value for an unknown address: 0.0.0.0, which no client has.
    pub const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// Returns the /24 of an IPv4 address or the /48 of an IPv6 address: a range that a single party can rent.
    pub fn wide_network(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() >> 8 << 8)),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
        }
    }

    /// Returns the network by which requests are counted: an IPv4 address itself, or the /64 of an IPv6 address,
    /// because one client can use every address of its /64.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        }
    }
}
