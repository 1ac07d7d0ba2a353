//! Authenticates the caller once a request, for the JSON API and the pages.

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
        PageFailure, ServiceError,
        account::firebase::{Bearer, DefaultTenant},
        operator::{OperatorAccess, OperatorAccessClosed},
    },
};
use tower_sessions::Session;

use crate::api::{self, ApiError, AuthFailure};

const X_TENANT_ID: &str = "x-tenant-id";
const BEARER: &str = "Bearer ";
/// Paths about the account itself, not about a workspace.
const ACCOUNT_PATHS: &str = "/api/v1/auth/";
/// Paths that work without a workspace.
const WITHOUT_TENANT: [&str; 4] =
    ["/api/v1/auth/login", "/api/v1/auth/signup", "/api/v1/auth/logout", "/api/v1/invitations/accept"];

/// Inserts the caller into the request's extensions: a `Viewer`, an `Account` without a workspace, or a `KeyPrincipal`. An
/// `Operator` is added for sessions of operators. A request without credentials inserts nothing.
///
/// A bearer token takes precedence: the session beside it is ignored. Forms that change account access accept sessions
/// only. On API paths, a failure is stored as [`AuthFailure`] for the extractors.
pub(super) async fn authenticate(services: &Services, request: &mut Request) -> Result<(), ApiError> {
    if app::request::drawn_for::changes_account_access(request.uri().path()) && bearer(request.headers()).is_some() {
        return Err(ApiError::session_required());
    }
    if api::is_api_path(request.uri().path()) {
        if let Err(error) = caller(services, request).await {
            // Page forms fail at once: their handlers could not report the reason.
            if api::is_page_form(request.uri().path()) {
                return Err(error.into());
            }
            request.extensions_mut().insert(AuthFailure(error.into()));
        }
        return Ok(());
    }
    // Pages send no `X-Tenant-ID`: they use the session's workspace, and render failures themselves.
    if let Err(error) = Box::pin(viewer(services, request, None)).await {
        request.extensions_mut().insert(PageFailure(Arc::new(error)));
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
    if let Some(holder) = services.api_keys().authenticate_key(token, from).await? {
        if tenant_header.is_some_and(|tenant_header| tenant_header != holder.tenant.as_str()) {
            return Err(ServiceError::TenantNotFound);
        }
        if let Some(from) = request.extensions().get::<ClientAddress>() {
            services.api_keys().record_key_network(&holder.key, *from);
        }
        request.extensions_mut().insert(holder);
    } else if is_jwt(token) {
        let tenant_header = tenant_header.as_deref().filter(|tenant_header| !tenant_header.is_empty());
        let bearer = Box::pin(services.accounts().bearer(token, tenant_header, unnamed(request.uri().path()))).await?;
        if let Some((bearer, last_confirmed)) = bearer {
            match bearer {
                Bearer::Viewer(viewer) => drop(request.extensions_mut().insert(viewer)),
                Bearer::AccountOnly(account) => drop(request.extensions_mut().insert(account)),
            }
            request.extensions_mut().insert(last_confirmed);
        }
    }
    Ok(())
}

/// Normalizes a tenant id: UUIDs to lower case, surrounding spaces removed.
fn tenant_id(text: &str) -> String {
    let text = text.trim();
    if uuid::Uuid::try_parse(text).is_ok() { text.to_ascii_lowercase() } else { text.to_owned() }
}

/// Whether a token has the three dot-separated parts of a JWT. API keys contain no dots.
fn is_jwt(token: &str) -> bool {
    token.split('.').count() == 3
}

/// Which workspace an ID token without `X-Tenant-ID` opens. The workspace API requires the header; the platform API
/// never sends it.
fn unnamed(path: &str) -> DefaultTenant {
    if is_account_path(path) || WITHOUT_TENANT.contains(&path) {
        DefaultTenant::First
    } else if path.starts_with("/api/") {
        DefaultTenant::Refused
    } else {
        DefaultTenant::IfSole
    }
}

pub(super) fn is_account_path(path: &str) -> bool {
    path.starts_with(ACCOUNT_PATHS)
}

/// Whether a call to the path needs a current workspace.
pub(crate) fn needs_tenant(path: &str) -> bool {
    unnamed(path) != DefaultTenant::First
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    // Other schemes are ignored: a proxy in front may use them.
    let scheme = value.get(..BEARER.len()).filter(|scheme| scheme.eq_ignore_ascii_case(BEARER))?;
    value.get(scheme.len()..).map(str::trim)
}

/// Whether the path may resolve an operator: pages and their forms. The API and live streams do not.
fn may_be_operator(path: &str) -> bool {
    path != LIVE && (!api::is_api_path(path) || api::is_page_form(path))
}

async fn viewer(services: &Services, request: &mut Request, tenant_header: Option<String>) -> Result<(), ServiceError> {
    let Some(session) = request.extensions().get::<Session>() else { return Ok(()) };
    let (now, lifetime) = (services.wall_now(), services.settings().limits.sessions);
    let signed_in = if request.uri().path() == LIVE {
        session::current_of_open_page(session, now, lifetime).await?
    } else {
        session::current(session, services.store(), now, lifetime).await?
    };
    let Some(signed_in) = signed_in else { return Ok(()) };
    request.extensions_mut().insert(signed_in.last_confirmed());
    let account = if let Some(viewer) = services.accounts().viewer(&signed_in, tenant_header.as_deref()).await? {
        let account = viewer.account();
        request.extensions_mut().insert(viewer);
        account
    } else if let Some(account) = services.accounts().account(&signed_in).await? {
        request.extensions_mut().insert(account.clone());
        account
    } else {
        return Ok(());
    };
    if may_be_operator(request.uri().path()) {
        match services.operators().operator_access(&account).await? {
            OperatorAccess::None => {}
            OperatorAccess::NeedsSecondFactor => drop(request.extensions_mut().insert(OperatorAccessClosed)),
            OperatorAccess::Granted(operator) => drop(request.extensions_mut().insert(operator)),
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
            assert_eq!(unnamed(path), DefaultTenant::IfSole, "{path}");
        }
        for path in ["/api/v1/billing/status", "/api/v1/tenant/members", "/api/v1/authors"] {
            assert_eq!(unnamed(path), DefaultTenant::Refused, "{path}");
        }
        for path in ["/api/v1/auth/me", "/api/v1/invitations/accept"] {
            assert_eq!(unnamed(path), DefaultTenant::First, "{path}");
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
