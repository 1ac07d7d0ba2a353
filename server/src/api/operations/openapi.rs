//! `GET /openapi.json`: the `OpenAPI` document, from the handlers' annotations.
//!
//! A handler declares its callers (`security`), parameters, body, responses and specific errors. [`complete`] adds the
//! parameters, errors and headers that all operations of a kind share, so that no handler repeats them.

mod errors;
mod headers;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use domain::error_code::ErrorCode;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        InfoBuilder, LicenseBuilder, ObjectBuilder, OneOfBuilder, OpenApi, Ref, RefOr, Required, Schema, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        response::Response as ResponseDoc,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

pub use crate::api::error::{ErrorBody as Error, RefusalBody as UsageLimitError};
use crate::{
    encoded::Encoded,
    http::{self, SESSION_COOKIE},
};

/// Scheme name of the session cookie.
const SESSION: &str = "session";
/// Scheme name of Firebase ID tokens.
const FIREBASE: &str = "firebase";
/// Scheme name of API keys.
const API_KEY: &str = "api_key";
/// Scheme name of installation keys, for operations that only they may call.
const INSTALLATION_KEY: &str = "installation_key";
/// The role that an operation may require beyond membership.
const ADMIN: &str = "admin";
/// The role that an operation about payments requires; owners and admins have its permissions, too.
const BILLER: &str = "billing";
/// The tag of operations about one workspace, also of those that only installation keys may call.
const TENANT: &str = "tenant";
const WEBHOOKS: &str = "webhooks";
const WHITE_LABEL: &str = "white-label";
const ABOUT: &str = "Plans, limits, usage and payments of the workspaces of your product.\n\n\
Every error has one shape: `{\"error\",\"code\",\"message\"}`; programs \
should read `code`. A response may have more fields than are listed. The role `admin` of a session or Firebase token means \
that the caller must be an owner or admin of the workspace, the role `billing` an owner, an admin or a member with that \
role. An API key needs all scopes that are listed; without a list, any key of a workspace is accepted. An installation key has the scope `read`, `usage` or `billing` for every workspace.";
const TAGS: [(&str, &str); 11] = [
    ("auth", "Sign-up, login and the current user."),
    ("billing", "Plan, usage checks, checkout and invoices of a workspace."),
    ("usage", "Usage events, history, alerts and corrections."),
    ("platform", "Plans, subscription and usage in the platform's format, below `/billing`."),
    (TENANT, "Members, invitations, API keys, secrets, audit log and webhook endpoints of a workspace."),
    ("tenants", "Tenants of the product, by its own ids. For its back end, with an installation key."),
    (WHITE_LABEL, "A workspace's own account at a provider, with which it bills its own customers."),
    ("installation", "What the product's back end does for all workspaces, with a key of the installation."),
    ("enterprise", "Requests beyond the listed plans."),
    (WEBHOOKS, "Events that payment providers send."),
    ("operations", "For operators of Dues."),
];

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
});
static ENCODED: LazyLock<Encoded> = LazyLock::new(|| Encoded::new("application/json", text()));
/// Clients revalidate the document; an unchanged one is not sent again.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Returns the document as JSON. `server/openapi.json` is its committed copy.
pub fn text() -> &'static str {
    &DOCUMENT
}

/// The whole API as an `OpenAPI` 3.1 document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    tag = "operations",
    security(()),
    responses((status = 200, description = "This document.", content_type = "application/json", body = serde_json::Value))
)]
pub async fn serve(headers: HeaderMap) -> Response {
    ENCODED.response(&headers, REVALIDATE)
}

/// Documents a body that has one of two shapes.
macro_rules! two_shapes {
    ($body:ty: $first:ty, $second:ty) => {
        impl utoipa::PartialSchema for $body {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::api::operations::openapi::one_of::<$first, $second>()
            }
        }

        impl ToSchema for $body {
            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                $crate::api::operations::openapi::both::<$first, $second>(schemas);
            }
        }
    };
}
pub(crate) use two_shapes;

/// Returns the schema of a body with one of two shapes.
pub fn one_of<A: ToSchema, B: ToSchema>() -> RefOr<Schema> {
    OneOfBuilder::new().item(Ref::from_schema_name(A::name())).item(Ref::from_schema_name(B::name())).into()
}

/// Registers the schemas that [`one_of`] refers to.
pub fn both<A: ToSchema, B: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((A::name().into_owned(), A::schema()));
    A::schemas(schemas);
    schemas.push((B::name().into_owned(), B::schema()));
    B::schemas(schemas);
}

/// Builds the document.
pub fn document() -> OpenApi {
    complete(
        crate::api::routes().merge(crate::api::webhook_routes()).merge(crate::api::sessionless_routes()).into_openapi(),
    )
}

fn complete(mut api: OpenApi) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Dues")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(about()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    api.servers = None;
    api.tags = Some(TAGS.map(|(name, is)| TagBuilder::new().name(name).description(Some(is)).build()).to_vec());
    let components = api.components.get_or_insert_default();
    for (scheme, is) in schemes() {
        components.security_schemes.insert(scheme.to_owned(), is.into());
    }
    for (name, schema) in [(Error::name(), Error::schema()), (UsageLimitError::name(), UsageLimitError::schema())] {
        components.schemas.insert(name.into_owned(), schema);
    }
    let mut nested = Vec::new();
    UsageLimitError::schemas(&mut nested);
    components.schemas.extend(nested);
    headers::define(components);
    for (path, item) in &mut api.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (is_change, operation) in [(false, get), (true, put), (true, post), (true, delete), (true, patch)] {
            if let Some(operation) = operation {
                complete_operation(operation, &OperationKind::of(path, is_change, operation));
            }
        }
    }
    api
}

