//! Stripe: "The Subscription Schedule object": phases of a subscription. The portal creates one for a change that is
//! deferred to the period's end.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, event, price::Price, secs, subscription::Subscription};
use crate::{billing::period::Period, storage::Transaction};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduleStatus {
    Active,
    Released,
    Canceled,
}

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
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Phase {
    pub(crate) period: Period,
    pub(crate) items: Vec<PhaseItem>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PhaseItem {
    pub(crate) price: String,
    pub(crate) quantity: u64,
}

impl SubscriptionSchedule {
    /// The first phase that begins after `at`.
    pub(crate) fn next_phase(&self, at: Timestamp) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.period.start > at)
    }

    fn current_phase(&self, at: Timestamp) -> Option<&Phase> {
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
                "metadata": {},
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
            "discounts": [],
            "end_date": self.period.end.as_secs(),
            "invoice_settings": null,
            "items": items.collect::<Vec<_>>(),
            "metadata": {},
            "on_behalf_of": null,
            "proration_behavior": "none",
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
        let leads = self.status == ScheduleStatus::Active;
        json!({
            "id": self.id,
            "object": "subscription_schedule",
            "application": null,
            "billing_mode": { "flexible": null, "type": "classic" },
            "canceled_at": at(ScheduleStatus::Canceled),
            "completed_at": null,
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
            "end_behavior": "release",
            "livemode": false,
            "metadata": self.metadata,
            "pause_schedules": [],
            "phases": self.phases.iter().map(|phase| phase.json(tx, self)).collect::<Vec<_>>(),
            "released_at": at(ScheduleStatus::Released),
            "released_subscription": (self.status == ScheduleStatus::Released).then_some(&self.subscription),
            "status": self.status,
            "subscription": (leads || self.status == ScheduleStatus::Canceled).then_some(&self.subscription),
            "test_clock": null,
        })
    }
}
