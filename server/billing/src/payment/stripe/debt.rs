//! The unpaid invoices of a subscription, and the plan that was paid last.

use std::cmp::Reverse;

use domain::{
    ids::PlanId,
    money::{InvalidCurrency, Money},
    subscription::OpenInvoices,
    time::Timestamp,
};
use stripe_billing::{InvoiceStatus, invoice::ListInvoice};

use super::{
    Stripe,
    answer::{InvoiceLine, List, SubscriptionInvoice},
    client::optional,
    is_valid_time, money, unknown_subscription,
};
use crate::payment::{AnotherObject, Debt, ProviderError};

/// Maximum number of open invoices that are read: one page of Stripe's.
const MAX_OPEN: i64 = 100;
/// Maximum number of paid invoices that are searched for the last paid plan.
const MAX_PAID: i64 = 10;

impl Stripe {
    /// Returns what is unpaid of a subscription, and the plan that was paid last.
    ///
    /// Without a paid invoice the last paid plan is the free plan. It is unknown if `had_plan_unpaid`: the subscription
    /// had its plan before the first payment, on trial or because its invoices are sent. A trial's invoice for zero
    /// counts as paid. A sent invoice is due on its due date, any other invoice when it is created.
    pub(super) async fn debt(&self, subscription: &str, had_plan_unpaid: bool) -> Result<Debt, ProviderError> {
        let open = self.unpaid_invoices(subscription).await?;
        let paid = self.invoices_in_status(subscription, InvoiceStatus::Paid, MAX_PAID).await?;
        let never_paid = (paid.is_empty() && !had_plan_unpaid).then(|| self.catalog.free.clone());
        Ok(Debt {
            since: open.iter().map(requested_at).min(),
            amount: sum(&open).map_err(|error: InvalidCurrency| ProviderError::Decode(error.into()))?,
            paid: self.plan_of(&paid).await?.or(never_paid),
        })
    }

    /// Returns the sum and the earliest due date of a subscription's unpaid invoices. `None` where no invoice is
    /// unpaid, or where the invoices can't be decoded.
    pub(super) async fn open_invoices(&self, subscription: &str) -> Result<Option<OpenInvoices>, ProviderError> {
        let open = match self.unpaid_invoices(subscription).await {
            Err(ProviderError::Decode(_)) => return Ok(None),
            open => open?,
        };
        let Ok(Some(amount)) = sum(&open) else { return Ok(None) };
        let due = open.iter().filter_map(|invoice| invoice.due_date).filter(|at| is_valid_time(*at)).min();
        Ok(Some(OpenInvoices { amount, due_at: due.map(Timestamp::from_secs) }))
    }

    async fn unpaid_invoices(&self, subscription: &str) -> Result<Vec<SubscriptionInvoice>, ProviderError> {
        let mut open = self.invoices_in_status(subscription, InvoiceStatus::Open, MAX_OPEN).await?;
        open.retain(|invoice| invoice.amount_remaining > 0);
        Ok(open)
    }

    /// Lists a subscription's invoices in one status, newest first.
    async fn invoices_in_status(
        &self,
        subscription: &str,
        status: InvoiceStatus,
        limit: i64,
    ) -> Result<Vec<SubscriptionInvoice>, ProviderError> {
        let request = ListInvoice::new().subscription(subscription).status(status).limit(limit);
        let page: Option<List<SubscriptionInvoice>> = optional(self.call(&request, None).await)?;
        let all = page.ok_or_else(|| unknown_subscription(subscription))?.data;
        let belongs = |invoice: &SubscriptionInvoice| invoice.owner.may_be_of_subscription(subscription);
        if all.iter().all(belongs) { Ok(all) } else { Err(AnotherObject("subscription").into()) }
    }

    /// Returns the plan that was paid last, from paid invoices, newest first. The first invoice that charges for a plan
    /// decides: the result is the best-ranked plan of its latest period.
    async fn plan_of(&self, paid: &[SubscriptionInvoice]) -> Result<Option<PlanId>, ProviderError> {
        for invoice in paid {
            // Negative lines are credits for the previous plan. The latest period comes first: the charge for the next
            // period starts later than prorations of this period. Within a period, lines of zero come last.
            let mut charged: Vec<&InvoiceLine> = invoice.lines.data.iter().filter(|line| line.amount >= 0).collect();
            charged.sort_by_key(|line| (Reverse(line.period.start), line.amount == 0));
            for lines in charged
                .chunk_by(|one, next| (one.period.start, one.amount == 0) == (next.period.start, next.amount == 0))
            {
                let prices: Vec<_> = lines.iter().filter_map(|line| line.price()).map(str::to_owned).collect();
                if let Some((plan, _)) = self.best_plan_of(&prices).await? {
                    return Ok(Some(plan));
                }
            }
        }
        Ok(None)
    }
}

/// When an invoice became or becomes due: on its due date if it was sent, else when it was created.
fn requested_at(invoice: &SubscriptionInvoice) -> Timestamp {
    Timestamp::from_secs(invoice.due_date.unwrap_or(invoice.created))
}

/// Sums what is unpaid, in the currency of the newest invoice. Invoices in other currencies are left out.
fn sum(open: &[SubscriptionInvoice]) -> Result<Option<Money>, InvalidCurrency> {
    let Some(newest) = open.first() else { return Ok(None) };
    let same = open.iter().filter(|invoice| invoice.currency == newest.currency);
    let minor = same.fold(0_i64, |sum, invoice| sum.saturating_add(invoice.amount_remaining));
    Ok(Some(money(minor, newest.currency.parse()?)))
}
