//! `GET /openapi.json`: the API as the handlers themselves describe it, completed by what is the same everywhere.
//!
//! A handler names what is its own: who may call (`security`), parameters, body, answers, and the errors that only it has.
//! [`complete`] adds what holds for every call of its kind, so that no handler repeats it.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        response::ResponseBuilder,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

pub use super::error::ErrorBody as Error;
use super::error::RefusalBody;

/// The cookie of a session.
pub const SESSION: &str = "session";
/// A bearer token of Firebase.
pub const FIREBASE: &str = "firebase";
/// A bearer token of ours.
pub const API_KEY: &str = "api_key";

/// The errors that any call may be answered with: status, what it means.
const ANY: [(&str, &str); 2] =
    [("429", "Too many requests: `Retry-After` says when to come back."), ("500", "Something failed on our side.")];
const WITH_BODY: [(&str, &str); 3] = [
    ("400", "The body is no JSON, or a field is wrong: `fields` says which."),
    ("413", "The body is too large."),
    ("415", "The body is not `application/json`."),
];
const WITH_CALLER: [(&str, &str); 4] = [
    ("400", "`tenant_required`: a Firebase token says nothing of the workspace, `X-Tenant-ID` must."),
    ("401", "`unauthenticated`: no session, key or token, or one that does not hold."),
    (
        "403",
        "The caller may not do this: `admin_required`, `scope_required`, `session_required`, or from another site.",
    ),
    ("404", "`tenant_not_found`: the caller belongs to no such workspace."),
];

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_pretty_json().unwrap_or_default());

/// The whole API as an `OpenAPI` 3.1 document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operations",
    security(()),
    responses((status = 200, description = "This document.", content_type = "application/json", body = serde_json::Value))
)]
pub async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

/// What the handlers say, completed.
pub fn document() -> OpenApi {
    complete(super::routes().merge(super::sessionless_routes()).into_openapi())
}

fn complete(mut api: OpenApi) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Dues")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("What a workspace of your product has, uses and pays: plans, limits, usage, checkout."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    api.servers = None;
    let components = api.components.get_or_insert_default();
    for (scheme, is) in schemes() {
        components.security_schemes.insert(scheme.to_owned(), is.into());
    }
    for (name, schema) in [(Error::name(), Error::schema()), (RefusalBody::name(), RefusalBody::schema())] {
        components.schemas.insert(name.into_owned(), schema);
    }
    let mut nested = Vec::new();
    RefusalBody::schemas(&mut nested);
    components.schemas.extend(nested);
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            complete_operation(operation);
        }
    }
    api
}

/// Every operation of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn complete_operation(operation: &mut Operation) {
    let mut errors: Vec<(&str, &str)> = ANY.to_vec();
    if operation.request_body.is_some() {
        errors.extend(WITH_BODY);
    }
    if asks_who_calls(operation) {
        errors.extend(WITH_CALLER);
        operation.parameters.get_or_insert_default().push(tenant_header().into());
    }
    for (status, meaning) in errors {
        if !operation.responses.responses.contains_key(status) {
            operation.responses.responses.insert(status.to_owned(), error(meaning).into());
        }
    }
}

/// One that is for everybody has the empty requirement.
fn asks_who_calls(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|ways| ways.iter().all(|way| *way != SecurityRequirement::default()))
}

fn error(meaning: &str) -> utoipa::openapi::Response {
    let schema = RefOr::Ref(Ref::from_schema_name(Error::name()));
    ResponseBuilder::new()
        .description(meaning)
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

fn tenant_header() -> Parameter {
    ParameterBuilder::new()
        .name("X-Tenant-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The workspace that this is about: needed with a Firebase token, the open one with a session, the key's own with a key."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let bearer = |format: &str, description: &str| {
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format(format)
                .description(Some(description))
                .build(),
        )
    };
    [
        (SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("dues_session")))),
        (FIREBASE, bearer("JWT", "A Firebase ID token, with `X-Tenant-ID`.")),
        (API_KEY, bearer("dues_<id>_<secret>", "An API key of one workspace.")),
    ]
}
