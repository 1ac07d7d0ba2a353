//! Leaving at the end of the paid period, and staying after all, without leaving Dues.

use domain::{
    audit::{AuditAction, AuditActor, NewAuditEntry},
    subscription::current_subscription,
};
use serde_json::json;

use super::{ServiceError, Services, biller::Biller, lifecycle::Cause};

impl Services {
    /// Has the subscription end with the period that is paid. Canceling what is canceled already changes nothing.
    pub async fn cancel_at_period_end(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.set_end(biller, true).await
    }

    /// Has a subscription that would end with its period, or change then, go on as it is. One that goes on anyway is left alone.
    pub async fn resume(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.set_end(biller, false).await
    }

    async fn set_end(&self, biller: &Biller, ends: bool) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        let all = self.store().read().await?.link().list_subscriptions(tenant).await?;
        let name = match current_subscription(&all) {
            Some(own) => own.provider,
            None => self.configured()?,
        };
        self.spend_provider_change(tenant).await?;
        // What is stored may be old: it is canceled what there is.
        self.reconcile_tenant(tenant, name, Cause::Order).await?;
        let all = self.store().read().await?.link().list_subscriptions(tenant).await?;
        let own = current_subscription(&all).filter(|own| own.status.is_live()).ok_or(ServiceError::NoSubscription)?;
        // One that is to go on is freed of an end that is set for later, too.
        let is_so = if ends { own.cancel_at_period_end } else { own.ends_at().is_none() };
        if is_so && own.pending.is_none() {
            return Ok(());
        }
        let provider = self.sender(own.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let told = |error| ServiceError::from_provider(own.provider.title(), error);
        // What is to end or to stay as it is does not change any more.
        if own.pending.is_some() {
            provider.drop_pending_change(&own.external_id).await.map_err(told)?;
        }
        if !is_so {
            provider.set_cancel_at_period_end(&own.external_id, ends).await.map_err(told)?;
        }
        let action = if ends { AuditAction::CancelRequested } else { AuditAction::ResumeRequested };
        let details = json!({ "plan": own.plan, "provider": own.provider });
        let deed =
            NewAuditEntry { by: AuditActor::from(biller.by()), action, target: own.external_id.clone(), details };
        self.write_down_done(tenant, deed).await?;
        self.reconcile_tenant(tenant, own.provider, Cause::Order).await
    }
}
