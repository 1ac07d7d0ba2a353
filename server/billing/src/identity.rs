//! Who is calling, and how one is recognised.

pub mod api_key;
pub mod link_token;
pub mod password;
pub mod session;
pub mod throttle;

use std::net::IpAddr;

/// Where a request comes from, after trusted proxies were taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);
