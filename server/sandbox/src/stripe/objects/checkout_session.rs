//! Stripe: "The Checkout Session object".

mod json;
mod sums;

use std::sync::Arc;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Metadata,
    coupon::Off,
    customer::{Address, Customer},
    price::Price,
    subscription::WithoutCard,
};
use crate::storage::Transaction;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
}

choices!(SessionStatus { Open = "open", Complete = "complete", Expired = "expired" });

impl SessionStatus {
    pub(crate) fn as_str(self) -> &'static str {
        Self::CHOICES.iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Payment,
    Subscription,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CheckoutSession {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) status: SessionStatus,
    pub(crate) mode: Mode,
    pub(crate) currency: String,
    pub(crate) lines: Vec<SessionLine>,
    /// Given at creation, or created by the payment.
    pub(crate) customer: Option<String>,
    pub(crate) customer_email: Option<String>,
    /// In payment mode only. The other modes always create a customer.
    #[serde(default)]
    pub(crate) customer_creation: Option<String>,
    /// What the payer entered on the hosted page.
    pub(crate) details: Option<Details>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) allow_promotion_codes: Option<bool>,
    pub(crate) billing_address_collection: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) payment_method_collection: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) subscription_data: SubscriptionData,
    /// The coupon that discounts the first payment and the subscription that the payment starts.
    #[serde(default)]
    pub(crate) coupon: Option<SessionCoupon>,
    pub(crate) subscription: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) payment_intent: Option<String>,
    /// The payment method that waits for authentication by its bank.
    pub(crate) authenticating: Option<String>,
    #[serde(default)]
    pub(crate) automatic_tax: bool,
    /// Whether the page asks for a tax id.
    #[serde(default)]
    pub(crate) tax_id_collection: bool,
    #[serde(default)]
    pub(crate) customer_update: CustomerUpdate,
}

/// What the page stores on an existing customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CustomerUpdate {
    pub(crate) name: bool,
    pub(crate) address: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) quantity: u64,
    /// The quantities among which the payer chooses. `None` if they can not.
    #[serde(default)]
    pub(crate) adjustable: Option<Adjustable>,
}

/// Stripe: `adjustable_quantity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Adjustable {
    pub(crate) minimum: u64,
    pub(crate) maximum: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionCoupon {
    pub(crate) id: String,
    pub(crate) off: Off,
    /// Whether the discount also applies to later payments.
    pub(crate) lasts: bool,
    #[serde(default)]
    pub(crate) promotion_code: Option<String>,
    /// The products that the discount applies to. Empty for all products.
    #[serde(default)]
    pub(crate) products: Vec<String>,
}

/// Parameters of the subscription that the session starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubscriptionData {
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) trial_end: Option<Timestamp>,
    pub(crate) trial_days: Option<u32>,
    #[serde(default)]
    pub(crate) without_card: WithoutCard,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) address: Option<Address>,
    /// Kind and value.
    #[serde(default)]
    pub(crate) tax_id: Option<(String, String)>,
}

impl CheckoutSession {
    /// When an open session expires.
    pub(crate) fn closes_at(&self) -> Option<Timestamp> {
        (self.status == SessionStatus::Open).then_some(self.expires_at)
    }

    /// The prices as they are in the session's currency, with their quantities.
    pub(crate) fn prices(&self, tx: &Transaction<'_>) -> Vec<(Arc<Price>, u64)> {
        self.lines.iter().filter_map(|line| Some((self.price(tx, line)?, line.quantity))).collect()
    }

    fn price(&self, tx: &Transaction<'_>, line: &SessionLine) -> Option<Arc<Price>> {
        tx.get::<Price>(&line.price)?.sold_in(&self.currency)
    }

    /// The end of the trial if it starts at `now`. `None` without a trial.
    pub(crate) fn trial_end(&self, now: Timestamp) -> Option<Timestamp> {
        let days = self.subscription_data.trial_days;
        self.subscription_data.trial_end.or_else(|| days.map(|days| now.plus_secs(i64::from(days) * 86_400)))
    }

    /// Whether a payer without a customer stays a guest.
    pub(crate) fn is_for_guests(&self) -> bool {
        self.mode == Mode::Payment && self.customer.is_none() && self.customer_creation.as_deref() != Some("always")
    }

    /// The stored customer. `None` if the payment is yet to create one.
    pub(crate) fn known_customer(&self, tx: &Transaction<'_>) -> Option<Arc<Customer>> {
        self.customer.as_deref().and_then(|id| tx.get::<Customer>(id))
    }

    pub(crate) fn page_url(&self, tx: &Transaction<'_>) -> String {
        format!("{}/pay/{}", tx.public_url, self.id)
    }

    /// The success URL with the session's id filled in.
    pub(crate) fn filled_success_url(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }
}
