//! Extractors that say who calls and in which workspace. A handler that takes one cannot run without.

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::service::{ServiceError, key::KeyHolder};
use domain::{account::Viewer, ids::TenantId, scope::Scope};

use super::ApiError;

/// An owner or admin of the workspace, signed in.
#[derive(Clone, Debug)]
pub struct TenantAdmin(pub Viewer);

/// Anybody who belongs to the workspace, signed in.
#[derive(Clone, Debug)]
pub struct TenantMember(pub Viewer);

/// Whoever it is: signed in, or the holder of a key.
#[derive(Clone, Debug)]
pub enum AnyCaller {
    Person(Viewer),
    Key(KeyHolder),
}

/// Whoever may look at the workspace: a member, or a key with the scope `read`.
#[derive(Clone, Debug)]
pub struct TenantReader(pub TenantId);

impl<S: Sync> FromRequestParts<S> for TenantMember {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if parts.extensions.get::<KeyHolder>().is_some() {
            return Err(ApiError::session_required());
        }
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

impl<S: Sync> FromRequestParts<S> for AnyCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let key = parts.extensions.get::<KeyHolder>().cloned().map(Self::Key);
        let person = || parts.extensions.get::<Viewer>().cloned().map(Self::Person);
        key.or_else(person).ok_or_else(ApiError::unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for TenantReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<KeyHolder>() {
            Some(holder) if holder.scopes.contains(&Scope::Read) => Ok(Self(holder.tenant.clone())),
            Some(_) => Err(ApiError::scope_required(Scope::Read)),
            None => TenantMember::from_request_parts(parts, state)
                .await
                .map(|TenantMember(viewer)| Self(viewer.here.tenant_id)),
        }
    }
}
