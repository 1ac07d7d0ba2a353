//! Stripe: "The Subscription Schedule object": phases of a subscription. The API creates one from a subscription, the
//! portal for a change that is deferred to the period's end.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Metadata, Resource,
    coupon::Discount,
    event,
    price::Price,
    secs,
    subscription::{ProrationBehavior, Subscription},
};
use crate::{billing::period::Period, storage::Transaction};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduleStatus {
    Active,
    Released,
    Canceled,
    Completed,
}

impl ScheduleStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Released => "released",
            Self::Canceled => "canceled",
            Self::Completed => "completed",
        }
    }
}

/// What becomes of the subscription after the last phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndBehavior {
    /// It continues.
    #[default]
    Release,
    /// It ends.
    Cancel,
}

choices!(EndBehavior { Release = "release", Cancel = "cancel" });

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SubscriptionSchedule {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) customer: String,
    /// The subscription that the schedule controls, or controlled until `over_at`.
    pub(crate) subscription: String,
    pub(crate) currency: String,
    pub(crate) status: ScheduleStatus,
    /// When the schedule was released, canceled or completed.
    pub(crate) over_at: Option<Timestamp>,
    /// Phases in order. The first was current when the schedule was created.
    pub(crate) phases: Vec<Phase>,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) end_behavior: EndBehavior,
    /// The start of the last phase that has begun. `None` for the first phase.
    #[serde(default)]
    pub(crate) begun: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Phase {
    pub(crate) period: Period,
    pub(crate) items: Vec<PhaseItem>,
    /// How the change is billed that the phase begins with.
    #[serde(default)]
    pub(crate) proration: ProrationBehavior,
    /// The subscription's discounts in the phase. `None` leaves them as they are.
    #[serde(default)]
    pub(crate) discounts: Option<Vec<Discount>>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PhaseItem {
    pub(crate) price: String,
    pub(crate) quantity: u64,
    #[serde(default)]
    pub(crate) metadata: Metadata,
}

impl SubscriptionSchedule {
    /// The first phase that begins after `at`.
    pub(crate) fn next_phase(&self, at: Timestamp) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.period.start > at)
    }

    /// The start of the phase that is current.
    pub(crate) fn last_begun(&self) -> Option<Timestamp> {
        self.begun.or_else(|| self.phases.first().map(|phase| phase.period.start))
    }

    /// When the next phase begins, or the last one ends. `None` once the schedule is over.
    pub(crate) fn next_step_at(&self) -> Option<Timestamp> {
        if self.status != ScheduleStatus::Active {
            return None;
        }
        let next = self.last_begun().and_then(|begun| self.next_phase(begun)).map(|phase| phase.period.start);
        next.or_else(|| self.phases.last().map(|phase| phase.period.end))
    }

    pub(crate) fn current_phase(&self, at: Timestamp) -> Option<&Phase> {
        self.phases.iter().rev().find(|phase| phase.period.start <= at && self.status == ScheduleStatus::Active)
    }

    pub(crate) fn save(&self, tx: &mut Transaction<'_>, kind: &str) {
        let object = self.json(tx);
        tx.put(self.clone());
        event::emit(tx, kind, object);
    }
}

impl Phase {
    fn json(&self, tx: &Transaction<'_>, of: &SubscriptionSchedule) -> Value {
        let trial = tx.get::<Subscription>(&of.subscription).and_then(|subscription| subscription.trial);
        let trial_end = trial.map(|trial| trial.end).filter(|end| *end > self.period.start && *end <= self.period.end);
        let items = self.items.iter().map(|item| {
            let price = tx.get::<Price>(&item.price);
            json!({
                "billing_thresholds": null,
                "discounts": [],
                "metadata": item.metadata,
                "plan": price.map(|price| price.plan_json()),
                "price": item.price,
                "quantity": item.quantity,
                "tax_rates": [],
            })
        });
        json!({
            "add_invoice_items": [],
            "application_fee_percent": null,
            "billing_cycle_anchor": null,
            "billing_thresholds": null,
            "collection_method": null,
            "currency": of.currency,
            "default_payment_method": null,
            "default_tax_rates": [],
            "description": null,
            "discounts": self.discounts.iter().flatten().map(|discount| json!({
                "coupon": discount.coupon,
                "discount": discount.id,
                "promotion_code": discount.promotion_code,
            })).collect::<Vec<_>>(),
            "end_date": self.period.end.as_secs(),
            "invoice_settings": null,
            "items": items.collect::<Vec<_>>(),
            "metadata": self.metadata,
            "on_behalf_of": null,
            "proration_behavior": self.proration,
            "start_date": self.period.start.as_secs(),
            "transfer_data": null,
            "trial_end": secs(trial_end),
        })
    }
}

impl Resource for SubscriptionSchedule {
    const WHAT: &'static str = "subscription_schedule";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let at = |status| secs(self.over_at.filter(|_| self.status == status));
        let is_released = self.status == ScheduleStatus::Released;
        json!({
            "id": self.id,
            "object": "subscription_schedule",
            "application": null,
            "billing_mode": { "flexible": null, "type": "classic" },
            "canceled_at": at(ScheduleStatus::Canceled),
            "completed_at": at(ScheduleStatus::Completed),
            "created": self.created.as_secs(),
            "current_phase": self.current_phase(tx.now).map(|phase| {
                json!({ "end_date": phase.period.end.as_secs(), "start_date": phase.period.start.as_secs() })
            }),
            "customer": self.customer,
            "customer_account": null,
            "default_settings": {
                "application_fee_percent": null,
                "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
                "billing_cycle_anchor": "automatic",
                "billing_thresholds": null,
                "collection_method": "charge_automatically",
                "default_payment_method": null,
                "description": null,
                "invoice_settings": {
                    "account_tax_ids": null,
                    "custom_fields": null,
                    "days_until_due": null,
                    "description": null,
                    "footer": null,
                    "issuer": { "type": "self" },
                },
                "on_behalf_of": null,
                "transfer_data": null,
            },
            "end_behavior": self.end_behavior,
            "livemode": false,
            "metadata": self.metadata,
            "pause_schedules": [],
            "phases": self.phases.iter().map(|phase| phase.json(tx, self)).collect::<Vec<_>>(),
            "released_at": at(ScheduleStatus::Released),
            "released_subscription": is_released.then_some(&self.subscription),
            "status": self.status,
            "subscription": (!is_released).then_some(&self.subscription),
            "test_clock": null,
        })
    }
}
