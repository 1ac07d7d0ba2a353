//! Many objects of Stripe's API at once, without HTTP: for tests that need a large account.

use serde_json::Value;

use super::{
    api::{coupons, customers, prices, subscriptions},
    call::{Call, Handler, Reply},
    error::StripeError,
    params::Params,
    version,
};
use crate::{
    Sandbox,
    storage::{Transaction, ids, stripe_account::StripeAccount},
};

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

impl Sandbox {
    /// Makes the calls in the Stripe account of `key`, in one transaction, and returns the responses. They cause no
    /// events and no webhooks.
    ///
    /// If one is refused, none is made; the error is Stripe's message.
    pub async fn plant(&self, key: &str, calls: Vec<PlantedCall>) -> Result<Vec<Value>, String> {
        let account = StripeAccount::of_key(key);
        let planted = self.world.transact(move |tx| {
            tx.account = Some(account);
            tx.is_silent = true;
            calls.into_iter().map(|call| make(tx, call)).collect::<Result<Vec<_>, StripeError>>()
        });
        planted.await.map_err(|refused| refused.message)
    }
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
