//! Portal sessions of browsers. On pages, a portal session takes precedence over an account's session.

use std::sync::{Arc, OnceLock};

use app::{
    live::PATH as LIVE,
    request::portal::{PortalEnded, session_cookie},
};
use axum::extract::Request;
use billing::{
    Services,
    identity::session,
    service::{
        ServiceError,
        tenant::installation::portal::{PortalAccess, PortalActivity, PortalViewer},
    },
};
use tower_sessions::Session;

use crate::api;

/// Request extension that receives the portal session of a request. The page of an internal error is rendered outside
/// the handler, after the request and its other extensions are gone.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct PortalNote(Arc<OnceLock<PortalViewer>>);

impl PortalNote {
    /// Returns the portal session that authenticated the request; `None` if there was none.
    pub(in crate::http) fn taken(&self) -> Option<PortalViewer> {
        self.0.get().cloned()
    }
}

/// Inserts the [`PortalViewer`] of a live portal session into the extensions of a request for a page, for a page's form
/// or for live updates. Returns whether it did: the request then has no account as its caller.
///
/// Other API paths have no portal session: they are for accounts and keys. If the browser signs in to an account
/// after it opened the portal link, the next request on any path that is checked here ends the portal session.
pub(super) async fn speaks_for(services: &Services, request: &mut Request) -> Result<bool, ServiceError> {
    let is_https = services.settings().app_url.scheme() == "https";
    let Some(token) = session_cookie(request.headers(), is_https) else { return Ok(false) };
    let account_session = match request.extensions().get::<Session>().cloned() {
        Some(session) => {
            session::signed_in_handle(&session, services.wall_now(), services.settings().limits.sessions).await?
        }
        None => None,
    };
    let path = request.uri().path();
    let is_of_pages = !api::is_api_path(path) || api::is_page_form(path);
    let activity = if is_of_pages && path != LIVE { PortalActivity::Request } else { PortalActivity::OpenPage };
    let access = services.portal().access(&token, account_session.as_deref(), activity).await?;
    match access {
        PortalAccess::Live(portal) if is_of_pages => {
            if let Some(PortalNote(note)) = request.extensions().get::<PortalNote>() {
                // Set once a request, since a request is authenticated once.
                drop(note.set(PortalViewer::clone(&portal)));
            }
            request.extensions_mut().insert::<PortalViewer>(*portal);
            Ok(true)
        }
        PortalAccess::Over(back) if account_session.is_none() => {
            request.extensions_mut().insert(PortalEnded(back));
            Ok(false)
        }
        PortalAccess::Live(_) | PortalAccess::Over(_) | PortalAccess::Unknown => Ok(false),
    }
}
