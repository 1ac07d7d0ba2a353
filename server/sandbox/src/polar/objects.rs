//! Polar's objects: how the sandbox stores them, and their JSON as in Polar's API reference.

pub(crate) mod access_token;
pub(crate) mod checkout;
pub(crate) mod customer;
pub(crate) mod customer_session;
pub(crate) mod discount;
pub(crate) mod event;
pub(crate) mod order;
pub(crate) mod product;
pub(crate) mod refund;
pub(crate) mod seats;
pub(crate) mod subscription;
pub(crate) mod webhook_endpoint;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::PolarError;
use crate::storage::{Record, Transaction};

pub(crate) type Metadata = Map<String, Value>;

/// The owner of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Digest of the access token.
    pub(crate) key: String,
    pub(crate) organization: String,
}

/// An object that the API addresses by id.
pub(crate) trait Resource: Record {
    fn account(&self) -> &Account;
    fn json(&self, tx: &Transaction<'_>) -> Value;

    fn is_deleted(&self) -> bool {
        false
    }
}

/// The account's object with the id from the path. Fails if there is none, or if it is deleted.
pub(crate) fn find<R: Resource>(tx: &Transaction<'_>, account: &Account, id: &str) -> Result<R, PolarError> {
    let found = tx.get::<R>(id).filter(|row| row.account().key == account.key && !row.is_deleted());
    found.map(|row| R::clone(&row)).ok_or_else(PolarError::not_found)
}

/// The account's object that the body's `field` refers to. Fails with a validation error if there is none.
pub(crate) fn referenced<R: Resource>(
    tx: &Transaction<'_>,
    account: &Account,
    field: &str,
    id: &str,
) -> Result<R, PolarError> {
    let what = field.trim_end_matches("_id").replace('_', " ");
    find(tx, account, id)
        .map_err(|_| PolarError::field(field, "value_error", format!("The {what} does not exist."), id))
}

/// `from` with the fields of `more` appended.
pub(crate) fn merged(mut from: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (from.as_object_mut(), more) {
        fields.extend(more);
    }
    from
}

/// A time as Polar writes it.
pub(crate) fn time(at: Timestamp) -> Value {
    at.rfc3339_secs().into()
}

pub(crate) fn time_or_null(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}
