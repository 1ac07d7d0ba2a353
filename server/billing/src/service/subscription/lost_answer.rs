//! Changes at the provider whose answer was lost: whether they were made.

use domain::{ids::TenantId, subscription::Subscription};

use super::lifecycle::Cause;
use crate::{
    payment::ProviderError,
    service::{ServiceError, Subscriptions},
};

impl Subscriptions {
    /// Converts the error of a call that changes the subscription `current`. An answer that was lost or can't be read
    /// leaves open whether the change was made: the subscription is fetched, and `is_made` compares it.
    ///
    /// `Ok` if the change was made after all. [`ServiceError::ChangeUnconfirmed`] if the subscription can't be fetched.
    pub(in crate::service) async fn settle_lost_answer(
        &self,
        tenant: &TenantId,
        current: &Subscription,
        error: ProviderError,
        is_made: impl FnOnce(&Subscription) -> bool,
    ) -> Result<(), ServiceError> {
        let name = current.provider;
        if !matches!(error, ProviderError::Unavailable(_) | ProviderError::Decode(_)) {
            return Err(self.providers().failed_call(tenant, name, error).await);
        }
        if let Err(cause) = Box::pin(self.reconcile_tenant(tenant, name, Cause::Order)).await {
            tracing::warn!(
                %tenant,
                provider = name.as_str(),
                error = &cause as &dyn std::error::Error,
                "failed to fetch a subscription whose change was not answered"
            );
            return Err(ServiceError::ChangeUnconfirmed { provider: name.title(), cause: error });
        }
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let is_it = |stored: &&Subscription| (stored.provider, &stored.external_id) == (name, &current.external_id);
        if all.iter().find(is_it).is_some_and(is_made) {
            return Ok(());
        }
        Err(ServiceError::from_provider(name.title(), error))
    }
}
