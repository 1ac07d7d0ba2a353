//! The accept loop: serves HTTP/1 and HTTP/2 with connection limits and time-outs until a stop.
//!
//! `axum::serve` has neither: a client that sends half a request would hold its connection forever. Here every state of
//! a connection has a time-out ([`activity`]), and open connections are limited in all and by address
//! ([`ConnectionSlots`]).

mod activity;
mod connection;
mod connection_slots;
mod files;
mod limits;
mod socket;

use std::{io, sync::Arc, time::Duration};

use ipnet::IpNet;
use metrics::{counter, gauge};
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{connection::Serving, connection_slots::ConnectionSlots};
use crate::http::FastPathRouter;

pub use limits::ConnectionLimits;

/// How long requests in flight may take to finish after a stop.
const DRAIN: Duration = Duration::from_secs(20);
/// The send buffer of a connection (`SO_SNDBUF`): response bytes that the kernel keeps until the client reads them.
/// Linux doubles it. Without a bound Linux keeps up to 4 MiB (`net.ipv4.tcp_wmem`): 2.3 GB for 1,024 clients that read
/// nothing.
///
/// A client reads at most one such buffer a round trip: about 1 MB/s over 100 ms.
const SOCKET_SEND_BYTES: usize = 64 * 1024;
/// How long to pause the accept loop when file descriptors have run out.
const BACK_OFF: Duration = Duration::from_millis(50);

const OPEN: &str = "http_connections";
const REFUSED: &str = "http_connections_refused_total";

/// Describes the listener's metrics for `GET /metrics`.
pub fn describe_metrics() {
    metrics::describe_gauge!(OPEN, "Connections that are open.");
    metrics::describe_counter!(REFUSED, "Connections closed at once, as every place was in use.");
    connection::describe_metrics();
}

/// Serves `router` until `stop`, then lets requests in flight finish for [`DRAIN`] and closes the remaining
/// connections.
///
/// `uncapped` are the trusted proxies: many clients share their addresses, so the limit by address does not apply.
pub async fn serve(
    listener: TcpListener,
    router: FastPathRouter,
    limits: ConnectionLimits,
    uncapped: Vec<IpNet>,
    stop: CancellationToken,
) {
    let limits = files::fit(limits);
    let slots = Arc::new(ConnectionSlots::new(limits, uncapped));
    let (tracker, cut) = (TaskTracker::new(), CancellationToken::new());
    let serving = Arc::new(Serving { router, limits, stop: stop.clone(), cut: cut.clone() });
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match slots.take(peer.ip()) {
                Some(slot) => {
                    gauge!(OPEN).set(count(slots.open()));
                    tracker.spawn(serving.clone().connection(prepared(stream), peer, slot));
                }
                None => counter!(REFUSED).increment(1),
            },
            Err(error) => wait_out(&error, &slots).await,
        }
    }
    // The system refuses new connections from now on, so clients reach another node.
    drop(listener);
    tracker.close();
    if tokio::time::timeout(DRAIN, tracker.wait()).await.is_err() {
        tracing::warn!(connections = slots.open(), "failed to drain all connections before the deadline");
        cut.cancel();
        tracker.wait().await;
    }
}

/// Sets socket options. Responses are written whole, so waiting to fill a packet would only delay them.
fn prepared(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    if let Err(error) = set_socket_send_buffer_size(&stream, SOCKET_SEND_BYTES) {
        tracing::debug!(%error, "failed to set SO_SNDBUF");
    }
    stream
}

/// Handles an accept error. Errors of one connection need nothing. When file descriptors have run out, one connection
/// is evicted and the loop pauses.
async fn wait_out(error: &io::Error, slots: &ConnectionSlots) {
    let is_of_one_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if is_of_one_connection {
        return;
    }
    tracing::error!(%error, "failed to accept a connection");
    slots.evict_one();
    tokio::time::sleep(BACK_OFF).await;
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is displayed only")]
fn count(connections: usize) -> f64 {
    connections as f64
}
