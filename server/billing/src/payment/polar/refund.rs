//! Refunds of orders.
//!
//! Polar has no idempotency keys, but an order holds its refunded amount, which is read before each attempt.

use domain::{money::InvalidCurrency, subscription::lifecycle::DUPLICATE_WINDOW_SECS, time::Timestamp};
use serde_json::json;

use super::{
    Polar,
    answer::{self, Order},
    client::CallError,
    money,
};
use crate::payment::{NotRefunded, ProviderError, Refund};

/// The currency of an order can't be decoded.
#[derive(Debug, thiserror::Error)]
#[error("the order {id} is in an unknown currency")]
struct UnknownCurrency {
    id: String,
    #[source]
    cause: InvalidCurrency,
}

impl From<UnknownCurrency> for ProviderError {
    fn from(cause: UnknownCurrency) -> Self {
        Self::Decode(cause.into())
    }
}

impl Polar {
    /// Refunds what is left of the latest paid order of a subscription, and returns the total refunded. Implements
    /// [`PaymentProvider::refund_latest`].
    ///
    /// [`PaymentProvider::refund_latest`]: crate::payment::PaymentProvider::refund_latest
    pub(super) async fn refund(
        &self,
        subscription: &str,
        other_started_at: Timestamp,
    ) -> Result<Refund, ProviderError> {
        let Some(order) = self.latest_paid(subscription).await? else { return Ok(Refund::NothingPaid) };
        if order.total_amount <= 0 {
            return Ok(Refund::NothingPaid);
        }
        let left = order.refundable();
        if left <= 0 {
            return order.refund_outcome(0);
        }
        let paid_since = other_started_at.plus_secs(-DUPLICATE_WINDOW_SECS);
        if order.refunded_amount == 0 && order.created_at.is_none_or(|at| at < paid_since) {
            return Err(NotRefunded::TooOld.into());
        }
        let body = json!({
            "order_id": order.id,
            "reason": "duplicate",
            "amount": left,
            "comment": "Paid beside another subscription.",
            "metadata": { "doubled_subscription": subscription },
        });
        match self.client.create::<answer::Refund>("refunds/", &body).await {
            Ok(made) if matches!(made.status.as_str(), "failed" | "canceled") => {
                Err(NotRefunded::Failed { id: made.id, status: made.status }.into())
            }
            Ok(made) => order.refund_outcome(made.amount.saturating_add(made.tax_amount)),
            // A concurrent refund was first: the order holds how much was refunded.
            Err(CallError::Refused(refusal)) if refusal.error == "RefundedAlready" => {
                match self.latest_paid(subscription).await? {
                    Some(order) => order.refund_outcome(0),
                    None => Ok(Refund::NothingPaid),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn latest_paid(&self, subscription: &str) -> Result<Option<Order>, ProviderError> {
        Ok(self.orders_of(subscription).await?.into_iter().find(Order::is_paid))
    }
}

impl Order {
    /// Returns what can still be refunded, before tax; Polar adds the tax.
    fn refundable(&self) -> i64 {
        let before_tax = self.net_amount.unwrap_or(self.total_amount);
        self.refundable_amount.unwrap_or_else(|| before_tax.saturating_sub(self.refunded_amount))
    }

    /// Returns the total refund: what was refunded before, and `now`.
    fn refund_outcome(&self, now: i64) -> Result<Refund, ProviderError> {
        let currency = self.currency.parse().map_err(|cause| UnknownCurrency { id: self.id.clone(), cause })?;
        Ok(Refund::Returned(money(self.refunded_with_tax().saturating_add(now), currency)))
    }
}
