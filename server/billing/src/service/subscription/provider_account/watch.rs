//! Checks each provider's account at start and hourly, and updates its metrics.

use std::time::Duration;

use domain::subscription::Provider;
use tokio_util::sync::CancellationToken;

use super::state::AccountState;
use crate::service::Services;

/// How often to see whether a check is due. It is due hourly while the account is right, else each time.
const POLL_EVERY: Duration = Duration::from_secs(5);
const ACCOUNT_CHANGED: &str = "dues_provider_account_changed";
const UNKNOWN: &str = "dues_unknown_at_provider";

/// Describes the metrics of provider accounts.
pub(in crate::service) fn describe() {
    metrics::describe_gauge!(
        ACCOUNT_CHANGED,
        "1 while the provider's key does not open the stored account: no call is made and nothing is written."
    );
    metrics::describe_gauge!(UNKNOWN, "Objects that were seen at the provider and are unknown there now.");
}

pub(super) fn gauge_account(provider: Provider, state: &AccountState) {
    let is_wrong = state.warning(provider).is_some();
    metrics::gauge!(ACCOUNT_CHANGED, "provider" => provider.as_str()).set(f64::from(u8::from(is_wrong)));
}

impl Services {
    /// Checks accounts periodically until `stop`.
    pub(crate) async fn watch_accounts_regularly(&self, stop: CancellationToken) {
        loop {
            self.check_accounts().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
        }
    }

    /// Checks each provider's account for which a check is due.
    pub async fn check_accounts(&self) {
        for guard in &self.0.guards {
            let Some(provider) = guard.name else { continue };
            if let Err(error) = guard.confirm().await
                && guard.state().warning(provider).is_none()
            {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(provider = provider.as_str(), error, "failed to fetch the provider account");
            }
            gauge_account(provider, &guard.state());
            if let Err(error) = self.gauge_unknown(provider).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to count unknown objects");
            }
        }
        self.jobs_written().notify_one();
    }

    async fn gauge_unknown(&self, provider: Provider) -> Result<(), crate::store::StoreError> {
        let unknown = self.store().read().await?.connection().count_unknown(provider).await?;
        let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
        metrics::gauge!(UNKNOWN, "provider" => provider.as_str()).set(f64::from(unknown));
        Ok(())
    }
}
