//! An invoice's JSON, with its lines and payments.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    Invoice, InvoiceStatus,
    line::{Line, LineDiscount, LineTax},
};
use crate::{
    storage::Transaction,
    stripe::{
        json_parts::whole_list,
        objects::{
            Resource, automatic_tax,
            customer::Customer,
            payment_intent::PaymentIntent,
            secs,
            subscription::{Subscription, collection_method},
        },
    },
};

impl LineDiscount {
    fn json(&self) -> Value {
        json!({ "amount": self.amount, "discount": self.discount })
    }
}

impl LineTax {
    fn json(self) -> Value {
        json!({
            "amount": self.amount,
            "tax_behavior": if self.inclusive { "inclusive" } else { "exclusive" },
            "tax_rate_details": { "tax_rate": format!("txr_sandbox{:05}", self.rate) },
            "taxability_reason": "standard_rated",
            "taxable_amount": self.taxable,
            "type": "tax_rate_details",
        })
    }
}

impl Line {
    fn json(&self, of: &Invoice) -> Value {
        json!({
            "id": self.id,
            "object": "line_item",
            "amount": self.amount,
            "currency": of.currency,
            "description": self.description,
            "discount_amounts": self.discounts.iter().map(LineDiscount::json).collect::<Vec<_>>(),
            "discountable": !self.proration,
            "discounts": self.discounts.iter().map(|discount| discount.discount.as_str()).collect::<Vec<_>>(),
            "invoice": of.id,
            "livemode": false,
            "metadata": {},
            "parent": {
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": null,
                    "proration": self.proration,
                    "proration_details": { "credited_items": null },
                    "subscription": of.subscription,
                    "subscription_item": self.subscription_item,
                },
                "type": "subscription_item_details",
            },
            "period": { "end": self.period.end.as_secs(), "start": self.period.start.as_secs() },
            "pretax_credit_amounts": [],
            "pricing": {
                "price_details": { "price": self.price, "product": self.product },
                "type": "price_details",
                "unit_amount_decimal": self.unit_amount.to_string(),
            },
            "quantity": self.quantity,
            "quantity_decimal": self.quantity.to_string(),
            "subscription": of.subscription,
            "subtotal": self.amount,
            "taxes": self.tax.into_iter().map(LineTax::json).collect::<Vec<_>>(),
        })
    }
}

impl Invoice {
    pub(crate) fn lines_json(&self) -> Value {
        let lines = self.lines.iter().map(|line| line.json(self)).collect();
        whole_list(lines, format!("/v1/invoices/{}/lines", self.id))
    }

    /// The invoice's payments, which a response includes only if expanded.
    pub(crate) fn payments_json(&self, tx: &Transaction<'_>) -> Value {
        let intent = self.payment_intent.as_deref().and_then(|id| tx.get::<PaymentIntent>(id));
        let payments = intent.map(|intent| self.payment_json(&intent)).into_iter().collect();
        whole_list(payments, format!("/v1/invoice_payments?invoice={}", self.id))
    }

    pub(crate) fn payment_json(&self, intent: &PaymentIntent) -> Value {
        let paid = self.status == InvoiceStatus::Paid;
        json!({
            "id": intent.id.replacen("pi_", "inpay_", 1),
            "object": "invoice_payment",
            "amount_paid": paid.then_some(intent.amount),
            "amount_requested": intent.amount,
            "created": intent.created.as_secs(),
            "currency": intent.currency,
            "invoice": self.id,
            "is_default": true,
            "livemode": false,
            "payment": { "payment_intent": intent.id, "type": "payment_intent" },
            "status": if paid { "paid" } else { "open" },
            "status_transitions": { "canceled_at": null, "paid_at": secs(self.paid_at) },
        })
    }
}

