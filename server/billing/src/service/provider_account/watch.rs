//! Asks at the start and hourly which account each key opens, and counts what is wrong for `/metrics`.

use std::time::Duration;

use domain::subscription::Provider;
use tokio_util::sync::CancellationToken;

use super::AccountStanding;
use crate::service::Services;

/// How often to look whether a check is due: hourly while the account is the right one, each time while it is not.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const ACCOUNT_CHANGED: &str = "dues_provider_account_changed";
const UNKNOWN: &str = "dues_unknown_at_provider";

/// Says what is measured here.
pub(in crate::service) fn describe() {
    metrics::describe_gauge!(
        ACCOUNT_CHANGED,
        "1 while the provider's key does not open the account in which the customers are: nothing is asked or written."
    );
    metrics::describe_gauge!(UNKNOWN, "Objects that were seen at the provider and that it does not know now.");
}

pub(super) fn gauge_account(provider: Provider, standing: &AccountStanding) {
    let is_wrong = standing.warning(provider).is_some();
    metrics::gauge!(ACCOUNT_CHANGED, "provider" => provider.as_str()).set(f64::from(u8::from(is_wrong)));
}

impl Services {
    pub(crate) async fn watch_accounts_regularly(&self, stop: CancellationToken) {
        loop {
            self.check_accounts().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Checks each provider's account where a check is due.
    pub async fn check_accounts(&self) {
        for guard in &self.0.guards {
            let Some(provider) = guard.name else { continue };
            if let Err(error) = guard.confirm().await
                && guard.standing().warning(provider).is_none()
            {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(provider = provider.as_str(), error, "failed to fetch the provider account");
            }
            gauge_account(provider, &guard.standing());
            if let Err(error) = self.gauge_unknown(provider).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to count unknown objects");
            }
        }
        self.jobs_written().notify_one();
    }

    async fn gauge_unknown(&self, provider: Provider) -> Result<(), crate::store::StoreError> {
        let unknown = self.store().read().await?.link().count_unknown(provider).await?;
        let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
        metrics::gauge!(UNKNOWN, "provider" => provider.as_str()).set(f64::from(unknown));
        Ok(())
    }
}
