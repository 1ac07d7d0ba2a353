//! Notifies the pages that are open on this node of changes. One poll a node serves all of them, in a number of
//! statements that does not depend on how many there are.
//!
//! The poll follows that of the views (`refresh.rs`), every 250 ms. It compares the version of each workspace with
//! an open page from memory. Sessions are looked up together every [`SESSION_CHECK_EVERY`], and at once where a session
//! of the user ended on this node or the workspace's revision changed: removing a member changes it on every node.

#[cfg(test)]
mod tests;
mod topics;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    account::Viewer,
    catalog::Catalog,
    entitlement::FeatureUsage,
    ids::{TenantId, UserId},
    time::Timestamp,
};

use self::topics::{Topic, Topics};
use super::pages::PageVersion;
use crate::{
    identity::session,
    service::{ServiceError, Services},
    store::StoreResult,
};

/// How long the session of an open page is trusted while nothing points to a change.
const SESSION_CHECK_EVERY: Duration = Duration::from_secs(4);

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

/// A session of a user, by the handle of its id.
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
    /// Waits for a change. One since the last call is not lost. Cancel safe.
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

    /// Notifies the pages of workspaces whose version changed. Returns the workspaces whose revision changed.
    fn publish(&self, versions: impl IntoIterator<Item = (TenantId, PageVersion)>) -> HashSet<TenantId> {
        let mut revised = HashSet::new();
        for (tenant, version) in versions {
            let before = self.versions.publish(&tenant, version);
            if before.is_some_and(|before| before.revision != version.revision) {
                revised.insert(tenant);
            }
        }
        revised
    }

    /// Takes the sessions to check now: those that are due, those that have one of the `revised` workspaces open, and
    /// all of them every [`SESSION_CHECK_EVERY`].
    fn take_due(&self, revised: &HashSet<TenantId>, now: Instant) -> Vec<SessionOfUser> {
        let mut checks = self.checks();
        let due = std::mem::take(&mut checks.due);
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
}

impl Services {
    /// Notifies of changes of the workspace's pages from now on.
    pub async fn page_changes(&self, tenant: &TenantId) -> Result<PageChanges, ServiceError> {
        let version = self.page_version(tenant).await?;
        Ok(PageChanges(self.0.open_pages.versions.subscribe(tenant.clone(), version)))
    }

    /// Notifies of the end of a viewer's access to the workspace that is open. `session` is the handle of the session
    /// that was authenticated a moment ago.
    pub fn watch_session(&self, viewer: &Viewer, session: String) -> SessionWatch {
        let (pages, tenant) = (self.0.open_pages.clone(), viewer.current_membership.tenant_id.clone());
        let session = SessionOfUser { handle: session, user: viewer.user_id.clone() };
        let workspace = pages.sessions.subscribe(session, Some(tenant.clone()));
        // Other pages of the session may have another workspace open.
        pages.sessions.publish(workspace.key(), Some(tenant.clone()));
        SessionWatch { workspace, tenant, pages }
    }

    /// Returns the usage of a workspace's limits from memory, as [`Self::usage`].
    pub async fn current_usage(&self, tenant: &TenantId) -> Result<CurrentUsage, ServiceError> {
        let now = self.billing_now();
        let (holding, features) = self.readings(tenant).await?;
        Ok(CurrentUsage { now, catalog: holding.entitlements.effective_catalog(self.catalog()), features })
    }

    /// Notifies the open pages of what changed since the last call. Pages whose session can't be checked are closed.
    pub(super) async fn notify_open_pages(&self) -> StoreResult<()> {
        let pages = &self.0.open_pages;
        let tenants = pages.versions.keys_where(|_, _| true);
        let (revised, read) = match self.page_versions(&tenants).await {
            Ok(versions) => {
                let known = tenants.into_iter().zip(versions).filter_map(|(tenant, version)| Some((tenant, version?)));
                (pages.publish(known), Ok(()))
            }
            Err(error) => (HashSet::new(), Err(error)),
        };
        let due = pages.take_due(&revised, Instant::now());
        if due.is_empty() {
            return read;
        }
        let (workspaces, checked) = match self.open_workspaces(&due).await {
            Ok(workspaces) => (workspaces, Ok(())),
            Err(error) => (vec![None; due.len()], Err(error)),
        };
        for (session, workspace) in due.iter().zip(workspaces) {
            pages.sessions.publish(session, workspace);
        }
        read.and(checked)
    }

    /// Returns the workspace that each session has open, in order; `None` for one that has ended.
    async fn open_workspaces(&self, sessions: &[SessionOfUser]) -> StoreResult<Vec<Option<TenantId>>> {
        let (now, lifetime) = (self.wall_now(), self.settings().limits.sessions);
        let named: Vec<_> = sessions.iter().map(|session| (session.handle.as_str(), &session.user)).collect();
        let found = self.store().read().await?.connection().list_open_sessions(&named, now).await?;
        let mut open = vec![None; sessions.len()];
        for (place, stored) in found {
            if let (Some(workspace), Some(session)) = (open.get_mut(place), sessions.get(place)) {
                *workspace = session::open_workspace(&session.user, &stored, now, lifetime);
            }
        }
        Ok(open)
    }
}
