//! Extractors of installation keys, on routes that only the product's back end calls.

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::service::base::permission::{InstallationPrincipal, KeyPrincipal};
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
    match (parts.extensions.get::<InstallationPrincipal>(), caller(parts)?) {
        (Some(principal), _) if principal.scopes.contains(&scope) => Ok(principal.clone()),
        (Some(_), _) => Err(ApiError::installation_scope_required(scope)),
        (None, _) => Err(ApiError::of(ErrorCode::InstallationKeyRequired)),
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
            TenantCaller::Key(KeyPrincipal { tenant, .. }) => Ok(Self(principal, tenant)),
            TenantCaller::Person(_) => Err(ApiError::of(ErrorCode::InstallationKeyRequired)),
        }
    }
}
