//! `GET /healthz`: the process answers. `GET /readyz`: it can serve, with its database reachable and migrated.

use axum::{Json, extract::State};
use billing::{Services, service::AccountWarning};
use domain::error_code::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi::Error;
use crate::api::ApiError;

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    status: &'static str,
    /// Problems that do not stop requests.
    warnings: Vec<Warning>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Warning {
    /// Stable code, such as `provider_account_changed`.
    #[schema(value_type = String)]
    code: ErrorCode,
    /// Its subject: `stripe` or `polar`.
    provider: &'static str,
    message: String,
}

/// Reports that the process is running.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "getHealth",
    tag = "operations",
    security(()),
    responses((status = 200, description = "The process is running.", body = Health))
)]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Reports whether the server can serve requests: the database is reachable and has all migrations.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "The server is ready. `warnings` lists problems that do not stop requests.", body = Readiness),
        (status = 503, description = "`not_ready`: the message says what is missing.", body = Error),
    )
)]
pub async fn readyz(State(services): State<Services>) -> Result<Json<Readiness>, ApiError> {
    match services.store().is_ready().await {
        Ok(true) => {
            let warnings = services.providers().account_warnings().iter().map(warning).collect();
            Ok(Json(Readiness { status: "ready", warnings }))
        }
        Ok(false) => Err(ApiError::not_ready("The database lacks migrations. Run `server migrate`.")),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "failed to reach the database");
            Err(ApiError::not_ready("The database can't be reached."))
        }
    }
}

/// Returns the warning without the provider account's id, since `/readyz` is public. The log and the operator's pages
/// have the id.
fn warning(of: &AccountWarning) -> Warning {
    let AccountWarning { provider, state: _ } = of;
    let message = format!(
        "The key for {} does not open the account that this installation uses. No request is sent there until it does.",
        provider.title()
    );
    Warning { code: ErrorCode::ProviderAccountChanged, provider: provider.as_str(), message }
}
