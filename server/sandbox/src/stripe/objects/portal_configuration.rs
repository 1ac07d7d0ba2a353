//! Stripe: "The Customer Portal Configuration object".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource};
use crate::{
    storage::{Transaction, ids},
    stripe::objects::subscription::ProrationBehavior,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PortalConfiguration {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) active: bool,
    pub(crate) is_default: bool,
    pub(crate) name: Option<String>,
    pub(crate) headline: Option<String>,
    pub(crate) privacy_policy_url: Option<String>,
    pub(crate) terms_of_service_url: Option<String>,
    pub(crate) default_return_url: Option<String>,
    pub(crate) features: Features,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Features {
    pub(crate) customer_update: Option<Vec<String>>,
    pub(crate) invoice_history: bool,
    pub(crate) payment_method_update: bool,
    pub(crate) cancel: CancelFeature,
    pub(crate) update: UpdateFeature,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CancelFeature {
    pub(crate) enabled: bool,
    pub(crate) immediately: bool,
    pub(crate) proration: ProrationBehavior,
    /// The cancellation reasons to choose from. `None` if the portal does not ask.
    pub(crate) reasons: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct UpdateFeature {
    pub(crate) enabled: bool,
    pub(crate) allowed: Vec<String>,
    pub(crate) proration: ProrationBehavior,
    pub(crate) products: Vec<AllowedProduct>,
    /// Conditions under which a change is deferred to the period's end.
    #[serde(default)]
    pub(crate) waits_if: Vec<Condition>,
}

/// Stripe: `schedule_at_period_end.conditions[].type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    DecreasingItemAmount,
    ShorteningInterval,
}

choices!(Condition {
    DecreasingItemAmount = "decreasing_item_amount",
    ShorteningInterval = "shortening_interval",
});

/// A product that customers may change to, with the prices allowed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AllowedProduct {
    pub(crate) product: String,
    pub(crate) prices: Vec<String>,
    /// The quantities among which customers choose. `None` if the configuration does not limit them.
    #[serde(default)]
    pub(crate) adjustable: Option<AdjustableQuantity>,
}

/// Stripe: `adjustable_quantity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AdjustableQuantity {
    pub(crate) minimum: u64,
    pub(crate) maximum: Option<u64>,
}

impl AdjustableQuantity {
    pub(crate) fn allows(self, quantity: u64) -> bool {
        quantity >= self.minimum && self.maximum.is_none_or(|most| quantity <= most)
    }
}

impl PortalConfiguration {
    pub(crate) fn new(tx: &Transaction<'_>) -> Self {
        Self {
            id: ids::new("bpc"),
            created: tx.now,
            updated: tx.now,
            active: true,
            is_default: false,
            name: None,
            headline: None,
            privacy_policy_url: None,
            terms_of_service_url: None,
            default_return_url: None,
            features: Features::default(),
            metadata: Metadata::new(),
        }
    }

    /// The products, which a response includes only if expanded.
    pub(crate) fn products_json(&self) -> Value {
        let products = self.features.update.products.iter().map(|product| {
            json!({
                "adjustable_quantity": {
                    "enabled": product.adjustable.is_some(),
                    "maximum": product.adjustable.and_then(|adjustable| adjustable.maximum),
                    "minimum": product.adjustable.map_or(1, |adjustable| adjustable.minimum),
                },
                "prices": product.prices,
                "product": product.product,
            })
        });
        products.collect()
    }

    /// Whether the configuration lets customers buy this many of the price.
    pub(crate) fn allows_quantity(&self, price: &str, quantity: u64) -> bool {
        let products = self.features.update.products.iter();
        let bounds = products.filter(|product| product.prices.iter().any(|allowed| allowed == price));
        bounds.filter_map(|product| product.adjustable).all(|adjustable| adjustable.allows(quantity))
    }

    pub(crate) fn allows_price(&self, price: &str) -> bool {
        self.features.update.products.iter().any(|product| product.prices.iter().any(|allowed| allowed == price))
    }
}

impl Resource for PortalConfiguration {
    const WHAT: &'static str = "configuration";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        let Features { customer_update, invoice_history, payment_method_update, cancel, update } = &self.features;
        json!({
            "id": self.id,
            "object": "billing_portal.configuration",
            "active": self.active,
            "application": null,
            "business_profile": {
                "headline": self.headline,
                "privacy_policy_url": self.privacy_policy_url,
                "terms_of_service_url": self.terms_of_service_url,
            },
            "created": self.created.as_secs(),
            "default_return_url": self.default_return_url,
            "features": {
                "customer_update": {
                    "allowed_updates": customer_update.clone().unwrap_or_default(),
                    "enabled": customer_update.is_some(),
                },
                "invoice_history": { "enabled": invoice_history },
                "payment_method_update": { "enabled": payment_method_update, "payment_method_configuration": null },
                "subscription_cancel": {
                    "cancellation_reason": {
                        "enabled": cancel.reasons.is_some(),
                        "feedback_options": null,
                        "options": cancel.reasons.clone().unwrap_or_default(),
                    },
                    "enabled": cancel.enabled,
                    "mode": if cancel.immediately { "immediately" } else { "at_period_end" },
                    "proration_behavior": cancel.proration,
                },
                "subscription_pause": {
                    "duration": {
                        "interval_options": [{ "interval": "month", "interval_count": 1 }],
                        "type": "interval_options",
                    },
                    "enabled": false,
                },
                "subscription_update": {
                    "billing_cycle_anchor": null,
                    "default_allowed_updates": update.allowed,
                    "enabled": update.enabled,
                    "proration_behavior": update.proration,
                    "schedule_at_period_end": {
                        "conditions": update.waits_if.iter().map(|condition| json!({ "type": condition })).collect::<Vec<_>>(),
                    },
                    "trial_update_behavior": "end_trial",
                },
            },
            "is_default": self.is_default,
            "livemode": false,
            "login_page": { "enabled": false, "url": null },
            "metadata": self.metadata,
            "name": self.name,
            "updated": self.updated.as_secs(),
        })
    }
}
