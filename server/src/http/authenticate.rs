//! Authenticates the caller once per request, for the JSON API and the pages.

pub(super) mod portal;

use std::{borrow::Cow, sync::Arc};

use app::live::PATH as LIVE;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use billing::{
    Services,
    identity::{ClientAddress, factors::LastConfirmed, session},
    service::{
        PageFailure, ServiceError,
        account::{
            SessionUser,
            elsewhere::bearer::IssuedBearer,
            firebase::{Bearer, DefaultTenant},
        },
        base::permission::AuthenticatedKey,
        operator::{OperatorAccess, OperatorAccessClosed},
    },
};
use domain::{
    ids::TenantId,
    tenant::external_id::{ExternalId, TenantRef},
};
use percent_encoding::percent_decode;
use tower_sessions::Session;

use crate::api::{self, ApiError, AuthFailure, principal::NoTenant};

const X_TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
const X_TENANT_EXTERNAL_ID: HeaderName = HeaderName::from_static("x-tenant-external-id");
const BEARER: &str = "Bearer ";
/// Prefix of paths about the account itself, not about a workspace.
const ACCOUNT_PATHS: &str = "/api/v1/auth/";
/// Paths that work without a workspace.
const WITHOUT_TENANT: [&str; 4] =
    ["/api/v1/auth/login", "/api/v1/auth/signup", "/api/v1/auth/logout", "/api/v1/invitations/accept"];

