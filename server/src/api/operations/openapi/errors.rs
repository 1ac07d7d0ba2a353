//! Errors of operations: a handler's specific ones, and those of every operation of its kind.
//!
//! An error is described as "`code`: what it means", one line a code. The codes of a status also become its schema.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{AllOfBuilder, Content, ObjectBuilder, Ref, RefOr, Schema, Type, path::Operation, response::Response},
};

use super::{Error, OperationKind};

/// A status, and one line for each code.
type ErrorLine = (&'static str, &'static str);

const INTERNAL: ErrorLine = ("500", "`internal`: something failed on our side.");
const STORE_UNAVAILABLE: ErrorLine = (
    "503",
    "`store_unavailable`: the database can't be reached or has no room; nothing was changed. `Retry-After` says when to come back.",
);
const RATE_LIMITED: ErrorLine = ("429", "`rate_limited`: too many requests; `Retry-After` says when to come back.");
const TOO_LARGE: ErrorLine =
    ("413", "`payload_too_large`: the body has more than 256 KiB; batches of events and webhooks may have 1 MiB.");
const UNREADABLE: ErrorLine =
    ("400", "`unreadable_body`: the body ended early, came too slowly, or is no gzip though it says so.");
/// Errors for the head of any request.
const HEAD_ERRORS: [ErrorLine; 2] = [
    ("414", "`uri_too_long`: path and query have more than 8 KiB."),
    ("431", "`headers_too_large`: more than 100 headers, or more than 32 KiB of them."),
];
const OVERLOADED: ErrorLine =
    ("503", "`overloaded`: too many requests are being worked on; `Retry-After` says when to come back.");
const CROSS_SITE: ErrorLine = ("403", "`cross_site_request`: a browser sent this from another site.");
const UNSUPPORTED_ENCODING: ErrorLine =
    ("415", "`unsupported_media_type`: the body is compressed with anything but gzip.");
const COMPRESSED_WEBHOOK: ErrorLine =
    ("415", "`unsupported_media_type`: the body is compressed; its signature is over what was sent.");
const BODY_ERRORS: [ErrorLine; 2] = [
    (
        "400",
        "`invalid_json`: the body is no JSON, or holds more than is asked for.\n`validation_error`: `fields` says which field is wrong, and how.",
    ),
    ("415", "`unsupported_media_type`: the body is not `application/json`, as it is or compressed with gzip."),
];
const AUTHENTICATION_ERRORS: [ErrorLine; 2] = [
    ("401", "`unauthenticated`: no session, key or token, or one that does not hold."),
    ("404", "`tenant_not_found`: the caller belongs to no such workspace."),
];
const TENANT_REQUIRED: ErrorLine =
    ("400", "`tenant_required`: a Firebase token does not say which workspace is meant, `X-Tenant-ID` must.");
const FIREBASE_UNAVAILABLE: ErrorLine =
    ("503", "`firebase_unavailable`: the ID token can't be judged; `Retry-After` says when to come back.");
const SECOND_FACTOR_REQUIRED: ErrorLine = (
    "401",
    "`second_factor_required`: an ID token shows one factor, and the account has two; sign in with the code, and call with the session.",
);
const ADMIN_REQUIRED: ErrorLine = ("403", "`admin_required`: only an owner or admin of the workspace can do this.");
const SCOPE_REQUIRED: ErrorLine = ("403", "`scope_required`: the API key lacks the scope.");
const SESSION_REQUIRED: ErrorLine = ("403", "`session_required`: an API key can't do this.");
/// Errors of calls to a workspace's account at its provider.
const WHITE_LABEL_ERRORS: [ErrorLine; 3] = [
    ("409", "`tenant_billing_not_configured`: the secret `polar_api_key` is not set."),
    ("502", "`provider_rejected`, with the provider's reason."),
    ("503", "`provider_unavailable`: whether anything was done is not known; looking again tells."),
];

