//! Serves one connection, from the first byte to its close.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, Request},
    http::{HeaderValue, Version, header},
    response::{IntoResponse, Response},
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use metrics::counter;
use tokio::{net::TcpStream, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::{
    ConnectionLimits,
    activity::{Activity, InFlight, Receiving},
    connection_slots::ConnectionSlot,
    socket::Socket,
};
use crate::{
    api::ApiError,
    http::{FastPathRouter, MAX_HEAD_BYTES},
};

const CLOSED: &str = "http_connections_closed_total";

/// Size of the read buffer, which must hold a request's head.
///
/// A head above [`MAX_HEAD_BYTES`] that fits into the buffer is refused with the API's error. A larger head is refused
/// by hyper.
const BUFFER_BYTES: usize = 2 * MAX_HEAD_BYTES;
/// Concurrent HTTP/2 streams of a connection; RFC 9113 recommends at least 100.
const STREAMS: u32 = 100;
/// Limit of streams that a client resets before they are accepted ("rapid reset").
const RESETS_PENDING: usize = 20;
/// Limit of streams that are reset because the client violates the protocol.
const RESETS_BY_MISTAKE: usize = 64;
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// Size of the parts in which HTTP/2 responses are sent. hyper polls for a part when it has sent the previous one.
const PART_BYTES: usize = 16 * 1024;
/// A frame of an event stream up to this size is not counted as unread: a stream has at most one frame waiting.
const EVENT_BYTES: usize = 4 * 1024;
/// Interval of HTTP/2 pings, which detect a dead connection while all its streams are quiet.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Paths that connections in the reserve may request.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

pub(super) fn describe_metrics() {
    metrics::describe_counter!(CLOSED, "Connections that Dues closed, by reason.");
}

/// The state that all connections share.
pub(super) struct ConnectionContext {
    pub(super) router: FastPathRouter,
    pub(super) limits: ConnectionLimits,
    pub(super) stop: CancellationToken,
    /// Closes the connections that did not finish in time after a stop.
    pub(super) force_close: CancellationToken,
}

impl ConnectionContext {
    pub(super) async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, slot: ConnectionSlot) {
        let Self { router, limits, stop, force_close } = &*self;
        let activity = slot.activity.clone();
        let is_reserved = slot.is_reserved;
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let in_flight = activity.begin(request.version() == Version::HTTP_2);
            let request = request.map(|body| Body::new(ReceivedBody::new(body, &activity)));
            respond(router.clone(), request, peer, is_reserved, in_flight)
        });
        let socket = TokioIo::new(Socket::new(stream, activity.clone()));
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(socket, service));
        let mut watchdog = tokio::time::interval(limits.watchdog_interval());
        watchdog.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::trace!(%error, %peer, "failed to serve a connection");
                    }
                    return;
                }
                () = stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = force_close.cancelled() => return,
                () = activity.evicted() => return closed("evicted", peer),
                _ = watchdog.tick() => if let Some(overdue) = activity.overdue(limits) {
                    return closed(overdue.as_str(), peer);
                }
            }
        }
    }
}

