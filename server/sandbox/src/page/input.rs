//! Request bodies of the sandbox's routes: a JSON object from a program, or a form from one of its pages.

use axum::{
    Json,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value, json};

use crate::storage::StorageError;

const MAX_BODY_BYTES: usize = 64 * 1024;

/// The fields of a request body.
pub(crate) struct Input {
    fields: Map<String, Value>,
    /// Whether the caller is a browser and expects a page.
    pub(crate) from_page: bool,
}

/// A rejected request: status, and a message that says what is expected.
#[derive(Debug)]
pub(crate) struct Refusal(StatusCode, String);

impl Refusal {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }

    pub(crate) fn internal() -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, "The sandbox could not keep this change; its log says why.".to_owned())
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "failed to write the sandbox state");
        Self::internal()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// Whether the caller accepts HTML, as browsers do.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY_BYTES)
            .await
            .map_err(|_| Refusal(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KB.".to_owned()))?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let fields = if body.is_empty() {
            Map::new()
        } else if kind.starts_with("application/json") {
            match serde_json::from_slice(&body) {
                Ok(Value::Object(fields)) => fields,
                Ok(_) => return Err(Refusal::bad("Send a JSON object.")),
                Err(error) => return Err(Refusal::bad(format!("This is not JSON: {error}."))),
            }
        } else {
            let pairs = url::form_urlencoded::parse(&body);
            pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
        };
        Ok(Self { fields, from_page: wants_page(&parts.headers) })
    }
}

impl Input {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| !text.trim().is_empty())
            || self.fields.get(name).is_some_and(Value::is_number)
    }

    /// The field `name` as an integer; a [`Refusal`] if it is missing, not an integer or not within `bounds`.
    pub(crate) fn int(&self, name: &str, bounds: std::ops::RangeInclusive<i64>) -> Result<i64, Refusal> {
        let number = match self.fields.get(name) {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_i64(),
            None => None,
        };
        number.filter(|number| bounds.contains(number)).ok_or_else(|| {
            Refusal::bad(format!("{name} must be a whole number from {} to {}.", bounds.start(), bounds.end()))
        })
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if matches!(text.as_str(), "true" | "1" | "on") => Ok(true),
            Some(Value::String(text)) if matches!(text.as_str(), "false" | "0" | "off") => Ok(false),
            _ => Err(Refusal::bad(format!("{name} must be true or false."))),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// Answers a browser with a redirect to the board, and a program with `body` as JSON.
    pub(crate) fn answer(&self, body: Value) -> Response {
        if self.from_page { Redirect::to("/").into_response() } else { Json(body).into_response() }
    }
}
