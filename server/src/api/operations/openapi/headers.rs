//! Response headers in the `OpenAPI` document.

use utoipa::openapi::{
    Components, ObjectBuilder, Ref, RefOr, Type,
    header::{Header, HeaderBuilder},
    path::Operation,
};

use super::OperationKind;

const REQUEST_ID: &str = "x-request-id";
const RETRY_AFTER: &str = "Retry-After";
const RATELIMIT: &str = "RateLimit";
const RATELIMIT_POLICY: &str = "RateLimit-Policy";
/// Statuses whose responses always have `Retry-After`.
const RETRY_STATUSES: [&str; 2] = ["429", "503"];

fn header(of: Type, description: &str) -> RefOr<Header> {
    let schema = ObjectBuilder::new().schema_type(of);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build().into()
}

pub(super) fn define(components: &mut Components) {
    let headers = [
        (REQUEST_ID, header(Type::String, "The request's id in the logs; the one that the caller sent, if any.")),
        (RETRY_AFTER, header(Type::Integer, "Seconds to wait before the next attempt.")),
        (
            RATELIMIT_POLICY,
            header(Type::String, "How many requests are allowed in how many seconds: `\"principal\";q=600;w=60`."),
        ),
        (
            RATELIMIT,
            header(
                Type::String,
                "How many requests are left, and after how many seconds the allowance is full: `\"principal\";r=599;t=1`.",
            ),
        ),
    ];
    components.headers.extend(headers.map(|(name, header)| (name.to_owned(), header)));
}

/// Documents the headers on each response of the operation that has them.
pub(super) fn complete(operation: &mut Operation, kind: &OperationKind) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let has_retry_after = RETRY_STATUSES.contains(&status.as_str()) || response.description.contains(RETRY_AFTER);
        let mut names = vec![REQUEST_ID];
        names.extend(has_retry_after.then_some(RETRY_AFTER));
        names.extend(kind.is_rate_limited.then_some([RATELIMIT_POLICY, RATELIMIT]).into_iter().flatten());
        for name in names {
            response.headers.insert(name.to_owned(), RefOr::Ref(Ref::new(format!("#/components/headers/{name}"))));
        }
    }
}
