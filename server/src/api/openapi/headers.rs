//! Headers that answers of a kind carry.

use utoipa::openapi::{
    Components, ObjectBuilder, Ref, RefOr, Type,
    header::{Header, HeaderBuilder},
    path::Operation,
};

const REQUEST_ID: &str = "x-request-id";
const RETRY_AFTER: &str = "Retry-After";
/// Who asks too much or too early is told when to come back.
const COME_BACK: [&str; 2] = ["429", "503"];

fn header(of: Type, description: &str) -> RefOr<Header> {
    let schema = ObjectBuilder::new().schema_type(of);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build().into()
}

pub(super) fn define(components: &mut Components) {
    let headers = [
        (REQUEST_ID, header(Type::String, "Under this the logs know the request; yours, if you sent one.")),
        (RETRY_AFTER, header(Type::Integer, "Seconds to wait before the next try.")),
    ];
    components.headers.extend(headers.map(|(name, header)| (name.to_owned(), header)));
}

/// Names them on every answer.
pub(super) fn complete(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let retry_after = COME_BACK.contains(&status.as_str()).then_some(RETRY_AFTER);
        for name in std::iter::once(REQUEST_ID).chain(retry_after) {
            response.headers.insert(name.to_owned(), RefOr::Ref(Ref::new(format!("#/components/headers/{name}"))));
        }
    }
}
