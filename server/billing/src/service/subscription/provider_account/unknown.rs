//! Objects that were seen at a provider and are unknown there now. They are noted for operators. No stored subscription
//! ends because of them.

use domain::{ids::TenantId, subscription::Provider};

use crate::{
    payment::{ProviderError, account::CustomerState},
    service::{Providers, ServiceError},
    store::{
        StoreResult, Tx,
        subscription::unknown_objects::{ObjectKind, UnknownObject},
    },
};

#[derive(Debug, thiserror::Error)]
#[error("the payment provider does not know the checkout session")]
pub(in crate::service) struct UnknownCheckout;

impl Providers {
    /// Replaces the tenant's notes of unknown customers and subscriptions at a provider with `unknown`. `tx` is the
    /// transaction that writes the subscriptions that the provider knows.
    pub(in crate::service) async fn note_unknown(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        provider: Provider,
        unknown: &[(ObjectKind, String)],
    ) -> StoreResult<()> {
        for noted in tx.connection().list_unknown(tenant).await? {
            let is_compared = noted.provider == provider && noted.kind != ObjectKind::Checkout;
            if is_compared && !unknown.iter().any(|(kind, id)| (*kind, id) == (noted.kind, &noted.external_id)) {
                tx.connection().delete_unknown(tenant, provider, noted.kind, &noted.external_id).await?;
                let (kind, id) = (noted.kind.as_str(), noted.external_id);
                tracing::info!(
                    %tenant,
                    provider = provider.as_str(),
                    kind,
                    id,
                    "an object is no longer noted as unknown at the provider"
                );
            }
        }
        for (kind, id) in unknown {
            self.insert_unknown(tx, tenant, provider, *kind, id).await?;
        }
        Ok(())
    }

    async fn insert_unknown(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        provider: Provider,
        kind: ObjectKind,
        id: &str,
    ) -> StoreResult<()> {
        let object = UnknownObject { provider, kind, external_id: id.to_owned(), found_at: self.wall_now() };
        if tx.connection().insert_unknown(tenant, &object).await? {
            tracing::error!(
                %tenant,
                provider = provider.as_str(),
                kind = kind.as_str(),
                id,
                "found an object that is unknown at the provider"
            );
        }
        Ok(())
    }

    /// Notes an unknown checkout session. Idempotent.
    pub(in crate::service) async fn note_unknown_checkout(
        &self,
        tenant: &TenantId,
        provider: Provider,
        session: &str,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        self.insert_unknown(&mut tx, tenant, provider, ObjectKind::Checkout, session).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes the note of a checkout session that the provider knows again or whose lifetime has passed. Idempotent.
    pub(in crate::service) async fn forget_unknown_checkout(
        &self,
        tenant: &TenantId,
        provider: Provider,
        session: &str,
    ) -> Result<(), ServiceError> {
        let noted = self.store().read().await?.connection().list_unknown(tenant).await?;
        if !noted.iter().any(|noted| noted.kind == ObjectKind::Checkout && noted.external_id == session) {
            return Ok(());
        }
        let mut tx = self.store().begin().await?;
        tx.connection().delete_unknown(tenant, provider, ObjectKind::Checkout, session).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Converts the error of a call for a tenant, and notes an unknown customer. Only a customer that the provider
    /// shows as deleted becomes [`ServiceError::CustomerGone`].
    pub(in crate::service) async fn failed_call(
        &self,
        tenant: &TenantId,
        name: Provider,
        error: ProviderError,
    ) -> ServiceError {
        match error {
            ProviderError::UnknownCustomer(_) => match self.find_customer_state(tenant, name).await {
                Ok(CustomerState::Deleted) => ServiceError::CustomerGone { provider: name, cause: error },
                Ok(CustomerState::Present | CustomerState::Unknown) => ServiceError::from_provider(name.title(), error),
                Err(failed) => failed,
            },
            error => ServiceError::from_provider(name.title(), error),
        }
    }

    async fn find_customer_state(&self, tenant: &TenantId, name: Provider) -> Result<CustomerState, ServiceError> {
        let customer = self.store().read().await?.connection().find_customer(tenant, name).await?;
        let (Some(customer), Some(provider)) = (customer, self.sender(name)) else { return Ok(CustomerState::Unknown) };
        let state = provider.fetch_customer(&customer.external_id).await;
        let state = state.map_err(|error| ServiceError::from_provider(name.title(), error))?;
        if state == CustomerState::Unknown {
            let mut tx = self.store().begin().await?;
            self.insert_unknown(&mut tx, tenant, name, ObjectKind::Customer, &customer.external_id).await?;
            tx.commit().await?;
        }
        Ok(state)
    }
}
