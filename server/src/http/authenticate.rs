//! Recognises who calls, once a request, for the JSON API and the pages alike.

use std::sync::Arc;

use app::live::PATH as LIVE;
use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use billing::{
    Services,
    identity::{ClientAddress, session},
    service::{
        Breakdown, ServiceError,
        firebase::{Bearer, Unnamed},
        operator::{DeskAccess, DeskIsClosed},
    },
};
use tower_sessions::Session;

use crate::api::{self, ApiError, AuthFailure};

const X_TENANT_ID: &str = "x-tenant-id";
const BEARER: &str = "Bearer ";
/// What is about people rather than workspaces.
const ACCOUNT_PATHS: &str = "/api/v1/auth/";
/// What is about no workspace that the caller belongs to already.
const WITHOUT_TENANT: [&str; 4] =
    ["/api/v1/auth/login", "/api/v1/auth/signup", "/api/v1/auth/logout", "/api/v1/invitations/accept"];

/// Puts a `Viewer`, an `Account` that belongs to no workspace, or a `KeyHolder` among the request's extensions when there is
/// one, and an `Operator` beside whoever has a session and is one. A bearer token speaks for itself: the session beside it is not
/// looked at. The forms about an account itself take sessions alone.
pub(super) async fn authenticate(services: &Services, request: &mut Request) -> Result<(), ApiError> {
    if app::drawn_for::changes_account_access(request.uri().path()) && bearer(request.headers()).is_some() {
        return Err(ApiError::session_required());
    }
    if api::is_api_path(request.uri().path()) {
        if let Err(error) = caller(services, request).await {
            // What a page's form posts to knows a caller or none, and could not tell why.
            if api::is_page_form(request.uri().path()) {
                return Err(error.into());
            }
            request.extensions_mut().insert(AuthFailure(error.into()));
        }
        return Ok(());
    }
    // Pages have no headers of their own to send: they open what the session says. What goes wrong they tell themselves.
    if let Err(error) = Box::pin(viewer(services, request, None)).await {
        request.extensions_mut().insert(Breakdown(Arc::new(error)));
    }
    Ok(())
}

async fn caller(services: &Services, request: &mut Request) -> Result<(), ServiceError> {
    let is_about_no_tenant = WITHOUT_TENANT.contains(&request.uri().path());
    let tenant_header = request.headers().get(X_TENANT_ID).filter(|_| !is_about_no_tenant);
    let tenant_header = tenant_header.map(|value| tenant_id(value.to_str().unwrap_or_default()));
    let Some(token) = bearer(request.headers()) else {
        return Box::pin(viewer(services, request, tenant_header)).await;
    };
    let from = request.extensions().get::<ClientAddress>().copied().unwrap_or(ClientAddress::UNKNOWN);
    if let Some(holder) = services.key_holder(token, from).await? {
        if tenant_header.is_some_and(|tenant_header| tenant_header != holder.tenant.as_str()) {
            return Err(ServiceError::TenantNotFound);
        }
        if let Some(from) = request.extensions().get::<ClientAddress>() {
            services.note_key_address(&holder.key, *from);
        }
        request.extensions_mut().insert(holder);
    } else if is_jwt(token) {
        let tenant_header = tenant_header.as_deref().filter(|tenant_header| !tenant_header.is_empty());
        match Box::pin(services.bearer(token, tenant_header, unnamed(request.uri().path()))).await? {
            Some((bearer, last_confirmed)) => {
                match bearer {
                    Bearer::Viewer(viewer) => drop(request.extensions_mut().insert(viewer)),
                    Bearer::Nowhere(account) => drop(request.extensions_mut().insert(account)),
                }
                request.extensions_mut().insert(last_confirmed);
            }
            None => {}
        }
    }
    Ok(())
}

/// An id as Dues writes it: its letters may have come in either case, and with spaces around.
fn tenant_id(text: &str) -> String {
    let text = text.trim();
    if uuid::Uuid::try_parse(text).is_ok() { text.to_ascii_lowercase() } else { text.to_owned() }
}

