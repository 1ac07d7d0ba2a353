//! A tenant's customer at a provider: created on first use, replaced if it was deleted there.

use domain::{ids::TenantId, subscription::Provider};

use crate::{
    payment::NewCustomer,
    service::{ServiceError, Subscriptions},
};

impl Subscriptions {
    /// Returns the id of the tenant's customer at the provider, and creates it on first use. Concurrent calls create
    /// one. [`ServiceError::CustomerTaken`] if an import has linked the new customer to another tenant before it was
    /// stored here.
    pub(crate) async fn ensure_customer(&self, tenant: &TenantId, name: Provider) -> Result<String, ServiceError> {
        let mut reader = self.store().read().await?;
        if let Some(customer) = reader.connection().find_customer(tenant, name).await? {
            return Ok(customer.external_id);
        }
        drop(reader);
        let external_id = self.new_customer(tenant, name, None).await?;
        let mut tx = self.store().begin().await?;
        let owner = tx.connection().find_customer_by_external_id(name, &external_id).await?;
        if owner.is_some_and(|owner| owner.tenant != *tenant) {
            return Err(ServiceError::CustomerTaken);
        }
        tx.connection().insert_customer(tenant, name, &external_id, self.billing_now()).await?;
        let stored = tx.connection().find_customer(tenant, name).await?;
        tx.commit().await?;
        stored.map(|customer| customer.external_id).ok_or(ServiceError::Internal("inserted customer is missing"))
    }

    /// Creates a customer in place of one that the provider shows as deleted. Never call it for a customer that is only
    /// unknown to the provider (404).
    pub(in crate::service) async fn replace_customer(
        &self,
        tenant: &TenantId,
        name: Provider,
    ) -> Result<(), ServiceError> {
        let deleted = self.ensure_customer(tenant, name).await?;
        let external_id = self.new_customer(tenant, name, Some(deleted.clone())).await?;
        let mut tx = self.store().begin().await?;
        tx.connection().replace_customer(tenant, name, &deleted, &external_id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Creates a customer at the provider and returns its id. Stores nothing.
    ///
    /// The customer gets the address of the tenant's first owner or, if the tenant has no owner in Dues, the tenant's
    /// own address. Fails if there is neither.
    async fn new_customer(
        &self,
        tenant: &TenantId,
        name: Provider,
        replaced_customer: Option<String>,
    ) -> Result<String, ServiceError> {
        let mut reader = self.store().read().await?;
        let found = reader.connection().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let email = reader.connection().find_first_owner_email(tenant).await?;
        let email = email.or(found.email).ok_or_else(no_address)?;
        drop(reader);
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let new = NewCustomer { tenant: tenant.clone(), replaced_customer, name: found.name, email: email.into() };
        provider.create_customer(&new).await.map_err(|error| ServiceError::from_provider(name.title(), error))
    }
}

fn no_address() -> ServiceError {
    let message =
        "This workspace has neither an owner nor an address. Set its email first: the provider sends receipts there.";
    ServiceError::field("email", message)
}
