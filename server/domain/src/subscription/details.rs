//! What a provider says of a subscription besides its plan, cycle and status.

use serde::{Deserialize, Serialize};

use crate::{
    money::{Currency, Money},
    time::Timestamp,
};

/// How a subscription is billed and when it stops, as the provider last said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingDetails {
    /// How many of the plan are paid for.
    pub quantity: u64,
    /// Whether a discount, a further item or a scale of prices makes the sum another than the plan's price.
    pub is_adjusted: bool,
    /// What is paid for beside the plan, a line each: "Support, $50.00 a month".
    pub also_included: Vec<String>,
    /// When it ends, where that is set: inside the period that runs, at its end, or later.
    pub cancel_at: Option<Timestamp>,
    pub collection_pause: Option<CollectionPause>,
    /// The provider's upcoming invoice; `None` where there is none, or the provider does not say.
    pub next_payment: Option<NextPayment>,
    /// What it is paid in; `None` where the provider does not say.
    pub currency: Option<Currency>,
    /// Whether invoices are sent, to be paid by a day, and nothing is charged by itself (Stripe: `collection_method=send_invoice`).
    pub is_invoiced: bool,
    /// Invoices that were sent and are not paid yet, while that is in order.
    pub open_invoices: Option<OpenInvoices>,
}

impl Default for BillingDetails {
    fn default() -> Self {
        Self {
            quantity: 1,
            is_adjusted: false,
            also_included: Vec::new(),
            cancel_at: None,
            collection_pause: None,
            next_payment: None,
            currency: None,
            is_invoiced: false,
            open_invoices: None,
        }
    }
}

/// What is to be paid of invoices that were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvoices {
    /// Of all of them.
    pub amount: Money,
    /// By when the first is to be paid; `None` where the provider does not say.
    pub due_at: Option<Timestamp>,
}

/// The subscription goes on and no payment is taken (Stripe: `pause_collection`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionPause {
    /// `None` where it lasts until it is lifted.
    pub until: Option<Timestamp>,
}

/// What is charged next, or sent as an invoice: after discounts, tax and credit, where the provider reckons them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextPayment {
    pub amount: Money,
    pub at: Timestamp,
}

/// Why a subscription at a provider is kept aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsideReason {
    /// No plan sells it, and it never had one here: it grants nothing.
    NoPlan,
    /// It was moved to a price that no plan sells. The plan that it had holds until an operator maps the price or it ends.
    Moved,
    /// The provider reports a status that is not known.
    UnknownStatus,
    /// The provider's answer lacks what is needed, or has it in another form.
    Unreadable,
}

impl AsideReason {
    pub const ALL: [Self; 4] = [Self::NoPlan, Self::Moved, Self::UnknownStatus, Self::Unreadable];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPlan => "no_plan",
            Self::Moved => "moved",
            Self::UnknownStatus => "unknown_status",
            Self::Unreadable => "unreadable",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such reason why a subscription is kept aside")]
pub struct UnknownAsideReason;

impl std::str::FromStr for AsideReason {
    type Err = UnknownAsideReason;

    fn from_str(text: &str) -> Result<Self, UnknownAsideReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(UnknownAsideReason)
    }
}

/// A subscription of a tenant's customer that Dues does not act on. It is shown and reported; everything else goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsideSubscription {
    pub provider: super::Provider,
    pub external_id: String,
    pub reason: AsideReason,
    /// What it is, in words: "Support, $50.00 a month".
    pub described: String,
    /// The status, where it is not known, or what could not be read.
    pub detail: Option<String>,
    /// Billing time.
    pub first_seen_at: Timestamp,
}

/// Longest text of a provider's that is kept of a subscription.
const TEXT_MAX_CHARS: usize = 120;

/// A provider's text, as it may stand on a page and in a database: one line, without control characters, not long.
pub fn one_line(text: &str) -> String {
    let printable = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let line: String = printable.take(TEXT_MAX_CHARS).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_as_it_is_written() {
        for reason in AsideReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        assert_eq!("strange".parse::<AsideReason>(), Err(UnknownAsideReason));
    }

    #[test]
    fn details_that_were_never_stored_are_those_of_a_plain_subscription() {
        assert_eq!(serde_json::from_str::<BillingDetails>("{}").unwrap(), BillingDetails::default());
        assert_eq!(BillingDetails::default().quantity, 1);
    }

    #[test]
    fn a_providers_text_is_one_short_line() {
        assert_eq!(one_line(" Support\0\nplan "), "Support  plan");
        assert_eq!(one_line(&"é".repeat(500)).chars().count(), TEXT_MAX_CHARS);
    }
}
