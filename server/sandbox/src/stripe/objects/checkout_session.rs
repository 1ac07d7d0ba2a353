//! Stripe: "The Checkout Session object".

mod sums;

use std::sync::Arc;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::sums::{LineSums, Sums};
use super::{
    Metadata, Resource, automatic_tax,
    coupon::Off,
    customer::{Address, Customer},
    price::Price,
    subscription::WithoutCard,
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

    pub(crate) fn line_items_json(&self, tx: &Transaction<'_>) -> Value {
        let sold: Vec<_> = self.lines.iter().filter_map(|line| Some((line, self.price(tx, line)?))).collect();
        let prices: Vec<_> = sold.iter().map(|(line, price)| (Arc::clone(price), line.quantity)).collect();
        let sums = self.line_sums(tx, &prices, true);
        let lines = sold.iter().zip(&sums).map(|((line, price), sums)| self.line_json(tx, line, price, sums)).collect();
        whole_list(lines, format!("/v1/checkout/sessions/{}/line_items", self.id))
    }

    fn line_json(&self, tx: &Transaction<'_>, line: &SessionLine, price: &Price, sums: &LineSums) -> Value {
        json!({
            "id": line.id,
            "object": "item",
            "adjustable_quantity": line.adjustable.map(|adjustable| json!({
                "enabled": true,
                "maximum": adjustable.maximum,
                "minimum": adjustable.minimum,
            })),
            "amount_discount": sums.discount,
            "amount_subtotal": sums.amount,
            "amount_tax": sums.tax.map_or(0, |tax| tax.amount),
            "amount_total": sums.total(),
            "currency": self.currency,
            "description": price.product_name(tx),
            "metadata": {},
            "price": tx.get::<Price>(&line.price).map(|price| price.json(tx)),
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

fn discount_json(coupon: &SessionCoupon) -> Value {
    // A coupon that was redeemed by a promotion code is named by the code only.
    let id = Some(&coupon.id).filter(|_| coupon.promotion_code.is_none());
    json!({ "coupon": id, "promotion_code": coupon.promotion_code })
}

impl Resource for CheckoutSession {
    const WHAT: &'static str = "checkout.session";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let Sums { subtotal, discount, tax, total } = self.sums(tx);
        let discounts: Vec<_> = self.coupon.iter().map(discount_json).collect();
        let entered = self.details.as_ref();
        let customer = self.known_customer(tx);
        let email =
            self.details.as_ref().and_then(|details| details.email.clone()).or_else(|| self.customer_email.clone());
        let email = email.or_else(|| customer.as_ref().and_then(|customer| customer.email.clone()));
        let details = (email.is_some() || self.details.is_some()).then(|| {
            json!({
                "address": entered.and_then(|details| details.address.clone()),
                "business_name": null,
                "email": email,
                "individual_name": null,
                "name": self.details.as_ref().and_then(|details| details.name.clone()),
                "phone": null,
                "tax_exempt": "none",
                "tax_ids": entered.map(|details| {
                    let tax_id = details.tax_id.iter();
                    tax_id.map(|(kind, value)| json!({ "type": kind, "value": value })).collect::<Vec<_>>()
                }),
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
            "amount_total": total,
            "automatic_tax": automatic_tax(self.automatic_tax),
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
            "tax_id_collection": { "enabled": self.tax_id_collection, "required": "never" },
            "total_details": { "amount_discount": discount, "amount_shipping": 0, "amount_tax": tax },
            "ui_mode": "hosted_page",
            "url": (self.status == SessionStatus::Open).then(|| self.page_url(tx)),
            "wallet_options": null,
        })
    }
}
