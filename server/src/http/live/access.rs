//! The person who listens to a stream, and when their access ends.

use std::future::pending;

use axum::http::request::Parts;
use billing::{
    Services,
    identity::session::{self, SessionEndListener},
    service::{tenant::installation::portal::PortalViewer, usage::SessionWatch},
};
use domain::{account::Viewer, ids::TenantId};
use tower_sessions::Session;

/// The person of an open page.
pub(super) struct Listening {
    /// Identifies the person for the limit of streams: a user's id, or the handle of a portal session.
    pub(super) person: String,
    pub(super) tenant: TenantId,
    pub(super) access: Access,
}

/// The session that gives the person access to the stream.
pub(super) enum Access {
    Account { viewer: Viewer, session: String },
    Portal(PortalViewer),
}

/// Access with the subscriptions that report its end.
pub(super) enum WatchedAccess {
    Account { ends: SessionEndListener, watch: SessionWatch },
    Portal(PortalViewer),
}

impl Listening {
    /// Returns the person of the request; `None` for an anonymous one.
    pub(super) fn of(parts: &Parts, session: &Session) -> Option<Self> {
        if let Some(portal) = parts.extensions.get::<PortalViewer>().cloned() {
            let tenant = portal.viewer().current_membership.tenant_id.clone();
            return Some(Self { person: portal.handle().to_owned(), tenant, access: Access::Portal(portal) });
        }
        let viewer = parts.extensions.get::<Viewer>()?.clone();
        let session = session::handle(session)?;
        let (person, tenant) = (viewer.user_id.to_string(), viewer.current_membership.tenant_id.clone());
        Some(Self { person, tenant, access: Access::Account { viewer, session } })
    }
}

impl Access {
    /// Subscribes to the end of the access.
    pub(super) fn watched(self, services: &Services) -> WatchedAccess {
        match self {
            Self::Account { viewer, session } => WatchedAccess::Account {
                ends: services.session_ends().of(&viewer.user_id),
                watch: services.usage().watch_session(&viewer, session),
            },
            Self::Portal(portal) => WatchedAccess::Portal(portal),
        }
    }
}

impl WatchedAccess {
    /// Waits until an account's access has ended. Cancel safe. Never returns for a portal session, which
    /// [`Self::may_show`] checks.
    pub(super) async fn ended(&mut self) {
        match self {
            Self::Account { ends, watch } => loop {
                tokio::select! {
                    () = watch.ended() => return,
                    () = ends.notified() => watch.check_soon(),
                }
            },
            Self::Portal(_) => pending().await,
        }
    }

    /// Whether a rendering may be sent now. Reads a portal session, so that nothing is sent after its end; an
    /// unavailable database ends the stream, and the browser connects again.
    pub(super) async fn may_show(&self, services: &Services) -> bool {
        match self {
            Self::Account { .. } => true,
            Self::Portal(portal) => services.portal().is_live(portal).await.unwrap_or(false),
        }
    }
}
