//! Looks names up that tenants chose, with a time-out.

use std::{net::IpAddr, time::Duration};

use tokio::{net::lookup_host, time::timeout};

/// The whole of a look-up.
const LOOK_UP: Duration = Duration::from_secs(4);

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookUpError {
    #[error("the name can't be looked up")]
    Failed(#[from] std::io::Error),
    #[error("the name servers take too long")]
    TooSlow,
}

/// The addresses of a host, in the order in which they are to be tried.
pub(super) async fn addresses(name: &str) -> Result<Vec<IpAddr>, LookUpError> {
    let found = timeout(LOOK_UP, lookup_host((name, 0))).await.map_err(|_| LookUpError::TooSlow)??;
    Ok(found.map(|address| address.ip()).collect())
}
