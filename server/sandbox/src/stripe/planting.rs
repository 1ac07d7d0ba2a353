//! Many objects of Stripe's API at once, without HTTP: for tests that need a large account.

use serde_json::Value;

use super::{
    api::{coupons, customers, prices, subscriptions},
    call::{Call, Handler, Reply},
    error::StripeError,
    params::Params,
    version,
};
use crate::storage::{Transaction, ids, stripe_account::StripeAccount};

/// What a [`PlantedCall`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantedKind {
    /// `POST /v1/customers`.
    Customer,
    /// `POST /v1/prices`.
    Price,
    /// `POST /v1/coupons`.
    Coupon,
    /// `POST /v1/subscriptions`.
    Subscription,
    /// `POST /v1/subscriptions/{id}`.
    SubscriptionChange,
    /// `DELETE /v1/subscriptions/{id}`.
    SubscriptionEnd,
}

impl PlantedKind {
    const fn handler(self) -> Handler {
        match self {
            Self::Customer => customers::create,
            Self::Price => prices::create,
            Self::Coupon => coupons::create,
            Self::Subscription => subscriptions::create,
            Self::SubscriptionChange => subscriptions::update,
            Self::SubscriptionEnd => subscriptions::cancel,
        }
    }
}

/// A call of Stripe's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantedCall {
    pub kind: PlantedKind,
    /// The id in the path. Empty if the path has none.
    pub id: String,
    /// The form-encoded parameters.
    pub fields: String,
}

/// Makes the calls in the Stripe account of `key`, and returns the responses. They cause no events.
pub(crate) fn plant(tx: &mut Transaction<'_>, key: &str, calls: Vec<PlantedCall>) -> Result<Vec<Value>, StripeError> {
    tx.account = Some(StripeAccount::of_key(key));
    tx.is_silent = true;
    calls.into_iter().map(|call| make(tx, call)).collect()
}

fn make(tx: &mut Transaction<'_>, call: PlantedCall) -> Result<Value, StripeError> {
    let PlantedCall { kind, id, fields } = call;
    let call = Call {
        params: Params::parse(fields.as_bytes())?,
        id,
        nested_id: String::new(),
        version: version::LATEST.to_owned(),
        request_id: ids::new("req"),
    };
    match kind.handler()(tx, &call)? {
        Reply::Done(made) => Ok(made),
        Reply::CardRefused(refused) => Err(refused),
    }
}