fn closed(reason: &'static str, peer: SocketAddr) {
    tracing::debug!(reason, %peer, "closed a connection");
    counter!(CLOSED, "reason" => reason).increment(1);
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The watchdog enforces HTTP/1's time-outs: it also covers the time before the first head and after the last
    // response.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS_PENDING)
        .max_local_error_reset_streams(RESETS_BY_MISTAKE)
        .max_header_list_size(u32::try_from(BUFFER_BYTES).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

async fn respond(
    mut router: FastPathRouter,
    mut request: Request,
    peer: SocketAddr,
    is_reserved: bool,
    mut in_flight: InFlight,
) -> Result<Response<ResponseBody>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let is_http2 = request.version() == Version::HTTP_2;
    let response =
        if is_reserved { respond_from_reserve(router, request).await? } else { router.call(request).await? };
    if !is_http2 {
        return Ok(response.map(|body| ResponseBody::new(body, in_flight, None)));
    }
    let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    // A connection may have many streams, so the total of their unread bytes is limited.
    let response = if in_flight.hold(bytes) { response } else { ApiError::too_many_connections().into_response() };
    Ok(response.map(|body| ResponseBody::new(body, in_flight, Some(Parts::default()))))
}

async fn respond_from_reserve(mut router: FastPathRouter, request: Request) -> Result<Response, Infallible> {
    let is_http2 = request.version() == Version::HTTP_2;
    let mut response = if HEALTH.contains(&request.uri().path()) {
        router.call(request).await?
    } else {
        ApiError::too_many_connections().into_response()
    };
    if !is_http2 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// A request body that records when it was read completely.
struct ReceivedBody {
    body: Incoming,
    receiving: Option<Receiving>,
}

impl ReceivedBody {
    fn new(body: Incoming, activity: &Arc<Activity>) -> Self {
        let receiving = (!body.is_end_stream()).then(|| activity.receive());
        Self { body, receiving }
    }
}

impl HttpBody for ReceivedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let is_last = matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream();
        if is_last {
            self.receiving = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response body that keeps its request in flight until the body was sent or dropped.
struct ResponseBody {
    body: Body,
    in_flight: InFlight,
    /// Whether the last part, or the head, waits to be sent. It counts as sent when hyper polls for the next part.
    is_offered: bool,
    /// Set for HTTP/2 only. Without parts, hyper would take the whole body as soon as the client's window has
    /// room for one byte, and the request would end before the client has read the response.
    parts: Option<Parts>,
}

/// The progress of a response that is sent in parts.
#[derive(Debug, Default)]
struct Parts {
    /// The bytes of the body's last frame that are in no part yet.
    rest: Bytes,
    /// The size of the last part, which waits for the client's window.
    waiting: usize,
    /// The size of the part before `waiting`, which hyper has queued.
    queued: usize,
    has_begun: bool,
    has_ended: bool,
}

impl ResponseBody {
    fn new(body: Body, in_flight: InFlight, parts: Option<Parts>) -> Self {
        in_flight.offered();
        Self { body, in_flight, is_offered: true, parts }
    }

    fn taken(&mut self) {
        if std::mem::take(&mut self.is_offered) {
            self.in_flight.taken();
        }
    }

    /// Returns the next part over HTTP/2, else the next frame. The end is returned only after all parts were sent.
    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, in_flight, parts, .. } = self;
        let Some(parts) = parts else { return Pin::new(body).poll_frame(context) };
        parts.has_begun = true;
        in_flight.release(parts.queued);
        parts.queued = std::mem::take(&mut parts.waiting);
        if parts.rest.is_empty() {
            match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => parts.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    parts.has_ended = true;
                    return Poll::Ready(None);
                }
            }
            // Bytes of a body of unknown size are counted here. Small frames are exempt: events, and the error response
            // for an exceeded limit.
            if parts.rest.len() > EVENT_BYTES && !in_flight.hold(parts.rest.len()) {
                return Poll::Ready(Some(Err(axum::Error::new("too many response bytes wait for the client"))));
            }
        }
        // The last byte is a part of its own. It is polled only after all earlier parts were sent, and keeps the
        // request in flight until then.
        let bytes = match parts.rest.len() {
            0 | 1 => parts.rest.len(),
            several => (several - 1).min(PART_BYTES),
        };
        let part = parts.rest.split_to(bytes);
        parts.waiting = part.len();
        Poll::Ready(Some(Ok(Frame::data(part))))
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.taken();
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.taken();
        let frame = self.poll_part(context);
        if matches!(frame, Poll::Ready(Some(Ok(_)))) {
            self.in_flight.offered();
            self.is_offered = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.parts {
            Some(parts) => parts.has_ended || (!parts.has_begun && self.body.is_end_stream()),
            None => self.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.parts {
            // hyper asks for the size before the first part only.
            Some(parts) if parts.has_begun => SizeHint::default(),
            _ => self.body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::activity::Activity;

    #[tokio::test]
    async fn http2_response_comes_in_parts_and_ends_when_the_last_was_taken() {
        let activity = Arc::new(Activity::new());
        for (bytes, parts) in [
            (2 * PART_BYTES + 1, vec![PART_BYTES, PART_BYTES, 1]),
            (2 * PART_BYTES, vec![PART_BYTES, PART_BYTES - 1, 1]),
            (100, vec![99, 1]),
            (1, vec![1]),
        ] {
            let body = Body::from(vec![b'x'; bytes]);
            let mut response = ResponseBody::new(body, activity.begin(true), Some(Parts::default()));
            assert_eq!(response.size_hint().exact(), Some(bytes as u64));
            let mut sizes = Vec::new();
            loop {
                assert!(!response.is_end_stream());
                let next = std::future::poll_fn(|context| Pin::new(&mut response).poll_frame(context)).await;
                let Some(frame) = next else { break };
                sizes.push(frame.unwrap().into_data().unwrap().len());
            }
            assert!(response.is_end_stream());
            assert_eq!(sizes, parts);
        }
        let empty = ResponseBody::new(Body::empty(), activity.begin(true), Some(Parts::default()));
        assert!(empty.is_end_stream(), "a head alone");
    }
}
