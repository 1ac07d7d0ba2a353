//! Notifies the pages that are open on this node of changes. One poll per node serves all pages. Its number of
//! statements does not depend on the number of pages.
//!
//! The poll follows that of the views (`refresh.rs`), every 250 ms. For each workspace with an open page it compares
//! the version, from memory. Sessions are looked up together every [`SESSION_CHECK_EVERY`]. They are looked up at once
//! if a session of the user ended on this node, or if the workspace's revision changed. The removal of a member changes
//! the revision on every node.
//!
//! While the store fails, pages stay open and get no notifications. Each poll looks their sessions up again, until
//! [`MAX_UNCHECKED`] is over.

mod notify;
#[cfg(test)]
mod tests;
mod topics;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    catalog::Catalog,
    entitlement::FeatureUsage,
    ids::{TenantId, UserId},
    time::Timestamp,
};

use self::topics::{Topic, Topics};
use super::pages::PageVersion;

/// How long the session of an open page is trusted while nothing points to a change.
const SESSION_CHECK_EVERY: Duration = Duration::from_secs(4);
/// How long a page stays open after the first look-up of its session that failed.
const MAX_UNCHECKED: Duration = Duration::from_secs(30);

/// The usage of a workspace's limits at a moment.
#[derive(Clone, Debug)]
pub struct CurrentUsage {
    /// Billing time.
    pub now: Timestamp,
    /// The catalog with the workspace's effective limits.
    pub catalog: Arc<Catalog>,
    /// One entry for each feature, in the order of the catalog.
    pub features: Vec<FeatureUsage>,
}

/// A user's session, identified by the handle of its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SessionOfUser {
    handle: String,
    user: UserId,
}

/// The pages that are open on this node. Holds only workspaces and sessions with an open page. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct OpenPages {
    versions: Topics<TenantId, PageVersion>,
    /// The workspace that each session has open; `None` once it has ended.
    sessions: Topics<SessionOfUser, Option<TenantId>>,
    checks: Arc<Mutex<SessionChecks>>,
}

#[derive(Debug, Default)]
struct SessionChecks {
    /// When all sessions were last due.
    all_due_at: Option<Instant>,
    /// Sessions to check with the next poll.
    due: HashSet<SessionOfUser>,
    /// Sessions whose last look-up failed, each with the time of the first failure in a row. They are due with each
    /// poll.
    unchecked: HashMap<SessionOfUser, Instant>,
}

/// Notifies of changes of a workspace's pages, until it is dropped.
#[derive(Debug)]
pub struct PageChanges(Topic<TenantId, PageVersion>);

/// Notifies of the end of a session's access to a workspace, until it is dropped.
#[derive(Debug)]
pub struct SessionWatch {
    workspace: Topic<SessionOfUser, Option<TenantId>>,
    tenant: TenantId,
    pages: OpenPages,
}

impl PageChanges {
    /// Waits for a change. Returns at once if there was a change since the last call. Cancel safe.
    pub async fn changed(&mut self) {
        self.0.changed().await;
    }
}

impl SessionWatch {
    /// Waits until the session has ended, or its user has left the workspace or opened another. Cancel safe.
    pub async fn ended(&mut self) {
        while self.workspace.value().as_ref() == Some(&self.tenant) {
            self.workspace.changed().await;
        }
    }

    /// Makes the next poll check the session.
    pub fn check_soon(&self) {
        self.pages.checks().due.insert(self.workspace.key().clone());
    }
}

impl OpenPages {
    fn checks(&self) -> MutexGuard<'_, SessionChecks> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the workspaces whose revision differs from the one that their open pages know.
    fn revised(&self, versions: &HashMap<TenantId, PageVersion>) -> HashSet<TenantId> {
        let is_revised = |tenant: &TenantId, known: &PageVersion| {
            versions.get(tenant).is_some_and(|version| version.revision != known.revision)
        };
        self.versions.keys_where(is_revised).into_iter().collect()
    }

    /// Takes the sessions to check now: those that are due or unchecked, those that have one of the `revised`
    /// workspaces open, and all of them every [`SESSION_CHECK_EVERY`].
    fn take_due(&self, revised: &HashSet<TenantId>, now: Instant) -> Vec<SessionOfUser> {
        let mut checks = self.checks();
        let mut due = std::mem::take(&mut checks.due);
        due.extend(checks.unchecked.keys().cloned());
        let is_time = |last: Instant| now.saturating_duration_since(last) >= SESSION_CHECK_EVERY;
        let are_all_due = checks.all_due_at.is_none_or(is_time);
        if are_all_due {
            checks.all_due_at = Some(now);
        }
        drop(checks);
        let is_due = |session: &SessionOfUser, workspace: &Option<TenantId>| {
            are_all_due
                || due.contains(session)
                || workspace.as_ref().is_some_and(|workspace| revised.contains(workspace))
        };
        self.sessions.keys_where(is_due)
    }

    /// Records that the look-up of the `due` sessions failed. Returns those whose look-ups have failed for
    /// [`MAX_UNCHECKED`].
    fn record_unchecked(&self, due: &[SessionOfUser], now: Instant) -> Vec<SessionOfUser> {
        let mut checks = self.checks();
        let before = std::mem::take(&mut checks.unchecked);
        // Every unchecked session that still has a page open is due.
        checks.unchecked =
            due.iter().map(|session| (session.clone(), before.get(session).copied().unwrap_or(now))).collect();
        let is_over = |since: Instant| now.saturating_duration_since(since) >= MAX_UNCHECKED;
        checks.unchecked.iter().filter(|(_, since)| is_over(**since)).map(|(session, _)| session.clone()).collect()
    }
}
