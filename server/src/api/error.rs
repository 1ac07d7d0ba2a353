//! [`ApiError`]: the only error that becomes a response.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use billing::service::{FieldErrors, LinkError, ServiceError};
use domain::{
    catalog::Limit,
    entitlement::refusal::{Refusal, Upgrade},
    tenant::scope::Scope,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds before an ID token that could not be verified is sent again.
const FIREBASE_RETRY_SECS: i64 = 10;
/// Seconds before usage is counted again, and before a database that is unavailable is called again.
const USAGE_RETRY_SECS: i64 = 1;
const STORE_RETRY_SECS: i64 = 5;
/// The duration of a live stream.
const STREAM_RETRY_SECS: i64 = 60;
const OVERLOAD_RETRY_SECS: i64 = 5;
/// Seconds before a provider is called again.
const PROVIDER_RETRY_SECS: i64 = 30;

/// Response extension: the stable code of its error.
#[derive(Clone, Copy, Debug)]
pub struct ErrorCode(pub &'static str);

#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Box<ErrorBody>,
    /// Set on a 402.
    refusal: Option<Box<Refusal>>,
    retry_after_secs: Option<i64>,
}

/// The body of every error: `{"error","code","message"}`, and more fields for some codes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// A short title.
    error: &'static str,
    /// Stable code for programs.
    code: &'static str,
    /// One sentence that says what to do.
    #[schema(value_type = String)]
    message: Cow<'static, str>,
    /// What is wrong with each field, on a validation error.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    fields: FieldErrors,
}

/// The body of a 402: the limit that was reached, and the plan that would have allowed it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = UsageLimitError, example = json!({
    "error": "Usage limit exceeded",
    "code": "limit_reached",
    "message": "WebSocket connection limit reached (10)",
    "allowed": false,
    "upgrade": { "plan": "pro", "limit": 100 }
}))]
pub struct RefusalBody {
    #[serde(flatten)]
    error: ErrorBody,
    /// Always `false`.
    allowed: bool,
    /// The cheapest listed plan that would have allowed it; `null` when no plan offers more.
    #[schema(required = true)]
    upgrade: Option<UpgradeBody>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Upgrade)]
pub struct UpgradeBody {
    plan: String,
    /// In the feature's unit; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
}

impl ErrorBody {
    pub(super) fn new(error: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { error, code, message: message.into(), fields: FieldErrors::new() }
    }
}

