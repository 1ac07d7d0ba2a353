//! Writes answers that the caller has fetched, for a customer that was linked to a tenant.

use domain::subscription::Provider;

use super::{FetchedState, not_locked};
use crate::{
    payment::SubscriptionAnswer,
    service::{Cause, ServiceError, Subscriptions},
    store::subscription::customers::Customer,
};

impl Subscriptions {
    /// Writes a customer's subscriptions without a call to the provider. No-op if another run has written the customer
    /// since `customer` was read: it has fetched later.
    pub(in crate::service) async fn write_answers(
        &self,
        name: Provider,
        customer: &Customer,
        answers: Vec<SubscriptionAnswer>,
    ) -> Result<(), ServiceError> {
        let lock = self.0.reconcile_locks.acquire(&customer.tenant).await;
        let _lock = lock.map_err(|cause| not_locked(name, cause))?;
        let fetched = FetchedState { answers, ..FetchedState::default() };
        // Boxed: the future of this write is large.
        Box::pin(self.write_fetched(name, customer, fetched, Cause::Import)).await.map(drop)
    }
}
