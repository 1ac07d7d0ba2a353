//! What is open of a subscription, and what was paid for last.

use std::cmp::Reverse;

use domain::{
    ids::PlanId,
    money::{InvalidCurrency, Money},
    time::Timestamp,
};
use stripe_billing::{InvoiceStatus, invoice::ListInvoice};

use super::{
    Stripe,
    answer::{InvoiceLine, List, SettledInvoice},
    client::if_known,
    money, unknown_subscription,
};
use crate::payment::{Debt, ProviderError};

/// As many as Stripe gives at once: nobody owes more.
const OPEN: i64 = 100;
/// Of the newest that were paid one is for a plan.
const PAID: i64 = 10;

impl Stripe {
    /// Whoever tried it first has paid nothing and yet had it rightly: then an invoice for nothing says so, or nobody can tell.
    pub(super) async fn debt(&self, subscription: &str, was_tried: bool) -> Result<Debt, ProviderError> {
        let mut open = self.settled(subscription, InvoiceStatus::Open, OPEN).await?;
        open.retain(|invoice| invoice.amount_remaining > 0);
        let paid = self.settled(subscription, InvoiceStatus::Paid, PAID).await?;
        let never = (paid.is_empty() && !was_tried).then(|| self.catalog.free.clone());
        Ok(Debt {
            since: open.iter().map(|invoice| Timestamp::from_secs(invoice.created)).min(),
            amount: sum(&open).map_err(|error: InvalidCurrency| ProviderError::Decode(error.into()))?,
            paid: self.plan_of(&paid).await?.or(never),
        })
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
        Ok(page.ok_or_else(|| unknown_subscription(subscription))?.data)
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

/// Of several currencies that of the newest.
fn sum(open: &[SettledInvoice]) -> Result<Option<Money>, InvalidCurrency> {
    let Some(newest) = open.first() else { return Ok(None) };
    let same = open.iter().filter(|invoice| invoice.currency == newest.currency);
    let minor = same.fold(0_i64, |sum, invoice| sum.saturating_add(invoice.amount_remaining));
    Ok(Some(money(minor, newest.currency.parse()?)))
}
