//! [`ApiError`]: the only error that becomes a response.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use billing::{
    service::{FieldErrors, ServiceError},
    store::StoreError,
};
use domain::{
    catalog::Limit,
    entitlement::refusal::{Refusal, Upgrade},
    error_code::ErrorCode,
    tenant::{installation_scope::InstallationScope, scope::Scope},
};
use serde::Serialize;
use utoipa::ToSchema;

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
    #[schema(value_type = String)]
    code: ErrorCode,
    /// What is wrong and what to do, in whole sentences.
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
    /// The cheapest listed plan that would have allowed it, by the prices in the currency that the workspace pays in;
    /// `null` when no plan offers more.
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
    pub(super) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { error: code.title(), code, message: message.into(), fields: FieldErrors::new() }
    }
}

impl ApiError {
    pub(super) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: status_of(code),
            body: Box::new(ErrorBody::new(code, message)),
            refusal: None,
            retry_after_secs: retry_after_secs(code),
        }
    }

    /// Returns the error with the code's standard message, [`ErrorCode::message`].
    pub(super) fn of(code: ErrorCode) -> Self {
        Self::new(code, code.message())
    }

    fn after(mut self, secs: i64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> ErrorCode {
        self.body.code
    }

    pub fn title(&self) -> &'static str {
        self.body.error
    }

    pub fn message(&self) -> &str {
        &self.body.message
    }

    pub fn unauthenticated() -> Self {
        let message = "Sign in with POST /api/v1/auth/login and send its cookie, or send an API key or an ID token as a bearer token.";
        Self::new(ErrorCode::Unauthenticated, message)
    }

    pub fn session_required() -> Self {
        Self::of(ErrorCode::SessionRequired)
    }

    pub fn scope_required(scope: Scope) -> Self {
        let message = format!("This needs an API key with the scope {}.", scope.as_str());
        Self::new(ErrorCode::ScopeRequired, message)
    }

    pub fn installation_scope_required(scope: InstallationScope) -> Self {
        let message = format!("This needs an installation key with the scope {}.", scope.as_str());
        Self::new(ErrorCode::ScopeRequired, message)
    }

    /// Refuses an installation key that names no workspace, on a route that is about a workspace.
    pub fn installation_key_needs_tenant() -> Self {
        let message = "Name the workspace in X-Tenant-ID, or by the product's own id in X-Tenant-External-ID.";
        Self::new(ErrorCode::TenantRequired, message)
    }

    /// Refuses a user on a metering route: a workspace must not record the usage that it is billed for.
    pub fn usage_key_required() -> Self {
        let message = "Usage is counted with an API key that has the scope usage, which the installation gives to the product. Sessions and ID tokens can't count usage.";
        Self::new(ErrorCode::ScopeRequired, message)
    }

    pub fn not_found() -> Self {
        let message = "There is nothing at this address. Check the path.";
        Self::new(ErrorCode::NotFound, message)
    }

    pub fn method_not_allowed() -> Self {
        let message = "This address does not accept this method. The Allow header lists the methods that it accepts.";
        Self::new(ErrorCode::MethodNotAllowed, message)
    }

    pub fn payload_too_large(most_bytes: usize) -> Self {
        let message = format!("The body is too large. Send at most {most_bytes} bytes.");
        Self::new(ErrorCode::PayloadTooLarge, message)
    }

    pub fn unsupported_media_type(expected: &'static str) -> Self {
        let message = format!("Send the body as {expected} and set Content-Type accordingly.");
        Self::new(ErrorCode::UnsupportedMediaType, message)
    }

    pub fn unsupported_content_encoding() -> Self {
        let message = "Send the body uncompressed or compressed with gzip, and set Content-Encoding accordingly.";
        Self::new(ErrorCode::UnsupportedMediaType, message)
    }

    /// Refuses a webhook with `Content-Encoding`: providers sign and send the body uncompressed.
    pub fn compressed_webhook() -> Self {
        let message = "Send the event as the provider signed it, without Content-Encoding: the signature covers the bytes as they were sent.";
        Self::new(ErrorCode::UnsupportedMediaType, message)
    }

    pub fn unreadable_content_encoding() -> Self {
        let message = "Content-Encoding is gzip, but the body is not compressed with it. Compress it again, or send it uncompressed.";
        Self::new(ErrorCode::UnreadableBody, message)
    }

    pub fn uri_too_long(most_bytes: usize) -> Self {
        let message = format!("The address is too long. Its path and query may have {most_bytes} bytes.");
        Self::new(ErrorCode::UriTooLong, message)
    }

    pub fn headers_too_large(most: usize, most_bytes: usize) -> Self {
        let message = format!(
            "The headers are too large. Send at most {most} of them, cookies among them, with {most_bytes} bytes."
        );
        Self::new(ErrorCode::HeadersTooLarge, message)
    }

    pub fn too_many_connections() -> Self {
        let message = "The server is processing too many requests. Wait as long as Retry-After says, then try again.";
        Self::new(ErrorCode::Overloaded, message)
    }

    pub fn unreadable_body() -> Self {
        Self::of(ErrorCode::UnreadableBody)
    }

    pub fn invalid_json(why: &serde_json::Error) -> Self {
        Self::new(ErrorCode::InvalidJson, format!("The body is not valid JSON: {why}."))
    }

    pub fn too_many_fields(most: usize, most_items: u32) -> Self {
        let message = format!("The form has too many fields. Send at most {most}, and {most_items} of one name.");
        Self::new(ErrorCode::InvalidForm, message)
    }

    pub fn invalid_form() -> Self {
        Self::of(ErrorCode::InvalidForm)
    }

    pub fn cross_site() -> Self {
        Self::of(ErrorCode::CrossSiteRequest)
    }

    pub fn rate_limited(retry_after_secs: i64) -> Self {
        let message = "Too many requests. Wait as long as Retry-After says; RateLimit-Policy states the limit.";
        Self::new(ErrorCode::RateLimited, message).after(retry_after_secs)
    }

    pub fn too_many_streams() -> Self {
        Self::of(ErrorCode::TooManyStreams)
    }

    /// Replaces an error response of a library. `why` is the reason in that response; empty if there is none.
    pub fn refused(status: StatusCode, why: &str) -> Self {
        let error = match why.trim().trim_end_matches('.') {
            "" => Self::of(ErrorCode::BadRequest),
            why => Self::new(ErrorCode::BadRequest, format!("This request can't be processed: {why}.")),
        };
        Self { status, ..error }
    }

    pub fn internal() -> Self {
        let message = "Something failed on our side. Try again. If it happens again, report the x-request-id.";
        Self::new(ErrorCode::Internal, message)
    }

    pub fn not_ready(message: &'static str) -> Self {
        Self::new(ErrorCode::NotReady, message)
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        let code = error.code();
        log_failure(&error);
        let mut api_error = match (code, instruction(&error)) {
            // Callers do not see the cause of these errors.
            (ErrorCode::Internal, _) => Self::internal(),
            (ErrorCode::StoreUnavailable, None) => Self::of(code),
            (_, Some(message)) => Self::new(code, message),
            (_, None) => Self::new(code, error.to_string()),
        };
        match error {
            ServiceError::Validation { fields, .. } => api_error.body.fields = fields,
            ServiceError::LimitReached(refusal) => api_error.refusal = Some(refusal),
            ServiceError::ChangeUnconfirmed { .. } => {
                api_error.retry_after_secs = retry_after_secs(ErrorCode::ProviderUnavailable);
            }
            ServiceError::Throttled { retry_after_secs }
            | ServiceError::Busy { retry_after_secs }
            | ServiceError::IdempotencyInProgress { retry_after_secs } => {
                api_error.retry_after_secs = Some(retry_after_secs);
            }
            _ => {}
        }
        api_error
    }
}

