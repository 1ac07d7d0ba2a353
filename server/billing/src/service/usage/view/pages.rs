//! The version of a tenant's pages. When the version changes, open pages are rendered again.

use std::sync::atomic::Ordering;

use domain::time::Timestamp;

use super::{Facts, View, summaries::AsOf};

/// The version of pages about a tenant. Changes whenever something that the pages show may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::usage) struct PageVersion {
    pub(in crate::service::usage) revision: i64,
    changes: u64,
    generation: u64,
    /// Pages show times in minutes, and periods start on a minute.
    minute: i64,
}

impl View {
    pub(in crate::service::usage) fn as_of(&self, hour_end: Timestamp) -> AsOf {
        let (changes, generation) = (self.changes.load(Ordering::SeqCst), self.generation.load(Ordering::SeqCst));
        AsOf { changes, generation, hour_end }
    }

    /// Returns the version of pages that show this view at `now`, in billing time.
    pub(super) fn page_version(&self, facts: &Facts, now: Timestamp) -> PageVersion {
        PageVersion {
            revision: facts.revision,
            changes: self.changes.load(Ordering::SeqCst),
            generation: self.generation.load(Ordering::SeqCst),
            minute: now.as_secs().div_euclid(60),
        }
    }
}
