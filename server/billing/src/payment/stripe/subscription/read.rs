//! Decodes Stripe's subscriptions. An unreadable one becomes an [`UnreadableSubscription`] and does not fail the
//! others.

use domain::{
    catalog::Catalog,
    money::{Currency, Money},
    subscription::{BillingDetails, CollectionPause, LastInvoice, Provider, ProviderStatus, UnmanagedReason, one_line},
    time::Timestamp,
};
use serde_json::Value;

use super::items::{self, Products};
use crate::payment::{
    FetchedPaymentMethod, FetchedSubscription, UnreadableSubscription,
    price_map::PriceMap,
    stripe::{
        answer::{self, Expandable, Item, LatestInvoice, PauseCollection, PaymentMethod, PhaseItem, Recurring},
        checkout::ATTEMPT_METADATA,
        discount::discounts,
        is_object_id, is_valid_time,
    },
};

/// The billing reason of an invoice for a change of plan (Stripe: `Invoice.billing_reason`).
const CHANGE: &str = "subscription_update";
/// Longest type of a payment method.
const KIND_MAX_CHARS: usize = 64;

/// Why a subscription can't be decoded. Its text is stored and shown with the unmanaged subscription.
#[derive(Debug, thiserror::Error)]
pub(in crate::payment::stripe) enum InvalidSubscription {
    #[error("it has no item")]
    NoItem,
    #[error("it names no customer")]
    NoCustomer,
    #[error("an item of it names no price")]
    NoPrice,
    #[error("it has no current period")]
    NoPeriod,
    #[error("{0} is no time at which anything is billed")]
    Time(&'static str),
    #[error("its status {0:?} is not known")]
    Status(String),
    #[error("{0}")]
    Shape(#[from] serde_json::Error),
}

/// Parses one subscription of a response. The outer `Err` means that it has no id, so that it can't be identified.
pub(super) fn parse(answer: &Value) -> Result<Result<answer::Subscription, UnreadableSubscription>, ()> {
    let id = answer.get("id").and_then(Value::as_str).filter(|id| is_object_id(id)).ok_or(())?;
    match serde_json::from_value::<answer::Subscription>(answer.clone()) {
        Ok(read) => Ok(Ok(read)),
        Err(cause) => Ok(Err(unreadable(id, answer, &cause.into()))),
    }
}

/// Builds the record of an unreadable subscription from the fields that can be read.
pub(super) fn unreadable(id: &str, answer: &Value, cause: &InvalidSubscription) -> UnreadableSubscription {
    let customer = match answer.get("customer") {
        Some(Value::Object(customer)) => customer.get("id").and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    let (reason, detail) = match cause {
        InvalidSubscription::Status(status) => (UnmanagedReason::UnknownStatus, one_line(status)),
        other => (UnmanagedReason::Unreadable, one_line(&other.to_string())),
    };
    let (described, items) = items::describe_raw(answer);
    UnreadableSubscription {
        id: id.to_owned(),
        customer: customer.filter(|id| is_object_id(id)).map(str::to_owned),
        reason,
        described,
        items,
        detail: Some(detail).filter(|detail| !detail.is_empty()),
    }
}

/// Converts a subscription. `products` has the products of all items but the plan's.
pub(super) fn to_fetched(
    answer: answer::Subscription,
    products: &Products,
    prices: &PriceMap,
    catalog: &Catalog,
) -> Result<FetchedSubscription, InvalidSubscription> {
    let classified =
        items::classify(&answer.items.data, products, prices, catalog).ok_or(InvalidSubscription::NoItem)?;
    if !answer.items.data.iter().all(|item| is_object_id(&item.price.id)) {
        return Err(InvalidSubscription::NoPrice);
    }
    let (period_start, period_end) = period(&answer, classified.plan_item)?;
    let price = classified.price(answer.currency.as_deref());
    let cancel_at_period_end = ends_by(&answer, period_end);
    let included_items = items::all_in_parts(&classified.others, products, answer.currency.as_deref());
    let details = BillingDetails {
        quantity: classified.quantity(),
        seats: classified.bought_seats(catalog),
        pending_seats: None,
        is_adjusted: price.is_none() || classified.has_further_items() || answer.is_discounted(),
        discounts: discounts(answer.discounts()),
        also_included: included_items.iter().map(ToString::to_string).collect(),
        included_items,
        // A `cancel_at` at the end of the period counts as `cancel_at_period_end` instead.
        cancel_at: at("cancel_at", answer.cancel_at.filter(|at| *at != period_end))?,
        collection_pause: pause(answer.pause_collection.as_ref())?,
        next_payment: None,
        currency: answer.currency.as_deref().and_then(|currency| currency.parse().ok()),
        is_invoiced: answer.is_invoiced(),
        open_invoices: None,
        last_invoice: last_invoice(&answer),
        interval: classified.plan_item.price.recurring.as_ref().and_then(Recurring::billing_interval),
        begun_by_dues: false,
    };
    let unsold = items::unsold_items(&classified.unsold, products, answer.currency.as_deref());
    let bought = classified.bought;
    let status = match answer.status.parse().map_err(|_| InvalidSubscription::Status(answer.status.clone()))? {
        // Stripe reports `active` while the bank processes the first payment, and `past_due` after it fails. Until it
        // is paid, the subscription is incomplete.
        ProviderStatus::Active | ProviderStatus::PastDue | ProviderStatus::Unpaid if awaits_first_payment(&answer) => {
            ProviderStatus::Incomplete
        }
        status => status,
    };
    let reason = answer.cancellation_details.as_ref().and_then(|details| details.reason.as_deref());
    let ended_unpaid = Some(reason == Some("payment_failed"));
    let payment_method = payment_method(&answer);
    let started_at = required("start_date", answer.start_date.unwrap_or(answer.created))?;
    let ended_at = at("ended_at", answer.ended_at)?;
    let trial_end = at("trial_end", answer.trial_end)?;
    let attempt = answer.metadata(ATTEMPT_METADATA).and_then(|attempt| attempt.parse().ok());
    let customer = match answer.customer {
        Expandable::Id(id) => id,
        Expandable::Object(customer) => customer.id,
    };
    if !is_object_id(&customer) {
        return Err(InvalidSubscription::NoCustomer);
    }
    Ok(FetchedSubscription {
        id: answer.id,
        customer,
        status,
        bought,
        started_at,
        period_start: required("current_period_start", period_start)?,
        period_end: required("current_period_end", period_end)?,
        cancel_at_period_end,
        ended_at,
        payment_method,
        trial_end,
        pending: None,
        price,
        details,
        unsold,
        debt: None,
        ended_unpaid,
        attempt,
        checkout: None,
    })
}

/// Returns the payment method of the subscription, else its customer's default. It is unknown where Stripe answers with
/// an id only.
fn payment_method(answer: &answer::Subscription) -> FetchedPaymentMethod {
    let of_customer = || {
        let settings = answer.customer.object()?.invoice_settings.as_ref()?;
        settings.default_payment_method.as_ref()
    };
    match answer.default_payment_method.as_ref().or_else(of_customer) {
        Some(Expandable::Object(PaymentMethod { kind })) if is_word(kind) => FetchedPaymentMethod::Kind(kind.clone()),
        Some(Expandable::Object(_)) => FetchedPaymentMethod::None,
        Some(Expandable::Id(_)) => FetchedPaymentMethod::Unknown,
        None => match answer.customer {
            Expandable::Id(_) => FetchedPaymentMethod::Unknown,
            Expandable::Object(_) => FetchedPaymentMethod::None,
        },
    }
}

fn is_word(kind: &str) -> bool {
    (1..=KIND_MAX_CHARS).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_graphic())
}

fn required(field: &'static str, secs: i64) -> Result<Timestamp, InvalidSubscription> {
    is_valid_time(secs).then(|| Timestamp::from_secs(secs)).ok_or(InvalidSubscription::Time(field))
}

fn at(field: &'static str, secs: Option<i64>) -> Result<Option<Timestamp>, InvalidSubscription> {
    secs.map(|secs| required(field, secs)).transpose()
}

fn pause(pause: Option<&PauseCollection>) -> Result<Option<CollectionPause>, InvalidSubscription> {
    let Some(PauseCollection { resumes_at }) = pause else { return Ok(None) };
    Ok(Some(CollectionPause { until: at("pause_collection.resumes_at", *resumes_at)? }))
}

/// Returns the prices and quantities of the schedule's next phase, and when it starts (Stripe: "Subscription
/// schedules"). The portal creates a schedule for a change at the end of the period, and Dues one for fewer seats.
pub(super) fn next_prices(answer: &answer::Subscription) -> Option<(Vec<NextPrice>, Timestamp)> {
    let schedule = answer.schedule.as_ref()?.object()?;
    let current = schedule.current_phase.as_ref()?.start;
    let next =
        schedule.phases.iter().filter(|phase| phase.start_date > current).min_by_key(|phase| phase.start_date)?;
    let price = |item: &PhaseItem| NextPrice { id: item.price.id().to_owned(), quantity: item.quantity.unwrap_or(1) };
    let prices = next.items.iter().map(price).collect();
    Some((prices, required("schedule", next.start_date).ok()?))
}

/// A price of the next phase, and how often it is bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NextPrice {
    pub(super) id: String,
    pub(super) quantity: u64,
}

/// Whether the first payment is pending. Always `false` for sent invoices, as Stripe's status applies to them. While
/// collection is paused, a draft invoice does not count as pending.
fn awaits_first_payment(answer: &answer::Subscription) -> bool {
    if answer.is_invoiced() {
        return false;
    }
    let states: &[&str] = if answer.pause_collection.is_some() { &["open"] } else { &["open", "draft"] };
    let open = open_invoice(answer, states);
    open.is_some_and(|invoice| invoice.billing_reason.as_deref() == Some("subscription_create"))
}

/// Whether the plan was changed already and the payment of the change is pending. Always `false` for sent invoices and
/// while collection is paused.
pub(super) fn awaits_payment_of_a_change(answer: &answer::Subscription) -> bool {
    let open = open_invoice(answer, &["open", "draft", "uncollectible"]);
    let is_charged = answer.pause_collection.is_none() && !answer.is_invoiced();
    is_charged && open.is_some_and(|invoice| invoice.billing_reason.as_deref() == Some(CHANGE))
}

/// Returns the latest invoice where it has one of these statuses and an amount due.
fn open_invoice<'a>(answer: &'a answer::Subscription, states: &[&str]) -> Option<&'a LatestInvoice> {
    let invoice = answer.latest_invoice.as_ref().and_then(Expandable::object)?;
    let is_open = invoice.status.as_deref().is_some_and(|status| states.contains(&status));
    (is_open && invoice.amount_due > 0).then_some(invoice)
}

