//! Stripe: "The `PaymentMethod` object". The sandbox supports cards with Stripe's test numbers.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, customer::Address};
use crate::{storage::Unit, stripe::error::StripeError};

/// The behaviour of a test card ("Testing" in Stripe's documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestCard {
    Pays,
    IsDeclined,
    AsksForAuthentication,
    FailsWhenCharged,
}

impl TestCard {
    /// Number, behaviour, and description for the page.
    pub(crate) const ALL: [(&str, Self, &str); 4] = [
        ("4242 4242 4242 4242", Self::Pays, "Pays"),
        ("4000 0000 0000 0002", Self::IsDeclined, "Is declined"),
        ("4000 0025 0000 3155", Self::AsksForAuthentication, "Asks for authentication, then pays"),
        ("4000 0000 0000 0341", Self::FailsWhenCharged, "Is accepted, then every charge fails"),
    ];

    pub(crate) fn of_number(number: &str) -> Option<Self> {
        let digits = |text: &str| text.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>();
        Self::ALL.iter().find(|(known, ..)| digits(known) == digits(number)).map(|(_, card, _)| *card)
    }

    pub(crate) fn last4(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, card, _)| *card == self)
            .and_then(|(number, ..)| number.get(15..))
            .unwrap_or_default()
    }
}

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

    fn json(&self, _unit: &Unit<'_>) -> Value {
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
