//! The calls behind the guard.

use async_trait::async_trait;
use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId},
    money::Money,
    subscription::{
        LastInvoice, Provider,
        billing_profile::BillingProfile,
        checkout_options::CheckoutDiscount,
        invoice::{InvoicePage, UpcomingInvoice},
    },
    time::Timestamp,
    wire::ChangePreview,
};
use http::HeaderMap;
use url::Url;

use super::GuardedProvider;
use crate::payment::{
    ChangeStart, Checkout, CheckoutState, CustomerPage, EventPage, InvoiceList, NewCheckout, NewCustomer, NewPortal,
    PaymentProvider, PeriodEnd, ProviderError, ProviderEvent, Refund, SubscriptionAnswer, SubscriptionChange,
    WebhookError,
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

    /// Makes a call that lists a customer's subscriptions. Omits a subscription of another customer and, because it is
    /// unexpected, checks the provider account.
    async fn list_own(
        &self,
        customer: &str,
        call: impl Future<Output = Result<Vec<SubscriptionAnswer>, ProviderError>>,
    ) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let is_foreign = |answer: &SubscriptionAnswer| answer.customer().is_some_and(|of| of != customer);
        let mut listed = self.guard(call, |listed| listed.iter().any(is_foreign)).await?;
        for answer in listed.iter().filter(|answer| is_foreign(answer)) {
            let (provider, of) = (self.name.map(Provider::as_str), answer.customer());
            tracing::error!(
                provider,
                customer,
                found_customer = of,
                subscription = answer.id(),
                "omitted a subscription that the provider listed for this customer and that belongs to another customer"
            );
        }
        listed.retain(|answer| !is_foreign(answer));
        Ok(listed)
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

    /// Fetches the account that the key opens. The only call that is never blocked.
    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError> {
        self.inner.fetch_account().await
    }

    async fn fetch_customer(&self, id: &str) -> Result<CustomerState, ProviderError> {
        self.guard(self.inner.fetch_customer(id), |state| *state == CustomerState::Unknown).await
    }

    async fn create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError> {
        self.guard(self.inner.create_customer(new), expected).await
    }

    async fn find_discount(
        &self,
        discount: &CheckoutDiscount,
        customer: &str,
    ) -> Result<CheckoutDiscount, ProviderError> {
        self.guard(self.inner.find_discount(discount, customer), expected).await
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

    async fn preview_subscription_change(&self, change: &SubscriptionChange) -> Result<ChangePreview, ProviderError> {
        self.guard(self.inner.preview_subscription_change(change), expected).await
    }

    async fn change_subscription(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
        attempt: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        self.guard(self.inner.change_subscription(change, start, attempt), expected).await
    }

    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        self.guard(self.inner.fetch_subscription(id), Option::is_none).await
    }

    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        self.list_own(customer, self.inner.list_subscriptions(customer)).await
    }

    async fn list_customers(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError> {
        self.guard(self.inner.list_customers(after), expected).await
    }

    async fn read_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        self.list_own(customer, self.inner.read_subscriptions(customer)).await
    }

    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError> {
        self.guard(self.inner.cancel_subscription(id), expected).await
    }

    async fn set_cancel_at_period_end(&self, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError> {
        self.guard(self.inner.set_cancel_at_period_end(id, end), expected).await
    }

    async fn drop_pending_change(&self, id: &str) -> Result<(), ProviderError> {
        self.guard(self.inner.drop_pending_change(id), expected).await
    }

    async fn refund_latest(&self, subscription: &str, beside: Timestamp) -> Result<Refund, ProviderError> {
        self.guard(self.inner.refund_latest(subscription, beside), expected).await
    }

    async fn list_invoices(&self, list: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError> {
        self.guard(self.inner.list_invoices(list), expected).await
    }

    async fn fetch_billing_profile(
        &self,
        customer: &str,
        subscription: Option<&str>,
    ) -> Result<BillingProfile, ProviderError> {
        self.guard(self.inner.fetch_billing_profile(customer, subscription), expected).await
    }

    async fn preview_next_invoice(
        &self,
        customer: &str,
        subscription: &str,
    ) -> Result<Option<UpcomingInvoice>, ProviderError> {
        self.guard(self.inner.preview_next_invoice(customer, subscription), expected).await
    }

    async fn fetch_payment(&self, subscription: &str, since: Timestamp) -> Result<Option<LastInvoice>, ProviderError> {
        self.guard(self.inner.fetch_payment(subscription, since), expected).await
    }

    async fn list_events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError> {
        self.guard(self.inner.list_events(since, after), expected).await
    }

    /// Verifies without a call, so also while the account is wrong: the caller stores the events, and they are handled
    /// once the account is right.
    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError> {
        self.inner.verify_webhook(headers, body, now)
    }
}
