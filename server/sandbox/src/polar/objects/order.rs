//! Polar: "Order".

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Account, Metadata, Resource, customer::Customer, discount::Discount, event::emit, product::Product,
    subscription::Subscription, time, time_or_null,
};
use crate::storage::{Transaction, ids};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderStatus {
    Pending,
    Paid,
    Void,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BillingReason {
    Purchase,
    SubscriptionCreate,
    SubscriptionCycle,
    SubscriptionUpdate,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) status: OrderStatus,
    pub(crate) reason: BillingReason,
    pub(crate) currency: Currency,
    pub(crate) items: Vec<OrderItem>,
    pub(crate) customer: String,
    pub(crate) product: String,
    pub(crate) subscription: Option<String>,
    pub(crate) checkout: Option<String>,
    pub(crate) number: String,
    /// When a refused charge is retried.
    pub(crate) next_attempt: Option<Timestamp>,
    /// The refunded amount in minor units.
    #[serde(default)]
    pub(crate) refunded: i64,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) discount: Option<AppliedDiscount>,
    #[serde(default)]
    pub(crate) seats: Option<u32>,
}

/// A discount on an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppliedDiscount {
    /// The discount's id.
    pub(crate) id: String,
    /// What it takes off, in minor units.
    pub(crate) amount: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderItem {
    id: String,
    created: Timestamp,
    pub(crate) label: String,
    pub(crate) amount: i64,
    pub(crate) proration: bool,
    price: Option<String>,
}

impl OrderItem {
    pub(crate) fn new(
        tx: &Transaction<'_>,
        label: String,
        amount: i64,
        proration: bool,
        price: Option<String>,
    ) -> Self {
        Self { id: ids::uuid(), created: tx.now, label, amount, proration, price }
    }
}

impl Order {
    /// When the refused charge of a pending order is tried again.
    pub(crate) fn next_charge_at(&self) -> Option<Timestamp> {
        self.next_attempt.filter(|_| self.status == OrderStatus::Pending)
    }

    /// The amount due in minor units.
    pub(crate) fn total(&self) -> i64 {
        (self.items.iter().map(|item| item.amount).sum::<i64>() - self.discounted()).max(0)
    }

    fn discounted(&self) -> i64 {
        self.discount.as_ref().map_or(0, |discount| discount.amount)
    }

    /// The amount that can still be refunded, in minor units.
    pub(crate) fn refundable(&self) -> i64 {
        if self.status == OrderStatus::Paid { self.total() - self.refunded } else { 0 }
    }

    /// The status in Polar's terms, which include refunds.
    fn status_json(&self) -> Value {
        match self.refunded {
            0 => json!(self.status),
            refunded if refunded >= self.total() => "refunded".into(),
            _ => "partially_refunded".into(),
        }
    }

    pub(crate) fn money(&self) -> Money {
        Money::new(self.total(), self.currency)
    }

    pub(crate) fn save(mut self, tx: &mut Transaction<'_>, kinds: &[&str]) {
        self.modified = Some(tx.now);
        let data = self.json(tx);
        let account = self.account.clone();
        tx.put(self);
        for kind in kinds {
            emit(tx, &account, kind, data.clone());
        }
    }

    fn item_json(item: &OrderItem) -> Value {
        json!({
            "created_at": time(item.created),
            "modified_at": null,
            "id": item.id,
            "label": item.label,
            "amount": item.amount,
            "tax_amount": 0,
            "proration": item.proration,
            "product_price_id": item.price,
        })
    }
}

impl Resource for Order {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let (total, is_paid) = (self.total(), self.status == OrderStatus::Paid);
        let customer = tx.get::<Customer>(&self.customer);
        let product = tx.get::<Product>(&self.product);
        let discount = self.discount.as_ref().and_then(|applied| tx.get::<Discount>(&applied.id));
        let subscription = self.subscription.as_deref().and_then(|id| tx.get::<Subscription>(id));
        json!({
            "id": self.id,
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "status": self.status_json(),
            "paid": is_paid,
            "subtotal_amount": total + self.discounted(),
            "discount_amount": self.discounted(),
            "net_amount": total,
            "tax_amount": 0,
            "total_amount": total,
            "applied_balance_amount": 0,
            "due_amount": total,
            "refunded_amount": self.refunded,
            "refunded_tax_amount": 0,
            "currency": self.currency.to_string().to_lowercase(),
            "billing_reason": self.reason,
            "billing_name": customer.as_ref().and_then(|customer| customer.name.clone()),
            "billing_address": customer.as_ref().and_then(|customer| customer.billing_address.clone()),
            "invoice_number": self.number,
            "is_invoice_generated": false,
            "receipt_number": null,
            "seats": self.seats,
            "customer_id": self.customer,
            "product_id": self.product,
            "discount_id": self.discount.as_ref().map(|discount| discount.id.as_str()),
            "subscription_id": self.subscription,
            "checkout_id": self.checkout,
            "next_payment_attempt_at": time_or_null(self.next_attempt),
            "metadata": self.metadata,
            "custom_field_data": {},
            "platform_fee_amount": 0,
            "platform_fee_currency": null,
            "customer": customer.map(|customer| customer.json(tx)),
            "product": product.as_ref().map(|product| product.bare_json()),
            "discount": discount.map(|discount| discount.base_json()),
            "subscription": subscription.map(|subscription| subscription.bare_json()),
            "items": self.items.iter().map(Self::item_json).collect::<Vec<_>>(),
            "description": product.map(|product| product.name.clone()).unwrap_or_default(),
            "refundable_amount": self.refundable(),
            "refundable_tax_amount": 0,
        })
    }
}
