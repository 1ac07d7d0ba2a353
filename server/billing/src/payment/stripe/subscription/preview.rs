//! Previewed invoices: what a change charges now, what it costs each cycle, and the next payment.

use domain::{
    catalog::Cycle,
    ids::PlanId,
    money::{Currency, InvalidCurrency, Money},
    subscription::{NextPayment, ProviderStatus},
    time::Timestamp,
    wire::{ChangePreview, PreviewLine},
};
use stripe_billing::invoice::{
    CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails, CreatePreviewInvoiceSubscriptionDetailsItems,
    CreatePreviewInvoiceSubscriptionDetailsProrationBehavior as ProrationBehavior,
    CreatePreviewInvoiceSubscriptionDetailsTrialEnd,
};

use super::{
    item_change::ItemChange,
    items::{ClassifiedItems, Products},
    read,
};
use crate::payment::{
    AnotherObject, ProviderError, SubscriptionChange,
    stripe::{
        Stripe,
        answer::{self, InvoiceLine},
        is_valid_time, money, unknown_subscription,
    },
};

impl Stripe {
    /// Returns what the portal charges when it confirms the change: `server stripe setup` configures it to invoice
    /// immediately.
    pub(in crate::payment::stripe) async fn preview(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError> {
        let (current, products, details) =
            self.change(subscription, plan, cycle, ProrationBehavior::AlwaysInvoice).await?;
        let request = CreatePreviewInvoice::new().subscription(&current.id).subscription_details(details);
        let invoice: answer::Invoice = self.call(&request, None).await?;
        require_subscription(&invoice, &current.id)?;
        let (_, period_end) = read::period(&current, self.classify_items(&current, &products)?.plan_item)?;
        due_now(invoice, period_end).map_err(|cause| ProviderError::Decode(cause.into()))
    }

    /// Returns the price of a cycle after the change. `Unsupported` with a discount, which may end.
    pub(in crate::payment::stripe) async fn recurring(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<Money, ProviderError> {
        let (current, _, details) = self.change(subscription, plan, cycle, ProrationBehavior::None).await?;
        if current.is_discounted() {
            return Err(ProviderError::Unsupported);
        }
        // `recurring_total` returns `None` for more lines than Stripe includes in the invoice.
        let request = CreatePreviewInvoice::new().subscription(&current.id).subscription_details(details);
        let invoice: answer::Invoice = self.call(&request, None).await?;
        require_subscription(&invoice, &current.id)?;
        let currency: Currency =
            invoice.currency.parse().map_err(|cause: InvalidCurrency| ProviderError::Decode(cause.into()))?;
        let sum = recurring_total(&invoice).ok_or(ProviderError::Unsupported)?;
        Ok(money(sum, currency))
    }

    /// Returns what [`Stripe::change_directly`] charges for the change, and the price of a cycle after it unless a
    /// discount applies.
    pub(in crate::payment::stripe) async fn preview_seats(
        &self,
        change: &SubscriptionChange,
    ) -> Result<ChangePreview, ProviderError> {
        let id = &change.subscription;
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        let products = self.products_beside_plan(&current).await?;
        let (_, period_end) = read::period(&current, self.classify_items(&current, &products)?.plan_item)?;
        let details = self.details_of((&current, &products), change, ProrationBehavior::AlwaysInvoice)?;
        let request = CreatePreviewInvoice::new().subscription(&current.id).subscription_details(details);
        let invoice: answer::Invoice = self.call(&request, None).await?;
        require_subscription(&invoice, &current.id)?;
        let preview = due_now(invoice, period_end).map_err(|cause| ProviderError::Decode(cause.into()))?;
        if current.is_discounted() {
            return Ok(preview);
        }
        let details = self.details_of((&current, &products), change, ProrationBehavior::None)?;
        let request = CreatePreviewInvoice::new().subscription(&current.id).subscription_details(details);
        let invoice: answer::Invoice = self.call(&request, None).await?;
        require_subscription(&invoice, &current.id)?;
        let currency = preview.due_now.currency;
        Ok(ChangePreview { afterwards: recurring_total(&invoice).map(|sum| money(sum, currency)), ..preview })
    }

    fn details_of(
        &self,
        current: (&answer::Subscription, &Products),
        change: &SubscriptionChange,
        behavior: ProrationBehavior,
    ) -> Result<CreatePreviewInvoiceSubscriptionDetails, ProviderError> {
        let items = self.changed_items(current, change)?.into_iter().map(|change| {
            let mut item = CreatePreviewInvoiceSubscriptionDetailsItems::new();
            match change {
                ItemChange::Added { price, quantity } => {
                    item.price = Some(price);
                    item.quantity = Some(quantity);
                }
                ItemChange::Changed { id, price, quantity } => {
                    item.id = Some(id);
                    item.price = price;
                    item.quantity = Some(quantity);
                }
                ItemChange::Deleted { id } => {
                    item.id = Some(id);
                    item.deleted = Some(true);
                }
            }
            item
        });
        let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
        details.items = Some(items.collect());
        details.proration_behavior = Some(behavior);
        if self.ends_trial(current, change)? {
            details.trial_end = Some(CreatePreviewInvoiceSubscriptionDetailsTrialEnd::Now);
        }
        Ok(details)
    }

    async fn change(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
        behavior: ProrationBehavior,
    ) -> Result<(answer::Subscription, Products, CreatePreviewInvoiceSubscriptionDetails), ProviderError> {
        let price = self.price(plan, cycle)?;
        let current = self.subscription(subscription).await?.ok_or_else(|| unknown_subscription(subscription))?;
        let products = self.products_beside_plan(&current).await?;
        let ClassifiedItems { plan_item, .. } = self.classify_items(&current, &products)?;
        let mut change = CreatePreviewInvoiceSubscriptionDetailsItems::new();
        change.id = Some(plan_item.id.clone());
        change.price = Some(price.to_owned());
        change.quantity = plan_item.quantity;
        let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
        details.items = Some(vec![change]);
        details.proration_behavior = Some(behavior);
        if current.status.parse::<ProviderStatus>() == Ok(ProviderStatus::Trialing) {
            // The portal ends a trial when the plan changes.
            details.trial_end = Some(CreatePreviewInvoiceSubscriptionDetailsTrialEnd::Now);
        }
        Ok((current, products, details))
    }

    /// Returns the next payment of the upcoming invoice; `None` without one. A failed call also returns `None`, because
    /// the payment is only displayed.
    pub(super) async fn next_payment(
        &self,
        subscription: &str,
        schedule: Option<&str>,
        is_invoiced: bool,
    ) -> Option<NextPayment> {
        let request = match schedule {
            // The preview of the subscription alone lacks the next phase of its schedule.
            Some(schedule) => CreatePreviewInvoice::new().schedule(schedule),
            None => CreatePreviewInvoice::new().subscription(subscription),
        };
        match self.call::<answer::Invoice>(&request, None).await {
            Ok(invoice) if invoice.owner.may_be_of_subscription(subscription) => next_payment(&invoice, is_invoiced),
            Ok(_) => {
                tracing::error!(subscription, "ignored an upcoming invoice that belongs to another subscription");
                None
            }
            Err(error) => {
                tracing::debug!(
                    subscription,
                    error = &error as &dyn std::error::Error,
                    "failed to fetch upcoming invoice"
                );
                None
            }
        }
    }
}

fn require_subscription(invoice: &answer::Invoice, subscription: &str) -> Result<(), ProviderError> {
    let belongs = invoice.owner.may_be_of_subscription(subscription);
    if belongs { Ok(()) } else { Err(AnotherObject("subscription").into()) }
}

/// Sums the lines that recur each cycle, without prorations and one-time charges. `None` without such a line, where a
/// line's kind is unknown, or where the response does not include all lines.
fn recurring_total(invoice: &answer::Invoice) -> Option<i64> {
    if invoice.lines.has_more {
        return None;
    }
    let mut sum = None;
    for line in invoice.lines.data.iter().filter(|line| !is_proration(line)) {
        match origin(line) {
            Origin::Subscription => sum = Some(sum.unwrap_or(0_i64).saturating_add(line.amount)),
            Origin::Once => {}
            Origin::Unknown => return None,
        }
    }
    sum
}

/// Returns the amount and the time of the next charge, or of the next invoice if invoices are sent. `None` if the time
/// is missing or invalid.
fn next_payment(invoice: &answer::Invoice, is_invoiced: bool) -> Option<NextPayment> {
    let at = if is_invoiced { invoice.period_end } else { invoice.next_payment_attempt };
    let at = at.filter(|at| is_valid_time(*at))?;
    Some(NextPayment {
        amount: money(invoice.amount_due, invoice.currency.parse().ok()?),
        at: Timestamp::from_secs(at),
    })
}

/// Returns what a previewed invoice charges now: prorations, and lines that start before the current period ends, such
/// as a new cycle. Leaves out the line for the next regular period.
fn due_now(invoice: answer::Invoice, period_end: i64) -> Result<ChangePreview, InvalidCurrency> {
    let currency: Currency = invoice.currency.parse()?;
    let all = invoice.lines.data.len();
    let is_whole = !invoice.lines.has_more;
    let lines: Vec<InvoiceLine> =
        invoice.lines.data.into_iter().filter(|line| is_proration(line) || line.period.start < period_end).collect();
    let discounts = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.discount()));
    // Stripe's amount includes taxes and the customer's balance. The sum of the lines replaces it only if the list of
    // lines is complete and a line was left out.
    let due = if lines.len() == all || !is_whole {
        invoice.amount_due
    } else {
        lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount)).saturating_sub(discounts).max(0)
    };
    let lines = lines.into_iter().map(|line| PreviewLine {
        description: Some(line.description.unwrap_or_default()),
        amount: money(line.amount, currency),
    });
    let discount = (discounts != 0)
        .then(|| PreviewLine { description: None, amount: money(discounts.saturating_neg(), currency) });
    Ok(ChangePreview { lines: lines.chain(discount).collect(), due_now: money(due, currency), afterwards: None })
}

