//! Which subscriptions the provider did not know a moment ago.

use domain::{subscription::Provider, time::Timestamp};

/// Maximum number of subscriptions of one tenant in [`RecentlyUnknown`].
const MAX_RECENT: usize = 100;

/// Subscriptions of a tenant that the provider did not know when this node last read them by their ids.
#[derive(Debug, Default)]
pub(in crate::service) struct RecentlyUnknown(Vec<(Provider, String, Timestamp)>);

impl RecentlyUnknown {
    /// Forgets subscriptions that were read before `since`.
    pub(super) fn retain_since(&mut self, since: Timestamp) {
        self.0.retain(|(.., read_at)| *read_at > since);
    }

    pub(super) fn contains(&self, provider: Provider, id: &str) -> bool {
        self.0.iter().any(|(name, known, _)| (*name, known.as_str()) == (provider, id))
    }

    /// Adds a subscription. No-op when there are too many.
    pub(super) fn insert(&mut self, provider: Provider, id: &str, read_at: Timestamp) {
        if self.0.len() < MAX_RECENT && !self.contains(provider, id) {
            self.0.push((provider, id.to_owned(), read_at));
        }
    }
}