/// Returns a message for callers of the API that names a header, path, field or setting; `None` if the error's message
/// is sent as it is.
fn instruction(error: &ServiceError) -> Option<&'static str> {
    Some(match error {
        ServiceError::SecondFactorRequired => {
            "This account has a second factor. Send the authenticator's code or a recovery code as code."
        }
        ServiceError::TokenLacksSecondFactor => {
            "This account has a second factor, which an ID token does not prove. Sign in with POST /api/v1/auth/login and the code, and call with the session."
        }
        ServiceError::ConfirmationRequired => {
            "Confirm your identity with POST /api/v1/auth/confirm and the password or a code first. Nothing was changed."
        }
        ServiceError::NotSignedUp => {
            "This Firebase account has no account here yet. Sign up with POST /api/v1/auth/signup."
        }
        ServiceError::TenantRequired => "Name the workspace in the header X-Tenant-ID.",
        ServiceError::NoCustomer => {
            "This workspace has not paid for a plan yet, so there is nothing to manage. Start with POST /api/v1/billing/checkout."
        }
        ServiceError::FirebaseNotConfigured => "Firebase is not configured here. Set FIREBASE_PROJECT_ID.",
        ServiceError::MailNotConfigured => "This installation sends no mail, because SMTP_URL is not set.",
        ServiceError::BillingNotConfigured => {
            "Billing is not configured here. Set PAYMENT_PROVIDER and the provider's keys."
        }
        ServiceError::SecretsNotConfigured => {
            "This installation stores no secrets, because SECRETS_KEY is not set. Its operator can set it."
        }
        ServiceError::SecretsKeyLost => {
            "The workspace's secrets are sealed under another SECRETS_KEY. The operator of this installation can add that key to the setting."
        }
        ServiceError::IdempotencyInProgress { .. } => {
            "The first request with this Idempotency-Key is still being processed. Send it again in a moment."
        }
        ServiceError::IdempotencyAnswerLost => {
            "The request with this Idempotency-Key has succeeded already, but its answer can't be shown again, because SECRETS_KEY \
             has changed or is not set. Look at what exists before you use a new key."
        }
        ServiceError::Unavailable | ServiceError::Store(StoreError::CommitUnknown(_)) => {
            "The database failed meanwhile. If the request makes a change, it is not known whether it was made: look before you repeat it."
        }
        _ => return None,
    })
}