/// Where an invoice line comes from.
enum Origin {
    /// An item of the subscription, which recurs each cycle.
    Subscription,
    Once,
    Unknown,
}

fn origin(line: &InvoiceLine) -> Origin {
    let parent = line.parent.as_ref();
    let is_item = parent.is_some_and(|parent| parent.subscription_item_details.is_some());
    let is_once = parent.is_some_and(|parent| parent.invoice_item_details.is_some());
    match line.kind.as_deref() {
        _ if is_item => Origin::Subscription,
        _ if is_once => Origin::Once,
        Some("subscription") => Origin::Subscription,
        Some("invoiceitem") => Origin::Once,
        _ => Origin::Unknown,
    }
}

fn is_proration(line: &InvoiceLine) -> bool {
    let origin = line
        .parent
        .as_ref()
        .and_then(|parent| parent.subscription_item_details.as_ref().or(parent.invoice_item_details.as_ref()));
    line.proration.or(origin.map(|origin| origin.proration)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(amount: i64, start: i64, proration: bool) -> Value {
        json!({
            "description": format!("{amount}"),
            "amount": amount,
            "period": {"start": start, "end": start + 100},
            "parent": {"invoice_item_details": null, "subscription_item_details": {"proration": proration}},
        })
    }

    fn read(invoice: Value) -> ChangePreview {
        due_now(serde_json::from_value(invoice).unwrap(), 1000).unwrap()
    }

    fn previewed(amount_due: i64, lines: &[Value]) -> (i64, usize) {
        let preview =
            read(json!({"currency": "usd", "amount_due": amount_due, "lines": {"data": lines, "has_more": false}}));
        assert_eq!(preview.due_now.currency, Currency::USD);
        (preview.due_now.minor, preview.lines.len())
    }

    #[test]
    fn only_immediate_charges_are_due_now() {
        let credit = line(-1684, 500, true);
        let debit = line(5746, 500, true);
        assert_eq!(previewed(4062, &[credit.clone(), debit.clone()]), (4062, 2), "an upgrade in mid-period");
        assert_eq!(
            previewed(13_962, &[credit.clone(), debit, line(9900, 1000, false)]),
            (4062, 2),
            "the next period's charge is not due now"
        );
        assert_eq!(
            previewed(27_316, &[credit.clone(), line(29_000, 500, false)]),
            (27_316, 2),
            "a year begins at once"
        );
        assert_eq!(previewed(0, &[credit.clone(), line(500, 500, true)]), (0, 2), "a downgrade leaves a credit");
        assert_eq!(
            previewed(8716, &[credit, line(500, 500, true), line(9900, 1000, false)]),
            (0, 2),
            "a credit is never due"
        );
    }

    #[test]
    fn discounts_are_a_separate_line_and_reduce_the_amount_due() {
        let mut year = line(29_000, 500, false);
        year["discount_amounts"] = json!([{"amount": 14_500, "discount": "di_1"}]);
        let next = line(29_000, 1000, false);
        let preview = read(json!({"currency": "usd", "amount_due": 43_500, "lines": {"data": [year, next]}}));
        let lines: Vec<_> = preview.lines.iter().map(|line| (line.description.as_deref(), line.amount.minor)).collect();
        assert_eq!((lines, preview.due_now.minor), (vec![(Some("29000"), 29_000), (None, -14_500)], 14_500));
    }

    #[test]
    fn the_next_payment_is_read_from_the_upcoming_invoice() {
        let invoice = |next: Value| {
            let invoice = json!({"currency": "usd", "amount_due": 0, "next_payment_attempt": next, "period_end": 1_800_000_000, "lines": {"data": []}});
            let invoice = serde_json::from_value(invoice).unwrap();
            [false, true].map(|is_invoiced| next_payment(&invoice, is_invoiced).map(|next| next.at.as_secs()))
        };
        assert_eq!(invoice(json!(1_900_000_000)), [Some(1_900_000_000), Some(1_800_000_000)]);
        assert_eq!(
            invoice(Value::Null),
            [None, Some(1_800_000_000)],
            "no payment is announced that is not to be tried"
        );
        assert_eq!(invoice(json!(i64::MAX)), [None, Some(1_800_000_000)]);
    }

    #[test]
    fn the_price_of_a_cycle_is_the_sum_of_the_subscriptions_items() {
        let item = |amount: i64| json!({"amount": amount, "period": {"start": 1}, "parent": {"subscription_item_details": {"proration": false}}});
        let once = |amount: i64| json!({"amount": amount, "period": {"start": 1}, "parent": {"invoice_item_details": {"proration": false}}});
        let old = |kind: &str| json!({"amount": 700, "period": {"start": 1}, "type": kind, "proration": false});
        let left = json!({"amount": -30, "period": {"start": 1}, "parent": {"subscription_item_details": {"proration": true}}});
        let cycle = |lines: &[Value]| {
            recurring_total(
                &serde_json::from_value(json!({"currency": "usd", "amount_due": 0, "lines": {"data": lines}})).unwrap(),
            )
        };
        assert_eq!(cycle(&[item(9900), once(5000), item(100), left.clone()]), Some(10_000));
        assert_eq!(cycle(&[old("subscription"), old("invoiceitem")]), Some(700));
        assert_eq!(cycle(&[item(9900), old("something")]), None);
        assert_eq!((cycle(&[]), cycle(&[once(5000), left])), (None, None));
    }
}
