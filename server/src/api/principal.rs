//! Extractors that say who calls and in which workspace. A handler that takes one cannot run without.

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::service::ServiceError;
use domain::account::Viewer;

use super::ApiError;

/// Anybody who belongs to the workspace.
#[derive(Clone, Debug)]
pub struct TenantMember(pub Viewer);

/// An owner or admin of the workspace.
#[derive(Clone, Debug)]
pub struct TenantAdmin(pub Viewer);

impl<S: Sync> FromRequestParts<S> for TenantMember {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Viewer>().cloned().map(Self).ok_or_else(ApiError::unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for TenantAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let TenantMember(viewer) = TenantMember::from_request_parts(parts, state).await?;
        if viewer.here.role.is_admin() { Ok(Self(viewer)) } else { Err(ServiceError::AdminRequired.into()) }
    }
}
