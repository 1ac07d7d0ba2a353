//! A tenant's customer at a provider: made at the first need, replaced when it was deleted there.

use domain::{ids::TenantId, subscription::Provider};

use super::{ServiceError, Services};
use crate::payment::NewCustomer;

impl Services {
    /// The tenant's customer at the provider, made at the first need; concurrent calls make one.
    pub(crate) async fn ensure_customer(&self, tenant: &TenantId, name: Provider) -> Result<String, ServiceError> {
        let mut reader = self.store().read().await?;
        if let Some(customer) = reader.link().find_customer(tenant, name).await? {
            return Ok(customer.external_id);
        }
        drop(reader);
        let external_id = self.new_customer(tenant, name, None).await?;
        let mut tx = self.store().begin().await?;
        tx.link().insert_customer(tenant, name, &external_id, self.billing_now()).await?;
        let kept = tx.link().find_customer(tenant, name).await?;
        tx.commit().await?;
        kept.map(|customer| customer.external_id).ok_or(ServiceError::Internal("the customer was just written"))
    }

    /// Makes a customer in place of the one that the provider shows as deleted. Never call it on a 404.
    pub(super) async fn replace_customer(&self, tenant: &TenantId, name: Provider) -> Result<(), ServiceError> {
        let deleted = self.ensure_customer(tenant, name).await?;
        let external_id = self.new_customer(tenant, name, Some(deleted.clone())).await?;
        let mut tx = self.store().begin().await?;
        tx.link().replace_customer(tenant, name, &deleted, &external_id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn new_customer(
        &self,
        tenant: &TenantId,
        name: Provider,
        instead_of: Option<String>,
    ) -> Result<String, ServiceError> {
        let mut reader = self.store().read().await?;
        let found = reader.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let email = reader.link().find_first_owner_email(tenant).await?;
        let email = email.ok_or(ServiceError::Internal("a workspace has an owner"))?;
        drop(reader);
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let new = NewCustomer { tenant: tenant.clone(), instead_of, name: found.name, email: email.into() };
        provider.create_customer(&new).await.map_err(|error| ServiceError::from_provider(name.title(), error))
    }
}
