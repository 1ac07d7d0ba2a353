//! Stripe: "The Customer Portal Session object", and the flows that open one task in the portal.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Resource;
use crate::{storage::Transaction, stripe::json_parts::with};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PortalSession {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) customer: String,
    pub(crate) configuration: String,
    pub(crate) return_url: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) flow: Option<Flow>,
    /// Whether the flow is completed.
    pub(crate) flow_done: bool,
    /// The last segment of its page's URL.
    pub(crate) page: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) kind: FlowKind,
    pub(crate) after: AfterCompletion,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FlowKind {
    PaymentMethodUpdate,
    SubscriptionCancel { subscription: String },
    SubscriptionUpdate { subscription: String },
    SubscriptionUpdateConfirm { subscription: String, item: String, price: String, quantity: u64 },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AfterCompletion {
    PortalHomepage,
    Redirect { return_url: String },
    HostedConfirmation { message: Option<String> },
}

impl Flow {
    fn json(&self) -> Value {
        let (name, redirect, confirmation) = match &self.after {
            AfterCompletion::PortalHomepage => ("portal_homepage", Value::Null, Value::Null),
            AfterCompletion::Redirect { return_url } => ("redirect", json!({ "return_url": return_url }), Value::Null),
            AfterCompletion::HostedConfirmation { message } => {
                ("hosted_confirmation", Value::Null, json!({ "custom_message": message }))
            }
        };
        let flow = json!({
            "after_completion": { "hosted_confirmation": confirmation, "redirect": redirect, "type": name },
            "customer_update": null,
            "subscription_cancel": null,
            "subscription_pause": null,
            "subscription_update": null,
            "subscription_update_confirm": null,
        });
        let (kind, about) = match &self.kind {
            FlowKind::PaymentMethodUpdate => ("payment_method_update", Value::Null),
            FlowKind::SubscriptionCancel { subscription } => {
                ("subscription_cancel", json!({ "retention": null, "subscription": subscription }))
            }
            FlowKind::SubscriptionUpdate { subscription } => {
                ("subscription_update", json!({ "subscription": subscription }))
            }
            FlowKind::SubscriptionUpdateConfirm { subscription, item, price, quantity } => (
                "subscription_update_confirm",
                json!({
                    "discounts": null,
                    "items": [{ "id": item, "price": price, "quantity": quantity }],
                    "subscription": subscription,
                }),
            ),
        };
        let flow = with(flow, "type", kind);
        if about.is_null() { flow } else { with(flow, kind, about) }
    }
}

impl PortalSession {
    pub(crate) fn page_url(&self, tx: &Transaction<'_>) -> String {
        format!("{}/portal/{}", tx.public_url, self.page)
    }
}

impl Resource for PortalSession {
    const WHAT: &'static str = "portal session";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "billing_portal.session",
            "configuration": self.configuration,
            "created": self.created.as_secs(),
            "customer": self.customer,
            "customer_account": null,
            "flow": self.flow.as_ref().map(Flow::json),
            "livemode": false,
            "locale": self.locale,
            "on_behalf_of": null,
            "return_url": self.return_url,
            "url": self.page_url(tx),
        })
    }
}
