//! What is open of a subscription, and what was paid for last.

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
    answer::{InvoiceLine, List, SettledInvoice},
    client::if_known,
    money,
    subscription::is_billed,
    unknown_subscription,
};
use crate::payment::{AnotherObject, Debt, ProviderError};

/// As many as Stripe gives at once: nobody owes more.
const OPEN: i64 = 100;
/// Of the newest that were paid one is for a plan.
const PAID: i64 = 10;

impl Stripe {
    /// Whoever tried it first has paid nothing and yet had it rightly: then an invoice for nothing says so, or nobody can tell.
    ///
    /// An invoice that was sent is asked for on the day on which it is due.
    pub(super) async fn debt(&self, subscription: &str, was_tried: bool) -> Result<Debt, ProviderError> {
        let open = self.open(subscription).await?;
        let paid = self.settled(subscription, InvoiceStatus::Paid, PAID).await?;
        let never = (paid.is_empty() && !was_tried).then(|| self.catalog.free.clone());
        Ok(Debt {
            since: open.iter().map(asked_at).min(),
            amount: sum(&open).map_err(|error: InvalidCurrency| ProviderError::Decode(error.into()))?,
            paid: self.plan_of(&paid).await?.or(never),
        })
    }

    /// What is to be paid of invoices that were sent, and by when at the earliest; `None` where nothing is, or Stripe does not say.
    pub(super) async fn open_invoices(&self, subscription: &str) -> Result<Option<OpenInvoices>, ProviderError> {
        let open = match self.open(subscription).await {
            Err(ProviderError::Decode(_)) => return Ok(None),
            open => open?,
        };
        let Ok(Some(amount)) = sum(&open) else { return Ok(None) };
        let due = open.iter().filter_map(|invoice| invoice.due_date).filter(|at| is_billed(*at)).min();
        Ok(Some(OpenInvoices { amount, due_at: due.map(Timestamp::from_secs) }))
    }

    async fn open(&self, subscription: &str) -> Result<Vec<SettledInvoice>, ProviderError> {
        let mut open = self.settled(subscription, InvoiceStatus::Open, OPEN).await?;
        open.retain(|invoice| invoice.amount_remaining > 0);
        Ok(open)
    }

    /// Newest first.
    async fn settled(
        &self,
        subscription: &str,
        status: InvoiceStatus,
        most: i64,
    ) -> Result<Vec<SettledInvoice>, ProviderError> {
        let request = ListInvoice::new().subscription(subscription).status(status).limit(most);
        let page: Option<List<SettledInvoice>> = if_known(self.ask(&request, None).await)?;
        let all = page.ok_or_else(|| unknown_subscription(subscription))?.data;
        let is_own = |invoice: &SettledInvoice| invoice.owner.may_be_of_subscription(subscription);
        if all.iter().all(is_own) { Ok(all) } else { Err(AnotherObject("subscription").into()) }
    }

    /// What the newest of them was for: the best-ranked plan of the period that was charged last.
    async fn plan_of(&self, paid: &[SettledInvoice]) -> Result<Option<PlanId>, ProviderError> {
        for invoice in paid {
            // What is credited is what it was before, and the next period stands behind what is left of this one.
            let mut charged: Vec<&InvoiceLine> = invoice.lines.data.iter().filter(|line| line.amount >= 0).collect();
            charged.sort_by_key(|line| (Reverse(line.period.start), line.amount == 0));
            for lines in charged
                .chunk_by(|one, next| (one.period.start, one.amount == 0) == (next.period.start, next.amount == 0))
            {
                let prices: Vec<_> = lines.iter().filter_map(|line| line.price()).map(str::to_owned).collect();
                if let Some((plan, _)) = self.best_sold(&prices).await? {
                    return Ok(Some(plan));
                }
            }
        }
        Ok(None)
    }
}

/// When its payment was asked for.
fn asked_at(invoice: &SettledInvoice) -> Timestamp {
    Timestamp::from_secs(invoice.due_date.unwrap_or(invoice.created))
}

/// Of several currencies that of the newest.
fn sum(open: &[SettledInvoice]) -> Result<Option<Money>, InvalidCurrency> {
    let Some(newest) = open.first() else { return Ok(None) };
    let same = open.iter().filter(|invoice| invoice.currency == newest.currency);
    let minor = same.fold(0_i64, |sum, invoice| sum.saturating_add(invoice.amount_remaining));
    Ok(Some(money(minor, newest.currency.parse()?)))
}
