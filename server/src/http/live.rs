//! Live updates of open pages: server-sent events with page elements, rendered as in the page.

mod stream_slots;

use std::{convert::Infallible, sync::Arc, time::Duration};

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
    identity::{
        ClientAddress,
        session::{self, EndsOfPerson, StoredSessions},
    },
    service::{PageFailure, PageVersion, ServiceError},
};
use domain::{account::Viewer, wire::MembershipView};
use futures::{StreamExt, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tower_sessions::{Session, session::Id};

use self::stream_slots::{StreamSlot, StreamSlots};
use crate::api::ApiError;

/// How often an open page is compared with the cached membership.
const POLL_EVERY: Duration = Duration::from_millis(500);
/// How long a listener's session is trusted while its workspace does not change and no session of the person ends on
/// this node.
const SESSION_CHECK_EVERY: Duration = Duration::from_secs(4);
/// Keeps proxies from closing a quiet stream.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// Then the stream ends; the browser reconnects and authenticates again.
const MAX_DURATION: Duration = Duration::from_mins(1);
const RECONNECT_AFTER: Duration = Duration::from_secs(1);
const SECS_PER_MINUTE: i64 = 60;
/// Turns off nginx's buffering of events.
const BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What streams need beside the use-cases.
#[derive(Clone)]
pub(super) struct Streams {
    services: Services,
    sessions: StoredSessions,
    /// Ends all streams when the server stops.
    stop: CancellationToken,
    slots: StreamSlots,
}

impl Streams {
    pub(super) fn new(services: Services, sessions: StoredSessions, stop: CancellationToken) -> Self {
        Self { services, sessions, stop, slots: StreamSlots::default() }
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
    let viewer = parts.extensions.get::<Viewer>().cloned();
    let (Some(viewer), Some(session)) = (viewer, session.id()) else { return Err(ApiError::unauthenticated()) };
    let network = parts.extensions.get::<ClientAddress>().map(|address| address.network());
    let live = Live::from_request(parts);
    if live.tenant().is_some_and(|tenant| tenant != viewer.current_membership.tenant_id.as_str()) {
        return Err(ServiceError::TenantNotFound.into());
    }
    let slot = streams.slots.take(&viewer.user_id, network).ok_or_else(ApiError::too_many_streams)?;
    let ends = streams.services.session_ends().of(&viewer.user_id);
    // Read before the membership is used, so that a change in between is noticed.
    let revision = streams.services.subscriptions().revision(&viewer.current_membership.tenant_id).await?;
    let stamp = streams.services.usage().page_version(&viewer.current_membership.tenant_id).await?;
    let seen = streams.services.subscriptions().membership(&viewer).await?;
    let drawn = live.draw(&streams.services, &seen).await?;
    let first = Event::default().retry(RECONNECT_AFTER).data(drawn.concat());
    let now = Instant::now();
    let mut polls = interval(POLL_EVERY);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener {
        streams,
        session,
        ends,
        viewer,
        live,
        stamp,
        seen,
        drawn,
        polls,
        ends_at: now + MAX_DURATION,
        next_session_check: now + SESSION_CHECK_EVERY,
        revision,
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
    session: Id,
    ends: EndsOfPerson,
    viewer: Viewer,
    live: Live,
    /// The version of the page at the last comparison.
    stamp: PageVersion,
    /// The membership of the last rendering, and the rendered elements.
    seen: MembershipView,
    drawn: Vec<String>,
    polls: Interval,
    ends_at: Instant,
    next_session_check: Instant,
    /// The workspace's revision when the session was last checked: removing a member changes it.
    revision: i64,
    _slot: StreamSlot,
}

impl Listener {
    /// Waits for the next change; `None` ends the stream.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            let is_notified = tokio::select! {
                () = self.streams.stop.cancelled() => return None,
                () = self.ends.notified() => true,
                _ = self.polls.tick() => false,
            };
            let now = Instant::now();
            if now >= self.ends_at {
                return None;
            }
            let revision = self
                .streams
                .services
                .subscriptions()
                .revision(&self.viewer.current_membership.tenant_id)
                .await
                .unwrap_or(self.revision);
            if is_notified || now >= self.next_session_check || revision != self.revision {
                self.revision = revision;
                // Ends the stream when the session can't be checked.
                if !self.is_still_authorized().await.unwrap_or(false) {
                    return None;
                }
                self.next_session_check = now + SESSION_CHECK_EVERY;
            }
            match self.changed_elements().await {
                Ok(Some(elements)) => return Some(Event::default().data(elements)),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "failed to render a live update");
                }
            }
        }
    }

    /// Whether the person is still signed in and belongs to the workspace, and has it open.
    async fn is_still_authorized(&mut self) -> Result<bool, ServiceError> {
        let Streams { services, sessions, .. } = &self.streams;
        // Reads the stored session, not the one that the stream began with.
        let session = Session::new(Some(self.session), Arc::new(sessions.clone()), None);
        let Some(signed_in) = session::listening(&session, services.wall_now()).await? else { return Ok(false) };
        let Some(viewer) = services.accounts().viewer(&signed_in, None).await? else { return Ok(false) };
        let is_same = viewer.user_id == self.viewer.user_id
            && viewer.current_membership.tenant_id == self.viewer.current_membership.tenant_id;
        self.viewer = viewer;
        Ok(is_same)
    }

    /// Returns the elements that differ from the last rendering.
    async fn changed_elements(&mut self) -> Result<Option<String>, ServiceError> {
        let services = &self.streams.services;
        // Taken before the membership is read, so that a change in between is noticed.
        let stamp = services.usage().page_version(&self.viewer.current_membership.tenant_id).await?;
        if stamp == self.stamp {
            return Ok(None);
        }
        let view = services.subscriptions().membership(&self.viewer).await?;
        self.stamp = stamp;
        if draws_the_same(&view, &self.seen) {
            return Ok(None);
        }
        let drawn = self.live.draw(services, &view).await?;
        let changed: String = drawn
            .iter()
            .enumerate()
            .filter(|(at, new)| self.drawn.get(*at) != Some(new))
            .map(|(_, new)| &**new)
            .collect();
        (self.seen, self.drawn) = (view, drawn);
        Ok((!changed.is_empty()).then_some(changed))
    }
}

/// Whether both render alike: pages show the time in minutes.
fn draws_the_same(one: &MembershipView, other: &MembershipView) -> bool {
    let minute = |view: &MembershipView| view.now.as_secs().div_euclid(SECS_PER_MINUTE);
    one.usage == other.usage && one.entitlements == other.entitlements && minute(one) == minute(other)
}
