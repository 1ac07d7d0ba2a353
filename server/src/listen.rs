//! The accept loop: serves HTTP/1 and HTTP/2 with connection limits and time-outs until a stop.
//!
//! `axum::serve` has no such limits: a client that sends half a request would hold its connection forever. Here every
//! state of a connection has a time-out ([`activity`]), and the number of open connections is limited in total and by
//! address ([`ConnectionSlots`]).

mod activity;
mod connection;
mod connection_slots;
mod files;
mod limits;
mod socket;

use std::{io, sync::Arc, time::Duration};

use ipnet::IpNet;
use metrics::counter;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    connection::ConnectionContext,
    connection_slots::{ConnectionSlots, OPEN},
};
use crate::http::FastPathRouter;

pub use limits::ConnectionLimits;

/// How long requests in flight may take to finish after a stop.
const DRAIN: Duration = Duration::from_secs(20);
/// Size of a connection's send buffer (`SO_SNDBUF`), in which the kernel keeps response bytes until the client reads
/// them.
///
/// Linux doubles the value. By default a buffer grows to 4 MiB (`net.ipv4.tcp_wmem`): 1,024 clients that do not read
/// took 2.3 GB. The buffer limits the rate of a response to about 1 MB/s at a round trip of 100 ms.
const SOCKET_SEND_BYTES: usize = 64 * 1024;
/// How long the accept loop pauses when file descriptors have run out.
const BACK_OFF: Duration = Duration::from_millis(50);

const REFUSED: &str = "http_connections_refused_total";

/// Describes the listener's metrics for `GET /metrics`.
pub fn describe_metrics() {
    metrics::describe_gauge!(OPEN, "Connections that are open.");
    metrics::describe_counter!(REFUSED, "Connections closed at once because all slots were taken.");
    counter!(REFUSED).absolute(0);
    connection::describe_metrics();
}

/// Serves `router` until `stop`, then lets requests in flight finish for [`DRAIN`] and closes the remaining
/// connections.
///
/// `uncapped` are the trusted proxies, to which the limit by address does not apply: many clients share their
/// addresses.
pub async fn serve(
    listener: TcpListener,
    router: FastPathRouter,
    limits: ConnectionLimits,
    uncapped: Vec<IpNet>,
    stop: CancellationToken,
) {
    let limits = files::fit_to_file_limit(limits);
    let slots = Arc::new(ConnectionSlots::new(limits, uncapped));
    let (tracker, force_close) = (TaskTracker::new(), CancellationToken::new());
    let context = Arc::new(ConnectionContext { router, limits, stop: stop.clone(), force_close: force_close.clone() });
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match slots.take(peer.ip()) {
                Some(slot) => {
                    tracker.spawn(context.clone().connection(with_socket_options(stream), peer, slot));
                }
                None => counter!(REFUSED).increment(1),
            },
            Err(error) => handle_accept_error(&error, &slots).await,
        }
    }
    // From now on the system refuses new connections, so that clients reach another node.
    drop(listener);
    tracker.close();
    if tokio::time::timeout(DRAIN, tracker.wait()).await.is_err() {
        tracing::warn!(connections = slots.open(), "closing connections that are still open after the drain");
        force_close.cancel();
        tracker.wait().await;
    }
}

/// Sets the socket's options; a failure is logged. `TCP_NODELAY`, because responses are written whole.
fn with_socket_options(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    if let Err(error) = set_socket_send_buffer_size(&stream, SOCKET_SEND_BYTES) {
        tracing::debug!(%error, "failed to set SO_SNDBUF");
    }
    stream
}

/// Handles an error of `accept`. An error of a single connection is ignored. On any other, such as exhausted file
/// descriptors, one connection is evicted and the accept loop pauses.
async fn handle_accept_error(error: &io::Error, slots: &ConnectionSlots) {
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
