//! What a node remembers of the reconciles of a tenant.

use std::time::Instant;

use domain::{subscription::Provider, time::Timestamp};

/// Maximum number of subscriptions of one tenant in [`RecentlyUnknown`].
const MAX_RECENT: usize = 100;

/// Subscriptions of a tenant that the provider did not know when this node last read them by their ids.
#[derive(Debug, Default)]
pub(super) struct RecentlyUnknown(Vec<(Provider, String, Timestamp)>);

impl RecentlyUnknown {
    /// Forgets subscriptions that were last read at `since` or earlier.
    pub(super) fn retain_since(&mut self, since: Timestamp) {
        self.0.retain(|(.., read_at)| *read_at > since);
    }

    pub(super) fn contains(&self, provider: Provider, id: &str) -> bool {
        self.0.iter().any(|(name, known, _)| (*name, known.as_str()) == (provider, id))
    }

    /// Adds a subscription. No-op if it is known already or there are [`MAX_RECENT`].
    pub(super) fn insert(&mut self, provider: Provider, id: &str, read_at: Timestamp) {
        if self.0.len() < MAX_RECENT && !self.contains(provider, id) {
            self.0.push((provider, id.to_owned(), read_at));
        }
    }
}

/// What a node remembers of the reconciles of a tenant.
#[derive(Debug, Default)]
pub(in crate::service) struct ReconcileState {
    pub(super) unknown: RecentlyUnknown,
    /// When the last successful reconcile began, by provider.
    began: Vec<(Provider, Instant)>,
}

impl ReconcileState {
    /// Returns whether a successful reconcile with the provider began at `since` or later.
    pub(super) fn has_run_since(&self, name: Provider, since: Instant) -> bool {
        self.began.iter().any(|(provider, began)| *provider == name && *began >= since)
    }

    pub(super) fn note_success(&mut self, name: Provider, began: Instant) {
        self.began.retain(|(provider, _)| *provider != name);
        self.began.push((name, began));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_reconcile_serves_causes_from_before_it_began() {
        let mut state = ReconcileState::default();
        let began = Instant::now() + Duration::from_secs(9);
        assert!(!state.has_run_since(Provider::Stripe, began));
        state.note_success(Provider::Stripe, began);
        assert!(state.has_run_since(Provider::Stripe, began));
        assert!(
            !state.has_run_since(Provider::Stripe, began + Duration::from_millis(1)),
            "it may have missed the cause"
        );
        assert!(!state.has_run_since(Provider::Polar, began), "another provider");
        state.note_success(Provider::Stripe, began + Duration::from_secs(1));
        assert!(state.has_run_since(Provider::Stripe, began + Duration::from_millis(1)));
    }
}
