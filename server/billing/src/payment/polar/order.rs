//! Polar's orders, which are its invoices.

use std::num::NonZeroU32;

use domain::{
    money::{InvalidCurrency, Money},
    subscription::{
        LastInvoice,
        invoice::{Invoice, InvoicePage, InvoiceStatus},
    },
    time::Timestamp,
};

use super::{
    Polar,
    answer::{List, Order, WholeList},
    customer::unknown_customer,
    is_object_id, money,
    subscription::{is_valid_time, sold_by},
};
use crate::payment::{AnotherObject, Debt, InvoiceList, ProviderError, error::invalid_cursor};

const PAGE: &str = "100";
const NEWEST_FIRST: (&str, &str) = ("sorting", "-created_at");
/// Status of an unpaid order (Polar: `OrderStatus`).
const PENDING: &str = "pending";
/// Statuses of a paid order, also where it was refunded since.
const PAID: [&str; 3] = ["paid", "refunded", "partially_refunded"];

/// Why an order can't be decoded.
#[derive(Debug, thiserror::Error)]
enum InvalidOrder {
    #[error("the order {id} is in an unknown currency")]
    Currency {
        id: String,
        #[source]
        cause: InvalidCurrency,
    },
    #[error("the order {0} has no time")]
    Time(String),
}

impl Polar {
    /// Lists a customer's orders as invoices, newest first. They have no URLs: Polar shows them in its portal only.
    /// A cursor is the number of a page.
    pub(super) async fn orders(&self, list: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError> {
        let InvoiceList { customer, limit, cursor } = *list;
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let number: NonZeroU32 = cursor.unwrap_or("1").parse().map_err(|_| invalid_cursor())?;
        let (limit, page) = (limit.to_string(), number.to_string());
        let query = [("customer_id", customer), ("limit", &*limit), ("page", &*page), NEWEST_FIRST];
        let List { items, pagination } = self.client.get::<List<Order>>("orders/", &query).await?;
        let newer = NonZeroU32::new(number.get() - 1).map(|newer| newer.to_string());
        let older = (u64::from(number.get()) < pagination.max_page).then(|| number.saturating_add(1).to_string());
        if items.is_empty() && newer.is_none() {
            self.require_known(customer).await?;
        }
        let belongs = |order: &Order| order.customer_id.as_deref().is_none_or(|of| of == customer);
        let (items, foreign): (Vec<_>, Vec<_>) = items.into_iter().partition(belongs);
        if !foreign.is_empty() {
            tracing::error!(
                customer,
                foreign = foreign.len(),
                "omitted orders that Polar listed for this customer and that belong to another"
            );
            if items.is_empty() {
                return Err(AnotherObject("customer").into());
            }
        }
        // An unreadable order is left out, so that the others are shown.
        let read = |order| {
            to_invoice(order).unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to decode an order from Polar");
                None
            })
        };
        Ok(InvoicePage { invoices: items.into_iter().filter_map(read).collect(), newer, older })
    }

    /// Lists the newest page of a subscription's orders, newest first.
    pub(super) async fn orders_of(&self, subscription: &str) -> Result<Vec<Order>, ProviderError> {
        if !is_object_id(subscription) {
            return Ok(Vec::new());
        }
        let query = [("subscription_id", subscription), ("limit", PAGE), NEWEST_FIRST];
        let WholeList { items } = self.client.get::<WholeList<Order>>("orders/", &query).await?;
        let belongs = |order: &Order| order.subscription_id.as_deref().is_none_or(|of| of == subscription);
        if items.iter().all(belongs) { Ok(items) } else { Err(AnotherObject("subscription").into()) }
    }

    /// Returns a subscription's newest paid order that was created at `since` or later.
    pub(super) async fn payment(
        &self,
        subscription: &str,
        since: Timestamp,
    ) -> Result<Option<LastInvoice>, ProviderError> {
        let orders = self.orders_of(subscription).await?;
        let paid = orders.into_iter().find(|order| order.is_paid() && order.created_at.is_some_and(|at| at >= since));
        Ok(paid.and_then(|order| {
            let paid = money(order.total_amount, order.currency.parse().ok()?);
            Some(LastInvoice { id: order.id, is_paid: true, paid })
        }))
    }

    /// Returns what is unpaid of a subscription, and the plan that was paid last.
    ///
    /// Without a paid order, the last paid plan is the free plan, or unknown after a trial.
    pub(super) async fn debt(&self, subscription: &str, had_trial: bool) -> Result<Debt, ProviderError> {
        let orders = self.orders_of(subscription).await?;
        let mut paid = orders.iter().filter(|order| order.is_paid()).peekable();
        let never_paid = (paid.peek().is_none() && !had_trial).then(|| self.catalog.free.clone());
        let plan = paid.find_map(|order| {
            Some(sold_by(order.product_id.as_deref()?, order.product.as_ref(), &self.products, &self.catalog)?.0)
        });
        let open: Vec<_> = orders.iter().filter(|order| order.status == PENDING).collect();
        Ok(Debt {
            since: open.iter().filter_map(|order| order.created_at).min(),
            amount: sum(&open),
            paid: plan.or(never_paid),
        })
    }
}

impl Order {
    /// Whether the order was paid, also where it was refunded since.
    pub(super) fn is_paid(&self) -> bool {
        PAID.contains(&&*self.status)
    }

    /// Returns the refunded amount, tax included.
    pub(super) const fn refunded_with_tax(&self) -> i64 {
        self.refunded_amount.saturating_add(self.refunded_tax_amount)
    }
}

/// Sums what is unpaid, in the currency of the newest order. Orders in other currencies are left out.
fn sum(open: &[&Order]) -> Option<Money> {
    let newest = open.first()?;
    let same = open.iter().filter(|order| order.currency == newest.currency);
    let minor = same.map(|order| order.due_amount.unwrap_or(order.total_amount)).fold(0_i64, i64::saturating_add);
    Some(money(minor, newest.currency.parse().ok()?))
}

/// Converts an order; `None` for an unknown status.
fn to_invoice(order: Order) -> Result<Option<Invoice>, InvalidOrder> {
    let status = match &*order.status {
        PENDING => InvoiceStatus::Open,
        _ if order.is_paid() => InvoiceStatus::Paid,
        "void" => InvoiceStatus::Void,
        _ => return Ok(None),
    };
    let back = order.refunded_with_tax();
    let Order { id, created_at, total_amount, discount_amount, tax_amount, currency, invoice_number, .. } = order;
    let currency = currency.parse().map_err(|cause| InvalidOrder::Currency { id: id.clone(), cause })?;
    let Some(created_at) = created_at.filter(|at| is_valid_time(*at)) else { return Err(InvalidOrder::Time(id)) };
    let total = money(total_amount, currency);
    let refunded = (back > 0).then(|| money(back, currency));
    let part = |amount: Option<i64>| amount.filter(|amount| *amount > 0).map(|amount| money(amount, currency));
    Ok(Some(Invoice {
        id,
        number: invoice_number,
        created_at,
        total,
        discount: part(discount_amount),
        tax: part(tax_amount),
        status,
        refunded,
        url: None,
        pdf_url: None,
    }))
}
