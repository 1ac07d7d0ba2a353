//! What Stripe's API is about: each object as the sandbox keeps it, and as JSON in the latest version's shape.

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
pub(crate) mod refund;
pub(crate) mod subscription;
pub(crate) mod subscription_schedule;
pub(crate) mod webhook_endpoint;

use std::{collections::BTreeMap, sync::Arc};

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::error::StripeError;
use crate::world::{Record, Unit};

pub(crate) type Metadata = BTreeMap<String, String>;

/// An object that has an id of its own in the API.
pub(crate) trait Shown: Record {
    /// What "No such …" calls it.
    const WHAT: &'static str;
    fn created(&self) -> Timestamp;
    fn json(&self, unit: &Unit<'_>) -> Value;
}

/// The object that the path names.
pub(crate) fn find<R: Shown>(unit: &Unit<'_>, id: &str) -> Result<R, StripeError> {
    unit.get::<R>(id).map(|row| R::clone(&row)).ok_or_else(|| StripeError::not_found(R::WHAT, id))
}

/// The object that a parameter names.
pub(crate) fn referenced<R: Shown>(unit: &Unit<'_>, id: &str, param: &str) -> Result<Arc<R>, StripeError> {
    unit.get::<R>(id).ok_or_else(|| StripeError::no_such(R::WHAT, id, param))
}

/// Refuses a list that is narrowed by an id that nothing has: at Stripe that is an error, and no empty list.
pub(crate) fn must_exist<R: Shown>(unit: &Unit<'_>, id: Option<&str>, param: &str) -> Result<(), StripeError> {
    id.map_or(Ok(()), |id| referenced::<R>(unit, id, param).map(drop))
}

/// The object with one more field.
pub(crate) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
    object
}

fn secs(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_secs)
}

fn automatic_tax_off() -> Value {
    json!({ "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null })
}
