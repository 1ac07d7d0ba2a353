//! Stripe: "The Subscription object" and its items.

use std::sync::Arc;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, coupon::Discount, event, invoice::line::Line, price::Price, secs};
use crate::{
    billing::period::Period,
    storage::{Transaction, ids},
    stripe::json_parts::{whole_list, with},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Canceled,
}

choices!(Status {
    Incomplete = "incomplete",
    IncompleteExpired = "incomplete_expired",
    Trialing = "trialing",
    Active = "active",
    PastDue = "past_due",
    Canceled = "canceled",
});

impl Status {
    /// Whether the subscription has started and not ended.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Trialing | Self::Active | Self::PastDue)
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }

    pub(crate) fn as_str(self) -> &'static str {
        Self::CHOICES.iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }
}

/// `collection_method`: whether invoices are sent or charged automatically.
pub(crate) fn collection_method(is_sent: bool) -> &'static str {
    if is_sent { "send_invoice" } else { "charge_automatically" }
}

/// Stripe: `trial_settings.end_behavior.missing_payment_method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WithoutCard {
    Cancel,
    #[default]
    CreateInvoice,
}

choices!(WithoutCard { Cancel = "cancel", CreateInvoice = "create_invoice" });

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) customer: String,
    pub(crate) status: Status,
    /// Lower case, as Stripe writes it.
    pub(crate) currency: String,
    pub(crate) items: Vec<Item>,
    /// The instant from which all periods are counted: Jan 31 stays the 31st where a month has one.
    pub(crate) billing_cycle_anchor: Timestamp,
    pub(crate) period: Period,
    pub(crate) start_date: Timestamp,
    pub(crate) trial: Option<Period>,
    pub(crate) trial_end_announced: bool,
    /// What happens when a trial ends without a payment method.
    #[serde(default)]
    pub(crate) without_card: WithoutCard,
    /// The schedule that controls the subscription.
    #[serde(default)]
    pub(crate) schedule: Option<String>,
    pub(crate) cancel_at: Option<Timestamp>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) cancellation: Cancellation,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) latest_invoice: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) discounts: Vec<Discount>,
    #[serde(default)]
    pub(crate) pause: Option<Pause>,
    /// Days within which a sent invoice is due (Stripe: `collection_method=send_invoice`).
    /// `None` if invoices are charged automatically.
    #[serde(default)]
    pub(crate) days_until_due: Option<u16>,
    /// Prorations to add to the next invoice.
    pub(crate) pending_lines: Vec<Line>,
    /// Whether invoices are with tax.
    #[serde(default)]
    pub(crate) automatic_tax: bool,
    #[serde(default)]
    pub(crate) pending_update: Option<PendingUpdate>,
}

/// A change that takes effect once its invoice is paid (Stripe: `payment_behavior=pending_if_incomplete`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingUpdate {
    pub(crate) invoice: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) items: Vec<Item>,
    pub(crate) billing_cycle_anchor: Timestamp,
    pub(crate) period: Period,
    /// Set if the change ends the trial.
    pub(crate) trial_end: Option<Timestamp>,
}

/// What happens to a change whose payment fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PaymentBehavior {
    /// The change is made, and the subscription is past due.
    #[default]
    Allow,
    /// As with `Allow`; the first payment of a new subscription is left to the customer.
    LeaveOpen,
    /// The change is refused.
    Refuse,
    /// The change waits for the payment.
    Wait,
}

choices!(PaymentBehavior {
    Allow = "allow_incomplete",
    LeaveOpen = "default_incomplete",
    Refuse = "error_if_incomplete",
    Wait = "pending_if_incomplete",
});

/// How the rest of the current period is billed after a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProrationBehavior {
    /// Credit and charge are added to the next invoice.
    CreateProrations,
    /// Credit and charge are invoiced at once.
    AlwaysInvoice,
    #[default]
    None,
}

choices!(ProrationBehavior {
    CreateProrations = "create_prorations",
    AlwaysInvoice = "always_invoice",
    None = "none",
});

/// Stripe: `pause_collection`. The subscription continues, but invoices are not collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pause {
    pub(crate) behavior: PauseBehavior,
    pub(crate) resumes_at: Option<Timestamp>,
}

/// What happens to invoices while collection is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PauseBehavior {
    KeepAsDraft,
    MarkUncollectible,
    Void,
}

choices!(PauseBehavior {
    KeepAsDraft = "keep_as_draft",
    MarkUncollectible = "mark_uncollectible",
    Void = "void",
});

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cancellation {
    pub(crate) comment: Option<String>,
    pub(crate) feedback: Option<String>,
    pub(crate) reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) price: String,
    pub(crate) quantity: u64,
    pub(crate) metadata: Metadata,
    /// The currency in lower case, if it is not the price's own.
    #[serde(default)]
    pub(crate) currency: Option<String>,
}

impl Item {
    pub(crate) fn new(tx: &Transaction<'_>, price: String, quantity: u64) -> Self {
        Self { id: ids::new("si"), created: tx.now, price, quantity, metadata: Metadata::new(), currency: None }
    }

    /// The price as it is in the subscription's currency. In another currency, its own.
    pub(crate) fn price(&self, tx: &Transaction<'_>) -> Option<Arc<Price>> {
        let price = tx.get::<Price>(&self.price)?;
        Some(self.currency.as_deref().and_then(|currency| price.sold_in(currency)).unwrap_or(price))
    }

