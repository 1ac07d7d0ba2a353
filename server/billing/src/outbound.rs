//! Calls to addresses that tenants choose. They lead to nobody's own network: each name is looked up once for each call, and the call
//! goes to an address that was looked at, or nowhere.

mod address;
mod checks;
mod names;
#[cfg(feature = "testing")]
pub mod testing;

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use domain::ids::TenantId;
use http::HeaderMap;
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

use address::is_public;
use checks::Checks;
use names::LookUpError;

/// From the look-up to the last byte that is read.
pub(crate) const IN_ALL: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
/// How long a caller that names an address waits for a first look at it.
const LOOK_UP: Duration = Duration::from_secs(3);
/// So much of an answer is kept.
const EXCERPT_BYTES: usize = 2048;
const URL_MAX_CHARS: usize = 2048;
/// Below, mail, remote shells and the like listen, to which no hook speaks.
const FIRST_FREE_PORT: u16 = 1024;
const WEB_PORTS: [u16; 2] = [80, 443];

/// What may be called beside what is public and speaks https.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// Plain http, too.
    pub plain: bool,
    /// This machine and its networks, too.
    pub private: bool,
}

/// Who calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Courier {
    client: Client,
    targets: Targets,
    checks: Checks,
}

/// Why an address that a tenant names is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Address(#[from] AddressError),
    /// As many hosts are being looked up as may be.
    #[error("too many hosts are being looked up")]
    Busy,
}

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The beginning of the body, as text.
    pub(crate) excerpt: String,
}

/// Why nobody answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("The address is not one that may be called: {0}")]
    Address(#[from] AddressError),
    #[error("There was no answer within {} seconds.", IN_ALL.as_secs())]
    TooSlow,
    #[error("The name of the host can't be looked up.")]
    UnknownHost(#[source] reqwest::Error),
    #[error("No connection could be made.")]
    NoConnection(#[source] reqwest::Error),
    #[error("The connection broke off.")]
    BrokeOff(#[source] reqwest::Error),
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("it must be a URL of at most {URL_MAX_CHARS} characters.")]
    NoUrl,
    #[error("it must begin with https://.")]
    Scheme,
    #[error("it must not have a user or a password.")]
    Userinfo,
    #[error("it must not have a fragment.")]
    Fragment,
    #[error("its port must be 80, 443 or one from {FIRST_FREE_PORT} on.")]
    Port,
    #[error("its host must be public, and not of a private network.")]
    Private,
}

impl Courier {
    pub fn new(targets: Targets) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            // One that is known to be public may lead to one that is not.
            .redirect(Policy::none())
            // A proxy would look names up by itself.
            .no_proxy()
            // A connection that rests would be to an address that was looked at long ago.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(Resolver { targets }))
            .connect_timeout(CONNECT)
            .timeout(IN_ALL)
            .user_agent(concat!("Dues-Webhooks/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, targets, checks: Checks::default() })
    }

    /// Judges an address that somebody names. One whose host is not known yet may be right later: each call looks again.
    ///
    /// A tenant has a few checks at once, and all of them together have more: [`CheckError::Busy`] beyond that.
    pub(crate) async fn check(&self, tenant: &TenantId, text: &str) -> Result<Url, CheckError> {
        let url = self.read(text)?;
        if let Some(Host::Domain(name)) = url.host() {
            let _place = self.checks.place(tenant).ok_or(CheckError::Busy)?;
            let found = tokio::time::timeout(LOOK_UP, names::addresses(name)).await;
            if let Ok(Ok(found)) = found
                && !found.is_empty()
                && self.targets.of(found).is_empty()
            {
                return Err(AddressError::Private.into());
            }
        }
        Ok(url)
    }

    /// Judges an address by its words alone.
    pub(crate) fn read(&self, text: &str) -> Result<Url, AddressError> {
        if text.chars().count() > URL_MAX_CHARS || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::NoUrl);
        }
        let url = Url::parse(text).map_err(|_| AddressError::NoUrl)?;
        if url.scheme() != "https" && !(self.targets.plain && url.scheme() == "http") {
            return Err(AddressError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(AddressError::Fragment);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port < FIRST_FREE_PORT && !WEB_PORTS.contains(&port) {
            return Err(AddressError::Port);
        }
        // A host that is an address is called without a look-up.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if address.is_some_and(|address| !self.targets.private && !is_public(address)) {
            return Err(AddressError::Private);
        }
        Ok(url)
    }

    /// Posts a body, and reads the beginning of what is answered. Redirects are answers like others.
    pub(crate) async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Result<Answer, CallError> {
        let url = self.read(url)?;
        let mut answer = self.client.post(url).headers(headers).body(body).send().await.map_err(CallError::of)?;
        let status = answer.status().as_u16();
        let mut begun = Vec::new();
        // What was said with the status counts, also where the rest never comes.
        while let Ok(Some(chunk)) = answer.chunk().await {
            let room = EXCERPT_BYTES - begun.len();
            begun.extend(chunk.iter().take(room));
            if begun.len() == EXCERPT_BYTES {
                break;
            }
        }
        Ok(Answer { status, excerpt: plain(&begun) })
    }
}

impl CallError {
    fn of(error: reqwest::Error) -> Self {
        if let Some(address) = cause::<AddressError>(&error) {
            return Self::Address(*address);
        }
        if cause::<LookUpError>(&error).is_some() {
            return Self::UnknownHost(error);
        }
        match error {
            error if error.is_connect() => Self::NoConnection(error),
            error if error.is_timeout() => Self::TooSlow,
            error => Self::BrokeOff(error),
        }
    }
}

/// The first error of this kind among an error's causes.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// As every database can hold it and every page show it.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

struct Resolver {
    targets: Targets,
}

impl Targets {
    /// Those of the addresses that may be called.
    fn of(self, found: Vec<IpAddr>) -> Vec<IpAddr> {
        found.into_iter().filter(|address| self.private || is_public(*address)).collect()
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.targets;
        Box::pin(async move {
            let found = names::addresses(name.as_str()).await?;
            let allowed = targets.of(found);
            if allowed.is_empty() {
                return Err(AddressError::Private.into());
            }
            // The caller puts the port in.
            let addresses: Addrs = Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;
