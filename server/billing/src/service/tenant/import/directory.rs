//! The view of a provider that imports have: it reads, and has no call that changes anything there.

use std::{num::NonZeroU32, time::Duration};

use domain::subscription::Provider;

use crate::{
    payment::{
        CustomerPage, PaymentProvider, ProviderCapabilities, ProviderError, SubscriptionAnswer,
        account::{CustomerState, ProviderAccount},
    },
    service::{Core, ServiceError},
};

/// The customers of a provider's account, to read. Code of imports has no other way to the provider: a call that writes
/// does not compile.
#[derive(Clone, Copy)]
pub(super) struct CustomerDirectory<'a> {
    provider: &'a dyn PaymentProvider,
    name: Provider,
    /// How many customers are read in a second at most.
    per_sec: u32,
}

impl<'a> CustomerDirectory<'a> {
    /// [`ServiceError::BillingNotConfigured`] without the provider's key.
    pub(super) fn of(core: &'a Core, name: Provider) -> Result<Self, ServiceError> {
        let provider = core.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let per_sec = core
            .settings()
            .limits
            .imported_per_sec
            .map_or_else(|| ProviderCapabilities::of(name).imported_per_second, NonZeroU32::get);
        Ok(Self { provider, name, per_sec })
    }

    pub(super) async fn fetch_account(self) -> Result<ProviderAccount, ServiceError> {
        self.provider.fetch_account().await.map_err(|error| self.failed(error))
    }

    /// Lists a page of the account's customers, in one call.
    pub(super) async fn list_customers(self, after: Option<&str>) -> Result<CustomerPage, ServiceError> {
        self.provider.list_customers(after).await.map_err(|error| self.failed(error))
    }

    /// Whether the account has the customer; `false` also for a deleted one.
    pub(super) async fn is_present(self, customer: &str) -> Result<bool, ServiceError> {
        let state = self.provider.fetch_customer(customer).await.map_err(|error| self.failed(error))?;
        Ok(state == CustomerState::Present)
    }

    /// Returns all subscriptions of a customer; `None` if the account does not know the customer.
    ///
    /// Makes one call for each 100 subscriptions, two more for each overdue one, and one more for each with items that no
    /// plan sells.
    pub(super) async fn read_subscriptions(
        self,
        customer: &str,
    ) -> Result<Option<Vec<SubscriptionAnswer>>, ServiceError> {
        match self.provider.read_subscriptions(customer).await {
            Ok(answers) => Ok(Some(answers)),
            Err(ProviderError::UnknownCustomer(_)) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Returns the least time for reading the subscriptions of so many customers.
    pub(super) fn pace(self, customers: u32) -> Duration {
        Duration::from_secs(1) * customers / self.per_sec.max(1)
    }

    fn failed(self, error: ProviderError) -> ServiceError {
        ServiceError::from_provider(self.name.title(), error)
    }
}
