//! The import of one tenant: the product puts it with its customers.

use domain::{
    subscription::Provider,
    tenant::{
        external_id::ExternalId,
        import::{
            ImportOutcome,
            outcome::{FoundSubscription, ImportConflict, RowStanding, by_subscriptions, counted},
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
            customer::{NewLink, ORDER_ELSEWHERE, find_order_beside, find_standing},
            profile::{ProfileChange, PutTenant, check_profile},
        },
    },
    store::tenant::import_decisions::DecisionDetails,
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
    /// another tenant has one. A conflict if the customer has a live subscription and the tenant has one that it ordered
    /// through Dues at another provider: Dues would end one of them. An error of a provider after the tenant was linked
    /// is returned: a repeat stores the subscriptions.
    pub async fn put_tenant(
        &self,
        by: &InstallationPrincipal,
        external: &ExternalId,
        change: ProfileChange,
        customers: &[(Provider, String)],
    ) -> Result<PutTenant, ServiceError> {
        let tenants = self.tenants();
        check_profile(change.clone())?;
        let mut links = Vec::with_capacity(customers.len());
        for (provider, customer) in customers {
            self.require_customer(*provider, customer).await?;
            links.push(self.new_link(external, (*provider, customer.as_str())).await?);
        }
        let (mut put, mut linked) = tenants.put_with_customers(by, external, change, &links).await?;
        // Customers that were fetched before are kept up to date by webhooks and by the periodic reconciliation.
        linked.retain(|(_, customer)| customer.fetched_at.is_none());
        if linked.is_empty() {
            return Ok(put);
        }
        for (provider, customer) in &linked {
            // Read after the customer's revision, so that an older answer never replaces a newer one.
            let answers = self.read_subscriptions_of(*provider, &customer.external_id).await?;
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
        self.require_customer(provider, customer).await?;
        let answers = self.read_subscriptions_of(provider, customer).await?;
        let mut reader = self.store().read().await?;
        let (standing, _) = find_standing(&mut reader.connection(), external, (provider, customer)).await?;
        let order = match &standing {
            RowStanding::Unlinked(tenant) => find_order_beside(&mut reader.connection(), tenant, provider).await?,
            RowStanding::Free | RowStanding::Linked(_) | RowStanding::Conflict(_) => None,
        };
        drop(reader);
        let found: Vec<FoundSubscription> = answers.iter().filter_map(found_subscription).collect();
        let (outcome, best) = by_subscriptions(self.catalog(), &found);
        let outcome = match standing {
            _ if order.is_some() && outcome != ImportOutcome::NoSubscription => return Err(ORDER_ELSEWHERE),
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

    /// Returns the link of a tenant to a customer. Asks for the customer's subscriptions only where they decide: if the
    /// tenant has a live subscription that a checkout of Dues began at another provider. A conflict if the customer has a
    /// live one, too.
    async fn new_link(
        &self,
        external: &ExternalId,
        (provider, customer): (Provider, &str),
    ) -> Result<NewLink, ServiceError> {
        let mut reader = self.store().read().await?;
        let (standing, _) = find_standing(&mut reader.connection(), external, (provider, customer)).await?;
        let order = match standing {
            RowStanding::Unlinked(tenant) => find_order_beside(&mut reader.connection(), &tenant, provider).await?,
            RowStanding::Free | RowStanding::Linked(_) | RowStanding::Conflict(_) => None,
        };
        drop(reader);
        let pays_nothing = if order.is_some() {
            let answers = self.read_subscriptions_of(provider, customer).await?;
            let found: Vec<FoundSubscription> = answers.iter().filter_map(found_subscription).collect();
            if !counted(&found).is_empty() {
                return Err(ORDER_ELSEWHERE);
            }
            true
        } else {
            false
        };
        Ok(NewLink { provider, customer: customer.to_owned(), pays_nothing })
    }

    /// Returns a validation error if the account does not have the customer.
    async fn require_customer(&self, provider: Provider, customer: &str) -> Result<(), ServiceError> {
        let is_present = CustomerDirectory::of(self, provider)?.is_present(customer).await?;
        if is_present { Ok(()) } else { Err(unknown(provider)) }
    }

    /// Returns the subscriptions of a customer. A validation error if the account does not have the customer.
    async fn read_subscriptions_of(
        &self,
        provider: Provider,
        customer: &str,
    ) -> Result<Vec<SubscriptionAnswer>, ServiceError> {
        let answers = CustomerDirectory::of(self, provider)?.read_subscriptions(customer).await?;
        answers.ok_or_else(|| unknown(provider))
    }
}

fn unknown(provider: Provider) -> ServiceError {
    let field = field_of(provider);
    ServiceError::field(field, format!("{field}: {} has no such customer.", provider.title()))
}

/// Returns the name of the field with the customer at a provider.
const fn field_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Stripe => "customers.stripe",
        Provider::Polar => "customers.polar",
    }
}
