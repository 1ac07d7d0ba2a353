//! Live updates of open pages: server-sent events with page elements, rendered as in the page.

mod access;
mod stream_slots;

use std::{convert::Infallible, time::Duration};

use app::live::{Live, PATH};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use billing::{
    Services,
    identity::ClientAddress,
    service::{
        PageFailure, ServiceError,
        usage::{CurrentUsage, PageChanges},
    },
};
use domain::ids::TenantId;
use futures::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower_sessions::Session;

use self::{
    access::{Listening, WatchedAccess},
    stream_slots::{StreamSlot, StreamSlots},
};
use crate::api::ApiError;

/// Minimum time between two renderings of a page.
const RENDER_EVERY: Duration = Duration::from_millis(500);
/// Keeps proxies from closing a quiet stream.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// How long a stream lasts. When it ends, the browser reconnects and authenticates again.
const MAX_DURATION: Duration = Duration::from_mins(1);
const RECONNECT_AFTER: Duration = Duration::from_secs(1);
const SECS_PER_MINUTE: i64 = 60;
/// Turns off nginx's buffering of events.
const BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What streams need beside the use cases.
#[derive(Clone)]
pub(super) struct Streams {
    services: Services,
    /// Ends all streams when the server stops.
    stop: CancellationToken,
    slots: StreamSlots,
}

impl Streams {
    pub(super) fn new(services: Services, stop: CancellationToken) -> Self {
        Self { services, stop, slots: StreamSlots::default() }
    }
}

pub(super) fn routes(streams: Streams) -> Router<Services> {
    Router::new().route(PATH, get(listen)).with_state(streams)
}

/// Opens a stream. Browsers do not reconnect after a status other than 200.
async fn listen(State(streams): State<Streams>, session: Extension<Session>, request: Request) -> Response {
    match open(streams, &session, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn open(streams: Streams, session: &Session, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    if parts.extensions.get::<PageFailure>().is_some() {
        return Err(ServiceError::Unavailable.into());
    }
    let Listening { person, tenant, access } = Listening::of(&parts, session).ok_or_else(ApiError::unauthenticated)?;
    let network = parts.extensions.get::<ClientAddress>().map(|address| address.network());
    let live = Live::from_request(parts);
    if live.tenant().is_some_and(|named| named != tenant.as_str()) {
        return Err(ServiceError::TenantNotFound.into());
    }
    let slot = streams.slots.take(&person, network).ok_or_else(ApiError::too_many_streams)?;
    // Subscribes to changes before it reads the usage, so that it misses no change in between.
    let access = access.watched(&streams.services);
    let changes = streams.services.usage().page_changes(&tenant).await?;
    let seen = streams.services.usage().current_usage(&tenant).await?;
    let drawn = live.draw(&streams.services, &tenant, &seen).await?;
    let first = Event::default().retry(RECONNECT_AFTER).data(drawn.concat());
    let now = Instant::now();
    let listener = Listener {
        streams,
        access,
        changes,
        tenant,
        live,
        seen,
        drawn,
        is_changed: false,
        next_rendering: now + RENDER_EVERY,
        ends_at: now + MAX_DURATION,
        _slot: slot,
    };
    let changes =
        stream::unfold(listener, |mut listener| async move { Some((listener.next_event().await?, listener)) });
    let events = stream::iter([first]).chain(changes).map(Ok::<_, Infallible>);
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store")), BUFFERING];
    Ok((headers, Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY))).into_response())
}

/// The stream of one open page.
struct Listener {
    streams: Streams,
    access: WatchedAccess,
    changes: PageChanges,
    tenant: TenantId,
    live: Live,
    /// The usage of the last rendering, and the rendered elements.
    seen: CurrentUsage,
    drawn: Vec<String>,
    /// Whether the page has changed since the last rendering.
    is_changed: bool,
    next_rendering: Instant,
    ends_at: Instant,
    _slot: StreamSlot,
}

impl Listener {
    /// Waits for the next change of the page; `None` ends the stream. Reads the usage only after a change.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                // The branches are polled in this order: the end of a stream precedes a rendering that is due, too.
                biased;
                () = self.streams.stop.cancelled() => return None,
                () = self.access.ended() => return None,
                () = sleep_until(self.ends_at) => return None,
                () = self.changes.changed(), if !self.is_changed => self.is_changed = true,
                () = sleep_until(self.next_rendering), if self.is_changed => {
                    self.is_changed = false;
                    self.next_rendering = Instant::now() + RENDER_EVERY;
                    let elements = self.changed_elements().await;
                    if !self.access.may_show(&self.streams.services).await {
                        return None;
                    }
                    match elements {
                        Ok(Some(elements)) => return Some(Event::default().data(elements)),
                        Ok(None) => {}
                        Err(error) => {
                            tracing::debug!(error = &error as &dyn std::error::Error, "failed to render a live update");
                            self.is_changed = true;
                        }
                    }
                }
            }
        }
    }

    /// Returns the elements that differ from the last rendering; `None` if there are none.
    async fn changed_elements(&mut self) -> Result<Option<String>, ServiceError> {
        let services = &self.streams.services;
        let usage = services.usage().current_usage(&self.tenant).await?;
        if renders_the_same(&usage, &self.seen) {
            return Ok(None);
        }
        let drawn = self.live.draw(services, &self.tenant, &usage).await?;
        let changed: String = drawn
            .iter()
            .enumerate()
            .filter(|(at, new)| self.drawn.get(*at) != Some(new))
            .map(|(_, new)| &**new)
            .collect();
        (self.seen, self.drawn) = (usage, drawn);
        Ok((!changed.is_empty()).then_some(changed))
    }
}

/// Whether a page looks the same with either usage. Pages show the time to the minute.
fn renders_the_same(one: &CurrentUsage, other: &CurrentUsage) -> bool {
    let minute = |usage: &CurrentUsage| usage.now.as_secs().div_euclid(SECS_PER_MINUTE);
    one.features == other.features && minute(one) == minute(other)
}
