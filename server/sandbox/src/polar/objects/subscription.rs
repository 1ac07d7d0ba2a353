//! Polar: "Subscription".

use std::sync::Arc;

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Account, Metadata, Resource,
    customer::Customer,
    discount::{Discount, Redeemed},
    event::emit,
    merged,
    product::{Price, Product},
    time, time_or_null,
};
use crate::{
    billing::{interval::Recurring, period::Period},
    storage::Transaction,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Trialing,
    Active,
    PastDue,
    Unpaid,
    Canceled,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the subscription grants its benefits.
    pub(crate) fn grants(self) -> bool {
        matches!(self, Self::Trialing | Self::Active | Self::PastDue)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) customer: String,
    pub(crate) product: String,
    pub(crate) price: String,
    /// Amount per period in minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) every: Recurring,
    pub(crate) status: Status,
    /// The instant from which all periods are counted.
    pub(crate) anchor: Timestamp,
    pub(crate) period: Period,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<Timestamp>,
    pub(crate) started_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) past_due_at: Option<Timestamp>,
    pub(crate) checkout: Option<String>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) cancellation_comment: Option<String>,
    pub(crate) metadata: Metadata,
    /// Amount that the next order adds, in minor units. Negative is credit.
    pub(crate) carried: i64,
    pub(crate) pending: Option<PendingUpdate>,
    #[serde(default)]
    pub(crate) trial: Option<Period>,
    /// The number of seats of a seat-based price. `None` for a fixed one.
    #[serde(default)]
    pub(crate) seats: Option<u32>,
    #[serde(default)]
    pub(crate) discount: Option<Redeemed>,
}

/// A change that takes effect with the next period.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingUpdate {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// The new product. `None` if only the number of seats changes.
    pub(crate) product: Option<String>,
    #[serde(default)]
    pub(crate) seats: Option<u32>,
}

impl Subscription {
    /// When the period ends. `None` for a subscription that does not renew: an unpaid one does not until it is paid.
    pub(crate) fn next_step_at(&self) -> Option<Timestamp> {
        self.status.grants().then_some(self.period.end)
    }

