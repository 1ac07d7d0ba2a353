//! Recognises who is signed in, once a request, for the JSON API and the pages alike.

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use billing::{Services, identity::session, service::ServiceError};
use domain::account::Viewer;
use tower_sessions::Session;

use crate::api::{self, ApiError};

const X_TENANT_ID: &str = "x-tenant-id";

/// Puts the [`Viewer`] among the request's extensions when there is one.
pub(super) async fn recognise(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    // Pages have no headers of their own to send: they open what the session says.
    let wanted = if api::is_api_path(request.uri().path()) { wanted_tenant(request.headers()) } else { None };
    match viewer(&services, request.extensions().get::<Session>(), wanted.as_deref()).await {
        Ok(viewer) => {
            if let Some(viewer) = viewer {
                request.extensions_mut().insert(viewer);
            }
            next.run(request).await
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn wanted_tenant(headers: &HeaderMap) -> Option<String> {
    headers.get(X_TENANT_ID).map(|value| value.to_str().unwrap_or_default().to_owned())
}

async fn viewer(
    services: &Services,
    session: Option<&Session>,
    wanted: Option<&str>,
) -> Result<Option<Viewer>, ServiceError> {
    let Some(session) = session else { return Ok(None) };
    let Some(signed_in) = session::current(session, services.wall_now()).await? else { return Ok(None) };
    services.viewer(&signed_in, wanted).await
}
