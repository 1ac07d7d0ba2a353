//! Which proxies are believed when they say whose request they pass on.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{SettingError, Settings};

const NAME: &str = "TRUSTED_PROXIES";
const EXPECTS: &str = "IP addresses or networks, separated by commas, as 10.0.0.7,172.16.0.0/12";

pub(super) fn read(settings: &Settings) -> Result<Vec<IpNet>, SettingError> {
    let parts: Vec<String> = settings.list(NAME, EXPECTS)?;
    parts.iter().map(|part| network(part).ok_or_else(|| settings.wrong(NAME, EXPECTS))).collect()
}

/// An address, or a network as CIDR. IPv4 addresses that are written as IPv6 are IPv4: that is how clients are known.
fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(address.to_canonical().into()),
        Err(_) => text.parse().ok().map(|network: IpNet| network.trunc()),
    }
}

/// A network of one is written as its address.
pub(super) fn text(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}
