//! Invoices, as the provider keeps them.

use domain::subscription::{current_subscription, invoice::Invoice};

use crate::service::{ServiceError, Subscriptions, base::permission::Biller};

impl Subscriptions {
    /// Returns the invoices of the workspace's customer, newest first, at most 24. Empty if it has no customer.
    pub async fn invoices(&self, biller: &Biller) -> Result<Vec<Invoice>, ServiceError> {
        let tenant = biller.tenant();
        let mut reader = self.store().read().await?;
        let all = reader.connection().list_subscriptions(tenant).await?;
        let name = match current_subscription(&all) {
            Some(current) => current.provider,
            None => self.configured_provider()?,
        };
        let customer = reader.connection().find_customer(tenant, name).await?;
        drop(reader);
        let Some(customer) = customer else { return Ok(Vec::new()) };
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let list = async {
            match provider.list_invoices(&customer.external_id).await {
                Ok(listed) => Ok(listed),
                Err(error) => match self.providers().failed_call(tenant, name, error).await {
                    // The provider has no list for a deleted customer.
                    ServiceError::CustomerGone { .. } => Ok(Vec::new()),
                    failed => Err(failed),
                },
            }
        };
        self.providers().read_provider(tenant, format!("invoices at {}", name.as_str()), Box::pin(list)).await
    }
}
