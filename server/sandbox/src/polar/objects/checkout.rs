//! Polar: "Checkout", a session on the hosted page.

use std::sync::Arc;

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Account, Metadata, Resource,
    discount::Discount,
    event::emit,
    product::{Price, Product},
    time, time_or_null,
};
use crate::{
    billing::{card::CardEntry, interval::Recurring, period},
    storage::Transaction,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckoutStatus {
    Open,
    Expired,
    Succeeded,
}

impl CheckoutStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Succeeded => "succeeded",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Checkout {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    pub(crate) status: CheckoutStatus,
    /// The secret in its page's URL.
    pub(crate) client_secret: String,
    /// The products to choose from. `product` is the chosen one.
    pub(crate) products: Vec<String>,
    pub(crate) product: String,
    pub(crate) price: String,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) customer: Option<String>,
    pub(crate) external_customer: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_name: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) customer_metadata: Metadata,
    /// The card that waits for authentication by its bank.
    pub(crate) authenticating: Option<CardEntry>,
    /// Length of the trial, if one was requested and allowed.
    #[serde(default)]
    pub(crate) trial: Option<Recurring>,
    #[serde(default)]
    pub(crate) denies_trial: bool,
    /// The number of seats of a seat-based price. `None` for a fixed one.
    #[serde(default)]
    pub(crate) seats: Option<u32>,
    #[serde(default)]
    pub(crate) min_seats: Option<u32>,
    #[serde(default)]
    pub(crate) max_seats: Option<u32>,
    /// The discount's id.
    #[serde(default)]
    pub(crate) discount: Option<String>,
    /// Whether the payer can not enter a discount code.
    #[serde(default)]
    pub(crate) denies_codes: bool,
    /// Whether the discount was applied by its id, so that the payer can not change it.
    #[serde(default)]
    pub(crate) has_fixed_discount: bool,
    /// The language of the page.
    #[serde(default)]
    pub(crate) locale: Option<String>,
}

impl Checkout {
    /// When an open checkout expires.
    pub(crate) fn closes_at(&self) -> Option<Timestamp> {
        (self.status == CheckoutStatus::Open).then_some(self.expires_at)
    }

    pub(crate) fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    pub(crate) fn page(&self) -> String {
        format!("/pay/polar/{}", self.client_secret)
    }

