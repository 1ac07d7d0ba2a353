//! The proxies whose `X-Forwarded-For` is trusted.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{SettingError, Settings};

const NAME: &str = "TRUSTED_PROXIES";
const EXPECTS: &str = "IP addresses or networks, separated by commas, as 10.0.0.7,172.16.0.0/12";

pub(super) fn read(settings: &Settings) -> Result<Vec<IpNet>, SettingError> {
    let parts: Vec<String> = settings.list(NAME, EXPECTS)?;
    parts.iter().map(|part| network(part).ok_or_else(|| settings.wrong(NAME, EXPECTS))).collect()
}

/// Parses an address, or a network as CIDR. IPv4-mapped IPv6 addresses become IPv4, as client addresses do.
fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(address.to_canonical().into()),
        Err(_) => text.parse().ok().map(|network: IpNet| network.trunc()),
    }
}

/// Formats a network as CIDR, and a network of a single address as that address.
pub(super) fn text(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}
