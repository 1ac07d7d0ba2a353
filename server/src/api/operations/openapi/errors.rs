//! Errors of operations: a handler's specific ones, and those of every operation of its kind.
//!
//! An error is described as "`code`: what it means", one line for each code. The schema of a response lists the codes
//! of its status as the values of `code`.

use std::collections::BTreeMap;

use domain::error_code::ErrorCode;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{AllOfBuilder, Content, ObjectBuilder, Ref, RefOr, Schema, Type, path::Operation, response::Response},
};

use super::{Error, OperationKind};

/// A code, and what it means for the operations that list it.
type DocumentedError = (ErrorCode, &'static str);

const INTERNAL: DocumentedError = (ErrorCode::Internal, "something failed on our side.");
const STORE_UNAVAILABLE: DocumentedError = (
    ErrorCode::StoreUnavailable,
    "the database can't be reached or has no room; nothing was changed, unless `message` says that this is not known. \
     `Retry-After` says when to try again.",
);
const RATE_LIMITED: DocumentedError =
    (ErrorCode::RateLimited, "too many requests; `Retry-After` says when to try again.");
const TOO_LARGE: DocumentedError =
    (ErrorCode::PayloadTooLarge, "the body has more than 256 KiB; batches of events and webhooks may have 1 MiB.");
const UNREADABLE: DocumentedError =
    (ErrorCode::UnreadableBody, "the body ended early, came too slowly, or is not the gzip that it claims to be.");
/// Errors that any request can get for its URI or headers.
const HEAD_ERRORS: [DocumentedError; 2] = [
    (ErrorCode::UriTooLong, "path and query have more than 8 KiB."),
    (ErrorCode::HeadersTooLarge, "more than 100 headers, or more than 32 KiB of them."),
];
const OVERLOADED: DocumentedError =
    (ErrorCode::Overloaded, "the server is processing too many requests; `Retry-After` says when to try again.");
const CROSS_SITE: DocumentedError = (ErrorCode::CrossSiteRequest, "a browser sent this from another site.");
const UNSUPPORTED_ENCODING: DocumentedError =
    (ErrorCode::UnsupportedMediaType, "the body is compressed with something other than gzip.");
const COMPRESSED_WEBHOOK: DocumentedError =
    (ErrorCode::UnsupportedMediaType, "the body is compressed; its signature covers the bytes as they were sent.");
const BODY_ERRORS: [DocumentedError; 3] = [
    (ErrorCode::InvalidJson, "the body is not valid JSON, or holds more than any endpoint accepts."),
    (ErrorCode::ValidationError, "`fields` says which field is wrong, and how."),
    (ErrorCode::UnsupportedMediaType, "the body is not `application/json`, uncompressed or compressed with gzip."),
];
const UNAUTHENTICATED: DocumentedError = (ErrorCode::Unauthenticated, "no valid session, API key or ID token.");
const TENANT_NOT_FOUND: DocumentedError = (ErrorCode::TenantNotFound, "the caller belongs to no such workspace.");
const TENANT_REQUIRED: DocumentedError =
    (ErrorCode::TenantRequired, "a Firebase token or an installation key must name the workspace in a header.");
const ONE_TENANT: DocumentedError =
    (ErrorCode::ValidationError, "an installation key names the workspace in one header; `fields` says what is wrong.");
const FIREBASE_UNAVAILABLE: DocumentedError =
    (ErrorCode::FirebaseUnavailable, "the ID token can't be verified; `Retry-After` says when to try again.");
const ISSUER_UNAVAILABLE: DocumentedError = (
    ErrorCode::IssuerUnavailable,
    "the keys of the token's issuer can't be fetched; `Retry-After` says when to try again.",
);
const SECOND_FACTOR_REQUIRED: DocumentedError = (
    ErrorCode::SecondFactorRequired,
    "an ID token proves one factor, and the account has two; sign in with the code, and call with the session.",
);
const ADMIN_REQUIRED: DocumentedError =
    (ErrorCode::AdminRequired, "only an owner or admin of the workspace can do this.");
const BILLER_REQUIRED: DocumentedError =
    (ErrorCode::AdminRequired, "only an owner, an admin or a member with the role billing can do this.");
const SCOPE_REQUIRED: DocumentedError = (ErrorCode::ScopeRequired, "the API key lacks the scope.");
const INSTALLATION_KEY_REQUIRED: DocumentedError =
    (ErrorCode::InstallationKeyRequired, "only an installation key can do this.");
const SESSION_REQUIRED: DocumentedError = (ErrorCode::SessionRequired, "an API key can't do this.");
/// Errors of calls to a workspace's account at its provider.
const WHITE_LABEL_ERRORS: [DocumentedError; 3] = [
    (
        ErrorCode::TenantBillingNotConfigured,
        "the secret with the API key of the workspace's provider (`polar_api_key` or `stripe_secret_key`) is not set.",
    ),
    (ErrorCode::ProviderRejected, "the provider refused; the message has its reason."),
    (ErrorCode::ProviderUnavailable, "it is not known whether anything was done; fetch the current state to find out."),
];

/// Adds the errors of the operation's kind to its specific ones.
pub(super) fn complete(operation: &mut Operation, kind: &OperationKind) {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (status, response) in &operation.responses.responses {
        if let (true, RefOr::T(response)) = (is_error(status), response) {
            lines.insert(status.clone(), response.description.lines().map(str::to_owned).collect());
        }
    }
    for (code, meaning) in errors_of(kind) {
        let known = lines.entry(code.status().to_string()).or_default();
        // The handler's line for the same code takes precedence.
        if !known.iter().any(|line| codes(line).contains(&code.as_str())) {
            known.push(line(code, meaning));
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

fn errors_of(kind: &OperationKind) -> Vec<DocumentedError> {
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
        errors.push(UNAUTHENTICATED);
    }
    // An operation for installation keys only ignores a named workspace, unless the operation is about a workspace.
    if !kind.is_public && (!kind.is_for_installation || kind.must_name_tenant) {
        errors.push(TENANT_NOT_FOUND);
    }
    if kind.must_name_tenant {
        errors.push(TENANT_REQUIRED);
        if kind.takes_external_ids {
            errors.push(ONE_TENANT);
        }
    }
    if kind.takes_id_tokens {
        errors.extend([FIREBASE_UNAVAILABLE, ISSUER_UNAVAILABLE, SECOND_FACTOR_REQUIRED]);
    }
    if kind.is_white_label {
        errors.extend(WHITE_LABEL_ERRORS);
    }
    if kind.needs_admin {
        errors.push(ADMIN_REQUIRED);
    }
    if kind.needs_biller {
        errors.push(BILLER_REQUIRED);
    }
    match kind.scopes {
        // Where a request must name a workspace, an installation key needs a scope even if any workspace key may call.
        Some(0) if !kind.must_name_tenant => {}
        Some(_) => errors.push(SCOPE_REQUIRED),
        None if kind.is_public => {}
        None if kind.is_for_installation => errors.extend([INSTALLATION_KEY_REQUIRED, SCOPE_REQUIRED]),
        None => errors.push(SESSION_REQUIRED),
    }
    errors
}

/// Returns the line of a description that documents `code`.
pub(super) fn line(code: ErrorCode, meaning: &str) -> String {
    format!("`{code}`: {meaning}")
}

/// Returns the codes at the beginning of a line.
fn codes(line: &str) -> Vec<&str> {
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
