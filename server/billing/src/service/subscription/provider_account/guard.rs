//! The guard's calls: every call to a provider passes through here.

use async_trait::async_trait;
use domain::{
    catalog::Cycle,
    ids::PlanId,
    money::Money,
    subscription::{Provider, invoice::Invoice},
    time::Timestamp,
    wire::ChangePreview,
};
use http::HeaderMap;
use url::Url;

use super::GuardedProvider;
use crate::payment::{
    Checkout, CheckoutState, EventPage, NewCheckout, NewCustomer, NewPortal, PaymentProvider, ProviderError,
    ProviderEvent, Refund, SubscriptionAnswer, WebhookError,
    account::{CustomerState, ProviderAccount},
};

impl GuardedProvider {
    /// Makes a call if the account is right. Checks the account again before it returns an unexpected answer.
    async fn guard<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
        is_unexpected: impl FnOnce(&T) -> bool,
    ) -> Result<T, ProviderError> {
        self.confirm().await?;
        let count = self.count();
        let answer = call.await;
        let is_unexpected = match &answer {
            Ok(answer) => is_unexpected(answer),
            Err(error) => error.is_unexpected(),
        };
        if let Some(name) = self.name.filter(|_| is_unexpected) {
            self.check(name, count).await?;
        }
        answer
    }
}

const fn expected<T>(_: &T) -> bool {
    false
}

#[async_trait]
impl PaymentProvider for GuardedProvider {
    fn name(&self) -> Option<Provider> {
        self.name
    }

    fn hosted_origins(&self) -> Vec<String> {
        self.inner.hosted_origins()
    }

    /// The one call that is made whichever account the key opens.
    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError> {
        self.inner.fetch_account().await
    }

    async fn fetch_customer(&self, id: &str) -> Result<CustomerState, ProviderError> {
        self.guard(self.inner.fetch_customer(id), |state| *state == CustomerState::Unknown).await
    }

    async fn create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError> {
        self.guard(self.inner.create_customer(new), expected).await
    }

    async fn create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        self.guard(self.inner.create_checkout(new), expected).await
    }

    async fn fetch_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        self.guard(self.inner.fetch_checkout(session_id), Option::is_none).await
    }

    async fn expire_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        self.guard(self.inner.expire_checkout(session_id), Option::is_none).await
    }

    async fn create_portal(&self, new: &NewPortal) -> Result<Url, ProviderError> {
        self.guard(self.inner.create_portal(new), expected).await
    }

    async fn preview_change(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError> {
        self.guard(self.inner.preview_change(subscription, plan, cycle), expected).await
    }

    async fn preview_recurring(&self, subscription: &str, plan: &PlanId, cycle: Cycle) -> Result<Money, ProviderError> {
        self.guard(self.inner.preview_recurring(subscription, plan, cycle), expected).await
    }

    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        self.guard(self.inner.fetch_subscription(id), Option::is_none).await
    }

    /// Returns only the customer's subscriptions. One of another customer is unexpected: it is left out, and the
    /// account is checked.
    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let is_foreign = |answer: &SubscriptionAnswer| answer.customer().is_some_and(|of| of != customer);
        let asking = self.inner.list_subscriptions(customer);
        let mut listed = self.guard(asking, |listed| listed.iter().any(is_foreign)).await?;
        for answer in listed.iter().filter(|answer| is_foreign(answer)) {
            let (provider, of) = (self.name.map(Provider::as_str), answer.customer());
            tracing::error!(
                provider,
                customer,
                of,
                subscription = answer.id(),
                "left out a subscription of another customer"
            );
        }
        listed.retain(|answer| !is_foreign(answer));
        Ok(listed)
    }

    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError> {
        self.guard(self.inner.cancel_subscription(id), expected).await
    }

    async fn set_cancel_at_period_end(&self, id: &str, ends: bool) -> Result<(), ProviderError> {
        self.guard(self.inner.set_cancel_at_period_end(id, ends), expected).await
    }

    async fn drop_pending_change(&self, id: &str) -> Result<(), ProviderError> {
        self.guard(self.inner.drop_pending_change(id), expected).await
    }

    async fn refund_latest(&self, subscription: &str, beside: Timestamp) -> Result<Refund, ProviderError> {
        self.guard(self.inner.refund_latest(subscription, beside), expected).await
    }

    async fn list_invoices(&self, customer: &str) -> Result<Vec<Invoice>, ProviderError> {
        self.guard(self.inner.list_invoices(customer), expected).await
    }

    async fn list_events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError> {
        self.guard(self.inner.list_events(since, after), expected).await
    }

    /// Makes no call. Verified events are stored, and handled once the account is right.
    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError> {
        self.inner.verify_webhook(headers, body, now)
    }
}
