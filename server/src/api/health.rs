//! `GET /healthz`: the process answers. `GET /readyz`: it can serve, with its database there and migrated.

use axum::{Json, extract::State};
use billing::Services;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, openapi::Error};

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
}

/// The process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "getHealth",
    tag = "operations",
    security(()),
    responses((status = 200, description = "It does.", body = Health))
)]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// It can serve: the database is there, with every migration.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "It can.", body = Health),
        (status = 503, description = "`not_ready` says what is missing.", body = Error),
    )
)]
pub async fn readyz(State(services): State<Services>) -> Result<Json<Health>, ApiError> {
    match services.store().is_ready().await {
        Ok(true) => Ok(Json(Health { status: "ready" })),
        Ok(false) => Err(ApiError::not_ready("The database lacks migrations. Run `server migrate`.")),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the database can't be reached");
            Err(ApiError::not_ready("The database can't be reached."))
        }
    }
}
