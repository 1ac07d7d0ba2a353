//! Subscribes open pages to changes, and notifies them.

use std::{collections::HashMap, time::Instant};

use domain::{account::Viewer, ids::TenantId};

use super::{CurrentUsage, PageChanges, SessionOfUser, SessionWatch};
use crate::{
    identity::session,
    service::{ServiceError, Usage},
    store::StoreResult,
};

impl Usage {
    /// Subscribes to changes of the workspace's pages.
    pub async fn page_changes(&self, tenant: &TenantId) -> Result<PageChanges, ServiceError> {
        let version = self.page_version(tenant).await?;
        Ok(PageChanges(self.0.open_pages.versions.subscribe(tenant.clone(), version)))
    }

    /// Subscribes to the end of a viewer's access to their current workspace. `session` is the handle of their session,
    /// which the request has just authenticated.
    pub fn watch_session(&self, viewer: &Viewer, session: String) -> SessionWatch {
        let (pages, tenant) = (self.0.open_pages.clone(), viewer.current_membership.tenant_id.clone());
        let session = SessionOfUser { handle: session, user: viewer.user_id.clone() };
        let workspace = pages.sessions.subscribe(session, Some(tenant.clone()));
        pages.checks().unchecked.remove(workspace.key());
        // Other pages of the session may have another workspace open.
        pages.sessions.publish(workspace.key(), Some(tenant.clone()));
        SessionWatch { workspace, tenant, pages }
    }

    /// Returns the usage of a workspace's limits from memory, as [`Self::all_features`].
    pub async fn current_usage(&self, tenant: &TenantId) -> Result<CurrentUsage, ServiceError> {
        let now = self.billing_now();
        let (tenant_plan, features) = self.readings(tenant).await?;
        Ok(CurrentUsage { now, catalog: tenant_plan.entitlements.effective_catalog(self.catalog()), features })
    }

    /// Notifies the open pages of what changed since the last call. If sessions can't be checked, changes wait for the
    /// next call.
    ///
    /// Sessions come first: a page whose user has left the workspace ends before it would show a later change.
    pub(in crate::service::usage::view) async fn notify_open_pages(&self) -> StoreResult<()> {
        let pages = &self.0.open_pages;
        let tenants = pages.versions.keys_where(|_, _| true);
        let (versions, read): (HashMap<_, _>, _) = match self.page_versions(&tenants).await {
            Ok(versions) => {
                let known = tenants.into_iter().zip(versions);
                (known.filter_map(|(tenant, version)| Some((tenant, version?))).collect(), Ok(()))
            }
            Err(error) => (HashMap::new(), Err(error)),
        };
        let due = pages.take_due(&pages.revised(&versions), Instant::now());
        let checked = self.check_sessions(&due).await;
        if checked.is_ok() {
            for (tenant, version) in versions {
                pages.versions.publish(&tenant, version);
            }
        }
        read.and(checked)
    }

    /// Looks up sessions, and closes the pages of those that have ended. If the look-up fails, it closes only the pages
    /// of those whose look-ups have failed for [`MAX_UNCHECKED`](super::MAX_UNCHECKED).
    async fn check_sessions(&self, due: &[SessionOfUser]) -> StoreResult<()> {
        let pages = &self.0.open_pages;
        let found = if due.is_empty() { Ok(Vec::new()) } else { self.open_workspaces(due).await };
        match found {
            Ok(workspaces) => {
                pages.checks().unchecked.clear();
                for (session, workspace) in due.iter().zip(workspaces) {
                    pages.sessions.publish(session, workspace);
                }
                Ok(())
            }
            Err(error) => {
                for session in pages.record_unchecked(due, Instant::now()) {
                    pages.sessions.publish(&session, None);
                }
                Err(error)
            }
        }
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
