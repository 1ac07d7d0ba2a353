//! `POST /api/v1/usage/events`: usage as `CloudEvents` 1.0, in any of the three HTTP modes.
//!
//! Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>

pub(crate) mod cloud_event;
mod subject;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use billing::service::{
    ServiceError, Usage,
    usage::{RecordOutcome, UsageEvent},
};
use domain::{error_code::ErrorCode, tenant::external_id::TenantRef};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::{
    cloud_event::{Flaw, read},
    subject::subject,
};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{body::Extent, handle::Handle, tenant_callers::EventSender},
};

const STRUCTURED: &str = "application/cloudevents+json";
const BATCHED: &str = "application/cloudevents-batch+json";
const JSON: &str = "application/json";
/// The most events that one request may carry.
const MAX_EVENTS: usize = 1000;
/// Prefix of attribute headers in binary mode.
const ATTRIBUTE: &str = "ce-";

/// A usage event; `type` is the feature.
#[derive(Debug, ToSchema)]
#[schema(as = CloudEvent, example = json!({
    "specversion": "1.0",
    "id": "evt_1",
    "source": "/gateway",
    "type": "telemetry_events_monthly",
    "time": "2026-01-14T21:40:00Z",
    "data": { "amount": 3 }
}))]
#[expect(dead_code, reason = "describes what is read attribute by attribute")]
pub struct CloudEvent {
    /// `1.0`.
    specversion: String,
    /// Events with the same `source` and `id` count once.
    id: String,
    source: String,
    /// With an installation key, the workspace: the product's own id, or `tenant:` and Dues' id. It takes precedence
    /// over the headers. A leading `external:` is taken off. With a workspace key it has no meaning.
    #[schema(required = false, example = "org_42")]
    subject: Option<String>,
    /// The feature's key in the catalog.
    r#type: String,
    /// When the usage happened. Counted in the period of this time if that period is open, else in the current period.
    #[schema(required = false, format = "date-time")]
    time: Option<String>,
    #[schema(required = false)]
    data: Option<CloudEventData>,
}

