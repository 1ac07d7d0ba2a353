//! A tenant's audit log. Rows are inserted in the transaction of the action; only an erasure changes them. Times are
//! wall time.

use domain::{
    ids::TenantId,
    tenant::audit::{AuditAction, AuditActor, AuditEntry, NewAuditEntry},
    time::Timestamp,
};

use crate::{
    security_event::SecurityEvent,
    store::{
        Connection, StoreError, StoreResult, on_backend, statements, tenant::tenants::page_position::PagePosition,
    },
};

statements! {
    // Without a given name (`$10`), stores the name that the actor has now.
    INSERT_AUDIT_ENTRY = "INSERT INTO audit_log (tenant_id, entry_id, at, actor_kind, actor_id, actor_name, action, target, details) \
         VALUES ($1, $2, $3, $4, $5, \
         COALESCE($10, CASE WHEN $6 THEN (SELECT email FROM users WHERE user_id = $5) \
         ELSE COALESCE((SELECT name FROM api_keys WHERE tenant_id = $1 AND key_id = $5), \
         (SELECT name FROM installation_keys WHERE key_id = $5)) END), $7, $8, $9)";
    LIST_AUDIT = "SELECT entry_id, at, actor_kind, actor_id, actor_name, action, target, details FROM audit_log \
         WHERE tenant_id = $1 AND action = COALESCE($2, action) AND at >= $3 AND at < $4 AND (at, entry_id) < ($5, $6) \
         ORDER BY at DESC, entry_id DESC LIMIT $7";
    // `$4` is a list of actions as `,a,b,`, or nothing for all.
    LIST_AUDIT_OF_ACTIONS = "SELECT entry_id, at, actor_kind, actor_id, actor_name, action, target, details FROM audit_log \
         WHERE tenant_id = $1 AND at <= $2 AND (at, entry_id) < ($2, $3) AND ($4 = '' OR $4 LIKE '%,' || action || ',%') \
         ORDER BY at DESC, entry_id DESC LIMIT 51";
    // An action by a tenant's key counts as one of the user who created the key.
    LIST_LATEST_ENTRIES = "SELECT audit_log.target, \
         CASE WHEN audit_log.actor_kind = 'api_key' THEN api_keys.created_by ELSE audit_log.actor_id END, max(audit_log.at) \
         FROM audit_log LEFT JOIN api_keys \
         ON api_keys.tenant_id = audit_log.tenant_id AND api_keys.key_id = audit_log.actor_id AND audit_log.actor_kind = 'api_key' \
         WHERE audit_log.tenant_id = $1 AND audit_log.action = $2 GROUP BY 1, 2";
}

/// Where a page of entries ended. The next page begins after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPosition {
    pub at: Timestamp,
    pub id: String,
}

/// A text that is not a position in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in the log")]
pub struct InvalidAuditPosition;

impl std::fmt::Display for AuditPosition {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}", self.at.as_micros(), self.id)
    }
}

impl std::str::FromStr for AuditPosition {
    type Err = InvalidAuditPosition;

    fn from_str(text: &str) -> Result<Self, InvalidAuditPosition> {
        let (at, id) = text.split_once('.').ok_or(InvalidAuditPosition)?;
        let at = Timestamp::from_micros(at.parse().map_err(|_| InvalidAuditPosition)?);
        let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_id { Ok(Self { at, id: id.to_owned() }) } else { Err(InvalidAuditPosition) }
    }
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub action: Option<AuditAction>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

/// When a user, or a key of theirs, last acted on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestAuditEntry {
    pub target: String,
    /// `None` for the installation and for keys without a creator.
    pub user: Option<String>,
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    entry_id: String,
    at: i64,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: Option<String>,
    action: String,
    target: String,
    details: String,
}

impl AuditRow {
    fn read(self) -> StoreResult<AuditEntry> {
        let Self { entry_id, at, actor_kind, actor_id, actor_name, action, target, details } = self;
        Ok(AuditEntry {
            id: entry_id,
            at: Timestamp::from_micros(at),
            actor_kind,
            actor_id,
            actor_name,
            action,
            target,
            details: serde_json::from_str(&details).map_err(|_| StoreError::Corrupt("audit_log.details"))?,
        })
    }
}

