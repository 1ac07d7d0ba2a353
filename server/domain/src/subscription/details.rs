//! Billing details of a subscription, and subscriptions that Dues does not manage.

use serde::{Deserialize, Serialize};

use super::{discount::Discount, interval::BillingInterval, item::SubscriptionItem};
use crate::{
    catalog::Cycle,
    money::{Currency, Money},
    time::Timestamp,
};

/// How a subscription is billed and when it ends, as last fetched from the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingDetails {
    /// How many units of the plan the customer pays for.
    pub quantity: u64,
    /// All seats that the customer pays for, those included in the plan's price too; `None` for a plan without seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u64>,
    /// The number of seats from the next period on, if it is scheduled to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_seats: Option<PendingSeats>,
    /// Whether a discount, a further item or tiered pricing makes the charged amount differ from the plan's price.
    pub is_adjusted: bool,
    /// The discounts that apply, at most [`super::MAX_DISCOUNTS`]; empty where the provider does not report them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Further items that are paid for besides the plan, such as "Support, $50.00 a month".
    pub also_included: Vec<String>,
    /// The parts of `also_included`, in the same order; empty if a former version stored it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub included_items: Vec<SubscriptionItem>,
    /// The scheduled end: within the current period, at its end, or later.
    pub cancel_at: Option<Timestamp>,
    pub collection_pause: Option<CollectionPause>,
    /// The upcoming invoice; `None` if there is none or the provider does not report it.
    pub next_payment: Option<NextPayment>,
    /// The currency of its payments; `None` if the provider does not report it.
    pub currency: Option<Currency>,
    /// Whether invoices are sent for payment by a due date instead of automatic charges (Stripe:
    /// `collection_method=send_invoice`).
    pub is_invoiced: bool,
    /// Sent invoices that are open and not overdue; `None` if there are none or the provider does not report them.
    pub open_invoices: Option<OpenInvoices>,
    /// The newest invoice; `None` if the provider does not report it with the subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_invoice: Option<LastInvoice>,
    /// How often it is billed. `None` in a stored subscription that is billed once a cycle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<BillingInterval>,
    /// Whether a checkout of Dues created it, by the tenant's checkout attempts. Dues ends and refunds no other
    /// subscription as a duplicate.
    pub begun_by_dues: bool,
}

impl Default for BillingDetails {
    fn default() -> Self {
        Self {
            quantity: 1,
            seats: None,
            pending_seats: None,
            is_adjusted: false,
            discounts: Vec::new(),
            also_included: Vec::new(),
            included_items: Vec::new(),
            cancel_at: None,
            collection_pause: None,
            next_payment: None,
            currency: None,
            is_invoiced: false,
            open_invoices: None,
            last_invoice: None,
            interval: None,
            begun_by_dues: false,
        }
    }
}

impl BillingDetails {
    /// Iterates over the further items: the English description, and its parts, if they are known.
    pub fn included(&self) -> impl Iterator<Item = (&str, &[SubscriptionItem])> {
        self.also_included.iter().enumerate().map(|(at, text)| {
            let item = self.included_items.get(at).map(std::slice::from_ref);
            (text.as_str(), item.unwrap_or_default())
        })
    }
}

/// A decrease of seats that waits for the next period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSeats {
    /// All seats from then on.
    pub seats: u64,
    pub at: Timestamp,
}

/// The newest invoice of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastInvoice {
    /// The provider's id, such as `in_…`.
    pub id: String,
    pub is_paid: bool,
    /// The amount paid on it so far.
    pub paid: Money,
}

/// Open invoices that the provider sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvoices {
    /// The sum of their unpaid amounts.
    pub amount: Money,
    /// The earliest due date; `None` if the provider does not report it.
    pub due_at: Option<Timestamp>,
}

/// Payments are paused while the subscription continues (Stripe: `pause_collection`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionPause {
    /// When the pause ends; `None` if no end is scheduled.
    pub until: Option<Timestamp>,
}

/// The next charge or invoice, after discounts, tax and credit as far as the provider includes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextPayment {
    pub amount: Money,
    pub at: Timestamp,
}

/// Why Dues does not manage a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmanagedReason {
    /// Its price belongs to no plan, and it never had a plan in Dues. It grants nothing.
    NoPlan,
    /// Its price was changed to one that belongs to no plan. Its former plan applies until an operator maps the price
    /// or the subscription ends.
    Moved,
    /// The provider reports a status that Dues does not know.
    UnknownStatus,
    /// The provider's response lacks a required field or has it in an unexpected form.
    Unreadable,
    /// It runs beside the current subscription, and no checkout of Dues created it. Dues neither ends nor refunds it.
    Several,
}

impl UnmanagedReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPlan => "no_plan",
            Self::Moved => "moved",
            Self::UnknownStatus => "unknown_status",
            Self::Unreadable => "unreadable",
            Self::Several => "several",
        }
    }
}

crate::all_variants!(UnmanagedReason { NoPlan, Moved, UnknownStatus, Unreadable, Several });

/// The text is not the name of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason of an unmanaged subscription")]
pub struct UnknownUnmanagedReason;

impl std::str::FromStr for UnmanagedReason {
    type Err = UnknownUnmanagedReason;

    fn from_str(text: &str) -> Result<Self, UnknownUnmanagedReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(UnknownUnmanagedReason)
    }
}

/// The description of an [`UnmanagedSubscription`] of which nothing is readable.
pub const UNNAMED_SUBSCRIPTION: &str = "A subscription";

/// A subscription of a tenant's customer that Dues does not manage. It is shown and reported, and otherwise ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmanagedSubscription {
    pub provider: super::Provider,
    pub external_id: String,
    pub reason: UnmanagedReason,
    /// A description, such as "Support, $50.00 a month".
    pub described: String,
    /// The parts of `described`; empty where it is no list of items, or if a former version stored it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<SubscriptionItem>,
    /// The unknown status, or the part of the response that could not be read.
    pub detail: Option<String>,
    /// When Dues first fetched it, in billing time.
    pub first_seen_at: Timestamp,
}

/// The maximum length of a stored text from a provider, in characters.
const TEXT_MAX_CHARS: usize = 120;

/// A provider's text made safe for pages and the database: one line of at most 120 characters, without control
/// characters.
pub fn one_line(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = printable.take(TEXT_MAX_CHARS).collect();
    line.trim().to_owned()
}

/// A price (Stripe) or product (Polar) that customers pay but no plan sells. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsoldPrice {
    pub provider: super::Provider,
    /// The provider's id.
    pub price: String,
    /// A description, such as "Support, $50.00 a month".
    pub described: String,
    /// The parts of `described`; `None` if a former version stored it.
    pub item: Option<SubscriptionItem>,
    /// The cycle that the price would count as; `None` where the provider reports no interval.
    pub cycle: Option<Cycle>,
    /// How many live subscriptions pay it, as last fetched.
    pub payers: u64,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_names_round_trip() {
        for reason in UnmanagedReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        assert_eq!("strange".parse::<UnmanagedReason>(), Err(UnknownUnmanagedReason));
    }

    #[test]
    fn missing_details_have_defaults() {
        assert_eq!(serde_json::from_str::<BillingDetails>("{}").unwrap(), BillingDetails::default());
        assert_eq!(BillingDetails::default().quantity, 1);
    }

    #[test]
    fn a_text_of_the_provider_becomes_one_short_line() {
        assert_eq!(one_line(" Support\0\nplan "), "Support  plan");
        assert_eq!(one_line(&"é".repeat(500)).chars().count(), TEXT_MAX_CHARS);
    }
}