    pub(crate) fn json(&self, tx: &Transaction<'_>, of: &Subscription) -> Value {
        let price = tx.get::<Price>(&self.price);
        let is_metered = price.as_ref().is_some_and(|price| price.metered);
        let item = json!({
            "id": self.id,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": self.created.as_secs(),
            "current_period_end": of.period.end.as_secs(),
            "current_period_start": of.period.start.as_secs(),
            "current_trial": null,
            "discounts": [],
            "metadata": self.metadata,
            "plan": price.as_ref().map(|price| price.plan_json()),
            "price": price.as_ref().map(|price| price.json(tx)),
            "subscription": of.id,
            "tax_rates": [],
        });
        // The items of metered prices have no quantity.
        if is_metered { item } else { with(item, "quantity", self.quantity) }
    }
}

impl PendingUpdate {
    fn json(&self, tx: &Transaction<'_>, of: &Subscription) -> Value {
        json!({
            "billing_cycle_anchor": self.billing_cycle_anchor.as_secs(),
            "cancel_at_period_end": null,
            "discount": null,
            "discounts": null,
            "expires_at": self.expires_at.as_secs(),
            "metadata": null,
            "subscription_items": self.items.iter().map(|item| item.json(tx, of)).collect::<Vec<_>>(),
            "trial_end": secs(self.trial_end),
            "trial_from_plan": null,
        })
    }
}

impl Subscription {
    /// The payment method that invoices are charged to: the subscription's, else the customer's.
    pub(crate) fn payment_method(&self, tx: &Transaction<'_>) -> Option<String> {
        self.default_payment_method
            .clone()
            .or_else(|| tx.get::<super::customer::Customer>(&self.customer)?.default_payment_method.clone())
    }

    /// Stores the subscription and emits an event with what changed.
    pub(crate) fn save(&self, tx: &mut Transaction<'_>) {
        let before = tx.get::<Self>(&self.id).map(|former| former.json(tx));
        let after = self.json(tx);
        tx.put(self.clone());
        match before {
            Some(before) => event::emit_change(tx, "customer.subscription.updated", &before, after),
            None => event::emit(tx, "customer.subscription.created", after),
        }
    }
}

impl Resource for Subscription {
    const WHAT: &'static str = "subscription";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let items = self.items.iter().map(|item| item.json(tx, self)).collect();
        json!({
            "id": self.id,
            "object": "subscription",
            "application": null,
            "application_fee_percent": null,
            "automatic_tax": {
                "disabled_reason": null,
                "enabled": self.automatic_tax,
                "liability": if self.automatic_tax { json!({ "type": "self" }) } else { Value::Null },
            },
            "billing_cycle_anchor": self.billing_cycle_anchor.as_secs(),
            "billing_cycle_anchor_config": null,
            "billing_mode": { "flexible": null, "type": "classic" },
            "billing_schedules": [],
            "billing_thresholds": null,
            "cancel_at": if self.cancel_at_period_end { Some(self.period.end.as_secs()) } else { secs(self.cancel_at) },
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": secs(self.canceled_at),
            "cancellation_details": {
                "comment": self.cancellation.comment,
                "feedback": self.cancellation.feedback,
                "feedback_option": null,
                "reason": self.cancellation.reason,
            },
            "collection_method": collection_method(self.days_until_due.is_some()),
            "created": self.created.as_secs(),
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "days_until_due": self.days_until_due,
            "default_payment_method": self.default_payment_method,
            "default_source": null,
            "default_tax_rates": [],
            "description": self.description,
            "discounts": self.discounts.iter().map(|discount| discount.id.as_str()).collect::<Vec<_>>(),
            "ended_at": secs(self.ended_at),
            "invoice_settings": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": { "type": "self" },
            },
            "items": whole_list(items, format!("/v1/subscription_items?subscription={}", self.id)),
            "latest_invoice": self.latest_invoice,
            "livemode": false,
            "managed_payments": null,
            "metadata": self.metadata,
            "next_pending_invoice_item_invoice": null,
            "on_behalf_of": null,
            "pause_collection": self.pause.map(|pause| json!({
                "behavior": pause.behavior,
                "resumes_at": secs(pause.resumes_at),
            })),
            "payment_settings": {
                "payment_method_options": null,
                "payment_method_types": null,
                "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": null,
            "pending_setup_intent": null,
            "pending_update": self.pending_update.as_ref().map(|pending| pending.json(tx, self)),
            "plan": self.items.first().filter(|_| self.items.len() == 1).and_then(|item| item.price(tx)).map(|price| price.plan_json()),
            "quantity": self.items.first().filter(|_| self.items.len() == 1).map(|item| item.quantity),
            "schedule": self.schedule,
            "start_date": self.start_date.as_secs(),
            "status": self.status,
            "test_clock": null,
            "transfer_data": null,
            "trial_end": secs(self.trial.map(|trial| trial.end)),
            "trial_settings": {
                "end_behavior": { "billing_cycle_anchor": null, "missing_payment_method": self.without_card },
            },
            "trial_start": secs(self.trial.map(|trial| trial.start)),
        })
    }
}
