//! The JSON of a checkout session and of its lines.

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    CheckoutSession, Mode, SessionCoupon, SessionLine, SessionStatus,
    sums::{LineSums, Sums},
};
use crate::{
    storage::Transaction,
    stripe::{
        json_parts::whole_list,
        objects::{Resource, automatic_tax, price::Price},
    },
};

impl CheckoutSession {
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