/// Adds the errors of the operation's kind to its specific ones.
pub(super) fn complete(operation: &mut Operation, kind: &OperationKind) {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (status, response) in &operation.responses.responses {
        if let (true, RefOr::T(response)) = (is_error(status), response) {
            lines.insert(status.clone(), response.description.lines().map(str::to_owned).collect());
        }
    }
    for (status, errors) in errors_of(kind) {
        let known = lines.entry(status.to_owned()).or_default();
        for line in errors.lines() {
            // The handler's line for the same code takes precedence.
            if !codes(line).iter().any(|code| known.iter().any(|own| codes(own).contains(code))) {
                known.push(line.to_owned());
            }
        }
    }
    for (status, lines) in lines {
        let response = operation.responses.responses.entry(status).or_insert_with(|| Response::default().into());
        if let RefOr::T(response) = response {
            describe(response, &lines);
        }
    }
}

fn is_error(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

fn errors_of(kind: &OperationKind) -> Vec<ErrorLine> {
    let mut errors = vec![INTERNAL, OVERLOADED];
    errors.extend(HEAD_ERRORS);
    if kind.is_rate_limited {
        errors.push(RATE_LIMITED);
    }
    if kind.is_change || !kind.is_public {
        errors.push(STORE_UNAVAILABLE);
    }
    if kind.is_change {
        errors.extend([TOO_LARGE, UNREADABLE]);
    }
    if kind.is_signed {
        errors.push(COMPRESSED_WEBHOOK);
    } else if kind.is_change {
        errors.push(CROSS_SITE);
    }
    if kind.has_body && !kind.is_signed {
        errors.extend(BODY_ERRORS);
    } else if kind.is_change && !kind.is_signed {
        errors.push(UNSUPPORTED_ENCODING);
    }
    if !kind.is_public {
        errors.extend(AUTHENTICATION_ERRORS);
    }
    if kind.must_name_tenant {
        errors.push(TENANT_REQUIRED);
    }
    if kind.takes_id_tokens {
        errors.extend([FIREBASE_UNAVAILABLE, SECOND_FACTOR_REQUIRED]);
    }
    if kind.is_white_label {
        errors.extend(WHITE_LABEL_ERRORS);
    }
    if kind.needs_admin {
        errors.push(ADMIN_REQUIRED);
    }
    match kind.scopes {
        Some(0) => {}
        Some(_) => errors.push(SCOPE_REQUIRED),
        None if kind.is_public => {}
        None => errors.push(SESSION_REQUIRED),
    }
    errors
}

/// Returns the codes at the beginning of a line.
pub(super) fn codes(line: &str) -> Vec<&str> {
    let mut codes = Vec::new();
    let mut rest = line;
    while let Some((code, after)) = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        codes.push(code);
        rest = after.strip_prefix(", ").unwrap_or_default();
    }
    codes
}

fn describe(response: &mut Response, lines: &[String]) {
    response.description = match lines {
        [line] => line.clone(),
        lines => lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n"),
    };
    let codes = lines.iter().flat_map(|line| codes(line)).map(Value::from).collect::<Vec<_>>();
    let content = response.content.entry("application/json".to_owned()).or_insert_with(|| Content::default().into());
    if let RefOr::T(content) = content {
        let shape = content.schema.take().unwrap_or_else(|| Ref::from_schema_name(Error::name()).into());
        let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
        let these = ObjectBuilder::new().property("code", code);
        content.schema = Some(RefOr::T(Schema::AllOf(AllOfBuilder::new().item(shape).item(these).build())));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("`conflict`: a newer checkout has taken this one's place.", &["conflict"])]
    #[case("`not_ready` says what is missing in `fields`.", &["not_ready"])]
    #[case("`admin_required`, `scope_required`: who may `check`.", &["admin_required", "scope_required"])]
    #[case("Signed in; the cookie is in `Set-Cookie`.", &[])]
    fn codes_are_read_from_the_beginning_of_a_line(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(codes(line), expected);
    }
}
