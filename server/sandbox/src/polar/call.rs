//! One call to the API: who calls, with what, and how the answer goes back.

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{
    error::PolarError,
    objects::{Account, Metadata, access_token::Needed},
};
use crate::{
    ids,
    world::{Unit, World},
};

/// What a request's path begins with, where it is whole.
const BASE: &str = "/polar/v1";
const MAX_BODY_BYTES: usize = 1 << 20;

/// What a route is given.
pub(crate) struct Call {
    /// Whose key it is: each key has an account of its own, which sees nothing of the others.
    pub(crate) account: Account,
    /// The id in the path, where the route has one.
    pub(crate) id: String,
    needed: Needed,
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

/// What a route answers.
pub(crate) enum Reply {
    Found(Value),
    Made(Value),
    Nothing,
}

pub(crate) type Answer = Result<Reply, PolarError>;
pub(crate) type Handler = fn(&mut Unit<'_>, &Call) -> Answer;

/// Answers one request by `handler`, in Polar's manner.
pub(crate) async fn answer(world: Arc<World>, handler: Handler, request: Request) -> Response {
    let done = match read(request).await {
        Ok(call) => {
            world
                .transact(move |unit| {
                    call.needed.check(unit, &call.account)?;
                    handler(unit, &call)
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(Reply::Found(body)) => Json(body).into_response(),
        Ok(Reply::Made(body)) => (StatusCode::CREATED, Json(body)).into_response(),
        Ok(Reply::Nothing) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &PolarError) -> Response {
    (error.status, Json(error.body())).into_response()
}

/// Answers a request that no route takes.
pub(crate) fn unknown_route(request: &Request) -> Response {
    match authenticate(request.headers()) {
        Ok(_) => refuse(&PolarError::not_found()),
        Err(error) => refuse(&error),
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
    let needed = Needed::by(&parts.method, path.strip_prefix(BASE).unwrap_or(path));
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body: Bytes = axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| PolarError::too_large())?;
    let body = match parts.method {
        Method::POST | Method::PATCH => match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => fields,
            _ => return Err(PolarError::not_json()),
        },
        _ => Map::new(),
    };
    Ok(Call { account, id, needed, query, body })
}

/// Any token that looks like Polar's will do, and opens the account that belongs to it.
fn authenticate(headers: &HeaderMap) -> Result<Account, PolarError> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|sent| sent.to_str().ok());
    let token = sent.and_then(|sent| sent.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.and_then(|(_, token)| account_of(token.trim())).ok_or_else(PolarError::unauthorized)
}

/// `None` for what does not look like a token of Polar's.
pub(crate) fn account_of(token: &str) -> Option<Account> {
    if token.len() <= 6 || !token.starts_with("polar_") {
        return None;
    }
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    Some(Account { key: hex::encode(digest.as_ref()), organization: ids::uuid_of(digest.as_ref()) })
}

impl Call {
    /// Every value of a query parameter; `name[]` counts, too.
    pub(crate) fn asked<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c str> {
        let is_it = move |given: &str| given.strip_suffix("[]").unwrap_or(given) == name;
        self.query.iter().filter(move |(given, _)| is_it(given)).map(|(_, value)| value.as_str())
    }

    /// The keys of a parameter in the `deepObject` style, `name[key]=value`, with the value of each.
    pub(crate) fn asked_keys<'c>(&'c self, name: &'c str) -> impl Iterator<Item = (&'c str, &'c str)> {
        let key = move |given: &'c str| given.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']');
        self.query.iter().filter_map(move |(given, value)| Some((key(given)?, value.as_str())))
    }

    /// Whether a filter lets a value through.
    pub(crate) fn lets(&self, name: &str, value: Option<&str>) -> bool {
        let mut wanted = self.asked(name).peekable();
        wanted.peek().is_none() || wanted.any(|wanted| Some(wanted) == value)
    }

    pub(crate) fn asked_flag(&self, name: &str) -> Result<Option<bool>, PolarError> {
        match self.asked(name).next() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(PolarError::query(name, "Input should be a valid boolean", other)),
        }
    }

    /// A positive number of the query.
    pub(crate) fn asked_count(&self, name: &str, fallback: usize) -> Result<usize, PolarError> {
        let Some(text) = self.asked(name).next() else { return Ok(fallback) };
        let count = text.parse().ok().filter(|count| *count > 0);
        count.ok_or_else(|| PolarError::query(name, "Input should be greater than 0", text))
    }

    /// A field of the body; null counts as not sent.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// Whether the body names the field, be it as null.
    pub(crate) fn names(&self, name: &str) -> bool {
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

    /// A web address, placeholders and all.
    pub(crate) fn web_url(&self, name: &str) -> Result<Option<String>, PolarError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let parsed = url::Url::parse(&text.replace(['{', '}'], ""));
        if parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some()) {
            Ok(Some(text))
        } else {
            Err(PolarError::field(name, "url_parsing", "Input should be a valid URL", text))
        }
    }

    /// Up to 50 keys with texts, numbers or flags.
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

pub(crate) fn time(at: Timestamp) -> Value {
    at.rfc3339_secs().into()
}

pub(crate) fn time_or_null(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}
