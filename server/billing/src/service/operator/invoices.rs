//! A tenant's invoices on the operator desk.

use domain::{ids::TenantId, subscription::invoice::Invoice};

use super::{
    super::{Operators, ServiceError, base::permission::Biller},
    Operator,
};
use crate::store::tenant::tenants::Tenant;

/// What the provider answered about a tenant's invoices.
#[derive(Clone, Debug)]
pub enum DeskInvoices {
    /// The newest first.
    Found(Vec<Invoice>),
    Unavailable,
    /// The provider rejected the request with this reason.
    Rejected(String),
    /// The limit of calls is reached and no answer is stored.
    Throttled,
}

impl Operators {
    /// Returns a tenant with its invoices, read from the provider as for the tenant's own admins: within the same
    /// limits and time-outs.
    pub async fn desk_invoices(
        &self,
        operator: &Operator,
        tenant: &TenantId,
    ) -> Result<(Tenant, DeskInvoices), ServiceError> {
        let found = self.store().read().await?.connection().find_tenant(tenant).await?;
        let found = found.ok_or(ServiceError::TenantNotFound)?;
        let biller = Biller::of_operator(operator.user().clone(), tenant.clone());
        let invoices = match self.subscriptions().invoices(&biller).await {
            Ok(invoices) => DeskInvoices::Found(invoices),
            Err(ServiceError::ProviderUnavailable { .. }) => DeskInvoices::Unavailable,
            Err(
                error @ (ServiceError::ProviderRejected { .. }
                | ServiceError::ProviderAccountChanged { .. }
                | ServiceError::UnknownAtProvider { .. }),
            ) => DeskInvoices::Rejected(error.to_string()),
            Err(ServiceError::Throttled { .. }) => DeskInvoices::Throttled,
            Err(ServiceError::BillingNotConfigured) => DeskInvoices::Found(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok((found, invoices))
    }
}