fn status_of(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Returns the default of `Retry-After` for errors with the code, in seconds; `None` if they have no default.
fn retry_after_secs(code: ErrorCode) -> Option<i64> {
    match code {
        ErrorCode::UsageUnavailable | ErrorCode::OutcomeUnknown => Some(1),
        ErrorCode::StoreUnavailable | ErrorCode::Overloaded => Some(5),
        ErrorCode::FirebaseUnavailable | ErrorCode::IssuerUnavailable => Some(10),
        ErrorCode::ProviderUnavailable | ErrorCode::ProviderAccountChanged => Some(30),
        // After 60 seconds an open live stream has reached its maximum duration and freed its slot.
        ErrorCode::TooManyStreams => Some(60),
        _ => None,
    }
}

/// Logs an error with its causes where the response does not show them.
fn log_failure(error: &ServiceError) {
    match error {
        ServiceError::InvalidSignature(_) => {
            tracing::warn!(error = error as &dyn std::error::Error, "failed to verify a webhook");
        }
        ServiceError::ProviderUnavailable { .. }
        | ServiceError::ChangeUnconfirmed { .. }
        | ServiceError::Store(_)
        | ServiceError::Password(_)
        | ServiceError::Session(_)
        | ServiceError::Mail(_)
        | ServiceError::Internal(_) => {
            let code = error.code().as_str();
            tracing::error!(error = error as &dyn std::error::Error, code, "failed to handle a request");
        }
        _ => {}
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, body, refusal, retry_after_secs } = self;
        let code = body.code;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_each_code_is_valid() {
        for code in ErrorCode::ALL {
            assert_eq!(status_of(*code).as_u16(), code.status(), "{code}");
        }
    }

    #[test]
    fn only_temporary_errors_say_when_to_try_again() {
        for code in ErrorCode::ALL {
            assert!(retry_after_secs(*code).is_none() || code.status() == 503, "{code}");
        }
    }
}
