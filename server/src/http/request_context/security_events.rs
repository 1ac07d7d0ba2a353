//! Logs refused responses as security events: authorization, origin, throttles.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
    time::Duration,
};

use axum::{
    http::{Extensions, StatusCode},
    response::Response,
};
use billing::{
    identity::ClientAddress, security_event::SecurityEvent, service::tenant::installation::portal::PortalViewer,
};
use domain::{
    error_code::ErrorCode,
    ids::{TenantId, UserId},
};
use moka::sync::Cache;

use crate::api::principal::{Caller, authenticated_caller};

/// Callers with a logged rate-limit event in the last minute: a limit refuses thousands of requests a minute, and one
/// line a minute for each caller is enough.
static RECENTLY_RATE_LIMITED: LazyLock<Cache<u64, ()>> =
    LazyLock::new(|| Cache::builder().max_capacity(10_000).time_to_live(Duration::from_mins(1)).build());
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The caller of a request, for its security event.
pub(in crate::http) struct CallerInfo {
    user: Option<UserId>,
    tenant: Option<TenantId>,
    key: Option<std::sync::Arc<str>>,
    from: Option<ClientAddress>,
}

impl CallerInfo {
    pub(in crate::http) fn of(extensions: &Extensions) -> Self {
        let from = extensions.get::<ClientAddress>().copied();
        let (user, tenant, key) = match authenticated_caller(extensions) {
            Some(Caller::Person(viewer)) => {
                (Some(viewer.user_id.clone()), Some(viewer.current_membership.tenant_id.clone()), None)
            }
            Some(Caller::AccountOnly(account)) => (Some(account.user_id.clone()), None, None),
            Some(Caller::Key(holder)) => (None, Some(holder.tenant.clone()), Some(holder.key.clone())),
            Some(Caller::Installation(principal)) => (None, None, Some(principal.key.clone())),
            None => {
                let portal = extensions.get::<PortalViewer>();
                (None, portal.map(|portal| portal.viewer().current_membership.tenant_id.clone()), None)
            }
        };
        Self { user, tenant, key, from }
    }

    /// Logs a security event when the response refuses the request.
    pub(in crate::http) fn log_response(&self, response: &Response) {
        let Self { user, tenant, key, .. } = self;
        let (user, tenant, key) = (user.as_ref(), tenant.as_ref(), key.as_deref());
        let code = response.extensions().get::<ErrorCode>().copied();
        match (response.status(), code) {
            (_, Some(ErrorCode::CrossSiteRequest)) => SecurityEvent::OriginRefused { user }.write(),
            (StatusCode::TOO_MANY_REQUESTS, Some(ErrorCode::RateLimited)) if !self.is_first_in_a_minute() => {}
            (StatusCode::TOO_MANY_REQUESTS, code) => {
                SecurityEvent::Throttled { limit: code.unwrap_or(ErrorCode::Throttled).as_str(), user, key }.write();
            }
            // The service logs a failed sign-in as an event of its own.
            (_, Some(ErrorCode::InvalidCredentials)) => {}
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, code) => {
                SecurityEvent::AuthorizationRefused {
                    user,
                    tenant,
                    key,
                    reason: code.map_or("page", ErrorCode::as_str),
                }
                .write();
            }
            _ => {}
        }
    }

    fn is_first_in_a_minute(&self) -> bool {
        let network = self.from.map(ClientAddress::network);
        let caller = HASHER.hash_one((self.user.as_ref().map(UserId::as_str), self.key.as_deref(), network));
        RECENTLY_RATE_LIMITED.entry(caller).or_insert(()).is_fresh()
    }
}