    pub(crate) fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.status == Status::Canceled
    }

    /// Stores the subscription and emits an event of each of `kinds`, then `customer.state_changed`.
    pub(crate) fn save(mut self, tx: &mut Transaction<'_>, kinds: &[&str]) {
        self.modified = Some(tx.now);
        let (account, customer) = (self.account.clone(), self.customer.clone());
        tx.put(self.clone());
        let data = self.json(tx);
        for kind in kinds {
            emit(tx, &account, kind, data.clone());
        }
        if let Some(customer) = tx.get::<Customer>(&customer) {
            let state = customer_state_json(tx, &customer);
            emit(tx, &account, "customer.state_changed", state);
        }
    }

    /// Replaces the product, its price and the billing interval. No-op for a product without an interval or a price.
    pub(crate) fn set_product(&mut self, product: &Product) {
        if let (Some(every), Some(price)) = (product.every, product.price()) {
            self.product.clone_from(&product.id);
            self.every = every;
            self.set_price(price, self.seats);
        }
    }

    /// Replaces the price and the number of seats. A price that does not sell this many is for the nearest number.
    pub(crate) fn set_price(&mut self, price: &Price, seats: Option<u32>) {
        let asked = price.seats.as_ref().zip(seats).map(|(tiers, seats)| {
            let seats = seats.max(tiers.minimum());
            tiers.maximum().map_or(seats, |most| seats.min(most))
        });
        self.seats = price.seats_or_fewest(asked);
        self.price.clone_from(&price.id);
        (self.amount, self.currency) = (price.amount_for(self.seats), price.currency);
    }

    /// The subscription's own price, even if it is archived and the product has a newer one.
    pub(crate) fn own_price(&self, tx: &Transaction<'_>) -> Option<Price> {
        tx.get::<Product>(&self.product)?.prices.iter().find(|price| price.id == self.price).cloned()
    }

    /// The discount that applies to the period that begins at `from`.
    pub(crate) fn discount_at(&self, tx: &Transaction<'_>, from: Timestamp) -> Option<Arc<Discount>> {
        let redeemed = self.discount.as_ref().filter(|redeemed| redeemed.until.is_none_or(|until| from < until))?;
        tx.get::<Discount>(&redeemed.id).filter(|discount| !discount.deleted)
    }

    /// The subscription's JSON fields that an order includes.
    pub(crate) fn bare_json(&self) -> Value {
        json!({
            "metadata": self.metadata,
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "id": self.id,
            "amount": self.amount,
            "currency": self.currency.to_string().to_lowercase(),
            "recurring_interval": Product::interval_word(self.every),
            "recurring_interval_count": self.every.count,
            "status": self.status,
            "current_period_start": time(self.period.start),
            "current_period_end": time(self.period.end),
            "current_meter_period_start": null,
            "current_meter_period_end": null,
            "trial_start": time_or_null(self.trial.map(|trial| trial.start)),
            "trial_end": time_or_null(self.trial.map(|trial| trial.end)),
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": time_or_null(self.canceled_at),
            "started_at": time(self.started_at),
            "ends_at": time_or_null(self.ends_at),
            "ended_at": time_or_null(self.ended_at),
            "past_due_at": time_or_null(self.past_due_at),
            "pause_at_period_end": false,
            "paused_at": null,
            "resumes_at": null,
            "customer_id": self.customer,
            "product_id": self.product,
            "discount_id": self.discount.as_ref().map(|discount| discount.id.as_str()),
            "checkout_id": self.checkout,
            "seats": self.seats,
            "customer_cancellation_reason": self.cancellation_reason,
            "customer_cancellation_comment": self.cancellation_comment,
        })
    }

    /// The subscription's JSON fields that a customer's state includes.
    pub(crate) fn state_json(&self) -> Value {
        json!({
            "id": self.id,
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "custom_field_data": {},
            "metadata": self.metadata,
            // Polar allows only these two values in a customer's state, so a past due subscription is shown as active.
            "status": if self.status == Status::Trialing { "trialing" } else { "active" },
            "amount": self.amount,
            "currency": self.currency.to_string().to_lowercase(),
            "recurring_interval": Product::interval_word(self.every),
            "current_period_start": time(self.period.start),
            "current_period_end": time(self.period.end),
            "trial_start": time_or_null(self.trial.map(|trial| trial.start)),
            "trial_end": time_or_null(self.trial.map(|trial| trial.end)),
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": time_or_null(self.canceled_at),
            "started_at": time(self.started_at),
            "ends_at": time_or_null(self.ends_at),
            "product_id": self.product,
            "discount_id": self.discount.as_ref().map(|discount| discount.id.as_str()),
            "meters": [],
        })
    }
}

/// Polar: "Customer State", which is the customer with their subscriptions.
pub(crate) fn customer_state_json(tx: &Transaction<'_>, customer: &Customer) -> Value {
    let active = tx.owned::<Subscription>(&customer.id).filter(|subscription| subscription.status.grants());
    let active: Vec<_> = active.map(|subscription| subscription.state_json()).collect();
    merged(customer.json(tx), json!({ "active_subscriptions": active, "granted_benefits": [], "active_meters": [] }))
}

impl Resource for Subscription {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let product = tx.get::<Product>(&self.product);
        let price = self.own_price(tx);
        let discount = self.discount.as_ref().and_then(|redeemed| tx.get::<Discount>(&redeemed.id));
        let pending = self.pending.as_ref().map(|pending| {
            json!({
                "created_at": time(pending.created),
                "modified_at": null,
                "id": pending.id,
                "applies_at": time(self.period.end),
                "product_id": pending.product,
                "seats": pending.seats,
            })
        });
        let more = json!({
            "custom_field_data": {},
            "customer": tx.get::<Customer>(&self.customer).map(|customer| customer.json(tx)),
            "product": product.map(|product| product.json(tx)),
            "discount": discount.map(|discount| discount.base_json()),
            "prices": price.iter().map(|price| price.json(&self.product)).collect::<Vec<_>>(),
            "meters": [],
            "pending_update": pending,
        });
        merged(self.bare_json(), more)
    }
}