impl Connection<'_> {
    /// Lists for each target of an action and each user when the user last acted on the target.
    pub async fn list_latest_audit_entries(
        &mut self,
        tenant: &TenantId,
        action: AuditAction,
    ) -> StoreResult<Vec<LatestAuditEntry>> {
        let rows: Vec<(String, Option<String>, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_LATEST_ENTRIES)
                .bind(tenant.as_str())
                .bind(action.as_str())
                .fetch_all(&mut **connection)
                .await?);
        let read = |(target, user, at): (String, Option<String>, i64)| LatestAuditEntry {
            target,
            user,
            at: Timestamp::from_micros(at),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Inserts an entry, in the transaction of the action.
    pub async fn insert_audit(&mut self, tenant: &TenantId, entry: &NewAuditEntry, now: Timestamp) -> StoreResult<()> {
        let NewAuditEntry { by, action, target, details } = entry;
        on_backend!(self, connection => sqlx::query(INSERT_AUDIT_ENTRY)
            .bind(tenant.as_str())
            .bind(uuid::Uuid::now_v7().to_string())
            .bind(now.as_micros())
            .bind(by.kind())
            .bind(by.id())
            .bind(matches!(by, AuditActor::User(_)))
            .bind(action.as_str())
            .bind(target)
            .bind(details.to_string())
            .bind(by.name())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        let user = match by {
            AuditActor::User(user) | AuditActor::OperatorUser(user) => Some(user),
            _ => None,
        };
        // Every creation and revocation of a key passes here.
        match action {
            AuditAction::ApiKeyCreated | AuditAction::InstallationKeyCreated => {
                SecurityEvent::KeyMade { tenant, key: target, by: user }.write();
            }
            AuditAction::ApiKeyRevoked | AuditAction::InstallationKeyRevoked => {
                SecurityEvent::KeyRevoked { tenant, key: target, by: user }.write();
            }
            _ => {}
        }
        Ok(())
    }

    /// Lists entries, newest first, at most `most`.
    pub async fn list_audit(
        &mut self,
        tenant: &TenantId,
        filter: &AuditFilter,
        after: Option<&AuditPosition>,
        most: u32,
    ) -> StoreResult<Vec<AuditEntry>> {
        let AuditFilter { action, from, to } = filter;
        let (before, id) = after.map_or((i64::MAX, ""), |place| (place.at.as_micros(), place.id.as_str()));
        // Bounds `at` as well: the pair alone is no range of the index, and each page would scan all rows before it.
        let to = to.map_or(i64::MAX, Timestamp::as_micros).min(before.saturating_add(1));
        let rows: Vec<AuditRow> = on_backend!(self, connection => sqlx::query_as(LIST_AUDIT)
            .bind(tenant.as_str())
            .bind(action.map(AuditAction::as_str))
            .bind(from.map_or(i64::MIN, Timestamp::as_micros))
            .bind(to)
            .bind(before)
            .bind(id)
            .bind(i64::from(most))
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(AuditRow::read).collect()
    }

    /// Lists entries before `before` with one of `actions`, newest first, at most one more than a page of the desk.
    /// `None` lists entries with any action.
    pub async fn list_audit_of_actions(
        &mut self,
        tenant: &TenantId,
        actions: Option<&[AuditAction]>,
        before: &PagePosition,
    ) -> StoreResult<Vec<AuditEntry>> {
        let names = |actions: &[AuditAction]| {
            actions.iter().fold(",".to_owned(), |names, action| names + action.as_str() + ",")
        };
        let rows: Vec<AuditRow> = on_backend!(self, connection => sqlx::query_as(LIST_AUDIT_OF_ACTIONS)
            .bind(tenant.as_str())
            .bind(before.at.as_micros())
            .bind(&before.id)
            .bind(actions.map(names).unwrap_or_default())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(AuditRow::read).collect()
    }
}
