//! The metrics of provider accounts.

use domain::subscription::Provider;

use super::state::AccountState;

const ACCOUNT_CHANGED: &str = "dues_provider_account_changed";
const UNKNOWN: &str = "dues_unknown_at_provider";

/// Describes the metrics of provider accounts.
pub(in crate::service) fn describe() {
    metrics::describe_gauge!(
        ACCOUNT_CHANGED,
        "1 if the last check did not confirm the provider account: calls to the provider are blocked and its subscriptions are not updated."
    );
    metrics::describe_gauge!(UNKNOWN, "Objects that were seen at the provider and are unknown there now.");
}

/// Sets whether the last check did not confirm the provider account.
pub(super) fn gauge_account(provider: Provider, state: &AccountState) {
    let is_wrong = state.warning(provider).is_some();
    metrics::gauge!(ACCOUNT_CHANGED, "provider" => provider.as_str()).set(f64::from(u8::from(is_wrong)));
}

/// Sets how many objects are unknown at the provider.
pub(super) fn gauge_unknown(provider: Provider, unknown: u64) {
    let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
    metrics::gauge!(UNKNOWN, "provider" => provider.as_str()).set(f64::from(unknown));
}
