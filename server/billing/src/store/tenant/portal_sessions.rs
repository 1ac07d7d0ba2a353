//! Links into the portal, and the session that each starts when it is opened. Times are wall time.

use domain::{
    account::{Email, PortalUser},
    ids::TenantId,
    tenant::{
        external_id::ExternalId,
        portal::{PortalPermission, PortalRole, WayBack},
    },
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_PORTAL_LINK = "INSERT INTO portal_sessions (link_hash, tenant_id, external_id, email, name, role, allow, return_url, \
         return_label, start_path, created_by, created_at, ends_at, locale) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    // Of concurrent calls, only one finds the link unopened.
    OPEN_PORTAL_LINK = "UPDATE portal_sessions SET opened_at = $2, seen_at = $2, session_hash = $3, account_session = $4, \
         ends_at = $5 WHERE link_hash = $1 AND opened_at IS NULL AND ended_at IS NULL AND ends_at > $2 \
         AND EXISTS (SELECT 1 FROM tenants WHERE tenants.tenant_id = portal_sessions.tenant_id AND tenants.deleted_at IS NULL) \
         RETURNING tenant_id, external_id, start_path";
    FIND_PORTAL_LINK = "SELECT return_url, return_label, opened_at, ended_at FROM portal_sessions WHERE link_hash = $1";
    FIND_PORTAL_SESSION = "SELECT portal_sessions.link_hash, portal_sessions.tenant_id, portal_sessions.external_id, \
         portal_sessions.email, portal_sessions.name, portal_sessions.role, portal_sessions.allow, portal_sessions.return_url, \
         portal_sessions.return_label, portal_sessions.ends_at, portal_sessions.seen_at, portal_sessions.account_session, \
         portal_sessions.ended_at, portal_sessions.locale, tenants.deleted_at \
         FROM portal_sessions JOIN tenants ON tenants.tenant_id = portal_sessions.tenant_id \
         WHERE portal_sessions.session_hash = $1";
    TOUCH_PORTAL_SESSION = "UPDATE portal_sessions SET seen_at = $2 WHERE session_hash = $1 AND ended_at IS NULL";
    END_PORTAL_SESSION = "UPDATE portal_sessions SET ended_at = $2 WHERE session_hash = $1 AND ended_at IS NULL";
    END_PORTAL_SESSIONS_OF = "UPDATE portal_sessions SET ended_at = $3 \
         WHERE tenant_id = $1 AND external_id = $2 AND ended_at IS NULL AND ends_at > $3";
}

/// A link that is not opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalLink {
    pub tenant: TenantId,
    pub user: PortalUser,
    pub role: PortalRole,
    pub allow: Vec<PortalPermission>,
    pub back: WayBack,
    /// Path and query of the page on which the session begins.
    pub start_path: String,
    /// The id of the installation key that made it.
    pub created_by: String,
    pub created_at: Timestamp,
    pub ends_at: Timestamp,
    /// The tag of the language of the session's pages; `None` for the browser's.
    pub locale: Option<String>,
}

/// The session that an opened link starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPortalSession<'a> {
    pub session_hash: &'a str,
    /// The handle of the account's session that the browser has; `None` without one.
    pub account_session: Option<&'a str>,
    pub opened_at: Timestamp,
    pub ends_at: Timestamp,
}

/// A link that was opened by this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedPortalLink {
    pub tenant: TenantId,
    pub user: ExternalId,
    pub start_path: String,
}

/// A link in any state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPortalLink {
    pub back: WayBack,
    pub is_opened: bool,
    pub is_ended: bool,
}

/// A session, which may have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalSession {
    pub link_hash: String,
    pub tenant: TenantId,
    pub user: PortalUser,
    pub role: PortalRole,
    pub allow: Vec<PortalPermission>,
    pub back: WayBack,
    pub ends_at: Timestamp,
    pub seen_at: Timestamp,
    /// The handle of the account's session that the browser had when it opened the link; `None` without one.
    pub account_session: Option<String>,
    pub ended_at: Option<Timestamp>,
    /// The tag of the language of its pages; `None` for the browser's.
    pub locale: Option<String>,
    pub is_tenant_deleted: bool,
}

/// The return URL, its label, and when the link was opened and ended.
type LinkRow = (String, Option<String>, Option<i64>, Option<i64>);

#[derive(sqlx::FromRow)]
struct PortalSessionRow {
    link_hash: String,
    tenant_id: String,
    external_id: String,
    email: Option<String>,
    name: Option<String>,
    role: String,
    allow: String,
    return_url: String,
    return_label: Option<String>,
    ends_at: i64,
    seen_at: Option<i64>,
    account_session: Option<String>,
    ended_at: Option<i64>,
    locale: Option<String>,
    deleted_at: Option<i64>,
}

