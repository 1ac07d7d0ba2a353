//! A client's request: its API key in the query, its fields in a JSON object or a form.

use axum::{
    extract::{FromRequest, Request},
    http::header,
};
use serde_json::{Map, Value};

use super::{account::Account, error::GoogleError};

const MAX_BODY_BYTES: usize = 64 * 1024;

/// The fields of a request with an API key. Any key is accepted, but one is required.
pub(super) struct Call(Fields);

/// The fields of a request that authenticates without an API key.
pub(super) struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = GoogleError;

    async fn from_request(request: Request, state: &S) -> Result<Self, GoogleError> {
        let query = request.uri().query().unwrap_or_default();
        let has_key =
            url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "key" && !value.is_empty());
        if !has_key {
            return Err(GoogleError::Forbidden("The request is missing a valid API key."));
        }
        Fields::from_request(request, state).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = GoogleError;

    async fn from_request(request: Request, _: &S) -> Result<Self, GoogleError> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY_BYTES)
            .await
            .map_err(|_| GoogleError::InvalidRequest("Request payload size exceeds the limit: 65536 bytes."))?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") {
            let pairs = url::form_urlencoded::parse(&body);
            return Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ if body.is_empty() => Ok(Self(Map::new())),
            _ => Err(GoogleError::InvalidRequest("Invalid JSON payload received. Expected an object.")),
        }
    }
}

impl Call {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    /// The `email` and `password` fields, validated as Google does before it looks for an account.
    pub(super) fn credentials(&self) -> Result<(String, String), GoogleError> {
        let email = self.text("email").ok_or(GoogleError::Refused("MISSING_EMAIL"))?;
        let email = Account::canonical(email).ok_or(GoogleError::Refused("INVALID_EMAIL"))?;
        let password = self.text("password").ok_or(GoogleError::Refused("MISSING_PASSWORD"))?;
        Ok((email, password.to_owned()))
    }
}

impl Fields {
    /// The field's text. `None` if it is missing or empty: Google treats both alike.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    /// Whether there is a field that is not in `known`.
    pub(super) fn other_than(&self, known: &[&str]) -> bool {
        self.0.keys().any(|name| !known.contains(&name.as_str()))
    }
}
