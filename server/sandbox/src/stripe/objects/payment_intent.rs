//! Stripe: "The `PaymentIntent` object", and its charge.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, customer::Address, payment_method::PaymentMethod, refund::Refund};
use crate::storage::Transaction;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    RequiresPaymentMethod,
    Succeeded,
    Canceled,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
    /// Lower case, as Stripe writes it.
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) status: PaymentStatus,
    pub(crate) payment_method: Option<String>,
    pub(crate) client_secret: String,
    /// The id of the charge, once paid.
    pub(crate) charge: Option<String>,
    pub(crate) charged_at: Option<Timestamp>,
    pub(crate) last_error: Option<Value>,
    pub(crate) metadata: Metadata,
}

impl PaymentIntent {
    /// The amount refunded so far, in minor units.
    pub(crate) fn refunded(&self, tx: &Transaction<'_>) -> i64 {
        tx.all::<Refund>().filter(|refund| refund.payment_intent == self.id).map(|refund| refund.amount).sum()
    }

    fn charge_object(&self, tx: &Transaction<'_>, id: &str) -> Value {
        let refunded = self.refunded(tx);
        let method = self.payment_method.as_deref().and_then(|id| tx.get::<PaymentMethod>(id));
        let card = method.as_ref().map(|method| {
            json!({
                "amount_authorized": self.amount,
                "authorization_code": null,
                "brand": "visa",
                "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
                "country": "US",
                "electronic_commerce_indicator": null,
                "exp_month": method.exp_month,
                "exp_year": method.exp_year,
                "extended_authorization": { "status": "disabled" },
                "fingerprint": method.fingerprint,
                "funding": "credit",
                "incremental_authorization": { "status": "unavailable" },
                "installments": null,
                "last4": method.last4(),
                "mandate": null,
                "multicapture": { "status": "unavailable" },
                "network": "visa",
                "network_token": { "used": false },
                "network_transaction_id": null,
                "overcapture": { "maximum_amount_capturable": self.amount, "status": "unavailable" },
                "regulated_status": "unregulated",
                "three_d_secure": null,
                "transaction_link_id": null,
                "wallet": null,
            })
        });
        json!({
            "id": id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount,
            "amount_refunded": refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": null,
            "billing_details": {
                "address": Address::default(),
                "email": method.as_ref().and_then(|method| method.email.clone()),
                "name": method.as_ref().and_then(|method| method.name.clone()),
                "phone": null,
                "tax_id": null,
            },
            "calculated_statement_descriptor": null,
            "captured": true,
            "created": self.charged_at.unwrap_or(self.created).as_secs(),
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "disputed": false,
            "failure_balance_transaction": null,
            "failure_code": null,
            "failure_message": null,
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": {
                "advice_code": null,
                "network_advice_code": null,
                "network_decline_code": null,
                "network_status": "approved_by_network",
                "reason": null,
                "risk_level": "normal",
                "seller_message": "Payment complete.",
                "type": "authorized",
            },
            "paid": true,
            "payment_intent": self.id,
            "payment_method": self.payment_method,
            "payment_method_details": card.map(|card| json!({ "card": card, "type": "card" })),
            "receipt_email": null,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": refunded >= self.amount,
            "refunds": null,
            "review": null,
            "shipping": null,
            "source": null,
            "source_transfer": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": "succeeded",
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}

/// The charge with this id, derived from its payment intent.
pub(crate) fn charge_json(tx: &Transaction<'_>, id: &str) -> Option<Value> {
    let intent = tx.all::<PaymentIntent>().find(|intent| intent.charge.as_deref() == Some(id))?;
    Some(intent.charge_object(tx, id))
}

impl Resource for PaymentIntent {
    const WHAT: &'static str = "payment_intent";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        let paid = self.status == PaymentStatus::Succeeded;
        json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": null,
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": if paid { self.amount } else { 0 },
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": null,
            "canceled_at": null,
            "cancellation_reason": null,
            "capture_method": "automatic",
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created.as_secs(),
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_error,
            "latest_charge": self.charge,
            "livemode": false,
            "managed_payments": null,
            "metadata": self.metadata,
            "next_action": null,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "payment_record": null,
            "processing": null,
            "receipt_email": null,
            "review": null,
            "setup_future_usage": null,
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status,
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}