impl Resource for Invoice {
    const WHAT: &'static str = "invoice";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let customer = tx.get::<Customer>(&self.customer);
        let of_subscription = self.subscription.as_deref().map(|id| {
            let metadata = tx.get::<Subscription>(id).map(|subscription| subscription.metadata.clone());
            json!({
                "quote_details": null,
                "subscription_details": { "metadata": metadata.unwrap_or_default(), "subscription": id },
                "type": "subscription_details",
            })
        });
        let (subtotal, total, discounts) = (self.subtotal(), self.total(), self.discounts());
        let is_final = self.finalized_at.is_some();
        json!({
            "id": self.id,
            "object": "invoice",
            "account_country": "US",
            "account_name": tx.merchant,
            "account_tax_ids": null,
            "amount_due": self.amount_due,
            "amount_overpaid": 0,
            "amount_paid": self.amount_paid(),
            "amount_remaining": self.amount_due - self.amount_paid(),
            "amount_shipping": 0,
            "application": null,
            "attempt_count": self.attempts,
            "attempted": self.attempts > 0 || self.status == InvoiceStatus::Paid,
            "auto_advance": self.status == InvoiceStatus::Open && self.next_attempt.is_some(),
            "automatic_tax": automatic_tax(self.automatic_tax),
            "automatically_finalizes_at": null,
            "billing_reason": self.reason,
            "collection_method": collection_method(self.due_date.is_some()),
            "created": self.created.as_secs(),
            "currency": self.currency,
            "custom_fields": null,
            "customer": self.customer,
            "customer_account": null,
            "customer_address": customer.as_ref().and_then(|customer| customer.address.clone()),
            "customer_email": customer.as_ref().and_then(|customer| customer.email.clone()),
            "customer_name": customer.as_ref().and_then(|customer| customer.name.clone()),
            "customer_phone": customer.as_ref().and_then(|customer| customer.phone.clone()),
            "customer_shipping": null,
            "customer_tax_exempt": "none",
            "customer_tax_ids": customer.as_ref().map(|customer| customer.tax_ids_on_invoice()).unwrap_or_default(),
            "default_payment_method": null,
            "default_source": null,
            "default_tax_rates": [],
            "description": null,
            "discounts": discounts.iter().map(|discount| discount.discount.as_str()).collect::<Vec<_>>(),
            "due_date": secs(self.due_date),
            "effective_at": secs(self.finalized_at),
            "ending_balance": self.ending_balance,
            "footer": null,
            "from_invoice": null,
            "hosted_invoice_url": is_final.then(|| self.page_url(tx)),
            "invoice_pdf": is_final.then(|| format!("{}/pdf", self.page_url(tx))),
            "issuer": { "type": "self" },
            "last_finalization_error": null,
            "latest_revision": null,
            "lines": self.lines_json(),
            "livemode": false,
            "metadata": self.metadata,
            "next_payment_attempt": secs(self.next_attempt),
            "number": self.number,
            "on_behalf_of": null,
            "parent": of_subscription,
            "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
            "period_end": self.period.end.as_secs(),
            "period_start": self.period.start.as_secs(),
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "receipt_number": null,
            "rendering": null,
            "shipping_cost": null,
            "shipping_details": null,
            "starting_balance": self.starting_balance,
            "statement_descriptor": null,
            "status": self.status,
            "status_transitions": {
                "finalized_at": secs(self.finalized_at),
                "marked_uncollectible_at":
                    secs(self.finalized_at.filter(|_| self.status == InvoiceStatus::Uncollectible)),
                "paid_at": secs(self.paid_at),
                "voided_at": secs(self.voided_at),
            },
            "subscription": self.subscription,
            "subtotal": subtotal,
            "subtotal_excluding_tax": subtotal - self.included_tax(),
            "test_clock": null,
            "total": total,
            "total_discount_amounts": discounts.iter().map(LineDiscount::json).collect::<Vec<_>>(),
            "total_excluding_tax": total - self.added_tax() - self.included_tax(),
            "total_pretax_credit_amounts": [],
            "total_taxes": self.taxes().into_iter().map(LineTax::json).collect::<Vec<_>>(),
            "webhooks_delivered_at": secs(self.finalized_at),
        })
    }
}