#[derive(Debug, ToSchema)]
#[schema(as = CloudEventData)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct CloudEventData {
    /// In the feature's unit; 1 when missing.
    #[schema(required = false, default = 1, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    amount: u64,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({
    "accepted": 2,
    "duplicates": 1,
    "rejected": [{ "index": 3, "code": "unknown_feature", "message": "The catalog has no feature \"tea\". Check the spelling of its key." }]
}))]
pub struct EventsResponse {
    /// Events counted by this request.
    accepted: usize,
    /// Events counted before.
    duplicates: usize,
    /// Events that are invalid and will not be counted.
    rejected: Vec<RejectedEvent>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedEvent {
    /// Its index in the request, from 0.
    index: usize,
    #[schema(value_type = String)]
    code: ErrorCode,
    message: String,
}

/// The response when all events were rejected: an error with the fields of a success. Other errors of this status lack
/// them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvalidEventsError)]
pub struct InvalidEvents {
    #[serde(flatten)]
    error: Error,
    /// Always 0.
    #[schema(required = false)]
    accepted: usize,
    /// Always 0.
    #[schema(required = false)]
    duplicates: usize,
    #[schema(required = false)]
    rejected: Vec<RejectedEvent>,
}

impl IntoResponse for EventsResponse {
    /// 200 when at least one event was counted, now or before; else 400 with the same fields.
    fn into_response(self) -> Response {
        let Self { accepted, duplicates, rejected } = self;
        if accepted + duplicates > 0 {
            return Json(Self { accepted, duplicates, rejected }).into_response();
        }
        let message =
            "Every event was rejected and nothing was counted. Correct each as `rejected` says and send it again.";
        let error = Error::new(ErrorCode::InvalidEvents, message);
        (StatusCode::BAD_REQUEST, Json(InvalidEvents { error, accepted, duplicates, rejected })).into_response()
    }
}

/// The events of a request, each parsed or rejected.
#[derive(Debug)]
pub struct Sent(Vec<Result<SentEvent, Flaw>>);

/// A valid event, with its `subject`.
#[derive(Debug)]
struct SentEvent {
    usage: UsageEvent,
    /// The workspace that the event names; `None` if it names none. Only events of an installation key may name one:
    /// with a workspace key, this is ignored, even an error.
    subject: Result<Option<TenantRef>, Flaw>,
}

impl SentEvent {
    fn read(event: &Map<String, Value>) -> Result<Self, Flaw> {
        Ok(Self { usage: read(event)?, subject: subject(event) })
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_binary = headers.contains_key("ce-specversion");
        let is_known = [STRUCTURED, BATCHED, JSON].contains(&essence.as_str());
        if !is_known && !(is_binary && (essence.is_empty() || essence.ends_with("+json"))) {
            return Err(ApiError::unsupported_media_type(STRUCTURED));
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| ApiError::unreadable_body())?;
        let extent = Extent::of(&body);
        extent.check_list(MAX_EVENTS)?;
        if extent.items > MAX_EVENTS {
            return Err(ServiceError::field("body", format!("Send at most {MAX_EVENTS} events at once.")).into());
        }
        let json = || serde_json::from_slice(&body).map_err(|error| ApiError::invalid_json(&error));
        if is_binary && essence != STRUCTURED && essence != BATCHED {
            let data = if body.is_empty() { Value::Null } else { json()? };
            return Ok(Self(vec![SentEvent::read(&with_data(&headers, data))]));
        }
        match json()? {
            Value::Array(events) if events.is_empty() => {
                Err(ServiceError::field("body", "Send at least one event.").into())
            }
            Value::Array(events) if essence != STRUCTURED => {
                let events =
                    events.iter().map(|event| event.as_object().map_or(Err(Flaw::no_object()), SentEvent::read));
                Ok(Self(events.collect()))
            }
            Value::Object(event) if essence != BATCHED => Ok(Self(vec![SentEvent::read(&event)])),
            _ => Err(ServiceError::field("body", "Send one event as an object, several as an array.").into()),
        }
    }
}

/// Builds the event of a request in binary mode from its attribute headers and its body, `data`.
fn with_data(headers: &HeaderMap, data: Value) -> Map<String, Value> {
    let mut event = Map::new();
    for (name, value) in headers {
        if let (Some(name), Ok(value)) = (name.as_str().strip_prefix(ATTRIBUTE), value.to_str()) {
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            event.insert(name.to_owned(), Value::String(value.into_owned()));
        }
    }
    event.insert("data".to_owned(), data);
    event
}

/// Records usage that has happened, exactly once for each `source` and `id`.
///
/// Limits refuse no event. Accepts one event (`application/cloudevents+json`), several
/// (`application/cloudevents-batch+json`), or one with attributes in `ce-` headers and its data as the body. Each event
/// is accepted or rejected by itself; accepted ones are durable. The whole request is safe to repeat.
///
/// With an installation key, the `subject` of each event names its workspace. An unknown one is `tenant_not_found` among
/// `rejected` and hinders no other event.
#[utoipa::path(
    post,
    path = "/api/v1/usage/events",
    operation_id = "recordEvents",
    tag = "usage",
    security(("api_key" = ["usage"])),
    request_body(content(
        (CloudEvent = "application/cloudevents+json"),
        (Vec<CloudEvent> = "application/cloudevents-batch+json"),
        (CloudEvent = "application/json"),
    )),
    responses(
        (status = 200, description = "At least one event was counted, now or before. Rejected events are listed.", body = EventsResponse),
        (status = 400, description = "`tenant_required`: an ID token came without `X-Tenant-ID`; ID tokens can't count usage.\n`invalid_events`: every event was rejected; the fields are those of 200.", body = InvalidEvents),
        (status = 415, description = "`unsupported_media_type`: the body is none of these.", body = Error),
        (status = 503, description = "`usage_unavailable`: nothing was counted; try again after `Retry-After`.\n`outcome_unknown`: they may have been counted; send the same again.", body = Error),
    )
)]
pub async fn receive(
    Handle(usage): Handle<Usage>,
    sender: EventSender,
    Sent(sent): Sent,
) -> Result<EventsResponse, ApiError> {
    let mut answer = EventsResponse::default();
    let (mut places, mut events) = (Vec::new(), Vec::new());
    for (index, event) in sent.into_iter().enumerate() {
        match event.and_then(|event| of_tenant(&sender, event)) {
            Ok(event) => {
                places.push(index);
                events.push(event);
            }
            Err(Flaw { code, message }) => answer.rejected.push(RejectedEvent { index, code, message }),
        }
    }
    let recorded = match &sender {
        EventSender::Workspace(holder) => {
            let events = events.into_iter().map(|(_, event)| event).collect();
            usage.record(holder, events).await?
        }
        EventSender::Installation { key, .. } => usage.record_of_many(events, Some(key)).await?,
    };
    for (index, recorded) in places.into_iter().zip(recorded) {
        match recorded {
            RecordOutcome::Accepted => answer.accepted += 1,
            RecordOutcome::Duplicate => answer.duplicates += 1,
            RecordOutcome::Rejected { code, message } => answer.rejected.push(RejectedEvent { index, code, message }),
        }
    }
    answer.rejected.sort_by_key(|rejected| rejected.index);
    Ok(answer)
}

/// Returns the event with the workspace whose usage it is. Fails if the `subject` of an installation key's event is
/// invalid, or if neither the event nor the request's headers name a workspace.
fn of_tenant(sender: &EventSender, event: SentEvent) -> Result<(TenantRef, UsageEvent), Flaw> {
    let SentEvent { usage, subject } = event;
    let tenant = match sender {
        EventSender::Workspace(holder) => TenantRef::Id(holder.tenant.clone()),
        EventSender::Installation { default, .. } => {
            let header = || default.clone().map(TenantRef::Id).ok_or_else(Flaw::no_tenant);
            subject?.map_or_else(header, Ok)?
        }
    };
    Ok((tenant, usage))
}
