//! Subscriptions: fetched, listed, previewed, kept and canceled.

use std::collections::HashMap;

use domain::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    money::{Currency, InvalidCurrency, Money},
    subscription::{PendingChange, ProviderStatus, UnknownStatus},
    time::Timestamp,
    wire::{ChangePreview, PreviewLine},
};
use serde::Serialize;
use stripe_billing::{
    invoice::{
        CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails, CreatePreviewInvoiceSubscriptionDetailsItems,
        CreatePreviewInvoiceSubscriptionDetailsProrationBehavior, CreatePreviewInvoiceSubscriptionDetailsTrialEnd,
    },
    subscription::{
        CancelSubscription, ListSubscription, ListSubscriptionStatus, RetrieveSubscription, UpdateSubscription,
    },
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_product::price::RetrievePrice;

use super::{
    Stripe,
    answer::{self, Expandable, InvoiceLine, Item, List, PaymentMethod, Price},
    client::{CallError, if_known},
    is_object_id, money, unknown_subscription,
};
use crate::payment::{FetchedSubscription, ProviderError, price_map::PriceMap};

/// The metadata that `server stripe setup` puts on a price, so that a price which was replaced since still tells its plan.
pub(super) const PLAN_METADATA: &str = "dues_plan";
const EXPAND: [&str; 4] =
    ["default_payment_method", "customer.invoice_settings.default_payment_method", "latest_invoice", "schedule"];
/// Why an invoice was made (Stripe: `Invoice.billing_reason`).
const CHANGE: &str = "subscription_update";
const PAGE: i64 = 100;
/// A customer with more subscriptions than this many pages hold is none that Dues made.
const MAX_PAGES: usize = 10;

/// What a subscription lacks to be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum Incomprehensible {
    #[error("the subscription {0} has no item")]
    NoItem(String),
    #[error("the subscription {0} has no current period")]
    NoPeriod(String),
    #[error(transparent)]
    Status(#[from] UnknownStatus),
    #[error(transparent)]
    Currency(#[from] InvalidCurrency),
}

impl From<Incomprehensible> for ProviderError {
    fn from(cause: Incomprehensible) -> Self {
        Self::Decode(cause.into())
    }
}

impl Stripe {
    pub(super) async fn subscription(&self, id: &str) -> Result<Option<answer::Subscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = RetrieveSubscription::new(id).expand(EXPAND.map(String::from));
        if_known(self.ask(&request, None).await)
    }

    pub(super) async fn fetched(&self, id: &str) -> Result<Option<FetchedSubscription>, ProviderError> {
        match self.subscription(id).await? {
            Some(answer) => self.understand(answer).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn listed(&self, customer: &str) -> Result<Vec<FetchedSubscription>, ProviderError> {
        let mut listed = Vec::new();
        let mut request = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(PAGE)
            .expand(EXPAND.map(|field| format!("data.{field}")));
        for _ in 0..MAX_PAGES {
            let page: List<answer::Subscription> = self.ask(&request, None).await.map_err(CallError::of_customer)?;
            let last = page.data.last().map(|answer| answer.id.clone()).filter(|_| page.has_more);
            for answer in page.data {
                listed.push(self.understand(answer).await?);
            }
            let Some(last) = last else { break };
            request = request.starting_after(last);
        }
        Ok(listed)
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<(), ProviderError> {
        if !is_object_id(id) {
            return Err(unknown_subscription(id));
        }
        if if_known(self.ask::<answer::Object>(&CancelSubscription::new(id), None).await)?.is_some() {
            return Ok(());
        }
        // One that is canceled already counts as missing above, though it can still be retrieved.
        self.subscription(id).await?.map(drop).ok_or_else(|| unknown_subscription(id))
    }

    /// Has it end with its period, or go on. Stripe's portal sets `cancel_at` instead, by the subscription's billing mode.
    pub(super) async fn set_end(&self, id: &str, at_period_end: bool) -> Result<(), ProviderError> {
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        let (_, period_end) = period(&current, sold_item(&current, &self.prices)?)?;
        let ends = ends_by(&current, period_end);
        if ends == at_period_end {
            return Ok(());
        }
        // What a schedule leads can't be told to end or to go on (Stripe: "Subscription schedules"), also where nothing more waits in it.
        self.release(&current).await?;
        let _: answer::Object = if !at_period_end && !current.cancel_at_period_end {
            self.ask(&ClearCancelAt { id: &current.id }, None).await?
        } else {
            self.ask(&UpdateSubscription::new(&*current.id).cancel_at_period_end(at_period_end), None).await?
        };
        Ok(())
    }

    /// Takes a subscription out of the hands of its schedule: it goes on as it is.
    pub(super) async fn drop_pending(&self, id: &str) -> Result<(), ProviderError> {
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        self.release(&current).await
    }

    async fn release(&self, current: &answer::Subscription) -> Result<(), ProviderError> {
        let Some(schedule) = &current.schedule else { return Ok(()) };
        let id = match schedule {
            Expandable::Id(id) | Expandable::Object(answer::Schedule { id, .. }) => id,
        };
        self.ask::<answer::Object>(&ReleaseSchedule { id }, None).await?;
        Ok(())
    }

    /// What the portal will charge at once when it confirms the change: `server stripe setup` tells it to invoice right away.
    pub(super) async fn preview(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError> {
        let price = self.price(plan, cycle)?;
        let current = self.subscription(subscription).await?.ok_or_else(|| unknown_subscription(subscription))?;
        let item = sold_item(&current, &self.prices)?;
        let mut change = CreatePreviewInvoiceSubscriptionDetailsItems::new();
        change.id = Some(item.id.clone());
        change.price = Some(price.to_owned());
        change.quantity = item.quantity;
        let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
        details.items = Some(vec![change]);
        details.proration_behavior = Some(CreatePreviewInvoiceSubscriptionDetailsProrationBehavior::AlwaysInvoice);
        if current.status.parse::<ProviderStatus>() == Ok(ProviderStatus::Trialing) {
            // The portal ends a trial with the change.
            details.trial_end = Some(CreatePreviewInvoiceSubscriptionDetailsTrialEnd::Now);
        }
        let request = CreatePreviewInvoice::new().subscription(&current.id).subscription_details(details);
        let invoice: answer::Invoice = self.ask(&request, None).await?;
        Ok(due_now(invoice, period(&current, item)?.1)?)
    }

    async fn understand(&self, answer: answer::Subscription) -> Result<FetchedSubscription, ProviderError> {
        let awaits = awaits_payment_of_a_change(&answer);
        let next = next_prices(&answer);
        let mut fetched = understand(answer, &self.prices, &self.catalog)?;
        if let Some((prices, at)) = next {
            fetched.pending = pending(self.first_sold(&prices).await?, at, fetched.bought.as_ref());
        }
        if awaits || fetched.status.is_due() {
            fetched.debt = Some(self.debt(&fetched.id, fetched.trial_end.is_some()).await?);
        }
        Ok(fetched)
    }

    /// What the first of them that sells a plan sells.
    pub(super) async fn first_sold(&self, prices: &[String]) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        for price in prices {
            if let Some(sold) = self.sold_at(price).await? {
                return Ok(Some(sold));
            }
        }
        Ok(None)
    }

    /// The plan that a price sells. Only one that is in no map any more is asked for.
    async fn sold_at(&self, price: &str) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        if let Some(sold) = self.prices.sold_by(price) {
            return Ok(Some(sold.clone()));
        }
        let found: Option<Price> = if_known(self.ask(&RetrievePrice::new(price), None).await)?;
        Ok(found.and_then(|price| sold_by(&price, &self.prices, &self.catalog)))
    }
}

fn understand(
    answer: answer::Subscription,
    prices: &PriceMap,
    catalog: &Catalog,
) -> Result<FetchedSubscription, Incomprehensible> {
    let item = sold_item(&answer, prices)?;
    let (period_start, period_end) = period(&answer, item)?;
    let bought = sold_by(&item.price, prices, catalog);
    let price = price(item);
    let cancel_at_period_end = ends_by(&answer, period_end);
    let status = match answer.status.parse()? {
        // Stripe calls it active as soon as a bank has been asked for the first payment, and due where that fails; until it is
        // there, nothing is paid.
        ProviderStatus::Active | ProviderStatus::PastDue | ProviderStatus::Unpaid if awaits_first_payment(&answer) => {
            ProviderStatus::Incomplete
        }
        status => status,
    };
    let reason = answer.cancellation_details.as_ref().and_then(|details| details.reason.as_deref());
    let ended_unpaid = Some(reason == Some("payment_failed"));
    let own = answer.default_payment_method.as_ref().and_then(Expandable::object);
    let customers = answer.customer.object().and_then(|customer| customer.invoice_settings.as_ref());
    let customers = customers.and_then(|settings| settings.default_payment_method.as_ref());
    let payment_method =
        own.or_else(|| customers.and_then(Expandable::object)).map(|PaymentMethod { kind }| kind.clone());
    let customer = match answer.customer {
        Expandable::Id(id) => id,
        Expandable::Object(customer) => customer.id,
    };
    Ok(FetchedSubscription {
        id: answer.id,
        customer,
        status,
        bought,
        started_at: Timestamp::from_secs(answer.start_date.unwrap_or(answer.created)),
        period_start: Timestamp::from_secs(period_start),
        period_end: Timestamp::from_secs(period_end),
        cancel_at_period_end,
        ended_at: answer.ended_at.map(Timestamp::from_secs),
        payment_method,
        trial_end: answer.trial_end.map(Timestamp::from_secs),
        pending: None,
        price,
        debt: None,
        ended_unpaid,
    })
}

/// The prices that the next phase of its schedule puts it on, and when (Stripe: "Subscription schedules"); the portal makes one for a
/// change that waits for the period's end.
fn next_prices(answer: &answer::Subscription) -> Option<(Vec<String>, Timestamp)> {
    let schedule = answer.schedule.as_ref()?.object()?;
    let current = schedule.current_phase.as_ref()?.start;
    let next =
        schedule.phases.iter().filter(|phase| phase.start_date > current).min_by_key(|phase| phase.start_date)?;
    let prices = next.items.iter().map(|item| item.price.id().to_owned()).collect();
    Some((prices, Timestamp::from_secs(next.start_date)))
}

/// What no plan sells is not guessed at, and what stays as it is does not change.
fn pending(sold: Option<(PlanId, Cycle)>, at: Timestamp, bought: Option<&(PlanId, Cycle)>) -> Option<PendingChange> {
    let (plan, cycle) = sold.filter(|sold| bought != Some(sold))?;
    Some(PendingChange { plan, cycle, at })
}

fn price(item: &Item) -> Option<Money> {
    let quantity = i64::try_from(item.quantity.unwrap_or(1)).ok()?;
    let amount = item.price.unit_amount?.checked_mul(quantity)?;
    Some(money(amount, item.price.currency.parse().ok()?))
}

/// An empty value, which unsets a field (Stripe: "Update a subscription"), is none that the client's own request takes.
struct ClearCancelAt<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Cleared {
    cancel_at: &'static str,
}

impl StripeRequest for ClearCancelAt<'_> {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, format!("/subscriptions/{}", self.id)).form(&Cleared { cancel_at: "" })
    }
}

struct ReleaseSchedule<'a> {
    id: &'a str,
}

