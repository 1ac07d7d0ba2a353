//! Endpoints, one file per resource. `stripe.rs` lists the routes.

pub(super) mod accounts;
pub(super) mod checkout_sessions;
pub(super) mod coupons;
pub(super) mod customers;
pub(super) mod discounts;
pub(super) mod events;
pub(super) mod invoices;
pub(super) mod payments;
pub(super) mod portal_configurations;
pub(super) mod portal_sessions;
pub(super) mod prices;
pub(super) mod products;
pub(super) mod promotion_codes;
pub(super) mod subscription_items;
pub(super) mod subscription_schedules;
pub(super) mod subscriptions;
pub(super) mod webhook_endpoints;

use super::{
    call::{Answer, Call},
    error::StripeError,
    objects::{Resource, find},
};
use crate::storage::Transaction;

/// Returns the object whose id is in the path.
pub(super) fn retrieve<R: Resource>(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    Ok(find::<R>(tx, &call.id)?.json(tx).into())
}

/// An HTTP URL to redirect a browser to, which may contain placeholders.
fn web_url(param: &str, text: String) -> Result<String, StripeError> {
    let filled = text.replace(['{', '}'], "");
    let valid =
        url::Url::parse(&filled).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    if valid { Ok(text) } else { Err(StripeError::bad_as("url_invalid", param, "Not a valid URL")) }
}