impl PortalSessionRow {
    fn read(self) -> StoreResult<PortalSession> {
        let Self {
            link_hash,
            tenant_id,
            external_id,
            email,
            name,
            role,
            allow,
            return_url,
            return_label,
            ends_at,
            seen_at,
            account_session,
            ended_at,
            locale,
            deleted_at,
        } = self;
        let allow = allow.split(',').filter(|permission| !permission.is_empty());
        Ok(PortalSession {
            link_hash,
            tenant: parse(&tenant_id, "portal_sessions.tenant_id")?,
            user: PortalUser {
                external_id: parse(&external_id, "portal_sessions.external_id")?,
                email: email.map(Email::from_stored),
                name,
            },
            role: parse(&role, "portal_sessions.role")?,
            allow: allow.map(|permission| parse(permission, "portal_sessions.allow")).collect::<StoreResult<_>>()?,
            back: WayBack { url: return_url, label: return_label },
            ends_at: Timestamp::from_micros(ends_at),
            seen_at: Timestamp::from_micros(seen_at.unwrap_or(i64::MIN)),
            account_session,
            ended_at: ended_at.map(Timestamp::from_micros),
            locale,
            is_tenant_deleted: deleted_at.is_some(),
        })
    }
}

impl Connection<'_> {
    pub async fn insert_portal_link(&mut self, hash: &str, link: &PortalLink) -> StoreResult<()> {
        let PortalLink { tenant, user, role, allow, back, start_path, created_by, created_at, ends_at, locale } = link;
        let PortalUser { external_id, email, name } = user;
        let WayBack { url, label } = back;
        let allow = allow.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(",");
        on_backend!(self, connection => sqlx::query(INSERT_PORTAL_LINK)
            .bind(hash)
            .bind(tenant.as_str())
            .bind(external_id.as_str())
            .bind(email.as_ref().map(Email::as_str))
            .bind(name.as_deref())
            .bind(role.as_str())
            .bind(allow)
            .bind(url)
            .bind(label.as_deref())
            .bind(start_path)
            .bind(created_by)
            .bind(created_at.as_micros())
            .bind(ends_at.as_micros())
            .bind(locale.as_deref())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Opens a link and starts its session. `None` if the link is unknown, opened, ended or expired, or its tenant is
    /// deleted. Of concurrent calls, only one opens the link.
    pub async fn open_portal_link(
        &mut self,
        hash: &str,
        session: NewPortalSession<'_>,
    ) -> StoreResult<Option<OpenedPortalLink>> {
        let NewPortalSession { session_hash, account_session, opened_at, ends_at } = session;
        let row: Option<(String, String, String)> = on_backend!(self, connection => sqlx::query_as(OPEN_PORTAL_LINK)
            .bind(hash)
            .bind(opened_at.as_micros())
            .bind(session_hash)
            .bind(account_session)
            .bind(ends_at.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(tenant, user, start_path)| {
            Ok(OpenedPortalLink {
                tenant: parse(&tenant, "portal_sessions.tenant_id")?,
                user: parse(&user, "portal_sessions.external_id")?,
                start_path,
            })
        })
        .transpose()
    }

    pub async fn find_portal_link(&mut self, hash: &str) -> StoreResult<Option<FoundPortalLink>> {
        let row: Option<LinkRow> = on_backend!(self, connection => sqlx::query_as(FIND_PORTAL_LINK)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(url, label, opened_at, ended_at)| FoundPortalLink {
            back: WayBack { url, label },
            is_opened: opened_at.is_some(),
            is_ended: ended_at.is_some(),
        }))
    }

    pub async fn find_portal_session(&mut self, session_hash: &str) -> StoreResult<Option<PortalSession>> {
        let row: Option<PortalSessionRow> = on_backend!(self, connection => sqlx::query_as(FIND_PORTAL_SESSION)
            .bind(session_hash)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(PortalSessionRow::read).transpose()
    }

    /// Stores when a session was last used. No-op if it was ended.
    pub async fn touch_portal_session(&mut self, session_hash: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(TOUCH_PORTAL_SESSION)
            .bind(session_hash)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Ends a session. No-op if it was ended already.
    pub async fn end_portal_session(&mut self, session_hash: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(END_PORTAL_SESSION)
            .bind(session_hash)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Ends all sessions and unopened links of a user of the tenant. Returns how many.
    pub async fn end_portal_sessions_of(
        &mut self,
        tenant: &TenantId,
        user: &ExternalId,
        now: Timestamp,
    ) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(END_PORTAL_SESSIONS_OF)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }
}