impl StripeRequest for ReleaseSchedule<'_> {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, format!("/subscription_schedules/{}/release", self.id))
    }
}

fn awaits_first_payment(answer: &answer::Subscription) -> bool {
    let open = open_invoice(answer, &["open", "draft"]);
    open.is_some_and(|invoice| invoice.billing_reason.as_deref() == Some("subscription_create"))
}

/// A change may hold before the bank has paid it.
fn awaits_payment_of_a_change(answer: &answer::Subscription) -> bool {
    let open = open_invoice(answer, &["open", "draft", "uncollectible"]);
    open.is_some_and(|invoice| invoice.billing_reason.as_deref() == Some(CHANGE))
}

/// The last invoice, where something is to be paid on it and it is in one of these states.
fn open_invoice<'a>(answer: &'a answer::Subscription, states: &[&str]) -> Option<&'a answer::LatestInvoice> {
    let invoice = answer.latest_invoice.as_ref().and_then(Expandable::object)?;
    let is_open = invoice.status.as_deref().is_some_and(|status| states.contains(&status));
    (is_open && invoice.amount_due > 0).then_some(invoice)
}

/// The item that is the plan: the first whose price is in the map, else the first.
pub(super) fn sold_item<'a>(
    subscription: &'a answer::Subscription,
    prices: &PriceMap,
) -> Result<&'a Item, Incomprehensible> {
    let items = &subscription.items.data;
    let sold = items.iter().find(|item| prices.sold_by(&item.price.id).is_some());
    sold.or(items.first()).ok_or_else(|| Incomprehensible::NoItem(subscription.id.clone()))
}