/// Returns the description of the API: what it is about, and all error codes with their statuses and messages.
fn about() -> String {
    let codes = ErrorCode::ALL.iter().map(|code| format!("- `{code}` ({}): {}", code.status(), code.message()));
    format!("{ABOUT}\n\nThe codes of errors, each with its status:\n\n{}", codes.collect::<Vec<_>>().join("\n"))
}

/// Returns every operation of a path.
pub(in crate::api) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn complete_operation(operation: &mut Operation, kind: &OperationKind) {
    if !kind.is_public {
        let parameters = operation.parameters.get_or_insert_default();
        if !kind.is_for_installation || kind.must_name_tenant {
            parameters.push(tenant_header().into());
        }
        if kind.takes_external_ids {
            parameters.push(external_id_header().into());
        }
    }
    errors::complete(operation, kind);
    headers::complete(operation, kind);
}

/// Properties of an operation that determine its common parameters, errors and headers.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent property")]
struct OperationKind {
    /// Whether it changes state.
    is_change: bool,
    has_body: bool,
    /// Whether a provider's signature over the raw body authenticates the request.
    is_signed: bool,
    /// Whether it calls the workspace's account at its provider.
    is_white_label: bool,
    /// Whether it is rate limited.
    is_rate_limited: bool,
    is_public: bool,
    needs_admin: bool,
    needs_biller: bool,
    /// Whether it accepts ID tokens. Fetching the keys that verify them may fail.
    takes_id_tokens: bool,
    /// Whether an ID token or an installation key must name the workspace in a header.
    must_name_tenant: bool,
    /// How many scopes an API key needs, 0 if any key is accepted; `None` when API keys are refused.
    scopes: Option<usize>,
    /// Whether only installation keys may call it.
    is_for_installation: bool,
    /// Whether an installation key may name the workspace by the product's own id.
    takes_external_ids: bool,
}

impl OperationKind {
    fn of(path: &str, is_change: bool, operation: &Operation) -> Self {
        let ways: BTreeMap<String, Vec<String>> = operation.security.iter().flatten().flat_map(required).collect();
        let has_tag = |wanted| operation.tags.iter().flatten().any(|tag| tag == wanted);
        let is_signed = has_tag(WEBHOOKS);
        let needs_role = |wanted| ways.get(SESSION).is_some_and(|roles| roles.iter().any(|role| role == wanted));
        let is_for_installation = ways.contains_key(INSTALLATION_KEY) && ways.len() == 1;
        let names_tenant = is_for_installation && has_tag(TENANT);
        Self {
            is_change,
            has_body: operation.request_body.is_some(),
            is_signed,
            is_white_label: has_tag(WHITE_LABEL),
            is_rate_limited: crate::api::is_api_path(path) && !is_signed,
            is_public: ways.is_empty(),
            needs_admin: needs_role(ADMIN),
            needs_biller: needs_role(BILLER),
            takes_id_tokens: ways.contains_key(FIREBASE),
            must_name_tenant: names_tenant
                || ((ways.contains_key(FIREBASE) || ways.contains_key(API_KEY)) && http::needs_tenant(path)),
            scopes: ways.get(API_KEY).map(Vec::len),
            is_for_installation,
            takes_external_ids: names_tenant
                || ways.contains_key(API_KEY)
                || (ways.contains_key(INSTALLATION_KEY) && ways.len() > 1),
        }
    }
}

/// Returns the scheme that the requirement names, with its scopes or roles; empty for the empty requirement of a
/// public operation.
fn required(way: &SecurityRequirement) -> BTreeMap<String, Vec<String>> {
    serde_json::to_value(way).and_then(serde_json::from_value).unwrap_or_default()
}

/// Whether an operation requires authentication. A public operation has only the empty security requirement.
pub(in crate::api) fn needs_caller(operation: &Operation) -> bool {
    operation.security.iter().flatten().any(|way| *way != SecurityRequirement::default())
}

/// Appends an error to the operation's response of the same status, which is created if the handler declares none.
pub(in crate::api) fn add_error(operation: &mut Operation, code: ErrorCode, meaning: &str) {
    let response =
        operation.responses.responses.entry(code.status().to_string()).or_insert_with(|| ResponseDoc::default().into());
    if let RefOr::T(response) = response {
        let (subscription, line) = (std::mem::take(&mut response.description), errors::line(code, meaning));
        response.description = [subscription.as_str(), line.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n");
    }
}

fn tenant_header() -> Parameter {
    ParameterBuilder::new()
        .name("X-Tenant-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The workspace. Required with a Firebase token, and with an installation key unless X-Tenant-External-ID is sent; by default the current one of a session, and that of an API key."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn external_id_header() -> Parameter {
    ParameterBuilder::new()
        .name("X-Tenant-External-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "With an installation key, the workspace by the product's own id, percent-encoded. Instead of X-Tenant-ID. \
             With a key of a workspace it must be that workspace's.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn schemes() -> [(&'static str, SecurityScheme); 4] {
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
        (
            SESSION,
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                SESSION_COOKIE,
                "Set by signing up or in; a browser that is signed in to the pages has it.",
            ))),
        ),
        (
            FIREBASE,
            bearer(
                "JWT",
                "A Firebase ID token, with `X-Tenant-ID` where it is asked for; or a token of one of the configured issuers, which names the workspace itself.",
            ),
        ),
        (API_KEY, bearer("dues_<id>_<secret>", "An API key of one workspace, or an installation key that names one.")),
        (INSTALLATION_KEY, bearer("dues_<id>_<secret>", "A key of the installation, for the product's back end.")),
    ]
}
