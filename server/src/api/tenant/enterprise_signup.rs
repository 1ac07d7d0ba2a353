//! `POST /api/v1/enterprise/enterprise-signup`: requests an offer beyond the listed plans → 201.

use axum::{Extension, Json, http::StatusCode};
use billing::{
    identity::ClientAddress,
    service::{Operators, operator::enterprise::NewEnterpriseRequest},
};
use domain::tenant::enterprise::UseCase;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::MaybeCaller,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "company": "Acme Robotics",
    "contactName": "Ada Acme",
    "email": "ada@acme.test",
    "useCases": [
        "flutter_app_runtime", "flame_game_backend", "live_ops_telemetry", "unity_native_bridge", "dart_ffi",
        "ai_runtime_integration", "private_deployment", "governance", "security", "compliance", "sla"
    ],
    "expectedScale": "2 M players a month",
    "notes": "In two regions."
}))]
pub struct EnterpriseSignupRequest {
    #[schema(max_length = 200)]
    company: String,
    #[schema(max_length = 200)]
    contact_name: Option<String>,
    email: String,
    use_cases: Option<Vec<UseCase>>,
    /// The expected scale, in words.
    #[schema(max_length = 200)]
    expected_scale: Option<String>,
    #[schema(max_length = 2000)]
    notes: Option<String>,
    /// Leave it out or empty: a request with a value is not stored.
    homepage: Option<String>,
}

impl ReadFields for EnterpriseSignupRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            company: fields.text("company"),
            contact_name: fields.optional_text("contactName"),
            email: fields.text("email"),
            use_cases: fields.optional_words("useCases", USE_CASES),
            expected_scale: fields.optional_text("expectedScale"),
            notes: fields.optional_text("notes"),
            homepage: fields.optional_text("homepage"),
        }
    }
}

/// The values that [`UseCase`] is parsed from.
const USE_CASES: &str = "flutter_app_runtime, flame_game_backend, live_ops_telemetry, unity_native_bridge, dart_ffi, \
    ai_runtime_integration, private_deployment, governance, security, compliance and sla";

impl From<EnterpriseSignupRequest> for NewEnterpriseRequest {
    fn from(request: EnterpriseSignupRequest) -> Self {
        let EnterpriseSignupRequest { company, contact_name, email, use_cases, expected_scale, notes, homepage } =
            request;
        Self {
            company,
            contact_name: contact_name.unwrap_or_default(),
            email,
            use_cases: use_cases.unwrap_or_default(),
            expected_scale: expected_scale.unwrap_or_default(),
            notes: notes.unwrap_or_default(),
            trap: homepage.unwrap_or_default(),
            form_key: String::new(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "requestId": "01890b2e-0000-7000-8000-000000000003", "status": "received" }))]
pub struct EnterpriseSignupResponse {
    request_id: String,
    /// Always `received`.
    status: &'static str,
}

/// Requests an offer beyond the listed plans. A person reads it; nothing is ordered.
///
/// Needs no sign-in; a signed-in caller is recorded. Five requests an hour are accepted from one address.
#[utoipa::path(
    post,
    path = "/api/v1/enterprise/enterprise-signup",
    operation_id = "sendEnterpriseRequest",
    tag = "enterprise",
    security(()),
    request_body = EnterpriseSignupRequest,
    responses(
        (status = 201, description = "The request is stored.", body = EnterpriseSignupResponse),
        (status = 429, description = "`throttled`: five were sent from this address within an hour; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn sign_up(
    Handle(operators): Handle<Operators>,
    Extension(from): Extension<ClientAddress>,
    MaybeCaller(sender): MaybeCaller,
    Body(request): Body<EnterpriseSignupRequest>,
) -> Result<(StatusCode, Json<EnterpriseSignupResponse>), ApiError> {
    let request_id = operators.request_enterprise(request.into(), sender, from).await?;
    Ok((StatusCode::CREATED, Json(EnterpriseSignupResponse { request_id, status: "received" })))
}