/// Whether it ends with its period. Stripe's portal sets the one or the other, by the subscription's billing mode.
fn ends_by(subscription: &answer::Subscription, period_end: i64) -> bool {
    subscription.cancel_at_period_end || subscription.cancel_at.is_some_and(|at| at <= period_end)
}

fn period(subscription: &answer::Subscription, item: &Item) -> Result<(i64, i64), Incomprehensible> {
    let start = item.current_period_start.or(subscription.current_period_start);
    let end = item.current_period_end.or(subscription.current_period_end);
    start.zip(end).ok_or_else(|| Incomprehensible::NoPeriod(subscription.id.clone()))
}

/// The plan that a price sells. One that was replaced when the catalog's amounts changed is in no map any more, and those who
/// pay it keep their plan by the price's own metadata.
fn sold_by(price: &Price, prices: &PriceMap, catalog: &Catalog) -> Option<(PlanId, Cycle)> {
    if let Some(sold) = prices.sold_by(&price.id) {
        return Some(sold.clone());
    }
    let plan = catalog.plan(price.metadata(PLAN_METADATA)?)?;
    let recurring = price.recurring.as_ref().filter(|recurring| recurring.interval_count == 1)?;
    let cycle = [Cycle::Monthly, Cycle::Yearly].into_iter().find(|cycle| cycle.unit() == recurring.interval)?;
    Some((plan.id.clone(), cycle))
}

