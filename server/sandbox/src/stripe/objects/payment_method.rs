//! Stripe: "The `PaymentMethod` object". The sandbox supports cards with Stripe's test numbers.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, customer::Address};
use crate::{billing::card::TestCard, storage::Transaction, stripe::error::StripeError};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) customer: Option<String>,
    pub(crate) card: TestCard,
    pub(crate) exp_month: u8,
    pub(crate) exp_year: u16,
    pub(crate) fingerprint: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) metadata: Metadata,
}

impl PaymentMethod {
    /// `Visa ending in 4242`
    pub(crate) fn label(&self) -> String {
        format!("Visa ending in {}", self.card.last4())
    }

    pub(crate) fn last4(&self) -> &'static str {
        self.card.last4()
    }

    /// The error with which a charge is refused. `None` if it succeeds.
    pub(crate) fn refusal(&self) -> Option<StripeError> {
        match self.card {
            TestCard::Pays | TestCard::AsksForAuthentication => None,
            TestCard::IsDeclined | TestCard::FailsWhenCharged => Some(declined()),
        }
    }
}

pub(crate) fn declined() -> StripeError {
    StripeError::card("card_declined", Some("generic_decline"), "Your card was declined.")
}

impl Resource for PaymentMethod {
    const WHAT: &'static str = "PaymentMethod";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": {
                "address": Address::default(),
                "email": self.email,
                "name": self.name,
                "phone": null,
                "tax_id": null,
            },
            "card": {
                "brand": "visa",
                "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
                "country": "US",
                "display_brand": "visa",
                "exp_month": self.exp_month,
                "exp_year": self.exp_year,
                "fingerprint": self.fingerprint,
                "funding": "credit",
                "generated_from": null,
                "last4": self.card.last4(),
                "networks": { "available": ["visa"], "preferred": null },
                "regulated_status": "unregulated",
                "three_d_secure_usage": { "supported": true },
                "wallet": null,
            },
            "created": self.created.as_secs(),
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "metadata": self.metadata,
            "type": "card",
        })
    }
}