    /// The end of the trial if it begins at `now`. `None` without a trial.
    pub(crate) fn trial_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.trial.map(|every| period::end_after(now, now, every))
    }

    /// What is charged on confirmation.
    pub(crate) fn due_now(&self, tx: &Transaction<'_>) -> Money {
        let amount = if self.trial.is_some() { 0 } else { self.amount - self.taken_off(tx) };
        Money::new(amount, self.currency)
    }

    /// What the discount takes off the amount of a period.
    pub(crate) fn taken_off(&self, tx: &Transaction<'_>) -> i64 {
        self.discount(tx).map_or(0, |discount| discount.taken_off(self.amount, self.currency))
    }

    pub(crate) fn discount(&self, tx: &Transaction<'_>) -> Option<Arc<Discount>> {
        tx.get::<Discount>(self.discount.as_deref()?)
    }

    /// Whether the payer may enter a discount code.
    pub(crate) fn takes_codes(&self) -> bool {
        !self.denies_codes && !self.has_fixed_discount
    }

    /// Whether the payer may buy this many seats.
    pub(crate) fn allows_seats(&self, price: &Price, seats: u32) -> bool {
        price.seats.as_ref().is_some_and(|tiers| tiers.allows(seats))
            && self.min_seats.is_none_or(|min| seats >= min)
            && self.max_seats.is_none_or(|max| seats <= max)
    }

    /// Chooses a price and a number of seats, with the amount that they have.
    pub(crate) fn set_price(&mut self, price: &Price, seats: Option<u32>) {
        self.seats = price.seats_or_fewest(seats);
        self.price.clone_from(&price.id);
        self.amount = price.amount_for(self.seats);
        self.currency = price.currency;
    }

    /// The success URL with the checkout's id filled in. Without a success URL, the checkout's own page.
    pub(crate) fn filled_success_url(&self) -> String {
        match &self.success_url {
            Some(url) => url.replace("{CHECKOUT_ID}", &self.id),
            None => self.page(),
        }
    }

    pub(crate) fn save(mut self, tx: &mut Transaction<'_>, kind: &str) {
        self.modified = Some(tx.now);
        let data = self.json(tx);
        let account = self.account.clone();
        tx.put(self);
        emit(tx, &account, kind, data);
    }

    fn product_json(product: &Product) -> Value {
        let mut shown = product.bare_json();
        if let Some(fields) = shown.as_object_mut() {
            fields.remove("metadata");
            fields.insert("prices".to_owned(), product.prices_json().into());
            fields.insert("benefits".to_owned(), json!([]));
            fields.insert("medias".to_owned(), json!([]));
        }
        shown
    }

    /// The JSON fields about the product and the amounts.
    fn order_json(&self, tx: &Transaction<'_>) -> Value {
        let product = tx.get::<Product>(&self.product);
        let price =
            product.as_ref().and_then(|product| product.prices.iter().find(|price| price.id == self.price).cloned());
        let price = price.map(|price| price.json(&self.product));
        let products = self.products.iter().filter_map(|id| tx.get::<Product>(id));
        let products: Vec<_> = products.collect();
        let prices: Map<_, _> =
            products.iter().map(|product| (product.id.clone(), Value::Array(product.prices_json()))).collect();
        json!({
            "amount": self.amount,
            "seats": self.seats,
            "min_seats": self.min_seats,
            "max_seats": self.max_seats,
            "discount_amount": self.taken_off(tx),
            "net_amount": self.amount - self.taken_off(tx),
            "tax_amount": 0,
            "tax_behavior": null,
            "total_amount": self.due_now(tx).minor,
            "currency": self.currency.to_string().to_lowercase(),
            "product_id": self.product,
            "product_price_id": self.price,
            "products": products.iter().map(|product| Self::product_json(product)).collect::<Vec<_>>(),
            "product": product.map(|product| Self::product_json(&product)),
            "product_price": price,
            "prices": prices,
        })
    }
}

impl Resource for Checkout {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let is_free = self.amount == 0;
        let page = format!("{}{}", tx.public_url, self.page());
        let about = json!({
            "id": self.id,
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "custom_field_data": {},
            "payment_processor": "stripe",
            "status": self.status,
            "client_secret": self.client_secret,
            "url": page,
            "expires_at": time(self.expires_at),
            "success_url": self.success_url.as_ref().unwrap_or(&page),
            "return_url": self.return_url,
            "embed_origin": null,
            "allow_trial": !self.denies_trial,
            "active_trial_interval": self.trial.map(Product::interval_word),
            "active_trial_interval_count": self.trial.map(|every| every.count),
            "trial_end": time_or_null(self.trial_end(tx.now)),
            "organization_id": self.account.organization,
            "discount_id": self.discount,
            "allow_discount_codes": !self.denies_codes,
            "require_billing_address": false,
            "is_discount_applicable": true,
            "is_free_product_price": is_free,
            "is_payment_required": self.due_now(tx).minor > 0,
            "is_payment_setup_required": true,
            "is_payment_form_required": true,
        });
        let customer = json!({
            "customer_id": self.customer,
            "is_business_customer": false,
            "customer_name": self.customer_name,
            "customer_email": self.customer_email,
            "customer_ip_address": null,
            "customer_billing_name": null,
            "customer_billing_address": null,
            "customer_tax_id": null,
            "locale": self.locale,
            "payment_processor_metadata": {},
            "billing_address_fields": {
                "country": "required", "state": "disabled", "city": "disabled", "postal_code": "disabled",
                "line1": "disabled", "line2": "disabled",
            },
            "trial_interval": self.trial.map(Product::interval_word),
            "trial_interval_count": self.trial.map(|every| every.count),
            "metadata": self.metadata,
            "external_customer_id": self.external_customer,
            "discount": self.discount(tx).map(|discount| discount.bare_json()),
            // Polar sets this if the checkout upgrades a subscription, which the sandbox does not support.
            "subscription_id": null,
            "attached_custom_fields": [],
            "customer_metadata": self.customer_metadata,
        });
        super::merged(super::merged(about, self.order_json(tx)), customer)
    }
}
