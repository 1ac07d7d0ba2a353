//! What the billing page shows of the provider: payment method, next invoice, newest invoices. Nothing of it is stored.

use std::time::Duration;

use domain::{
    ids::TenantId,
    subscription::{
        Provider,
        billing_profile::BillingProfile,
        invoice::{Invoice, InvoicePage, UpcomingInvoice},
    },
};
use tokio::time::{Instant, timeout_at};

use super::invoice::BilledCustomer;
use crate::{
    payment::ProviderError,
    service::{ServiceError, Subscriptions, base::permission::Biller},
};

/// How long a page waits for the provider, for all that it shows together.
const PAGE_TIMEOUT: Duration = Duration::from_secs(4);

/// What a page shows of the provider's answer, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched<T> {
    Found(T),
    /// The provider did not answer in time, or not with an answer that can be understood.
    Unavailable,
    /// The provider rejected the request with this reason.
    Rejected(String),
    /// The rate limit for the provider is reached and nothing is cached.
    Throttled,
}

/// The next invoice, as far as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upcoming {
    Invoice(UpcomingInvoice),
    /// No invoice will follow.
    None,
    /// The provider previews no invoices.
    NotPreviewed,
}

/// What the provider has of a workspace's billing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingOverview {
    pub provider: Provider,
    pub profile: Fetched<BillingProfile>,
    pub upcoming: Fetched<Upcoming>,
    pub invoices: Fetched<InvoicePage>,
}

impl<T> Fetched<T> {
    /// Sorts an answer of the provider. Errors that are not about the provider stay errors.
    pub fn from_answer(answer: Result<T, ServiceError>) -> Result<Self, ServiceError> {
        Ok(match answer {
            Ok(found) => Self::Found(found),
            Err(ServiceError::ProviderUnavailable { .. }) => Self::Unavailable,
            Err(
                error @ (ServiceError::ProviderRejected { .. }
                | ServiceError::ProviderAccountChanged { .. }
                | ServiceError::UnknownAtProvider { .. }),
            ) => Self::Rejected(error.to_string()),
            Err(ServiceError::Throttled { .. }) => Self::Throttled,
            Err(error) => return Err(error),
        })
    }
}

impl Subscriptions {
    /// Returns what the provider has of the workspace's billing; `None` if the workspace has no customer, or no
    /// provider is configured. Each part that the provider does not answer says so, and all together take 4 seconds at
    /// most.
    pub async fn billing_overview(&self, biller: &Biller) -> Result<Option<BillingOverview>, ServiceError> {
        let tenant = biller.tenant();
        let account = match self.billed_customer(tenant).await {
            Err(ServiceError::BillingNotConfigured) => return Ok(None),
            found => found?,
        };
        let name = account.provider;
        let (Some(customer), Some(_)) = (account.customer.clone(), self.sender(name)) else { return Ok(None) };
        let deadline = Instant::now() + PAGE_TIMEOUT;
        // One read of a tenant is in flight at a time, so these wait for each other. Answers are cached: at a slow
        // provider the next load of the page finds the first of them, and has time for the others.
        let (invoices, profile, upcoming) = tokio::join!(
            timeout_at(deadline, self.invoice_page(biller, None)),
            timeout_at(deadline, self.billing_profile(tenant, &account, &customer)),
            timeout_at(deadline, self.upcoming_invoice(tenant, &account, &customer)),
        );
        let late = || late(name);
        Ok(Some(BillingOverview {
            provider: name,
            profile: Fetched::from_answer(profile.unwrap_or_else(|_| Err(late())))?,
            upcoming: Fetched::from_answer(upcoming.unwrap_or_else(|_| Err(late())))?,
            invoices: Fetched::from_answer(invoices.unwrap_or_else(|_| Err(late())))?,
        }))
    }

    /// Returns a recent invoice of the workspace for the page after its payment; `None` where the provider does not
    /// list it, or does not answer in time.
    pub async fn recent_invoice(&self, biller: &Biller, id: &str) -> Result<Option<Invoice>, ServiceError> {
        let answer = match tokio::time::timeout(PAGE_TIMEOUT, self.invoice_page(biller, None)).await {
            Err(_) | Ok(Err(ServiceError::BillingNotConfigured)) => return Ok(None),
            Ok(answer) => Fetched::from_answer(answer)?,
        };
        Ok(match answer {
            Fetched::Found(page) => page.invoices.into_iter().find(|invoice| invoice.id == id),
            Fetched::Unavailable | Fetched::Rejected(_) | Fetched::Throttled => None,
        })
    }

    async fn billing_profile(
        &self,
        tenant: &TenantId,
        billed: &BilledCustomer,
        customer: &str,
    ) -> Result<BillingProfile, ServiceError> {
        let name = billed.provider;
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let live = billed.subscription.as_ref().filter(|current| current.status.is_live());
        let ask = async {
            match provider.fetch_billing_profile(customer, live.map(|current| current.external_id.as_str())).await {
                Ok(profile) => Ok(profile),
                Err(error) => match self.providers().failed_call(tenant, name, error).await {
                    ServiceError::CustomerGone { .. } => Ok(BillingProfile::default()),
                    failed => Err(failed),
                },
            }
        };
        self.providers().read_provider(tenant, (format!("profile at {}", name.as_str()), 2), Box::pin(ask)).await
    }

    async fn upcoming_invoice(
        &self,
        tenant: &TenantId,
        billed: &BilledCustomer,
        customer: &str,
    ) -> Result<Upcoming, ServiceError> {
        let name = billed.provider;
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        // A subscription that was not paid or that will end has no next invoice.
        let renewing = billed.subscription.as_ref().filter(|current| current.renews_at().is_some());
        let Some(current) = renewing else { return Ok(Upcoming::None) };
        let ask = async {
            match provider.preview_next_invoice(customer, &current.external_id).await {
                Ok(found) => Ok(found.map_or(Upcoming::None, Upcoming::Invoice)),
                Err(ProviderError::Unsupported) => Ok(Upcoming::NotPreviewed),
                Err(error) => match self.providers().failed_call(tenant, name, error).await {
                    ServiceError::CustomerGone { .. } => Ok(Upcoming::None),
                    failed => Err(failed),
                },
            }
        };
        self.providers().read_provider(tenant, (format!("next invoice at {}", name.as_str()), 2), Box::pin(ask)).await
    }
}

/// Returns the error for an answer that the page does not wait for.
fn late(name: Provider) -> ServiceError {
    #[derive(Debug, thiserror::Error)]
    #[error("no answer within {} seconds", PAGE_TIMEOUT.as_secs())]
    struct Late;
    ServiceError::ProviderUnavailable { provider: name.title(), cause: ProviderError::Unavailable(Late.into()) }
}
