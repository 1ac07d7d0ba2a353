//! Orders, which are Polar's invoices.

use domain::{
    invoice::{Invoice, InvoiceStatus},
    money::{InvalidCurrency, Money},
};

use super::{
    Polar,
    answer::{List, Order, WholeList},
    customer::unknown_customer,
    is_object_id, money,
    subscription::{is_billed, sold_by},
};
use crate::payment::{AnotherObject, Debt, ProviderError};

/// Two years of months, as at other providers: who wants more finds it at Polar.
const LISTED: &str = "24";
const PAGE: &str = "100";
const NEWEST_FIRST: (&str, &str) = ("sorting", "-created_at");
/// States of an order (Polar: `OrderStatus`): to be paid, and paid.
const PENDING: &str = "pending";
const PAID: [&str; 3] = ["paid", "refunded", "partially_refunded"];

/// What can't be made of an order.
#[derive(Debug, thiserror::Error)]
enum Incomprehensible {
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
    /// Newest first. Their pages and documents are in the customer portal, behind a session: none is linked to.
    pub(super) async fn orders(&self, customer: &str) -> Result<Vec<Invoice>, ProviderError> {
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let query = [("customer_id", customer), ("limit", LISTED), NEWEST_FIRST];
        let List { items, .. } = self.client.get::<List<Order>>("orders/", &query).await?;
        if items.is_empty() {
            self.require_known(customer).await?;
        }
        let is_own = |order: &Order| order.customer_id.as_deref().is_none_or(|of| of == customer);
        let (items, foreign): (Vec<_>, Vec<_>) = items.into_iter().partition(is_own);
        if !foreign.is_empty() {
            tracing::error!(customer, foreign = foreign.len(), "orders of another customer left out");
            if items.is_empty() {
                return Err(AnotherObject("customer").into());
            }
        }
        // One that can't be read is left out, so that the others are shown.
        let read = |order| {
            understand(order).unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to read an order of Polar's");
                None
            })
        };
        Ok(items.into_iter().filter_map(read).collect())
    }

    /// Those of a subscription, newest first: as many as Polar gives at once.
    pub(super) async fn orders_of(&self, subscription: &str) -> Result<Vec<Order>, ProviderError> {
        if !is_object_id(subscription) {
            return Ok(Vec::new());
        }
        let query = [("subscription_id", subscription), ("limit", PAGE), NEWEST_FIRST];
        let WholeList { items } = self.client.get::<WholeList<Order>>("orders/", &query).await?;
        let is_own = |order: &Order| order.subscription_id.as_deref().is_none_or(|of| of == subscription);
        if items.iter().all(is_own) { Ok(items) } else { Err(AnotherObject("subscription").into()) }
    }

    /// What is open of a subscription, and what was paid for last. Of one that was tried first, a missing order says nothing.
    pub(super) async fn debt(&self, subscription: &str, was_tried: bool) -> Result<Debt, ProviderError> {
        let orders = self.orders_of(subscription).await?;
        let mut paid = orders.iter().filter(|order| order.is_paid()).peekable();
        let never = (paid.peek().is_none() && !was_tried).then(|| self.catalog.free.clone());
        let plan = paid.find_map(|order| {
            Some(sold_by(order.product_id.as_deref()?, order.product.as_ref(), &self.products, &self.catalog)?.0)
        });
        let open: Vec<_> = orders.iter().filter(|order| order.status == PENDING).collect();
        Ok(Debt {
            since: open.iter().filter_map(|order| order.created_at).min(),
            amount: sum(&open),
            paid: plan.or(never),
        })
    }
}

impl Order {
    /// Also one that went back since.
    pub(super) fn is_paid(&self) -> bool {
        PAID.contains(&&*self.status)
    }

    /// All that went back of it.
    pub(super) const fn gone_back(&self) -> i64 {
        self.refunded_amount.saturating_add(self.refunded_tax_amount)
    }
}

/// Of several currencies that of the newest.
fn sum(open: &[&Order]) -> Option<Money> {
    let newest = open.first()?;
    let same = open.iter().filter(|order| order.currency == newest.currency);
    let minor = same.map(|order| order.due_amount.unwrap_or(order.total_amount)).fold(0_i64, i64::saturating_add);
    Some(money(minor, newest.currency.parse().ok()?))
}

/// `None` for one in a state that nobody knows.
fn understand(order: Order) -> Result<Option<Invoice>, Incomprehensible> {
    let status = match &*order.status {
        PENDING => InvoiceStatus::Open,
        _ if order.is_paid() => InvoiceStatus::Paid,
        "void" => InvoiceStatus::Void,
        _ => return Ok(None),
    };
    let back = order.gone_back();
    let Order { id, created_at, total_amount, currency, invoice_number, .. } = order;
    let currency = currency.parse().map_err(|cause| Incomprehensible::Currency { id: id.clone(), cause })?;
    let Some(created_at) = created_at.filter(|at| is_billed(*at)) else { return Err(Incomprehensible::Time(id)) };
    let total = money(total_amount, currency);
    let refunded = (back > 0).then(|| money(back, currency));
    Ok(Some(Invoice { id, number: invoice_number, created_at, total, status, refunded, url: None, pdf_url: None }))
}
