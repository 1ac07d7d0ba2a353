//! Stripe's error object ("Errors" in its API reference).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::json_parts::with;
use crate::storage::StorageError;

/// A failed request. Its transaction is rolled back.
#[derive(Debug)]
pub(crate) struct StripeError {
    pub(crate) status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    decline_code: Option<&'static str>,
    param: Option<String>,
    pub(crate) message: String,
}

impl StripeError {
    fn invalid(code: Option<&'static str>, param: Option<&str>, message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code,
            decline_code: None,
            param: param.map(str::to_owned),
            message,
        }
    }

    pub(crate) fn bad(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(None, Some(param), message.into())
    }

    pub(crate) fn bad_as(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self::invalid(Some(code), Some(param), message.into())
    }

    /// An invalid request. The error names no parameter.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::invalid(None, None, message.into())
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self::bad_as("parameter_missing", param, format!("Missing required param: {param}."))
    }

    /// No object has the id in the path.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::no_such(what, id, "id") }
    }

    /// No object has `id`, which is the value of the parameter `param`.
    pub(crate) fn no_such(what: &str, id: &str, param: &str) -> Self {
        Self::bad_as("resource_missing", param, format!("No such {what}: '{id}'"))
    }

    pub(crate) fn unknown_route(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
        );
        Self { status: StatusCode::NOT_FOUND, ..Self::invalid(None, None, message) }
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::invalid(None, None, message.into()) }
    }

    /// The API key has no access to the account in the path.
    pub(crate) fn other_account(id: &str) -> Self {
        let message = format!(
            "The provided key does not have access to account '{id}' (or that account does not exist). Application access may have been revoked."
        );
        Self { status: StatusCode::FORBIDDEN, ..Self::invalid(Some("account_invalid"), None, message) }
    }

    pub(crate) fn idempotency(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
        );
        Self { kind: "idempotency_error", ..Self::invalid(None, None, message) }
    }

    /// A declined card.
    pub(crate) fn card(code: &'static str, decline_code: Option<&'static str>, message: &str) -> Self {
        Self {
            status: StatusCode::PAYMENT_REQUIRED,
            kind: "card_error",
            decline_code,
            ..Self::invalid(Some(code), None, message.to_owned())
        }
    }

    /// The account's rate limit is reached ("Rate limits" in Stripe's documentation).
    pub(crate) fn rate_limit() -> Self {
        let message =
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.";
        Self { status: StatusCode::TOO_MANY_REQUESTS, ..Self::invalid(Some("rate_limit"), None, message.to_owned()) }
    }

    pub(crate) fn too_large() -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::refused("The request body is larger than 1 MB.") }
    }

    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut error = json!({
            "message": self.message,
            "request_log_url": format!("https://dashboard.stripe.com/test/logs/{request_id}"),
            "type": self.kind,
        });
        if let Some(code) = self.code {
            error = with(error, "code", code);
            error = with(error, "doc_url", format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
        }
        if let Some(decline_code) = self.decline_code {
            error = with(error, "decline_code", decline_code);
        }
        if let Some(param) = &self.param {
            error = with(error, "param", param.clone());
        }
        json!({ "error": error })
    }
}

impl From<StorageError> for StripeError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "failed to write the sandbox state");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            kind: "api_error",
            ..Self::refused("The sandbox could not keep this change; nothing was done. Its log says why.")
        }
    }
}
