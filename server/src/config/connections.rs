//! Settings of connection limits and time-outs.

use std::time::Duration;

use super::{SettingError, Settings};
use crate::listen::ConnectionLimits;

const COUNT: &str = "a number of connections, 1 to 1000000";
const SECS: &str = "a number of seconds, 1 to 3600";
const MOST_CONNECTIONS: usize = 1_000_000;
const MOST_SECS: u64 = 3600;

pub(super) fn read(settings: &Settings) -> Result<ConnectionLimits, SettingError> {
    let most = |name, fallback| {
        let most = settings.parsed::<usize>(name, fallback, COUNT)?;
        if (1..=MOST_CONNECTIONS).contains(&most) { Ok(most) } else { Err(settings.wrong(name, COUNT)) }
    };
    let span = |name, fallback| {
        let secs = settings.parsed::<u64>(name, fallback, SECS)?;
        if (1..=MOST_SECS).contains(&secs) { Ok(Duration::from_secs(secs)) } else { Err(settings.wrong(name, SECS)) }
    };
    Ok(ConnectionLimits {
        total: most("MAX_CONNECTIONS", "10000")?,
        per_address: most("MAX_CONNECTIONS_PER_ADDRESS", "512")?,
        header: span("HEADER_TIMEOUT_SECS", "10")?,
        body: span("BODY_TIMEOUT_SECS", "20")?,
        write: span("WRITE_TIMEOUT_SECS", "20")?,
        // Longer than proxies keep idle connections: if this server closed one first, a proxy could send a request on
        // it at that moment.
        keep_alive: span("KEEP_ALIVE_SECS", "75")?,
    })
}

/// The settings as `server config` prints them.
pub(super) fn lines(limits: &ConnectionLimits) -> [(&'static str, String); 6] {
    let ConnectionLimits { total, per_address, header, body, keep_alive, write } = limits;
    let secs = |span: &Duration| span.as_secs().to_string();
    [
        ("MAX_CONNECTIONS", total.to_string()),
        ("MAX_CONNECTIONS_PER_ADDRESS", per_address.to_string()),
        ("HEADER_TIMEOUT_SECS", secs(header)),
        ("BODY_TIMEOUT_SECS", secs(body)),
        ("WRITE_TIMEOUT_SECS", secs(write)),
        ("KEEP_ALIVE_SECS", secs(keep_alive)),
    ]
}