impl ApiError {
    fn new(status: StatusCode, error: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, body: Box::new(ErrorBody::new(error, code, message)), refusal: None, retry_after_secs: None }
    }

    fn after(mut self, secs: i64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    fn store_unavailable() -> Self {
        let message = "The database can't be reached or has no room. Nothing was changed. Try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Database unavailable", "store_unavailable", message)
            .after(STORE_RETRY_SECS)
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn title(&self) -> &'static str {
        self.body.error
    }

    pub fn message(&self) -> &str {
        &self.body.message
    }

    pub fn unauthenticated() -> Self {
        let message = "Log in with POST /api/v1/auth/login and send its cookie, or send an API key or a Firebase ID token as a bearer token.";
        Self::new(StatusCode::UNAUTHORIZED, "Not authenticated", "unauthenticated", message)
    }

    pub fn session_required() -> Self {
        let message = "An API key can't do this. Log in as a member of the workspace.";
        Self::new(StatusCode::FORBIDDEN, "Session required", "session_required", message)
    }

    pub fn scope_required(scope: Scope) -> Self {
        let message = format!("This needs an API key with the scope {}.", scope.as_str());
        Self::new(StatusCode::FORBIDDEN, "Scope required", "scope_required", message)
    }

    /// For a person on a metering route: the metered party must not hold the meter.
    pub fn usage_key_required() -> Self {
        let message = "Usage is counted with an API key that has the scope usage, which the installation gives to the product. A session or an ID token can't count.";
        Self::new(StatusCode::FORBIDDEN, "Scope required", "scope_required", message)
    }

    /// For a caller of a workspace on a route that corrects usage.
    pub fn corrections_are_for_installations() -> Self {
        let message = "Usage is corrected by the person who runs this installation, at the operator's desk or with `server usage correct`.";
        Self::new(StatusCode::FORBIDDEN, "Scope required", "scope_required", message)
    }

    pub fn not_found() -> Self {
        let message = "There is nothing at this address. Check the path.";
        Self::new(StatusCode::NOT_FOUND, "Not found", "not_found", message)
    }

    pub fn method_not_allowed() -> Self {
        let message = "This address does not take this method. The Allow header names those it takes.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "method_not_allowed", message)
    }

    pub fn payload_too_large(most_bytes: usize) -> Self {
        let message = format!("The body is too large. Send at most {most_bytes} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large", "payload_too_large", message)
    }

    pub fn unsupported_media_type(expected: &'static str) -> Self {
        let message = format!("Send the body as {expected} and say so in Content-Type.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "unsupported_media_type", message)
    }

    pub fn unsupported_content_encoding() -> Self {
        let message = "Send the body as it is or compressed with gzip, and say so in Content-Encoding.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "unsupported_media_type", message)
    }

    /// For a compressed webhook: providers sign and send the body uncompressed.
    pub fn compressed_webhook() -> Self {
        let message =
            "Send the event as the provider signed it, without Content-Encoding: a webhook's body is taken as it is.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "unsupported_media_type", message)
    }

    pub fn unreadable_content_encoding() -> Self {
        let message = "Content-Encoding says gzip, and the body is none. Compress it anew, or send it as it is.";
        Self::new(StatusCode::BAD_REQUEST, "Unreadable body", "unreadable_body", message)
    }

    pub fn uri_too_long(most_bytes: usize) -> Self {
        let message = format!("The address is too long. Its path and query may have {most_bytes} bytes.");
        Self::new(StatusCode::URI_TOO_LONG, "Address too long", "uri_too_long", message)
    }

    pub fn headers_too_large(most: usize, most_bytes: usize) -> Self {
        let message = format!(
            "The headers are too large. Send at most {most} of them, cookies among them, with {most_bytes} bytes."
        );
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Self::new(status, "Headers too large", "headers_too_large", message)
    }

    pub fn too_many_connections() -> Self {
        let message = "Too many requests are being worked on. Wait as long as Retry-After says, then try again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Overloaded", "overloaded", message).after(OVERLOAD_RETRY_SECS)
    }

    pub fn unreadable_body() -> Self {
        let message = "The body ended early or could not be read. Send it again.";
        Self::new(StatusCode::BAD_REQUEST, "Unreadable body", "unreadable_body", message)
    }

    pub fn invalid_json(why: &serde_json::Error) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "Invalid JSON",
            "invalid_json",
            format!("The body is not valid JSON: {why}."),
        )
    }

    /// For JSON with more values, or nested deeper, than any route accepts.
    pub fn oversized_json(most_values: usize, most_depth: usize) -> Self {
        let message = format!(
            "The body is no JSON that is asked for here: it may hold {most_values} values, nested {most_depth} deep."
        );
        Self::new(StatusCode::BAD_REQUEST, "Invalid JSON", "invalid_json", message)
    }

    pub fn too_many_fields(most: usize, most_items: u32) -> Self {
        let message = format!("The form has too many fields. Send at most {most}, and {most_items} of one name.");
        Self::new(StatusCode::BAD_REQUEST, "Invalid form", "invalid_form", message)
    }

    pub fn invalid_form() -> Self {
        let message = "The form can't be read. Send each of its fields once, as UTF-8.";
        Self::new(StatusCode::BAD_REQUEST, "Invalid form", "invalid_form", message)
    }

    pub fn cross_site() -> Self {
        let message = "A browser sent this from another site. Start it from a page of this one.";
        Self::new(StatusCode::FORBIDDEN, "Cross-site request", "cross_site_request", message)
    }

    pub fn rate_limited(retry_after_secs: i64) -> Self {
        let message = "Too many requests. Wait as long as Retry-After says; RateLimit-Policy tells what is allowed.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", "rate_limited", message).after(retry_after_secs)
    }

    pub fn too_many_streams() -> Self {
        let message =
            "You have as many pages open as can be kept up to date at once. Close one, or load this one again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Too many streams", "too_many_streams", message)
            .after(STREAM_RETRY_SECS)
    }

    /// For an error that a library wrote; `why` is empty when it gave no reason.
    pub fn refused(status: StatusCode, why: &str) -> Self {
        let message = match why.trim().trim_end_matches('.') {
            "" => "This request can't be taken as it is. Check its path, query, headers and body.".to_owned(),
            why => format!("This request can't be taken as it is: {why}."),
        };
        Self::new(status, "Bad request", "bad_request", message)
    }

    pub fn internal() -> Self {
        let message = "Something failed on our side. Try again, and tell us the x-request-id if it stays.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error", "internal", message)
    }

    pub fn not_ready(message: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Not ready", "not_ready", message)
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        let code = error.code();
        let message = error.to_string();
        let new = |status, title| Self::new(status, title, code, message);
        match error {
            ServiceError::Validation { fields, .. } => {
                let mut api_error = new(StatusCode::BAD_REQUEST, "Validation failed");
                api_error.body.fields = fields;
                api_error
            }
            ServiceError::InvalidCredentials => new(StatusCode::UNAUTHORIZED, "Invalid credentials"),
            ServiceError::SecondFactorRequired | ServiceError::TokenLacksSecondFactor => {
                new(StatusCode::UNAUTHORIZED, "Second factor required")
            }
            ServiceError::InvalidCode => new(StatusCode::UNAUTHORIZED, "Invalid code"),
            ServiceError::ConfirmationRequired => new(StatusCode::FORBIDDEN, "Confirmation required"),
            ServiceError::NothingToConfirmWith => new(StatusCode::CONFLICT, "Nothing to confirm with"),
            ServiceError::Throttled { retry_after_secs } => {
                new(StatusCode::TOO_MANY_REQUESTS, "Too many tries").after(retry_after_secs)
            }
            ServiceError::Busy { retry_after_secs } => {
                new(StatusCode::SERVICE_UNAVAILABLE, "Busy").after(retry_after_secs)
            }
            ServiceError::IdTokenRefused | ServiceError::IdTokenRevoked | ServiceError::NotSignedUp => {
                new(StatusCode::UNAUTHORIZED, "Not authenticated")
            }
            ServiceError::EmailNotVerified => new(StatusCode::CONFLICT, "E-mail not verified"),
            ServiceError::AddressNotProven => new(StatusCode::FORBIDDEN, "Address not proven"),
            ServiceError::FirebaseNotConfigured => new(StatusCode::NOT_IMPLEMENTED, "Firebase not configured"),
            ServiceError::FirebaseUnavailable => {
                new(StatusCode::SERVICE_UNAVAILABLE, "Firebase unavailable").after(FIREBASE_RETRY_SECS)
            }
            ServiceError::AdminRequired => new(StatusCode::FORBIDDEN, "Admin required"),
            ServiceError::OwnerRequired => new(StatusCode::FORBIDDEN, "Owner required"),
            ServiceError::LastOwner => new(StatusCode::CONFLICT, "Last owner"),
            ServiceError::AlreadyMember(_) => new(StatusCode::CONFLICT, "Already a member"),
            ServiceError::NotFound(_) | ServiceError::InvalidLink(LinkError::Unknown) => {
                new(StatusCode::NOT_FOUND, "Not found")
            }
            ServiceError::InvalidLink(_) => new(StatusCode::GONE, "Link over"),
            ServiceError::OtherAddress => new(StatusCode::FORBIDDEN, "Other address"),
            ServiceError::MailNotConfigured => new(StatusCode::NOT_IMPLEMENTED, "Mail not configured"),
            ServiceError::TenantNotFound => new(StatusCode::NOT_FOUND, "Tenant not found"),
            ServiceError::TenantRequired => new(StatusCode::BAD_REQUEST, "Tenant required"),
            ServiceError::LimitReached(refusal) => {
                let mut api_error = new(StatusCode::PAYMENT_REQUIRED, "Usage limit exceeded");
                api_error.refusal = Some(refusal);
                api_error
            }
            ServiceError::UsageBusy | ServiceError::UsageUnknown => {
                new(StatusCode::SERVICE_UNAVAILABLE, "Usage unavailable").after(USAGE_RETRY_SECS)
            }
            ServiceError::CorrectionBelowZero => new(StatusCode::CONFLICT, "Correction below zero"),
            ServiceError::UsageKeysAreIssued => new(StatusCode::FORBIDDEN, "Scope required"),
            ServiceError::NotAGauge(_) => new(StatusCode::BAD_REQUEST, "Not a gauge"),
            ServiceError::CountedInternally(_) => new(StatusCode::BAD_REQUEST, "Counted by Dues"),
            ServiceError::SecretsKeyLost => new(StatusCode::NOT_IMPLEMENTED, "Secrets key lost"),
            ServiceError::Unavailable => Self::store_unavailable(),
            ServiceError::Store(ref store) if store.is_transient() => {
                log(&error);
                Self::store_unavailable()
            }
            ServiceError::UnknownFeature(_) => new(StatusCode::NOT_FOUND, "Unknown feature"),
            ServiceError::NotAnUpgrade { .. } => new(StatusCode::BAD_REQUEST, "Not an upgrade"),
            ServiceError::TooManyKeys { .. } => new(StatusCode::CONFLICT, "Too many API keys"),
            ServiceError::TooManyEndpoints { .. } => new(StatusCode::CONFLICT, "Too many webhook endpoints"),
            ServiceError::SecretsNotConfigured => new(StatusCode::NOT_IMPLEMENTED, "Secrets not configured"),
            ServiceError::TenantBillingNotConfigured => new(StatusCode::CONFLICT, "Tenant billing not configured"),
            ServiceError::BillingNotConfigured => new(StatusCode::NOT_IMPLEMENTED, "Billing not configured"),
            ServiceError::ProviderRejected { .. } | ServiceError::CustomerGone { .. } => {
                new(StatusCode::BAD_GATEWAY, "Provider refused")
            }
            ServiceError::UnknownAtProvider { .. } => new(StatusCode::CONFLICT, "Unknown at the provider"),
            ServiceError::ProviderAccountChanged { .. } => {
                new(StatusCode::SERVICE_UNAVAILABLE, "Provider account changed").after(PROVIDER_RETRY_SECS)
            }
            ServiceError::ProviderUnavailable { .. } => {
                log(&error);
                new(StatusCode::SERVICE_UNAVAILABLE, "Provider unavailable").after(PROVIDER_RETRY_SECS)
            }
            ServiceError::Conflict(_) | ServiceError::IdempotencyAnswerLost => new(StatusCode::CONFLICT, "Conflict"),
            ServiceError::IdempotencyInProgress { retry_after_secs } => {
                new(StatusCode::CONFLICT, "Still in progress").after(retry_after_secs)
            }
            ServiceError::IdempotencyKeyReused => new(StatusCode::UNPROCESSABLE_ENTITY, "Idempotency key reused"),
            ServiceError::NoCustomer => new(StatusCode::BAD_REQUEST, "Nothing to manage"),
            ServiceError::NoSubscription => new(StatusCode::BAD_REQUEST, "No subscription"),
            ServiceError::InvalidSignature(_) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to verify a webhook");
                new(StatusCode::BAD_REQUEST, "Invalid signature")
            }
            ServiceError::NotAnEvent => new(StatusCode::BAD_REQUEST, "Invalid event"),
            ServiceError::Store(_)
            | ServiceError::Password(_)
            | ServiceError::Session(_)
            | ServiceError::Mail(_)
            | ServiceError::Internal(_) => {
                log(&error);
                Self::internal()
            }
        }
    }
}

fn log(error: &ServiceError) {
    tracing::error!(error = error as &dyn std::error::Error, code = error.code(), "failed to handle a request");
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, body, refusal, retry_after_secs } = self;
        let code = ErrorCode(body.code);
        let mut response = match refusal {
            None => (status, Json(body)).into_response(),
            Some(refusal) => {
                let upgrade = refusal.upgrade.map(|Upgrade { plan, limit }| UpgradeBody { plan: plan.into(), limit });
                (status, Json(RefusalBody { error: *body, allowed: false, upgrade })).into_response()
            }
        };
        response.extensions_mut().insert(code);
        if let Some(secs) = retry_after_secs {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs.max(1)));
        }
        response
    }
}
