//! Stripe: "The Checkout Session object".

use std::sync::Arc;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Metadata, Resource, automatic_tax_off, coupon::Off, customer::Customer, price::Price, subscription::WithoutCard,
};
use crate::{storage::Transaction, stripe::json_parts::whole_list};

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
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) quantity: u64,
}

impl SessionLine {
    fn amount(&self, tx: &Transaction<'_>) -> i64 {
        tx.get::<Price>(&self.price).map_or(0, |price| price.amount(self.quantity))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionCoupon {
    pub(crate) id: String,
    pub(crate) off: Off,
    /// Whether the discount also applies to later payments.
    pub(crate) lasts: bool,
}

/// A session's amounts in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
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
}

impl CheckoutSession {
    /// When an open session expires.
    pub(crate) fn closes_at(&self) -> Option<Timestamp> {
        (self.status == SessionStatus::Open).then_some(self.expires_at)
    }

    pub(crate) fn prices(&self, tx: &Transaction<'_>) -> Vec<(Arc<Price>, u64)> {
        self.lines.iter().filter_map(|line| Some((tx.get::<Price>(&line.price)?, line.quantity))).collect()
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

    /// The amount due on payment, in minor units.
    pub(crate) fn total(&self, tx: &Transaction<'_>) -> i64 {
        let Sums { subtotal, discount } = self.sums(tx);
        subtotal - discount
    }

    pub(crate) fn sums(&self, tx: &Transaction<'_>) -> Sums {
        let trial = self.trial_end(tx.now).is_some();
        let prices = self.prices(tx);
        let due = prices.iter().filter(|(price, _)| !(trial && price.recurring.is_some()));
        let amounts: Vec<_> = due.map(|(price, quantity)| price.amount(*quantity)).collect();
        Sums { subtotal: amounts.iter().sum(), discount: self.taken_off(&amounts).iter().sum() }
    }

    /// The amount of each later period, in minor units.
    pub(crate) fn recurring_total(&self, tx: &Transaction<'_>) -> i64 {
        let prices = self.prices(tx);
        let recurring = prices.iter().filter(|(price, _)| price.recurring.is_some());
        let amounts: Vec<_> = recurring.map(|(price, quantity)| price.amount(*quantity)).collect();
        let lasts = self.coupon.as_ref().is_some_and(|coupon| coupon.lasts);
        let discount = if lasts { self.taken_off(&amounts).iter().sum() } else { 0 };
        amounts.iter().sum::<i64>() - discount
    }

    fn taken_off(&self, amounts: &[i64]) -> Vec<i64> {
        match &self.coupon {
            Some(coupon) => coupon.off.spread_over(amounts, &self.currency),
            None => vec![0; amounts.len()],
        }
    }

    pub(crate) fn page_url(&self, tx: &Transaction<'_>) -> String {
        format!("{}/pay/{}", tx.public_url, self.id)
    }

    /// The success URL with the session's id filled in.
    pub(crate) fn filled_success_url(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    pub(crate) fn line_items_json(&self, tx: &Transaction<'_>) -> Value {
        let amounts: Vec<_> = self.lines.iter().map(|line| line.amount(tx)).collect();
        let lines = self.lines.iter().zip(self.taken_off(&amounts));
        let lines = lines.map(|(line, discount)| self.line_json(tx, line, discount)).collect();
        whole_list(lines, format!("/v1/checkout/sessions/{}/line_items", self.id))
    }

    fn line_json(&self, tx: &Transaction<'_>, line: &SessionLine, discount: i64) -> Value {
        let price = tx.get::<Price>(&line.price);
        let amount = line.amount(tx);
        json!({
            "id": line.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": discount,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount - discount,
            "currency": self.currency,
            "description": price.as_ref().map(|price| price.product_name(tx)),
            "metadata": {},
            "price": price.map(|price| price.json(tx)),
            "quantity": line.quantity,
        })
    }

    fn payment_status(&self, tx: &Transaction<'_>) -> &'static str {
        match self.status {
            SessionStatus::Complete if self.total(tx) == 0 => "no_payment_required",
            SessionStatus::Complete => "paid",
            SessionStatus::Open | SessionStatus::Expired => "unpaid",
        }
    }
}

impl Resource for CheckoutSession {
    const WHAT: &'static str = "checkout.session";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let Sums { subtotal, discount } = self.sums(tx);
        let discounts: Vec<_> =
            self.coupon.iter().map(|coupon| json!({ "coupon": coupon.id, "promotion_code": null })).collect();
        let customer = self.customer.as_deref().and_then(|id| tx.get::<Customer>(id));
        let email =
            self.details.as_ref().and_then(|details| details.email.clone()).or_else(|| self.customer_email.clone());
        let email = email.or_else(|| customer.as_ref().and_then(|customer| customer.email.clone()));
        let details = (email.is_some() || self.details.is_some()).then(|| {
            json!({
                "address": null,
                "business_name": null,
                "email": email,
                "individual_name": null,
                "name": self.details.as_ref().and_then(|details| details.name.clone()),
                "phone": null,
                "tax_exempt": "none",
                "tax_ids": if self.details.is_some() { json!([]) } else { Value::Null },
            })
        });
        json!({
            "id": self.id,
            "object": "checkout.session",
            "adaptive_pricing": { "enabled": false },
            "after_expiration": null,
            "allow_promotion_codes": self.allow_promotion_codes,
            "allowed_payment_method_types": null,
            "amount_subtotal": subtotal,
            "amount_total": subtotal - discount,
            "automatic_tax": automatic_tax_off(),
            "billing_address_collection": self.billing_address_collection,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "client_secret": null,
            "collected_information": null,
            "consent": null,
            "consent_collection": null,
            "created": self.created.as_secs(),
            "currency": self.currency,
            "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null,
                "shipping_address": null,
                "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer": self.customer,
            "customer_account": null,
            "customer_creation": match self.mode {
                Mode::Payment => Some(self.customer_creation.as_deref().unwrap_or("if_required")),
                Mode::Subscription => None,
            },
            "customer_details": details,
            "customer_email": self.customer_email,
            "discounts": discounts,
            "expires_at": self.expires_at.as_secs(),
            "integration_identifier": null,
            "invoice": self.invoice,
            "invoice_creation": null,
            "livemode": false,
            "locale": self.locale,
            "managed_payments": null,
            "metadata": self.metadata,
            "mode": self.mode,
            "origin_context": null,
            "payment_intent": self.payment_intent,
            "payment_link": null,
            "payment_method_collection": self.payment_method_collection.as_deref().unwrap_or("always"),
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"],
            "payment_status": self.payment_status(tx),
            "permissions": null,
            "phone_number_collection": { "enabled": false },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": self.status,
            "submit_type": null,
            "subscription": self.subscription,
            "success_url": self.success_url,
            "total_details": { "amount_discount": discount, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page",
            "url": (self.status == SessionStatus::Open).then(|| self.page_url(tx)),
            "wallet_options": null,
        })
    }
}
