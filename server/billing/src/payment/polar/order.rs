//! Orders, which are Polar's invoices.

use domain::{
    invoice::{Invoice, InvoiceStatus},
    money::{InvalidCurrency, Money},
};

use super::{
    Polar,
    answer::{List, Order},
    is_object_id,
    subscription::sold_by,
};
use crate::payment::{Debt, FetchedSubscription, ProviderError};

/// Two years of months, as at other providers: who wants more finds it at Polar.
const LISTED: &str = "24";

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
            return Ok(Vec::new());
        }
        let read = self.newest_orders(customer).await?.into_iter().map(understand).collect::<Result<Vec<_>, _>>();
        Ok(read.map_err(|error| ProviderError::Decode(error.into()))?.into_iter().flatten().collect())
    }

    async fn newest_orders(&self, customer: &str) -> Result<Vec<Order>, ProviderError> {
        let query = [("customer_id", customer), ("limit", LISTED), ("sorting", "-created_at")];
        Ok(self.client.get::<List<Order>>("orders/", &query).await?.items)
    }

    /// What is open of a subscription, and what was paid for last. Of one that was tried first, a missing order says nothing.
    pub(super) async fn debt(&self, of: &FetchedSubscription) -> Result<Debt, ProviderError> {
        let mut orders = if is_object_id(&of.customer) { self.newest_orders(&of.customer).await? } else { Vec::new() };
        orders.retain(|order| order.subscription_id.as_deref() == Some(&of.id));
        let (open, others): (Vec<_>, Vec<_>) = orders.into_iter().partition(|order| order.status == "pending");
        let paid: Vec<_> = others.into_iter().filter(|order| order.status != "void").collect();
        let plan = paid.iter().find_map(|order| {
            Some(sold_by(order.product_id.as_deref()?, order.product.as_ref(), &self.products, &self.catalog)?.0)
        });
        let never = (paid.is_empty() && of.trial_end.is_none()).then(|| self.catalog.free.clone());
        let currency = open.first().and_then(|order| order.currency.parse().ok());
        let minor = open.iter().map(|order| order.due_amount.unwrap_or(order.total_amount));
        let minor = minor.fold(0_i64, i64::saturating_add);
        Ok(Debt {
            since: open.iter().filter_map(|order| order.created_at).min(),
            amount: currency.map(|currency| Money::new(minor, currency)),
            paid: plan.or(never),
        })
    }
}

/// `None` for one in a state that nobody knows.
fn understand(order: Order) -> Result<Option<Invoice>, Incomprehensible> {
    let Order {
        id,
        created_at,
        status,
        total_amount,
        currency,
        invoice_number,
        net_amount: _,
        refundable_amount: _,
        refunded_amount,
        refunded_tax_amount,
        due_amount: _,
        subscription_id: _,
        product_id: _,
        product: _,
    } = order;
    let status = match status.as_str() {
        "pending" => InvoiceStatus::Open,
        "paid" | "refunded" | "partially_refunded" => InvoiceStatus::Paid,
        "void" => InvoiceStatus::Void,
        _ => return Ok(None),
    };
    let currency = currency.parse().map_err(|cause| Incomprehensible::Currency { id: id.clone(), cause })?;
    let Some(created_at) = created_at else { return Err(Incomprehensible::Time(id)) };
    let total = Money::new(total_amount, currency);
    let back = refunded_amount.saturating_add(refunded_tax_amount);
    let refunded = (back > 0).then(|| Money::new(back, currency));
    Ok(Some(Invoice { id, number: invoice_number, created_at, total, status, refunded, url: None, pdf_url: None }))
}
