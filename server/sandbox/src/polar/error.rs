//! Polar's errors: `{"error","detail"}`. The detail of a validation error is a list. A missing scope is reported as in
//! OAuth: `{"error","error_description"}`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::storage::StorageError;

const INSUFFICIENT_SCOPE: &str = "insufficient_scope";

/// A failed request. Its transaction is rolled back.
#[derive(Debug)]
pub(crate) struct PolarError {
    pub(crate) status: StatusCode,
    error: &'static str,
    detail: Value,
}

impl PolarError {
    fn new(status: StatusCode, error: &'static str, detail: impl Into<Value>) -> Self {
        Self { status, error, detail: detail.into() }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", "Not found")
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// The token lacks a scope. No other error has OAuth's format.
    pub(crate) fn insufficient_scope() -> Self {
        let detail = "The request requires higher privileges than provided by the access token.";
        Self::new(StatusCode::FORBIDDEN, INSUFFICIENT_SCOPE, detail)
    }

    /// A validation error of a field of the body.
    pub(crate) fn field(name: &str, kind: &str, message: impl Into<String>, input: impl Into<Value>) -> Self {
        Self::invalid("body", name, kind, message, &input.into())
    }

    pub(crate) fn query(name: &str, message: impl Into<String>, input: &str) -> Self {
        Self::invalid("query", name, "value_error", message, &input.into())
    }

    fn invalid(place: &str, name: &str, kind: &str, message: impl Into<String>, input: &Value) -> Self {
        let detail = json!([{ "type": kind, "loc": [place, name], "msg": message.into(), "input": input }]);
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "RequestValidationError", detail)
    }

    pub(crate) fn missing(name: &str) -> Self {
        Self::field(name, "missing", "Field required", Value::Null)
    }

    pub(crate) fn not_json() -> Self {
        let detail = json!([{ "type": "json_invalid", "loc": ["body"], "msg": "JSON decode error" }]);
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "RequestValidationError", detail)
    }

    pub(crate) fn already_canceled() -> Self {
        let detail = "This subscription is already canceled or will be at the end of the period.";
        Self::new(StatusCode::FORBIDDEN, "AlreadyCanceledSubscription", detail)
    }

    pub(crate) fn not_seat_based() -> Self {
        let detail = "This subscription does not support seat-based pricing.";
        Self::new(StatusCode::BAD_REQUEST, "NotASeatBasedSubscription", detail)
    }

    pub(crate) fn payment_failed(detail: &str) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, "PaymentFailed", detail)
    }

    pub(crate) fn checkout_closed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "NotOpenCheckout", "The checkout is not open anymore.")
    }

    pub(crate) fn refunded_already() -> Self {
        Self::new(StatusCode::FORBIDDEN, "RefundedAlready", "Order is already fully refunded.")
    }

    pub(crate) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests, try again later.")
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", "The request body is larger than 1 MB.")
    }

    pub(crate) fn body(&self) -> Value {
        let detail = if self.error == INSUFFICIENT_SCOPE { "error_description" } else { "detail" };
        json!({ "error": self.error, detail: self.detail })
    }
}

impl From<StorageError> for PolarError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "failed to write the sandbox state");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "Internal Server Error")
    }
}
