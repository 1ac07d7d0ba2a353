//! The extractor by which a handler takes the use cases of one subject.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::Services;

/// Extracts the use cases of one subject, as in `Handle(usage): Handle<Usage>`. A handler that needs several subjects
/// takes `State<Services>`.
#[derive(Clone, Debug)]
pub struct Handle<T>(pub T);

impl<T: for<'a> From<&'a Services> + Send> FromRequestParts<Services> for Handle<T> {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, services: &Services) -> Result<Self, Infallible> {
        Ok(Self(services.into()))
    }
}