/// Three parts with dots between them; no key of ours has any.
fn is_jwt(token: &str) -> bool {
    token.split('.').count() == 3
}

/// What holds for the bearer of an ID token who sends no `X-Tenant-ID`. The workspace document requires it; the platform's,
/// whose addresses are the others, never sends it.
fn unnamed(path: &str) -> Unnamed {
    if is_about_people(path) || WITHOUT_TENANT.contains(&path) {
        Unnamed::First
    } else if path.starts_with("/api/") {
        Unnamed::Refused
    } else {
        Unnamed::IfSole
    }
}

pub(super) fn is_about_people(path: &str) -> bool {
    path.starts_with(ACCOUNT_PATHS)
}

/// Whether whoever calls must have a workspace open there.
pub(crate) fn needs_tenant(path: &str) -> bool {
    unnamed(path) != Unnamed::First
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    // Another scheme is somebody else's business, such as a proxy's in front of us.
    let scheme = value.get(..BEARER.len()).filter(|scheme| scheme.eq_ignore_ascii_case(BEARER))?;
    value.get(scheme.len()..).map(str::trim)
}

/// Pages and what their forms post to. The API has nothing for operators, nor has a stream.
fn may_be_operator(path: &str) -> bool {
    path != LIVE && (!api::is_api_path(path) || api::is_page_form(path))
}

async fn viewer(services: &Services, request: &mut Request, tenant_header: Option<String>) -> Result<(), ServiceError> {
    let Some(session) = request.extensions().get::<Session>() else { return Ok(()) };
    let now = services.wall_now();
    let signed_in = if request.uri().path() == LIVE {
        session::listening(session, now).await?
    } else {
        session::current(session, services.store(), now).await?
    };
    let Some(signed_in) = signed_in else { return Ok(()) };
    request.extensions_mut().insert(signed_in.last_confirmed());
    let account = if let Some(viewer) = services.viewer(&signed_in, tenant_header.as_deref()).await? {
        let account = viewer.account();
        request.extensions_mut().insert(viewer);
        account
    } else if let Some(account) = services.account(&signed_in).await? {
        request.extensions_mut().insert(account.clone());
        account
    } else {
        return Ok(());
    };
    if may_be_operator(request.uri().path()) {
        match services.desk_access(&account).await? {
            DeskAccess::None => {}
            DeskAccess::NeedsSecondFactor => drop(request.extensions_mut().insert(DeskIsClosed)),
            DeskAccess::Granted(operator) => drop(request.extensions_mut().insert(operator)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_platform_paths_default_to_the_sole_workspace() {
        for path in ["/billing/subscription", "/billing/tenant/products", "/tenant/secrets"] {
            assert_eq!(unnamed(path), Unnamed::IfSole, "{path}");
        }
        for path in ["/api/v1/billing/status", "/api/v1/tenant/members", "/api/v1/authors"] {
            assert_eq!(unnamed(path), Unnamed::Refused, "{path}");
        }
        for path in ["/api/v1/auth/me", "/api/v1/invitations/accept"] {
            assert_eq!(unnamed(path), Unnamed::First, "{path}");
        }
    }

    #[test]
    fn tenant_id_ignores_case_and_surrounding_spaces() {
        let id = uuid::Uuid::now_v7().to_string();
        for written in [id.clone(), id.to_ascii_uppercase(), format!(" {id}\t")] {
            assert_eq!(tenant_id(&written), id);
        }
        assert_eq!(tenant_id(" Acme "), "Acme");
    }

    #[test]
    fn api_key_is_not_mistaken_for_an_id_token() {
        assert!(is_jwt("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln") && is_jwt("eyJhbGciOiJub25lIn0.e30."));
        let key = billing::identity::api_key::FreshKey::new().key;
        for token in [key.as_str(), "", "opaque", "a.b", "a.b.c.d.e"] {
            assert!(!is_jwt(token), "{token}");
        }
    }
}
