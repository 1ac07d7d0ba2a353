//! Extractors of installation keys, on routes that only the product's back end calls.

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::service::{
    base::permission::{InstallationPrincipal, KeyPrincipal},
    usage::correction::Corrector,
};
use domain::{error_code::ErrorCode, ids::TenantId, tenant::installation_scope::InstallationScope};

use crate::api::{
    ApiError,
    principal::{TenantCaller, caller, tenant_caller},
};

macro_rules! installation_keys {
    ($($(#[$doc:meta])+ $extractor:ident: $scope:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug)]
        pub struct $extractor(pub InstallationPrincipal);

        impl<S: Sync> FromRequestParts<S> for $extractor {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
                installation_key(parts, InstallationScope::$scope).map(Self)
            }
        }
    )+};
}

installation_keys! {
    /// An installation key with the scope `tenants`.
    TenantsKey: Tenants;
    /// An installation key with the scope `webhooks`.
    WebhooksKey: Webhooks;
}

/// An installation key with the scope `usage`, for routes about many tenants.
#[derive(Clone, Copy, Debug)]
pub struct UsageKey;

impl<S: Sync> FromRequestParts<S> for UsageKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        installation_key(parts, InstallationScope::Usage).map(|_| Self)
    }
}

/// Returns the caller if it is an installation key with the scope. Ignores which tenant it names.
fn installation_key(parts: &Parts, scope: InstallationScope) -> Result<InstallationPrincipal, ApiError> {
    let Some(principal) = parts.extensions.get::<InstallationPrincipal>() else {
        return Err(refusal_of_others(parts));
    };
    let has_scope = principal.scopes.contains(&scope);
    if has_scope { Ok(principal.clone()) } else { Err(ApiError::installation_scope_required(scope)) }
}

/// The error for a caller that is not an installation key. Which workspace the caller names or may open does not matter
/// here, and an ID token of any account or issuer is refused.
fn refusal_of_others(parts: &Parts) -> ApiError {
    match caller(parts) {
        Ok(_) => ApiError::of(ErrorCode::InstallationKeyRequired),
        Err(error) => match error.code() {
            ErrorCode::TenantRequired
            | ErrorCode::TenantNotFound
            | ErrorCode::SecondFactorRequired
            | ErrorCode::FirebaseUnavailable
            | ErrorCode::IssuerUnavailable => ApiError::of(ErrorCode::InstallationKeyRequired),
            _ => error,
        },
    }
}

/// An installation key with the scope `portal`, and the tenant that it names.
#[derive(Clone, Debug)]
pub struct InstallationTenant(pub InstallationPrincipal, pub TenantId);

impl<S: Sync> FromRequestParts<S> for InstallationTenant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let principal = installation_key(parts, InstallationScope::Portal)?;
        match tenant_caller(parts)? {
            TenantCaller::Key(KeyPrincipal { tenant, .. }) => Ok(Self(principal, tenant.clone())),
            TenantCaller::Person(_) => Err(ApiError::of(ErrorCode::InstallationKeyRequired)),
        }
    }
}

/// An installation key with the scope `usage` that names a tenant: the only caller that may correct a workspace's
/// counters over the API. Users and keys of a workspace are refused.
#[derive(Clone, Debug)]
pub struct TenantCorrector(pub Corrector);

impl<S: Sync> FromRequestParts<S> for TenantCorrector {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        installation_key(parts, InstallationScope::Usage)?;
        let corrector = match tenant_caller(parts)? {
            TenantCaller::Key(holder) => Corrector::installation_key(holder),
            TenantCaller::Person(_) => None,
        };
        corrector.map(Self).ok_or_else(|| ApiError::of(ErrorCode::InstallationKeyRequired))
    }
}
