//! One API request: authentication, parameters, and the response.

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{
    error::PolarError,
    objects::{Account, Metadata, access_token::RequiredScopes},
};
use crate::storage::{Settings, Transaction, World, ids};

/// The prefix of a request's path, unless a router has stripped it.
const BASE: &str = "/polar/v1";
const MAX_BODY_BYTES: usize = 1 << 20;

/// A request, authenticated and parsed.
pub(crate) struct Call {
    /// The account of the access token. Each token has a separate account, which sees no objects of the others.
    pub(crate) account: Account,
    /// The id in the path. Empty if the route has none.
    pub(crate) id: String,
    required_scopes: RequiredScopes,
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

/// A handler's result.
pub(crate) enum Reply {
    Found(Value),
    Made(Value),
    Nothing,
    /// The board's switch refuses the call. Unlike an error, this commits that one call fewer is to be refused.
    TooMany,
}

pub(crate) type Answer = Result<Reply, PolarError>;
pub(crate) type Handler = fn(&mut Transaction<'_>, &Call) -> Answer;

/// Runs `handler` on a request in one transaction, and responds as Polar does.
pub(crate) async fn answer(world: Arc<World>, handler: Handler, request: Request) -> Response {
    let done = match read(request).await {
        Ok(call) => {
            world
                .transact(move |tx| {
                    if is_rate_limited(tx) {
                        return Ok(Reply::TooMany);
                    }
                    call.required_scopes.check(tx, &call.account)?;
                    handler(tx, &call)
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(Reply::Found(body)) => Json(body).into_response(),
        Ok(Reply::Made(body)) => (StatusCode::CREATED, Json(body)).into_response(),
        Ok(Reply::Nothing) => StatusCode::NO_CONTENT.into_response(),
        Ok(Reply::TooMany) => ([(header::RETRY_AFTER, "1")], error_response(&PolarError::too_many())).into_response(),
        Err(error) => error_response(&error),
    }
}

fn error_response(error: &PolarError) -> Response {
    (error.status, Json(error.body())).into_response()
}

/// Whether the board's switch refuses this call. The stored number of calls to refuse decreases.
fn is_rate_limited(tx: &mut Transaction<'_>) -> bool {
    let settings = Settings::of(tx);
    let is_limited = settings.polar_limit_next > 0;
    if is_limited {
        tx.put(Settings { polar_limit_next: settings.polar_limit_next - 1, ..Settings::clone(&settings) });
    }
    is_limited
}

/// The response to a request that matches no route.
pub(crate) fn unknown_route(request: &Request) -> Response {
    match authenticate(request.headers()) {
        Ok(_) => error_response(&PolarError::not_found()),
        Err(error) => error_response(&error),
    }
}

async fn read(request: Request) -> Result<Call, PolarError> {
    let (mut parts, body) = request.into_parts();
    let account = authenticate(&parts.headers)?;
    let id = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(params) => params.iter().next().map(|(_, id)| id.to_owned()).unwrap_or_default(),
        Err(_) => return Err(PolarError::not_found()),
    };
    let path = parts.uri.path();
    let required_scopes = RequiredScopes::for_request(&parts.method, path.strip_prefix(BASE).unwrap_or(path));
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body: Bytes = axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| PolarError::too_large())?;
    let body = match parts.method {
        Method::POST | Method::PATCH => match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => fields,
            _ => return Err(PolarError::not_json()),
        },
        _ => Map::new(),
    };
    Ok(Call { account, id, required_scopes, query, body })
}

/// The account of the access token. Any token in Polar's format is accepted.
fn authenticate(headers: &HeaderMap) -> Result<Account, PolarError> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|sent| sent.to_str().ok());
    let token = sent.and_then(|sent| sent.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.and_then(|(_, token)| account_of(token.trim())).ok_or_else(PolarError::unauthorized)
}

/// The account of `token`. `None` if the token is not in Polar's format.
pub(crate) fn account_of(token: &str) -> Option<Account> {
    if token.len() <= 6 || !token.starts_with("polar_") {
        return None;
    }
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    Some(Account { key: hex::encode(digest.as_ref()), organization: ids::uuid_of(digest.as_ref()) })
}

impl Call {
    /// All values of a query parameter, given as `name` or `name[]`.
    pub(crate) fn query_values<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c str> {
        let is_it = move |given: &str| given.strip_suffix("[]").unwrap_or(given) == name;
        self.query.iter().filter(move |(given, _)| is_it(given)).map(|(_, value)| value.as_str())
    }

    /// The keys and values of a query parameter in `deepObject` style: `name[key]=value`.
    pub(crate) fn query_map<'c>(&'c self, name: &'c str) -> impl Iterator<Item = (&'c str, &'c str)> {
        let key = move |given: &'c str| given.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']');
        self.query.iter().filter_map(move |(given, value)| Some((key(given)?, value.as_str())))
    }

    /// Whether the query's filter `name` is absent or contains `value`. `None` passes only an absent filter.
    pub(crate) fn filter_allows(&self, name: &str, value: Option<&str>) -> bool {
        let mut wanted = self.query_values(name).peekable();
        wanted.peek().is_none() || wanted.any(|wanted| Some(wanted) == value)
    }

    pub(crate) fn query_flag(&self, name: &str) -> Result<Option<bool>, PolarError> {
        match self.query_values(name).next() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(PolarError::query(name, "Input should be a valid boolean", other)),
        }
    }

    /// The query parameter `name`, a positive integer. `fallback` if the parameter is absent.
    pub(crate) fn query_count(&self, name: &str, fallback: usize) -> Result<usize, PolarError> {
        let Some(text) = self.query_values(name).next() else { return Ok(fallback) };
        let count = text.parse().ok().filter(|count| *count > 0);
        count.ok_or_else(|| PolarError::query(name, "Input should be greater than 0", text))
    }

    /// A field of the body. `None` if it is missing or null.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// Whether the body has the field, even as null.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        self.body.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, PolarError> {
        match self.field(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(PolarError::field(name, "string_type", "Input should be a valid string", other.clone())),
        }
    }

    pub(crate) fn require(&self, name: &str) -> Result<String, PolarError> {
        self.text(name)?.ok_or_else(|| PolarError::missing(name))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, PolarError> {
        match self.field(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => {
                Err(PolarError::field(name, "bool_parsing", "Input should be a valid boolean", other.clone()))
            }
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<Value>>, PolarError> {
        match self.field(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list.clone())),
            Some(other) => Err(PolarError::field(name, "list_type", "Input should be a valid list", other.clone())),
        }
    }

    /// A field of the body that is an HTTP URL, which may contain placeholders.
    pub(crate) fn web_url(&self, name: &str) -> Result<Option<String>, PolarError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let parsed = url::Url::parse(&text.replace(['{', '}'], ""));
        if parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some()) {
            Ok(Some(text))
        } else {
            Err(PolarError::field(name, "url_parsing", "Input should be a valid URL", text))
        }
    }

    /// A field of the body that is an object of up to 50 keys. Fails if a value is itself an object.
    pub(crate) fn metadata(&self, name: &str) -> Result<Option<Metadata>, PolarError> {
        match self.field(name) {
            None => Ok(None),
            Some(Value::Object(map)) if map.len() <= 50 && map.values().all(|value| !value.is_object()) => {
                Ok(Some(map.clone()))
            }
            Some(other) => {
                Err(PolarError::field(name, "dict_type", "Input should be a valid dictionary", other.clone()))
            }
        }
    }
}