/// Inserts the caller into the request's extensions: a `Viewer`, an `Account` without a workspace, or a `KeyPrincipal`.
/// An `Operator` is added for sessions of operators. A request without credentials inserts nothing. For pages, a live
/// portal session takes precedence over an account's: it inserts a `PortalViewer` alone.
///
/// An installation key inserts an `InstallationPrincipal`, and beside it a `KeyPrincipal` for the tenant that the
/// request names, or a [`NoTenant`] with the reason why there is none. Routes about no tenant ignore both.
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
    let Some(token) = bearer(request.headers()) else {
        let tenant_header = tenant_header(request);
        return Box::pin(viewer(services, request, tenant_header)).await;
    };
    let from = request.extensions().get::<ClientAddress>().copied().unwrap_or(ClientAddress::UNKNOWN);
    if let Some(known) = services.api_keys().authenticate_key(token, from).await? {
        match known {
            AuthenticatedKey::Workspace(holder) => {
                if tenant_header(request).is_some_and(|tenant_header| tenant_header != holder.tenant.as_str()) {
                    return Err(ServiceError::TenantNotFound);
                }
                if !is_about_no_tenant(request) {
                    check_external_id(services, request.headers(), &holder.tenant).await?;
                }
                request.extensions_mut().insert(holder);
            }
            AuthenticatedKey::Installation(holder) => {
                match named_tenant(services, request.headers()).await {
                    Ok(tenant) => drop(request.extensions_mut().insert(holder.in_tenant(tenant))),
                    Err(error) => drop(request.extensions_mut().insert(NoTenant(error))),
                }
                request.extensions_mut().insert(holder.principal);
            }
        }
    } else if is_jwt(token) {
        if let Some(bearer) = Box::pin(issued_bearer(services, request.headers(), request.uri().path(), token)).await? {
            let IssuedBearer { viewer, last_confirmed } = bearer;
            request.extensions_mut().insert(viewer);
            if let Some(last_confirmed) = last_confirmed {
                request.extensions_mut().insert(last_confirmed);
            }
            return Ok(());
        }
        let tenant_header = tenant_header(request).filter(|tenant_header| !tenant_header.is_empty());
        let bearer =
            Box::pin(services.accounts().bearer(token, tenant_header.as_deref(), unnamed(request.uri().path())))
                .await?;
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

/// Returns the workspace of an `X-Tenant-ID`; `None` without the header, and on paths about no workspace.
fn tenant_header(request: &Request) -> Option<String> {
    let value = request.headers().get(X_TENANT_ID).filter(|_| !is_about_no_tenant(request))?;
    Some(tenant_id(value.to_str().unwrap_or_default()))
}

fn is_about_no_tenant(request: &Request) -> bool {
    WITHOUT_TENANT.contains(&request.uri().path())
}

/// Returns the bearer of a configured issuer's token; `None` for any other token. A claim names the tenant: a header
/// that names another tenant causes a 404, except on paths about no tenant.
async fn issued_bearer(
    services: &Services,
    headers: &HeaderMap,
    path: &str,
    token: &str,
) -> Result<Option<IssuedBearer>, ServiceError> {
    let names_tenant = !WITHOUT_TENANT.contains(&path);
    let given = |name: HeaderName| headers.get_all(name).iter().filter(move |value| names_tenant && !value.is_empty());
    let by_id = given(X_TENANT_ID).map(tenant_by_id);
    let named = by_id.chain(given(X_TENANT_EXTERNAL_ID).map(tenant_by_external_id)).collect::<Option<Vec<_>>>();
    // An invalid token gets 401, even if a header would cause a 404.
    let bearer = services.accounts().issued_bearer(token, named.as_deref().unwrap_or_default()).await?;
    if bearer.is_some() && named.is_none() { Err(ServiceError::TenantNotFound) } else { Ok(bearer) }
}

/// Returns the tenant that an installation key's request names. Fails unless one of the two headers is sent, once.
async fn named_tenant(services: &Services, headers: &HeaderMap) -> Result<TenantId, ApiError> {
    let mut by_id = headers.get_all(X_TENANT_ID).iter().filter(|value| !value.is_empty());
    let mut by_external_id = headers.get_all(X_TENANT_EXTERNAL_ID).iter().filter(|value| !value.is_empty());
    let named = (by_id.next(), by_external_id.next());
    if matches!(named, (Some(_), Some(_))) || by_id.next().is_some() || by_external_id.next().is_some() {
        let message = "Send one of X-Tenant-ID and X-Tenant-External-ID, once.";
        return Err(ServiceError::field("X-Tenant-External-ID", message).into());
    }
    let tenant = match named {
        (Some(id), _) => {
            let id = tenant_by_id(id).ok_or(ServiceError::TenantNotFound)?;
            services.tenants().resolve(&id).await
        }
        (None, Some(external)) => {
            let external = decoded(external).ok_or(ServiceError::TenantNotFound)?;
            services.tenants().resolve_external(&external).await
        }
        (None, None) => return Err(ApiError::installation_key_needs_tenant()),
    };
    Ok(tenant?)
}

/// Fails if an `X-Tenant-External-ID` names another tenant than that of the workspace key.
async fn check_external_id(services: &Services, headers: &HeaderMap, tenant: &TenantId) -> Result<(), ServiceError> {
    for value in headers.get_all(X_TENANT_EXTERNAL_ID).iter().filter(|value| !value.is_empty()) {
        let named = tenant_by_external_id(value).ok_or(ServiceError::TenantNotFound)?;
        if services.tenants().resolve(&named).await? != *tenant {
            return Err(ServiceError::TenantNotFound);
        }
    }
    Ok(())
}

/// Returns the tenant of an `X-Tenant-ID`, in any letter case; `None` if the value can't be an id.
fn tenant_by_id(value: &HeaderValue) -> Option<TenantRef> {
    TenantRef::parse_id(value.to_str().ok()?).ok().map(TenantRef::Id)
}

/// Returns the tenant of an `X-Tenant-External-ID`, which is percent-encoded; `None` if the value can't be such an id.
fn tenant_by_external_id(value: &HeaderValue) -> Option<TenantRef> {
    decoded(value)?.parse::<ExternalId>().ok().map(TenantRef::External)
}

/// Percent-decodes a value, without a copy if it has nothing to decode; `None` if the bytes are not UTF-8.
fn decoded(value: &HeaderValue) -> Option<Cow<'_, str>> {
    percent_decode(value.as_bytes()).decode_utf8().ok()
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

/// Which workspace an ID token without `X-Tenant-ID` opens. The workspace API requires the header; clients of the
/// platform API never send it.
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

/// Whether requests for the path may get an `Operator`: those for pages and their forms may, those for the API and live
/// streams may not.
fn may_be_operator(path: &str) -> bool {
    path != LIVE && (!api::is_api_path(path) || api::is_page_form(path))
}

async fn viewer(services: &Services, request: &mut Request, tenant_header: Option<String>) -> Result<(), ServiceError> {
    if portal::speaks_for(services, request).await? {
        return Ok(());
    }
    let Some(session) = request.extensions().get::<Session>() else { return Ok(()) };
    let found = session_user(services, session, request.uri().path(), tenant_header.as_deref()).await?;
    let Some((last_confirmed, user)) = found else { return Ok(()) };
    request.extensions_mut().insert(last_confirmed);
    let Some(SessionUser { account, viewer, is_operator }) = user else { return Ok(()) };
    match viewer {
        Some(viewer) => drop(request.extensions_mut().insert(viewer)),
        None => drop(request.extensions_mut().insert(account.clone())),
    }
    if is_operator && may_be_operator(request.uri().path()) {
        match services.operators().operator_access(&account).await? {
            OperatorAccess::None => {}
            OperatorAccess::NeedsSecondFactor => drop(request.extensions_mut().insert(OperatorAccessClosed)),
            OperatorAccess::Granted(operator) => drop(request.extensions_mut().insert(operator)),
        }
    }
    Ok(())
}

/// Returns when the user of a session last confirmed, and the user; `None` without a session that is signed in. Counts as
/// activity, unless an open page sent the request by itself.
async fn session_user(
    services: &Services,
    session: &Session,
    path: &str,
    tenant: Option<&str>,
) -> Result<Option<(LastConfirmed, Option<SessionUser>)>, ServiceError> {
    let (now, lifetime) = (services.wall_now(), services.settings().limits.sessions);
    let signed_in = if path == LIVE {
        session::current_of_open_page(session, now, lifetime).await?
    } else {
        // Most requests need no more than this.
        if let Some((signed_in, user)) = services.accounts().open_session_user(session, tenant).await? {
            return Ok(Some((signed_in.last_confirmed(), Some(user))));
        }
        session::current(session, services.store(), now, lifetime).await?
    };
    let Some(signed_in) = signed_in else { return Ok(None) };
    let user = services.accounts().session_user(&signed_in, tenant).await?;
    Ok(Some((signed_in.last_confirmed(), user)))
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
    fn external_id_in_a_header_is_percent_decoded() {
        let external = |value: &'static [u8]| {
            let named = tenant_by_external_id(&HeaderValue::from_bytes(value).unwrap())?;
            Some(named.to_string())
        };
        assert_eq!(external(b"org%2F1%20%C3%A9%25").as_deref(), Some("external:org/1 \u{e9}%"));
        assert_eq!(external(b"org/1").as_deref(), Some("external:org/1"));
        assert_eq!(external("\u{e9}".as_bytes()).as_deref(), Some("external:\u{e9}"));
        for bad in [&b"%0A"[..], b"%FF", b"a%00"] {
            assert_eq!(external(bad), None, "{bad:?}");
        }
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
