//! Stripe's objects: how the sandbox stores them, and their JSON in the latest API version.

pub(crate) mod checkout_session;
pub(crate) mod coupon;
pub(crate) mod customer;
pub(crate) mod event;
pub(crate) mod invoice;
pub(crate) mod payment_intent;
pub(crate) mod payment_method;
pub(crate) mod portal_configuration;
pub(crate) mod portal_session;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod promotion_code;
pub(crate) mod refund;
pub(crate) mod subscription;
pub(crate) mod subscription_schedule;
pub(crate) mod webhook_endpoint;

use std::{collections::BTreeMap, sync::Arc};

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::error::StripeError;
use crate::storage::{Record, Transaction};

pub(crate) type Metadata = BTreeMap<String, String>;

/// An object that the API addresses by id.
pub(crate) trait Resource: Record {
    /// The object's name in "No such …" errors.
    const WHAT: &'static str;
    fn created(&self) -> Timestamp;
    fn json(&self, tx: &Transaction<'_>) -> Value;
}

/// The object with the id from the path. Fails if there is none.
pub(crate) fn find<R: Resource>(tx: &Transaction<'_>, id: &str) -> Result<R, StripeError> {
    tx.get::<R>(id).map(|row| R::clone(&row)).ok_or_else(|| StripeError::not_found(R::WHAT, id))
}

/// The object that the parameter `param` refers to. Fails if there is none.
pub(crate) fn referenced<R: Resource>(tx: &Transaction<'_>, id: &str, param: &str) -> Result<Arc<R>, StripeError> {
    tx.get::<R>(id).ok_or_else(|| StripeError::no_such(R::WHAT, id, param))
}

/// Fails if no object has `id`, by which a list is filtered. Like Stripe, the sandbox then refuses the request instead
/// of returning an empty list. `None` means no filter.
pub(crate) fn must_exist<R: Resource>(tx: &Transaction<'_>, id: Option<&str>, param: &str) -> Result<(), StripeError> {
    id.map_or(Ok(()), |id| referenced::<R>(tx, id, param).map(drop))
}

fn secs(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_secs)
}

/// `automatic_tax` of an invoice or a checkout session. The sandbox's tax is always computed.
fn automatic_tax(enabled: bool) -> Value {
    if enabled {
        let liability = json!({ "type": "self" });
        json!({ "disabled_reason": null, "enabled": true, "liability": liability, "provider": "stripe", "status": "complete" })
    } else {
        json!({ "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null })
    }
}
