//! Orders, which are Polar's invoices.

use domain::{
    invoice::{Invoice, InvoiceStatus},
    money::{InvalidCurrency, Money},
};

use super::{
    Polar,
    answer::{List, Order},
    is_object_id,
};
use crate::payment::ProviderError;

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
        let query = [("customer_id", customer), ("limit", LISTED), ("sorting", "-created_at")];
        let List { items, .. } = self.client.get::<List<Order>>("orders/", &query).await?;
        let read = items.into_iter().map(understand).collect::<Result<Vec<_>, _>>();
        Ok(read.map_err(|error| ProviderError::Decode(error.into()))?.into_iter().flatten().collect())
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
