//! Stripe: "The Invoice object".

mod json;
pub(crate) mod line;

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use self::line::{Line, LineDiscount, LineTax};
use super::{Metadata, coupon::Discount, price};
use crate::{billing::period::Period, storage::Transaction};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvoiceStatus {
    Draft,
    Open,
    Paid,
    Void,
    Uncollectible,
}

choices!(InvoiceStatus {
    Draft = "draft",
    Open = "open",
    Paid = "paid",
    Void = "void",
    Uncollectible = "uncollectible",
});

impl InvoiceStatus {
    pub(crate) fn as_str(self) -> &'static str {
        Self::CHOICES.iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }
}

/// Why the invoice was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BillingReason {
    SubscriptionCreate,
    SubscriptionCycle,
    SubscriptionUpdate,
    Upcoming,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) number: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    pub(crate) status: InvoiceStatus,
    pub(crate) reason: BillingReason,
    pub(crate) currency: String,
    pub(crate) lines: Vec<Line>,
    /// The discounts that apply, including those removed from the subscription since.
    #[serde(default)]
    pub(crate) redeemed: Vec<Discount>,
    pub(crate) amount_due: i64,
    pub(crate) starting_balance: i64,
    pub(crate) ending_balance: Option<i64>,
    pub(crate) attempts: u32,
    pub(crate) next_attempt: Option<Timestamp>,
    /// When a sent invoice is due.
    #[serde(default)]
    pub(crate) due_date: Option<Timestamp>,
    pub(crate) period: Period,
    pub(crate) payment_intent: Option<String>,
    pub(crate) finalized_at: Option<Timestamp>,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) voided_at: Option<Timestamp>,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) automatic_tax: bool,
    /// The last segment of the hosted page's URL.
    pub(crate) page: String,
}

impl Invoice {
    /// When an open invoice is charged again or becomes overdue.
    pub(crate) fn next_step_at(&self) -> Option<Timestamp> {
        let steps = [self.next_attempt, self.due_date];
        steps.into_iter().flatten().min().filter(|_| self.status == InvoiceStatus::Open)
    }

    /// Whether the invoice is open after a declined charge or past its due date.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        let is_late = self.attempts > 0 || self.due_date.is_some_and(|due| due <= now);
        self.status == InvoiceStatus::Open && is_late
    }

    pub(crate) fn subtotal(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// The sum of all lines after discounts and with tax, in minor units.
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(Line::total).sum()
    }

    /// The tax that is added to the lines.
    pub(crate) fn added_tax(&self) -> i64 {
        self.lines.iter().map(|line| line.total() - line.net()).sum()
    }

    /// The tax that the lines contain.
    fn included_tax(&self) -> i64 {
        self.lines.iter().map(Line::included_tax).sum()
    }

    /// The sum of the taxes of each rate and behavior.
    fn taxes(&self) -> Vec<LineTax> {
        let mut sums: Vec<LineTax> = Vec::new();
        for tax in self.lines.iter().filter_map(|line| line.tax) {
            match sums.iter_mut().find(|sum| sum.rate == tax.rate && sum.inclusive == tax.inclusive) {
                Some(sum) => {
                    sum.amount += tax.amount;
                    sum.taxable += tax.taxable;
                }
                None => sums.push(tax),
            }
        }
        sums
    }

    /// What the discounts take off.
    pub(crate) fn discounted(&self) -> i64 {
        self.lines.iter().map(|line| line.amount - line.net()).sum()
    }

    /// The total of each discount.
    fn discounts(&self) -> Vec<LineDiscount> {
        let mut sums: Vec<LineDiscount> = Vec::new();
        for LineDiscount { discount, amount } in self.lines.iter().flat_map(|line| &line.discounts) {
            match sums.iter_mut().find(|sum| sum.discount == *discount) {
                Some(sum) => sum.amount += amount,
                None => sums.push(LineDiscount { discount: discount.clone(), amount: *amount }),
            }
        }
        sums
    }

    pub(crate) fn amount_paid(&self) -> i64 {
        if self.status == InvoiceStatus::Paid { self.amount_due } else { 0 }
    }

    pub(crate) fn money(&self, amount: i64) -> Money {
        price::money(amount, self.currency.parse().unwrap_or(Currency::USD))
    }

    pub(crate) fn page_url(&self, tx: &Transaction<'_>) -> String {
        format!("{}/invoice/{}", tx.public_url, self.page)
    }
}

/// Whether the customer has an open invoice whose charge was declined.
pub(crate) fn is_delinquent(tx: &Transaction<'_>, customer: &str) -> bool {
    tx.owned::<Invoice>(customer).any(|invoice| invoice.status == InvoiceStatus::Open && invoice.attempts > 0)
}
