//! The import of one tenant: the product puts it with its customers.

use domain::{
    subscription::Provider,
    tenant::{
        external_id::ExternalId,
        import::{
            ImportOutcome,
            outcome::{FoundSubscription, ImportConflict, RowStanding, by_subscriptions},
        },
    },
};

use super::{
    Imports, ServiceError,
    decide::{details, found_subscription},
    directory::CustomerDirectory,
};
use crate::{
    payment::SubscriptionAnswer,
    service::{
        base::permission::InstallationPrincipal,
        tenant::{
            customer::find_standing,
            profile::{ProfileChange, PutTenant, check_profile},
        },
    },
    store::tenant::import_rows::DecisionDetails,
};

/// What would come of a tenant that is put with a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPreview {
    pub outcome: ImportOutcome,
    pub details: DecisionDetails,
}

impl Imports {
    /// Creates or changes a tenant as [`crate::service::Tenants::put_tenant`] does, links it to customers that exist at
    /// the providers, and stores their subscriptions at once. Idempotent. Changes nothing at the providers.
    ///
    /// A validation error names a customer that the provider's account does not have. [`ServiceError::CustomerTaken`] if
    /// another tenant has one.
    pub async fn put_tenant(
        &self,
        by: &InstallationPrincipal,
        external: &ExternalId,
        change: ProfileChange,
        customers: &[(Provider, String)],
    ) -> Result<PutTenant, ServiceError> {
        let tenants = self.tenants();
        check_profile(change.clone())?;
        let mut answers = Vec::new();
        for (provider, customer) in customers {
            answers.push(self.read_customer(*provider, customer).await?);
        }
        let (mut put, linked) = tenants.put_with_customers(by, external, change, customers).await?;
        if linked.is_empty() {
            return Ok(put);
        }
        for ((provider, customer), answers) in linked.iter().zip(answers) {
            self.subscriptions().write_answers(*provider, customer, answers).await?;
        }
        (put.profile, put.entitlements) = tenants.current_profile(&put.profile).await?;
        Ok(put)
    }

    /// Returns what would come of [`Self::put_tenant`] with one customer, and changes nothing. Fails as that does.
    pub async fn preview_put(
        &self,
        _: &InstallationPrincipal,
        external: &ExternalId,
        change: ProfileChange,
        (provider, customer): (Provider, &str),
    ) -> Result<LinkPreview, ServiceError> {
        check_profile(change)?;
        let answers = self.read_customer(provider, customer).await?;
        let mut reader = self.store().read().await?;
        let (standing, _) = find_standing(&mut reader.connection(), external, (provider, customer)).await?;
        drop(reader);
        let found: Vec<FoundSubscription> = answers.iter().filter_map(found_subscription).collect();
        let (outcome, best) = by_subscriptions(self.catalog(), &found);
        let outcome = match standing {
            RowStanding::Free | RowStanding::Unlinked(_) => outcome,
            RowStanding::Linked(_) => ImportOutcome::Already,
            RowStanding::Conflict(ImportConflict::TenantDeleted) => return Err(ServiceError::TenantDeleted),
            RowStanding::Conflict(ImportConflict::CustomerTaken(_) | ImportConflict::CustomerOfDeleted(_)) => {
                return Err(ServiceError::CustomerTaken);
            }
            RowStanding::Conflict(_) => {
                return Err(ServiceError::Conflict(
                    "The tenant is linked to another customer of this payment provider.",
                ));
            }
        };
        Ok(LinkPreview { outcome, details: best.map(details).unwrap_or_default() })
    }

    /// Returns the subscriptions of a customer. A validation error if the account does not have the customer.
    async fn read_customer(&self, provider: Provider, customer: &str) -> Result<Vec<SubscriptionAnswer>, ServiceError> {
        let unknown = || {
            let field = field_of(provider);
            ServiceError::field(field, format!("{field}: {} has no such customer.", provider.title()))
        };
        let directory = CustomerDirectory::of(self, provider)?;
        if !directory.is_present(customer).await? {
            return Err(unknown());
        }
        directory.read_subscriptions(customer).await?.ok_or_else(unknown)
    }
}

/// Returns the name of the field with the customer at a provider.
const fn field_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Stripe => "customers.stripe",
        Provider::Polar => "customers.polar",
    }
}
