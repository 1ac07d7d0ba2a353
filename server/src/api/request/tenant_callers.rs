//! Extractors of routes on which an installation key may do other things than a workspace key.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::service::base::permission::{Biller, InstallationPrincipal, KeyKind, KeyPrincipal};
use domain::{
    error_code::ErrorCode,
    ids::TenantId,
    tenant::{installation_scope::InstallationScope, scope::Scope},
};

use crate::api::{
    ApiError,
    principal::{NoTenant, TenantCaller, TenantReader, TenantUsageKey, caller, tenant_caller},
};

/// A caller who may open the provider's pages for the workspace: an owner, an admin, a member with the role billing,
/// or an installation key with the scope `billing`. Workspace keys are refused.
#[derive(Clone, Debug)]
pub struct TenantOrderer(pub Biller);

impl<S: Sync> FromRequestParts<S> for TenantOrderer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match tenant_caller(parts)? {
            TenantCaller::Person(viewer) => Ok(Self(Biller::person(viewer)?)),
            TenantCaller::Key(KeyPrincipal { kind: KeyKind::Workspace, .. }) => Err(ApiError::session_required()),
            TenantCaller::Key(holder) => {
                let biller = Biller::key(holder);
                biller.map(Self).ok_or_else(|| ApiError::installation_scope_required(InstallationScope::Billing))
            }
        }
    }
}

/// A caller who may read the effects of a change of plan: a reader of the workspace, or an installation key with the
/// scope `billing`.
#[derive(Clone, Debug)]
pub struct TenantPlanReader(pub TenantId);

impl<S: Sync> FromRequestParts<S> for TenantPlanReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match tenant_caller(parts)? {
            TenantCaller::Key(KeyPrincipal { kind: KeyKind::Installation, scopes, tenant, .. })
                if scopes.contains(&Scope::Billing) =>
            {
                Ok(Self(tenant.clone()))
            }
            _ => TenantReader::from_request_parts(parts, state).await.map(|TenantReader(tenant)| Self(tenant)),
        }
    }
}

/// A key with the scope `usage` that sends events.
#[derive(Clone, Debug)]
pub enum EventSender {
    /// A workspace key: all events are of its workspace.
    Workspace(KeyPrincipal),
    /// An installation key: events name their workspaces. An event that names none is of `default`; without
    /// `default` it is refused.
    Installation { key: Arc<str>, default: Option<TenantId> },
}

impl<S: Sync> FromRequestParts<S> for EventSender {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Some(InstallationPrincipal { key, scopes }) = parts.extensions.get::<InstallationPrincipal>() else {
            let TenantUsageKey(holder) = TenantUsageKey::from_request_parts(parts, state).await?;
            return Ok(Self::Workspace(holder));
        };
        let key = key.clone();
        let has_scope = scopes.contains(&InstallationScope::Usage);
        caller(parts)?;
        if !has_scope {
            return Err(ApiError::installation_scope_required(InstallationScope::Usage));
        }
        // If a header names a workspace, that workspace must exist, even if every event names its own.
        let failed = parts.extensions.get::<NoTenant>().filter(|failed| failed.0.code() != ErrorCode::TenantRequired);
        if let Some(NoTenant(error)) = failed {
            return Err(error.clone());
        }
        let default = parts.extensions.get::<KeyPrincipal>().map(|holder| holder.tenant.clone());
        Ok(Self::Installation { key, default })
    }
}
