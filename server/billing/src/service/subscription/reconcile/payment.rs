//! The invoice of a payment, where the provider does not report invoices with the subscription.

use std::error::Error;

use domain::subscription::{LastInvoice, Provider, Subscription, current_subscription, lifecycle::detect_payment};

use super::stored::subscription_to_store;
use crate::{
    payment::{FetchedSubscription, PaymentProvider, SubscriptionAnswer},
    service::{ServiceError, Subscriptions},
    store::subscription::customers::Customer,
};

/// How long before the start of its period an invoice may be created.
const CREATED_BEFORE_SECS: i64 = 300;

/// An invoice that was fetched for a payment.
pub(super) struct FetchedPayment {
    /// The provider's id of the subscription.
    subscription: String,
    invoice: LastInvoice,
}

impl FetchedPayment {
    /// Adds the invoice to its subscription, for the events of this change. It is not stored.
    pub(super) fn add_to(self, name: Provider, subscriptions: &mut [Subscription]) {
        let Self { subscription, invoice } = self;
        let is_paid = |known: &&mut Subscription| known.provider == name && known.external_id == subscription;
        if let Some(paid) = subscriptions.iter_mut().find(is_paid) {
            paid.details.last_invoice = Some(invoice);
        }
    }
}

impl Subscriptions {
    /// Fetches the invoice of a payment that the answers show without one; `None` if they show no payment.
    ///
    /// The payment counts without its invoice, too: a failure to fetch it is only logged.
    pub(super) async fn fetch_payment(
        &self,
        provider: &dyn PaymentProvider,
        name: Provider,
        customer: &Customer,
        answers: &[SubscriptionAnswer],
    ) -> Result<Option<FetchedPayment>, ServiceError> {
        let without_invoice = |answer: &SubscriptionAnswer| match answer {
            SubscriptionAnswer::Fetched(fetched) if fetched.details.last_invoice.is_none() => {
                Some(FetchedSubscription::clone(fetched))
            }
            SubscriptionAnswer::Fetched(_) | SubscriptionAnswer::Unreadable(_) => None,
        };
        let fetched: Vec<_> = answers.iter().filter_map(without_invoice).collect();
        if fetched.is_empty() {
            return Ok(None);
        }
        let known = self.store().read().await?.connection().list_subscriptions(&customer.tenant).await?;
        let before = |id: &str| known.iter().find(|stored| stored.provider == name && stored.external_id == id);
        let now = self.billing_now();
        let after: Vec<_> = fetched
            .into_iter()
            .filter_map(|fetched| {
                let before = before(&fetched.id);
                let is_begun = before.is_some_and(|before| before.details.begun_by_dues);
                subscription_to_store(name, fetched, (before, is_begun), now)
            })
            .collect();
        let Some(paid) = current_subscription(self.catalog(), &after) else { return Ok(None) };
        if detect_payment(before(&paid.external_id), paid).is_none() {
            return Ok(None);
        }
        let id = &paid.external_id;
        match provider.fetch_payment(id, paid.period_start.plus_secs(-CREATED_BEFORE_SECS)).await {
            Ok(invoice) => Ok(invoice.map(|invoice| FetchedPayment { subscription: id.clone(), invoice })),
            Err(error) => {
                let provider = name.as_str();
                tracing::warn!(
                    provider,
                    subscription = id,
                    error = &error as &dyn Error,
                    "failed to fetch the invoice of a payment"
                );
                Ok(None)
            }
        }
    }
}
