//! How a tenant's subscription is billed and when it ends, as answers have it.

use domain::{
    money::{Currency, Money},
    subscription::{
        BillingDetails, BillingInterval, CollectionPause, NextPayment, OpenInvoices, Subscription,
        item::SubscriptionItem,
    },
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{discount::DiscountBody, seats::SeatsPending};

/// The collection method of sent invoices (Stripe: `collection_method`).
const SEND_INVOICE: &str = "send_invoice";

/// The terms of a live subscription. A field that does not apply is left out, and so are all while nothing is billed.
/// Amounts are in minor units.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = SubscriptionTerms)]
#[serde(rename_all = "camelCase")]
pub struct TermsBody {
    /// The currency in which it is paid: ISO 4217, upper case; left out where the provider does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    /// How often it is billed, where that is not once a billing cycle: 3 of the unit `month` is every 3 months.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_interval: Option<BillingInterval>,
    /// How many units of a plan without seats are paid for; left out for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u64>,
    /// All seats that are paid for, those included in the plan's price too; left out for a plan without seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u64>,
    /// Fewer seats from the next period on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_seats: Option<SeatsPending>,
    /// The discounts on what is billed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<DiscountBody>,
    /// What is paid for besides the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_included: Vec<IncludedBody>,
    /// When it ends: within the period, with it, or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    cancel_at: Option<String>,
    /// The provider collects no payments.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_pause: Option<PauseBody>,
    /// `send_invoice` where invoices are sent for payment by a due date; left out where they are charged automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_method: Option<&'static str>,
    /// Sent invoices that are open and not overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_invoices: Option<OpenInvoicesBody>,
    /// The provider's upcoming invoice; left out where it announces none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_payment: Option<NextPaymentBody>,
}

/// An item that is no plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionIncludedItem)]
#[serde(rename_all = "camelCase")]
struct IncludedBody {
    name: String,
    /// How many units are paid for; left out for one, and where units are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u64>,
    /// What all units cost each time; left out, with `currency`, where no single amount exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    /// ISO 4217, upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    /// How often it is paid; left out for once.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_interval: Option<BillingInterval>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionCollectionPause)]
struct PauseBody {
    /// When payments are collected again; `null` where no end is scheduled.
    #[schema(format = "date-time", required = true)]
    until: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionOpenInvoices)]
#[serde(rename_all = "camelCase")]
struct OpenInvoicesBody {
    /// What is owed.
    amount: i64,
    /// ISO 4217, upper case.
    currency: &'static str,
    /// The earliest due date; `null` where the provider does not report it.
    #[schema(format = "date-time", required = true)]
    due_at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionNextPayment)]
struct NextPaymentBody {
    /// After discounts, tax and credit as far as the provider includes them.
    amount: i64,
    /// ISO 4217, upper case.
    currency: &'static str,
    #[schema(format = "date-time")]
    at: String,
}

impl TermsBody {
    /// Returns the terms of a tenant's current subscription; none unless it is live.
    pub(in crate::api) fn of(subscription: Option<&Subscription>) -> Self {
        let Some(live) = subscription.filter(|current| current.status.is_live()) else { return Self::default() };
        let details = &live.details;
        Self {
            currency: live.currency().map(Currency::code),
            billing_interval: details.interval,
            quantity: (details.seats.is_none() && details.quantity != 1).then_some(details.quantity),
            seats: details.seats,
            pending_seats: details.pending_seats.map(SeatsPending::from),
            discounts: details.discounts.iter().cloned().map(DiscountBody::from).collect(),
            also_included: included(details),
            cancel_at: live.ends_at().map(Timestamp::rfc3339_secs),
            collection_pause: details.collection_pause.map(PauseBody::from),
            collection_method: details.is_invoiced.then_some(SEND_INVOICE),
            open_invoices: details.open_invoices.map(OpenInvoicesBody::from),
            next_payment: details.next_payment.map(NextPaymentBody::from),
        }
    }
}

fn included(details: &BillingDetails) -> Vec<IncludedBody> {
    let one = |(text, item): (&str, &[SubscriptionItem])| match item.first() {
        Some(SubscriptionItem { name, quantity, price, every }) => IncludedBody {
            name: name.clone(),
            quantity: *quantity,
            amount: price.map(|price| price.minor),
            currency: price.map(|price| price.currency.code()),
            billing_interval: *every,
        },
        // A former version stored the description alone.
        None => {
            IncludedBody { name: text.to_owned(), quantity: None, amount: None, currency: None, billing_interval: None }
        }
    };
    details.included().map(one).collect()
}

impl From<CollectionPause> for PauseBody {
    fn from(pause: CollectionPause) -> Self {
        let CollectionPause { until } = pause;
        Self { until: until.map(Timestamp::rfc3339_secs) }
    }
}

impl From<OpenInvoices> for OpenInvoicesBody {
    fn from(open: OpenInvoices) -> Self {
        let OpenInvoices { amount: Money { minor, currency }, due_at } = open;
        Self { amount: minor, currency: currency.code(), due_at: due_at.map(Timestamp::rfc3339_secs) }
    }
}

impl From<NextPayment> for NextPaymentBody {
    fn from(next: NextPayment) -> Self {
        let NextPayment { amount: Money { minor, currency }, at } = next;
        Self { amount: minor, currency: currency.code(), at: at.rfc3339_secs() }
    }
}