/// Of a previewed invoice what is charged at once: prorations, and what begins before the current period ends, as a new cycle
/// does. A line for the next regular period is left out.
fn due_now(invoice: answer::Invoice, period_end: i64) -> Result<ChangePreview, Incomprehensible> {
    let currency: Currency = invoice.currency.parse()?;
    let all = invoice.lines.data.len();
    let lines: Vec<InvoiceLine> =
        invoice.lines.data.into_iter().filter(|line| is_proration(line) || line.period.start < period_end).collect();
    // With no line left out Stripe's own figure holds, which knows taxes and the customer's balance.
    let due = if lines.len() == all {
        invoice.amount_due
    } else {
        lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount)).max(0)
    };
    let lines = lines.into_iter().map(|line| PreviewLine {
        description: line.description.unwrap_or_default(),
        amount: money(line.amount, currency),
    });
    Ok(ChangePreview { lines: lines.collect(), due_now: money(due, currency) })
}

fn is_proration(line: &InvoiceLine) -> bool {
    let origin = line
        .parent
        .as_ref()
        .and_then(|parent| parent.subscription_item_details.as_ref().or(parent.invoice_item_details.as_ref()));
    line.proration.or(origin.map(|origin| origin.proration)).unwrap_or(false)
}

/// What a price made for the plan carries.
pub(super) fn plan_metadata(plan: &PlanId) -> HashMap<String, String> {
    HashMap::from([(PLAN_METADATA.to_owned(), plan.to_string())])
}

#[cfg(test)]
mod tests;
