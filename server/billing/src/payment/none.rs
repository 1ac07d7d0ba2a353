//! The provider of an installation without payments.

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

use super::{
    ChangeStart, Checkout, CheckoutState, CustomerPage, EventPage, InvoiceList, NewCheckout, NewCustomer, NewPortal,
    PaymentProvider, PeriodEnd, ProviderError, ProviderEvent, Refund, SubscriptionAnswer, SubscriptionChange,
    WebhookError,
    account::{CustomerState, ProviderAccount},
};

/// Takes no payments: each async method returns [`ProviderError::Unsupported`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProvider;

#[async_trait]
impl PaymentProvider for NoProvider {
    fn name(&self) -> Option<Provider> {
        None
    }

    fn hosted_origins(&self) -> Vec<String> {
        Vec::new()
    }

    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn fetch_customer(&self, _: &str) -> Result<CustomerState, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn create_customer(&self, _: &NewCustomer) -> Result<String, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn find_discount(&self, _: &CheckoutDiscount, _: &str) -> Result<CheckoutDiscount, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn create_checkout(&self, _: &NewCheckout) -> Result<Checkout, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn fetch_checkout(&self, _: &str) -> Result<Option<CheckoutState>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn expire_checkout(&self, _: &str) -> Result<Option<CheckoutState>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn create_portal(&self, _: &NewPortal) -> Result<Url, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn preview_recurring(&self, _: &str, _: &PlanId, _: Cycle) -> Result<Money, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn preview_change(&self, _: &str, _: &PlanId, _: Cycle) -> Result<ChangePreview, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn preview_subscription_change(&self, _: &SubscriptionChange) -> Result<ChangePreview, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn change_subscription(
        &self,
        _: &SubscriptionChange,
        _: ChangeStart,
        _: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn fetch_subscription(&self, _: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn list_subscriptions(&self, _: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn list_customers(&self, _: Option<&str>) -> Result<CustomerPage, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn read_subscriptions(&self, _: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn cancel_subscription(&self, _: &str) -> Result<(), ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn set_cancel_at_period_end(&self, _: &str, _: PeriodEnd<'_>) -> Result<(), ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn drop_pending_change(&self, _: &str) -> Result<(), ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn refund_latest(&self, _: &str, _: Timestamp) -> Result<Refund, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn list_invoices(&self, _: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn fetch_billing_profile(&self, _: &str, _: Option<&str>) -> Result<BillingProfile, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn preview_next_invoice(&self, _: &str, _: &str) -> Result<Option<UpcomingInvoice>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn fetch_payment(&self, _: &str, _: Timestamp) -> Result<Option<LastInvoice>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn list_events(&self, _: Timestamp, _: Option<&str>) -> Result<EventPage, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    fn verify_webhook(&self, _: &HeaderMap, _: &[u8], _: Timestamp) -> Result<Vec<ProviderEvent>, WebhookError> {
        Err(WebhookError::NotConfigured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_rejected_without_a_provider() {
        let verified = NoProvider.verify_webhook(&HeaderMap::new(), b"{}", Timestamp::default());
        assert_eq!(verified, Err(WebhookError::NotConfigured));
    }

    #[tokio::test]
    async fn calls_without_a_provider_are_unsupported() {
        assert!(matches!(NoProvider.fetch_subscription("sub_1").await, Err(ProviderError::Unsupported)));
        assert_eq!(NoProvider.name(), None);
    }
}
