//! What a portal session may open, and until when.

use std::sync::Arc;

use domain::{
    account::{Membership, WorkspaceUser, WorkspaceViewer},
    subscription::current_subscription,
    tenant::{
        external_id::ExternalId,
        portal::{PortalPermission, WayBack},
    },
    time::Timestamp,
};
use locales::{Locale, installed};

use crate::{
    identity::link_token::lookup_hash,
    service::{Portal, ServiceError, base::permission::PortalGrant},
    store::tenant::portal_sessions::PortalSession,
};

/// How long a session lasts at most, in seconds.
pub const SESSION_SECS: i64 = 8 * 3600;
/// How long a session lasts without a request, in seconds.
const IDLE_SECS: i64 = 3600;
/// Minimum time between two stores of the time of a session's last request, in seconds.
const SEEN_AGAIN_SECS: i64 = 60;
/// Length of a session's handle, which is a prefix of its link's hash, in characters.
const HANDLE_CHARS: usize = 32;

/// The user of a live portal session. Only [`Portal::access`] makes one, from the session's cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalViewer {
    viewer: WorkspaceViewer,
    user: ExternalId,
    back: WayBack,
    allow: Arc<[PortalPermission]>,
    session_hash: Arc<str>,
    handle: Arc<str>,
    language: Option<Locale>,
}

impl PortalViewer {
    /// Returns the user and role, for the pages and forms of the tenant.
    pub const fn viewer(&self) -> &WorkspaceViewer {
        &self.viewer
    }

    /// Returns the product's id of the user.
    pub const fn user(&self) -> &ExternalId {
        &self.user
    }

    pub const fn back(&self) -> &WayBack {
        &self.back
    }

    pub fn may(&self, permission: PortalPermission) -> bool {
        self.viewer.current_membership.role.is_admin() && self.allow.contains(&permission)
    }

    /// Returns a grant of the permission if the user is an admin and the session's link allows the permission.
    pub fn grant(&self, permission: PortalPermission) -> Option<PortalGrant> {
        let tenant = self.viewer.current_membership.tenant_id.clone();
        self.may(permission).then(|| PortalGrant::new(tenant, self.user.clone(), permission))
    }

    /// Returns the language that the product chose for the session's pages.
    pub const fn language(&self) -> Option<Locale> {
        self.language
    }

    /// Returns the id of the session for pages and forms: unique, and not secret.
    pub fn handle(&self) -> &str {
        &self.handle
    }
}

/// The state of the portal session that a cookie names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalAccess {
    Live(Box<PortalViewer>),
    /// The session has ended. The page shows this link back to the product.
    Over(WayBack),
    Unknown,
}

/// Whether a request counts as activity of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalActivity {
    Request,
    /// A request that does not extend the session, such as the event stream of an open page.
    OpenPage,
}

impl Portal {
    /// Returns the state of the portal session whose cookie holds `token`.
    ///
    /// `account_session` is the handle of the browser's signed-in session; `None` if it has none. The portal session
    /// ends if the browser has a signed-in session that it did not have when it opened the link.
    pub async fn access(
        &self,
        token: &str,
        account_session: Option<&str>,
        activity: PortalActivity,
    ) -> Result<PortalAccess, ServiceError> {
        let Some(hash) = lookup_hash(token) else { return Ok(PortalAccess::Unknown) };
        let now = self.wall_now();
        let mut reader = self.store().read().await?;
        let Some(session) = reader.connection().find_portal_session(&hash).await? else {
            return Ok(PortalAccess::Unknown);
        };
        if is_over(&session, now) {
            return Ok(PortalAccess::Over(session.back));
        }
        if account_session.is_some() && account_session != session.account_session.as_deref() {
            drop(reader);
            self.end_session(&hash).await?;
            return Ok(PortalAccess::Over(session.back));
        }
        let Some(tenant) = reader.connection().find_tenant(&session.tenant).await? else {
            return Ok(PortalAccess::Over(session.back));
        };
        let plan = if let Some(plan) = self.usage().remembered_plan(&tenant.id) {
            plan
        } else {
            let subscriptions = reader.connection().list_subscriptions(&tenant.id).await?;
            self.entitlements(&tenant, current_subscription(self.catalog(), &subscriptions)).plan
        };
        drop(reader);
        if activity == PortalActivity::Request && now.secs_since(session.seen_at) >= SEEN_AGAIN_SECS {
            self.touch(&hash, now).await;
        }
        let PortalSession { link_hash, user, role, allow, back, locale, .. } = session;
        let current_membership = Membership { tenant_id: tenant.id, tenant_name: tenant.name, role: role.into(), plan };
        let external_id = user.external_id.clone();
        Ok(PortalAccess::Live(Box::new(PortalViewer {
            viewer: WorkspaceViewer { user: WorkspaceUser::Portal(user), current_membership },
            user: external_id,
            back,
            allow: allow.into(),
            session_hash: hash.into(),
            handle: link_hash.get(..HANDLE_CHARS).unwrap_or(&link_hash).into(),
            language: locale.and_then(|tag| installed().get(&tag)),
        })))
    }

    /// Whether the session of an open page is still live.
    pub async fn is_live(&self, portal: &PortalViewer) -> Result<bool, ServiceError> {
        let mut reader = self.store().read().await?;
        let session = reader.connection().find_portal_session(&portal.session_hash).await?;
        Ok(session.is_some_and(|session| !is_over(&session, self.wall_now())))
    }

    async fn end_session(&self, hash: &str) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().end_portal_session(hash, self.wall_now()).await?;
        Ok(tx.commit().await?)
    }

    /// Stores the time of a request. If that fails (as on a full disk), the user may keep reading until the session
    /// ends.
    async fn touch(&self, hash: &str, now: Timestamp) {
        let touched = async {
            let mut tx = self.store().begin().await?;
            tx.connection().touch_portal_session(hash, now).await?;
            tx.commit().await
        };
        if let Err(error) = touched.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to store the activity of a portal session"
            );
        }
    }
}

fn is_over(session: &PortalSession, now: Timestamp) -> bool {
    session.ended_at.is_some()
        || session.is_tenant_deleted
        || session.ends_at <= now
        || now.secs_since(session.seen_at) >= IDLE_SECS
}
