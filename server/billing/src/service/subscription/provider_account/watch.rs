//! Checks each provider's account at start and hourly, and updates its metrics.

use std::time::Duration;

use domain::subscription::Provider;
use tokio_util::sync::CancellationToken;

use super::gauges::{gauge_account, gauge_unknown};
use crate::service::Providers;

/// How often to test whether a check is due. A check is due hourly while the account is the expected one, else at every
/// test.
const POLL_EVERY: Duration = Duration::from_secs(5);

impl Providers {
    /// Checks accounts periodically until `stop` is canceled.
    pub(crate) async fn watch_accounts_regularly(&self, stop: CancellationToken) {
        loop {
            self.check_accounts().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
        }
    }

    /// Checks the account of each provider for which a check is due.
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
                tracing::warn!(
                    provider = provider.as_str(),
                    error = &error as &dyn std::error::Error,
                    "failed to count objects unknown at the provider"
                );
            }
        }
        self.jobs_written().notify_one();
    }

    async fn gauge_unknown(&self, provider: Provider) -> Result<(), crate::store::StoreError> {
        let unknown = self.store().read().await?.connection().count_unknown(provider).await?;
        gauge_unknown(provider, unknown);
        Ok(())
    }
}
