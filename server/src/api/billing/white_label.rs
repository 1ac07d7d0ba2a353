//! `/billing/tenant/…`: a workspace's account at a provider, which bills the workspace's customers. With accounts at
//! both providers, `?provider=` selects one.

pub mod create_checkout;
pub mod create_product;
pub mod customer_state;
pub mod end_subscription;
pub mod list_customers;
pub mod list_products;
pub mod list_subscriptions;

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::{
    payment::merchant::PageParams,
    service::{FieldErrors, ServiceError},
};
use domain::subscription::Provider;
use url::form_urlencoded;

use crate::api::{ApiError, request::body::whole_text};

/// The provider in the query, which selects one of the workspace's accounts; `None` when the query has none.
#[derive(Debug)]
pub struct AccountQuery(Option<Provider>);

impl<S: Sync> FromRequestParts<S> for AccountQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let given = form_urlencoded::parse(query).find(|(name, _)| name == "provider");
        let Some((_, name)) = given else { return Ok(Self(None)) };
        match name.parse() {
            Ok(provider) => Ok(Self(Some(provider))),
            Err(_) => Err(ServiceError::field("provider", "provider must be polar or stripe.").into()),
        }
    }
}

const MAX_LIMIT: u32 = 100;
const DEFAULT_LIMIT: u32 = 50;
const CURSOR_MAX_BYTES: usize = 200;

/// The requested page of a list.
#[derive(Debug)]
pub struct PageQuery(PageParams);

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut errors = FieldErrors::new();
        let mut page = PageParams { limit: DEFAULT_LIMIT, cursor: None };
        for (name, value) in form_urlencoded::parse(query) {
            match name.as_ref() {
                "limit" => match whole_text(&value).map(u32::try_from) {
                    Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => page.limit = limit,
                    _ => drop(errors.insert("limit", format!("limit must be a whole number, 1 to {MAX_LIMIT}."))),
                },
                "cursor" if value.is_empty() || value.len() > CURSOR_MAX_BYTES => {
                    errors.insert("cursor", "cursor must be the nextCursor of a response.".to_owned());
                }
                "cursor" => page.cursor = Some(value.into_owned()),
                _ => {}
            }
        }
        if errors.is_empty() { Ok(Self(page)) } else { Err(ServiceError::invalid(errors).into()) }
    }
}
