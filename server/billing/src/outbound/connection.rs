//! Opens the connection of one call: TCP to the first address that accepts, TLS with the system's trusted certificates
//! (for https only), HTTP/1.1.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::future::select_ok;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, crypto::aws_lc_rs, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::task::AbortOnDropHandle;
use url::{Host, Url};

use super::bounded::Bounded;

/// Maximum number of bytes that one call reads from its TCP connection: TLS records, interim responses (1xx), head,
/// body and framing. A longer response is either irrelevant or meant to keep the reader busy.
pub(super) const READ_BYTES: usize = 64 * 1024;
/// Maximum size of the response's head. Smaller than [`READ_BYTES`], because hyper parses the whole head again whenever
/// bytes arrive.
pub(super) const HEAD_BYTES: usize = 16 * 1024;
/// Maximum number of a host's addresses that are tried.
const MOST_ADDRESSES: usize = 6;
/// Delay after which the next address is tried, too (RFC 8305).
const NEXT_AFTER: Duration = Duration::from_millis(250);

pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The TLS configuration. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// A plain or TLS connection. [`Bounded`] counts the bytes that arrive over TCP, before they are decrypted.
pub(super) enum Stream {
    Plain(Bounded<TcpStream>),
    Tls(Box<TlsStream<Bounded<TcpStream>>>),
}

impl Tls {
    pub(super) fn new() -> Result<Self, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()?
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Connects to one of `addresses`, over TLS for an https URL. The certificate must be valid for the URL's host.
    pub(super) async fn connect(&self, url: &Url, addresses: &[IpAddr]) -> Result<Stream, Cause> {
        let port = url.port_or_known_default().ok_or("a URL without a port")?;
        let stream = Bounded::new(first_of(addresses, port).await?, READ_BYTES);
        if url.scheme() != "https" {
            return Ok(Stream::Plain(stream));
        }
        let name = match url.host().ok_or("a URL without a host")? {
            Host::Domain(name) => ServerName::try_from(name.to_owned())?,
            Host::Ipv4(address) => ServerName::from(IpAddr::from(address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(address)),
        };
        Ok(Stream::Tls(Box::new(self.0.connect(name, stream).await?)))
    }
}

async fn first_of(addresses: &[IpAddr], port: u16) -> Result<TcpStream, Cause> {
    let mut after = Duration::ZERO;
    let tries: Vec<_> = addresses
        .iter()
        .take(MOST_ADDRESSES)
        .map(|address| {
            let (address, wait) = (SocketAddr::new(*address, port), after);
            after += NEXT_AFTER;
            Box::pin(async move {
                tokio::time::sleep(wait).await;
                TcpStream::connect(address).await
            })
        })
        .collect();
    if tries.is_empty() {
        return Err("a host without an address".into());
    }
    let (stream, _others) = select_ok(tries).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Spawns a task that drives the connection until the returned handle is dropped.
pub(super) async fn begin(stream: Stream) -> Result<(SendRequest<Full<Bytes>>, AbortOnDropHandle<()>), hyper::Error> {
    let (sender, connection) =
        Builder::new().max_buf_size(HEAD_BYTES).handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
    let reading = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%error, "outbound HTTP connection closed with an error");
        }
    });
    Ok((sender, AbortOnDropHandle::new(reading)))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
