//! `GET /api/v1/auth/me`: who I am, my workspaces, my role in the one that is open.

use axum::Json;
use billing::{Services, identity::session, service::ServiceError};
use domain::account::{Membership, Role, Viewer};
use serde::Serialize;
use tower_sessions::Session;

use crate::api::{ApiError, principal::TenantMember};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    user_id: String,
    email: String,
    tenant_id: String,
    tenant_name: String,
    role: Role,
    tenants: Vec<MyTenant>,
}

#[derive(Debug, Serialize)]
struct MyTenant {
    id: String,
    name: String,
    role: Role,
    plan: String,
}

pub async fn me(TenantMember(viewer): TenantMember) -> Json<Me> {
    Json(viewer.into())
}

impl Me {
    /// For a session that has just begun in this very request.
    pub async fn of_session(services: &Services, session: &Session) -> Result<Self, ApiError> {
        let signed_in = session::current(session, services.wall_now()).await.map_err(ServiceError::from)?;
        let signed_in = signed_in.ok_or_else(ApiError::unauthenticated)?;
        let viewer = services.viewer(&signed_in, None).await?;
        viewer.map(Self::from).ok_or_else(ApiError::unauthenticated)
    }
}

impl From<Viewer> for Me {
    fn from(viewer: Viewer) -> Self {
        let Viewer { user_id, email, here, elsewhere } = viewer;
        let tenants = std::iter::once(&here).chain(&elsewhere).map(MyTenant::from).collect();
        Self {
            user_id: user_id.into(),
            email,
            tenant_id: here.tenant_id.into(),
            tenant_name: here.tenant_name,
            role: here.role,
            tenants,
        }
    }
}

impl From<&Membership> for MyTenant {
    fn from(membership: &Membership) -> Self {
        let Membership { tenant_id, tenant_name, role, plan } = membership;
        Self { id: tenant_id.to_string(), name: tenant_name.clone(), role: *role, plan: plan.to_string() }
    }
}
