//! Google's error object ("Authentication errors" of the Identity Toolkit's REST API).

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::storage::StorageError;

/// A failed request. Its transaction is rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GoogleError {
    /// A code that clients match on, such as `EMAIL_EXISTS`.
    Refused(&'static str),
    /// The request is malformed.
    InvalidRequest(&'static str),
    /// The API key (`key`) is missing, or the call is for administrators only.
    Forbidden(&'static str),
    /// The change could not be written. The log has the cause.
    Internal,
}

impl GoogleError {
    fn body(self) -> (StatusCode, Value) {
        let (status, message, reason, word) = match self {
            Self::Refused(code) => (StatusCode::BAD_REQUEST, code, "invalid", None),
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, why, "badRequest", Some("INVALID_ARGUMENT")),
            Self::Forbidden(why) => (StatusCode::FORBIDDEN, why, "forbidden", Some("PERMISSION_DENIED")),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal error encountered.", "backendError", Some("INTERNAL"))
            }
        };
        let mut error = json!({
            "code": status.as_u16(),
            "message": message,
            "errors": [{ "message": message, "domain": "global", "reason": reason }],
        });
        if let (Some(word), Some(error)) = (word, error.as_object_mut()) {
            error.insert("status".to_owned(), word.into());
        }
        (status, json!({ "error": error }))
    }
}

impl From<StorageError> for GoogleError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "failed to write the sandbox state");
        Self::Internal
    }
}

impl IntoResponse for GoogleError {
    fn into_response(self) -> Response {
        let (status, body) = self.body();
        (status, Json(body)).into_response()
    }
}
