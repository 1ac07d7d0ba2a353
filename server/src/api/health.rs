//! `GET /healthz`: the process answers. `GET /readyz`: it can serve, with its database there and migrated.

use axum::{Json, extract::State};
use billing::Services;
use serde::Serialize;

use super::ApiError;

#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
}

pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// 503 `not_ready` says what is missing.
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
