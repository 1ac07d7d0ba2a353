//! HTTP calls to URLs that tenants choose, without access to private networks. Each call resolves the name (or takes
//! recently resolved addresses), checks these addresses, and connects only to one that was checked.

mod address;
mod bounded;
mod checks;
mod connection;
mod names;
#[cfg(feature = "testing")]
pub mod testing;

use std::{error::Error, net::IpAddr, time::Duration};

use bytes::Bytes;
use domain::ids::TenantId;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, timeout, timeout_at};
use url::{Host, Position, Url};

use address::is_public;
use bounded::ReadLimitExceeded;
use checks::Checks;
use connection::{Cause, READ_BYTES, Tls};
use names::{LookUpError, Names};

/// Time-out of a call, from name resolution to the last byte that is read.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller that submits a URL waits for the URL's first check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// How many bytes of a response's body are kept.
const EXCERPT_BYTES: usize = 2048;
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("Dues-Webhooks/", env!("CARGO_PKG_VERSION")));
const URL_MAX_CHARS: usize = 2048;
/// The lowest port that endpoints may use besides [`WEB_PORTS`]. Lower ports serve other protocols, such as mail and
/// remote shells.
const FIRST_FREE_PORT: u16 = 1024;
const WEB_PORTS: [u16; 2] = [80, 443];

/// Targets that may be called in addition to public hosts over https.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllowedTargets {
    /// Whether plain http may be called.
    pub plain: bool,
    /// Whether this machine and its private networks may be called.
    pub private: bool,
}

/// Calls endpoints. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EndpointClient {
    tls: Tls,
    targets: AllowedTargets,
    checks: Checks,
    names: Names,
}

/// Why a tenant's URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Too many hosts are being resolved.
    #[error("too many hosts are being looked up")]
    Busy,
}

/// An endpoint's response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The beginning of the body, as text.
    pub(crate) excerpt: String,
}

/// Why there was no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("The address is not one that may be called: {0}")]
    Address(#[from] AddressError),
    #[error("There was no answer within {} seconds.", TOTAL_TIMEOUT.as_secs())]
    TooSlow,
    #[error("The name of the host can't be looked up.")]
    UnknownHost(#[from] LookUpError),
    #[error("No connection could be made.")]
    NoConnection(#[source] Cause),
    #[error("The answer was not read: it begins with more than {} KiB.", READ_BYTES / 1024)]
    TooLong,
    #[error("The connection broke off.")]
    BrokeOff(#[source] Cause),
}

/// Why a URL is not called.
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

impl EndpointClient {
    pub fn new(targets: AllowedTargets) -> Result<Self, rustls::Error> {
        Ok(Self { tls: Tls::new()?, targets, checks: Checks::default(), names: Names::default() })
    }

    /// Checks a tenant's URL. A host that can't be resolved now is accepted: each call checks again.
    ///
    /// The number of concurrent checks is limited for each tenant and in total: [`CheckError::Busy`] beyond that.
    pub(crate) async fn check(&self, tenant: &TenantId, text: &str) -> Result<Url, CheckError> {
        let url = self.read(text)?;
        if let Some(Host::Domain(name)) = url.host() {
            let _slot = self.checks.slot(tenant).ok_or(CheckError::Busy)?;
            let found = timeout(CHECK_TIMEOUT, self.names.addresses(tenant, name)).await;
            if let Ok(Ok(found)) = found
                && !found.is_empty()
                && self.targets.allowed(found).is_empty()
            {
                return Err(AddressError::Private.into());
            }
        }
        Ok(url)
    }

    /// Parses a URL and checks what can be seen without resolving its host.
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
        // A host that is an IP address is called without name resolution, so it is checked here.
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

    /// Posts a body and reads the beginning of the response. Redirects are not followed.
    ///
    /// Each call opens its own connection, to an address that was checked for this call, through no proxy. A separate
    /// task reads the connection and ends with the call, so that no response can outlast the time-out.
    pub(crate) async fn post(
        &self,
        tenant: &TenantId,
        url: &str,
        headers: HeaderMap,
        body: String,
    ) -> Result<Answer, CallError> {
        let url = self.read(url)?;
        let deadline = Instant::now() + TOTAL_TIMEOUT;
        let connecting = async {
            let addresses = self.addresses(tenant, &url).await?;
            self.tls.connect(&url, &addresses).await.map_err(CallError::NoConnection)
        };
        let stream = match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(stream) => stream?,
            Err(elapsed) => return Err(CallError::NoConnection(elapsed.into())),
        };
        let request = request(&url, headers, body).map_err(|error| CallError::BrokeOff(error.into()))?;
        let (mut sender, _reading) = connection::begin(stream).await.map_err(CallError::from_hyper)?;
        let answer = timeout_at(deadline, sender.send_request(request)).await.map_err(|_| CallError::TooSlow)?;
        let mut answer = answer.map_err(CallError::from_hyper)?;
        let status = answer.status().as_u16();
        let mut excerpt = Vec::new();
        // A response whose status has arrived counts, even if its body breaks off.
        while let Ok(Some(Ok(frame))) = timeout_at(deadline, answer.frame()).await {
            let room = EXCERPT_BYTES - excerpt.len();
            excerpt.extend(frame.data_ref().into_iter().flatten().take(room));
            if excerpt.len() == EXCERPT_BYTES {
                break;
            }
        }
        Ok(Answer { status, excerpt: printable(&excerpt) })
    }

    /// Resolves a URL's host to the addresses that may be called.
    async fn addresses(&self, tenant: &TenantId, url: &Url) -> Result<Vec<IpAddr>, CallError> {
        let found = match url.host() {
            Some(Host::Domain(name)) => self.names.addresses(tenant, name).await?,
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            None => return Err(AddressError::NoUrl.into()),
        };
        let allowed = self.targets.allowed(found);
        if allowed.is_empty() { Err(AddressError::Private.into()) } else { Ok(allowed) }
    }
}

fn request(url: &Url, headers: HeaderMap, body: String) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .body(Full::new(Bytes::from(body)))?;
    *request.headers_mut() = headers;
    let host = HeaderValue::try_from(&url[Position::BeforeHost..Position::AfterPort])?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    request.headers_mut().insert(header::USER_AGENT, USER_AGENT);
    Ok(request)
}

impl CallError {
    fn from_hyper(error: hyper::Error) -> Self {
        if error.is_parse_too_large() || is_caused_by::<ReadLimitExceeded>(&error) {
            return Self::TooLong;
        }
        Self::BrokeOff(error.into())
    }
}

fn is_caused_by<E: Error + 'static>(error: &hyper::Error) -> bool {
    let mut next = error.source();
    while let Some(error) = next {
        // An I/O error's `source` is its inner error's source, so look at the inner error itself.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(<dyn Error + Send + Sync>::is::<E>) || error.is::<E>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// Returns the text without control characters, so that every database can store it and every page can show it.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

impl AllowedTargets {
    /// Returns the addresses that may be called.
    fn allowed(self, found: Vec<IpAddr>) -> Vec<IpAddr> {
        found.into_iter().filter(|address| self.private || is_public(*address)).collect()
    }
}

#[cfg(test)]
mod tests;