/// Returns the latest invoice; `None` if it is not expanded or its fields are not those of an invoice.
fn last_invoice(answer: &answer::Subscription) -> Option<LastInvoice> {
    let LatestInvoice { id, status, amount_paid, currency, .. } =
        answer.latest_invoice.as_ref().and_then(Expandable::object)?;
    let id = id.as_str().filter(|id| is_object_id(id))?;
    let currency: Currency = currency.as_str()?.parse().ok()?;
    let paid = Money::from_provider_amount(amount_paid.as_i64()?, currency, Provider::Stripe);
    Some(LastInvoice { id: id.to_owned(), is_paid: status.as_deref() == Some("paid"), paid })
}

/// Whether the subscription ends with its period, or before. Stripe's portal sets `cancel_at_period_end` or
/// `cancel_at`, depending on the billing mode.
pub(super) fn ends_by(subscription: &answer::Subscription, period_end: i64) -> bool {
    subscription.cancel_at_period_end || subscription.cancel_at.is_some_and(|at| at <= period_end)
}

pub(super) fn period(subscription: &answer::Subscription, item: &Item) -> Result<(i64, i64), InvalidSubscription> {
    let start = item.current_period_start.or(subscription.current_period_start);
    let end = item.current_period_end.or(subscription.current_period_end);
    start.zip(end).ok_or(InvalidSubscription::NoPeriod)
}

#[cfg(test)]
mod tests;
