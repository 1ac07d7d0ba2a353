//! The erasure of a deleted tenant: its people, names, addresses, secrets and keys leave the database, a bounded number
//! of rows at a time.
//!
//! [`TABLES`] says what is done with each table. A test fails for a table of the schema that is not listed.
//! Statements that delete take the tenant as `$1` and the maximum number of rows as `$2`.

pub(in crate::store) mod people;

use domain::{
    ids::TenantId,
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
    time::Timestamp,
};
use serde_json::json;

use crate::{
    identity::throttle::Throttle,
    store::{Connection, StoreResult, on_backend, parse, statements},
};

/// What an erasure does with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableErasure {
    /// The tenant's rows are deleted.
    Deleted,
    /// Rows of its people are deleted: of users who belong to no other tenant and are no operators.
    DeletedWithPeople,
    /// The tenant's rows lose what names or describes something. Ids, amounts, plans and times stay.
    Stripped,
    /// The tenant's rows stay as they are: they are sums, without a name.
    Sums,
    /// Has no rows of tenants, or rows with ids of a payment provider only.
    Untouched,
}

/// Every table, with what an erasure does with it.
pub const TABLES: &[(&str, TableErasure)] = &[
    ("_sqlx_migrations", TableErasure::Untouched),
    ("account_mails", TableErasure::DeletedWithPeople),
    ("address_changes", TableErasure::DeletedWithPeople),
    ("address_proofs", TableErasure::DeletedWithPeople),
    ("api_keys", TableErasure::Deleted),
    ("aside_subscriptions", TableErasure::Deleted),
    // Names of actors, actor ids that the product or an issuer chose, and targets and details with free text are
    // removed; in logs of other tenants, the names and addresses of deleted people.
    ("audit_log", TableErasure::Stripped),
    ("billing_turns", TableErasure::Deleted),
    // A comment may name people.
    ("cancellation_reasons", TableErasure::Deleted),
    ("checkout_attempts", TableErasure::Deleted),
    ("customers", TableErasure::Deleted),
    ("doubled_subscriptions", TableErasure::Deleted),
    ("drift", TableErasure::Deleted),
    ("dunning_notices", TableErasure::Deleted),
    // Also those that a deleted person sent.
    ("enterprise_requests", TableErasure::Deleted),
    ("event_cursors", TableErasure::Untouched),
    ("firebase_users", TableErasure::DeletedWithPeople),
    ("housekeeping_leases", TableErasure::Untouched),
    // Accounts' links to identity providers. A user who only presents an issuer's token has no row.
    ("identities", TableErasure::DeletedWithPeople),
    // The sealed answers to requests about the tenant.
    ("idempotency_keys", TableErasure::Deleted),
    // Rows of the tenant, and of its customers in dry runs.
    ("import_rows", TableErasure::Deleted),
    // Ids at a payment provider and amounts, deleted 90 days after the import.
    ("import_subscriptions", TableErasure::Untouched),
    ("imports", TableErasure::Untouched),
    // Ids of events and objects at a payment provider, deleted when the retention of events ends.
    ("inbox", TableErasure::Untouched),
    ("installation_key_networks", TableErasure::Untouched),
    ("installation_keys", TableErasure::Untouched),
    ("invitation_tokens", TableErasure::Deleted),
    ("invitations", TableErasure::Deleted),
    // Jobs of the tenant, and mails to its people and to addresses that it invited.
    ("jobs", TableErasure::Deleted),
    ("key_networks", TableErasure::Deleted),
    ("known_plans", TableErasure::Untouched),
    // Counters of attempts about the tenant, its people and addresses that it invited. Subjects are stored as hashes.
    ("login_failures", TableErasure::DeletedWithPeople),
    ("login_slots", TableErasure::DeletedWithPeople),
    ("mail_preferences", TableErasure::Deleted),
    // Users who belong to another tenant lose the membership alone.
    ("memberships", TableErasure::Deleted),
    ("operators", TableErasure::Untouched),
    ("password_resets", TableErasure::DeletedWithPeople),
    // Unopened links, too: they hold the names that the product sent.
    ("portal_sessions", TableErasure::Deleted),
    ("provider_account_history", TableErasure::Untouched),
    ("provider_accounts", TableErasure::Untouched),
    ("recovery_codes", TableErasure::DeletedWithPeople),
    // Kinds of changes, amounts and times, with the provider's id of a subscription, as in `subscriptions`.
    ("revenue_changes", TableErasure::Sums),
    ("revenue_months", TableErasure::Sums),
    ("second_factors", TableErasure::DeletedWithPeople),
    ("secrets", TableErasure::Deleted),
    ("sessions", TableErasure::DeletedWithPeople),
    ("signing_keys", TableErasure::Untouched),
    // What was bought, and when. Details, such as discounts, are removed.
    ("subscriptions", TableErasure::Stripped),
    ("tenant_data_keys", TableErasure::Deleted),
    ("tenant_notes", TableErasure::Deleted),
    // The row stays with its id, plan and times, so that sums and entries refer to something.
    ("tenants", TableErasure::Stripped),
    ("told_subscriptions", TableErasure::Deleted),
    ("unknown_at_provider", TableErasure::Deleted),
    ("unsold_price_payers", TableErasure::Deleted),
    ("unsold_prices", TableErasure::Untouched),
    ("usage_alerts", TableErasure::Deleted),
    ("usage_by_key", TableErasure::Sums),
    ("usage_counters", TableErasure::Sums),
    ("usage_days", TableErasure::Sums),
    // Folded into the counters, because an event holds texts from the product.
    ("usage_events", TableErasure::Deleted),
    ("usage_hours", TableErasure::Sums),
    ("usage_roll_up", TableErasure::Untouched),
    ("users", TableErasure::DeletedWithPeople),
    ("webhook_endpoints", TableErasure::Deleted),
    // Messages to the tenant's endpoints, and messages to the installation's endpoints that hold its name. Other
    // messages hold only ids: they are delivered, and deleted with the delivery log.
    ("webhook_messages", TableErasure::Deleted),
];

/// The deletion of at most `$2` of the tenant's rows.
macro_rules! delete_of_tenant {
    ($table:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE tenant_id = $1 LIMIT $2)"
        )
    };
}

/// Actions whose audit entries keep their target; `details_kept` lists those that keep their details. A test compares
/// both with [`AuditAction::named_texts`].
macro_rules! targets_kept {
    () => {
        "'api_key.made', 'api_key.revoked', 'installation_key.made', 'installation_key.revoked', 'api_key.taken_over', \
         'webhook_endpoint.made', 'webhook_endpoint.changed', 'webhook_endpoint.deleted', \
         'webhook_endpoint.secret_rotated', 'tenant_note.added', 'tenant_note.deleted', 'usage.corrected', 'job.hastened', 'limit.set', 'subscription.cancel_asked', \
         'subscription.resume_asked', 'subscription.seats_asked', 'subscription.change_asked', 'checkout.started', \
         'portal.opened', 'subscription.changed', 'plan.granted', \
         'tenant.created', 'tenant.changed', 'tenant.deleted', 'tenant.restored', 'tenant.erased', \
         'mail_preferences.changed', 'mail_sample.sent', 'customer.linked'"
    };
}
macro_rules! details_kept {
    () => {
        "'member.invited', 'invitation.withdrawn', 'member.joined', 'member.role_changed', 'member.removed', \
         'member.left', 'tenant_note.added', 'tenant_note.deleted', 'portal_link.made', 'portal_session.begun', 'portal_session.ended', 'overrides.changed', \
         'limit.set', 'subscription.sync_asked', 'subscription.cancel_asked', 'subscription.resume_asked', \
         'subscription.seats_asked', 'subscription.change_asked', 'checkout.started', 'portal.opened', 'subscription.changed', 'plan.granted', 'tenant.created', 'tenant.changed', 'tenant.deleted', 'tenant.restored', 'tenant.erased', \
         'mail_preferences.changed', 'mail_sample.sent', 'customer.linked'"
    };
}

statements! {
    FIND_TENANT_TO_ERASE = "SELECT tenant_id FROM tenants WHERE deleted_at IS NOT NULL AND erased_at IS NULL \
         AND deleted_at <= $1 ORDER BY deleted_at LIMIT 1";
    LOCK_TENANT_TO_ERASE = "UPDATE tenants SET erased_at = erased_at WHERE tenant_id = $1 AND deleted_at IS NOT NULL \
         AND erased_at IS NULL";
    // Runs first, so that the external id is free at once.
    STRIP_TENANT = "UPDATE tenants SET name = '', email = NULL, external_id = NULL, metadata = '{}', \
         own_limits = '[]', revision = revision + 1 WHERE tenant_id = $1 \
         AND (name <> '' OR email IS NOT NULL OR external_id IS NOT NULL OR metadata <> '{}' \
         OR own_limits <> '[]')";
    STRIP_SUBSCRIPTIONS = "UPDATE subscriptions SET details = NULL WHERE tenant_id = $1 AND details IS NOT NULL";
    // An actor id that the product or an issuer chose may be an address. Other actor ids are made by Dues.
    STRIP_AUDIT = concat!(
        "UPDATE audit_log SET actor_name = NULL, \
         actor_id = CASE WHEN actor_kind IN ('portal_user', 'token_user') THEN NULL ELSE actor_id END, target = CASE WHEN action IN (",
        targets_kept!(),
        ") THEN target ELSE '' END, details = CASE WHEN action IN (",
        details_kept!(),
        ") THEN details ELSE '{}' END WHERE (tenant_id, entry_id) IN (SELECT tenant_id, entry_id FROM audit_log \
         WHERE tenant_id = $1 AND (actor_name IS NOT NULL \
         OR (actor_kind IN ('portal_user', 'token_user') AND actor_id IS NOT NULL) OR (target <> '' AND action NOT IN (",
        targets_kept!(),
        ")) OR (details <> '{}' AND action NOT IN (",
        details_kept!(),
        "))) LIMIT $2)"
    );
    FINISH_ERASURE = "UPDATE tenants SET erased_at = $2 WHERE tenant_id = $1 AND erased_at IS NULL";
    DELETE_MESSAGES = delete_of_tenant!("webhook_messages", "tenant_id, message_id");
    DELETE_MESSAGES_ABOUT = "DELETE FROM webhook_messages WHERE (tenant_id, message_id) IN \
         (SELECT tenant_id, message_id FROM webhook_messages \
         WHERE about_tenant = $1 AND event IN ('tenant.created', 'tenant.updated') LIMIT $2)";
    DELETE_ENDPOINTS = delete_of_tenant!("webhook_endpoints", "tenant_id, endpoint_id");
    DELETE_KEY_NETWORKS = delete_of_tenant!("key_networks", "tenant_id, key_id, network_hash");
    DELETE_KEYS = delete_of_tenant!("api_keys", "tenant_id, key_id");
    DELETE_SECRETS = delete_of_tenant!("secrets", "tenant_id, name");
    DELETE_DATA_KEYS = delete_of_tenant!("tenant_data_keys", "tenant_id");
    DELETE_ATTEMPTS = delete_of_tenant!("checkout_attempts", "tenant_id, attempt_id");
    DELETE_CANCELLATION_REASONS = delete_of_tenant!("cancellation_reasons", "tenant_id, provider, external_id");
    DELETE_DRIFT = delete_of_tenant!("drift", "tenant_id, found_at, provider, external_id");
    DELETE_DUPLICATES = delete_of_tenant!("doubled_subscriptions", "tenant_id, provider, external_id");
    DELETE_TRANSITIONS = delete_of_tenant!("billing_turns", "tenant_id");
    DELETE_NOTES = delete_of_tenant!("tenant_notes", "tenant_id, note_id");
    DELETE_DUNNING = delete_of_tenant!("dunning_notices", "tenant_id, provider, external_id, since, kind");
    DELETE_NOTIFIED = delete_of_tenant!("told_subscriptions", "tenant_id");
    DELETE_UNKNOWN = delete_of_tenant!("unknown_at_provider", "tenant_id, provider, kind, external_id");
    DELETE_UNMANAGED = delete_of_tenant!("aside_subscriptions", "tenant_id, provider, external_id");
    DELETE_UNSOLD_PAYERS = delete_of_tenant!("unsold_price_payers", "tenant_id, provider, price");
    DELETE_IMPORT_ROWS = delete_of_tenant!("import_rows", "import_id, position");
    // Rows of dry runs do not name the tenant.
    DELETE_IMPORT_ROWS_OF_CUSTOMERS = "DELETE FROM import_rows WHERE (import_id, position) IN \
         (SELECT import_rows.import_id, import_rows.position FROM customers \
         JOIN import_rows ON import_rows.customer = customers.external_id WHERE customers.tenant_id = $1 LIMIT $2)";
    DELETE_CUSTOMERS = delete_of_tenant!("customers", "tenant_id, provider");
    DELETE_MAIL_PREFERENCES = delete_of_tenant!("mail_preferences", "tenant_id, user_id, kind");
    DELETE_ALERTS = delete_of_tenant!("usage_alerts", "tenant_id, feature, told_since, kind");
    DELETE_PORTAL_SESSIONS = delete_of_tenant!("portal_sessions", "link_hash");
    DELETE_REQUESTS = delete_of_tenant!("enterprise_requests", "request_id");
    DELETE_ANSWERS = delete_of_tenant!("idempotency_keys", "key_hash");
    DELETE_JOBS = delete_of_tenant!("jobs", "job_id");
}

/// Deletions of the tenant's rows, in an order that keeps references valid.
const DELETIONS: &[&str] = &[
    DELETE_MESSAGES,
    DELETE_MESSAGES_ABOUT,
    DELETE_ENDPOINTS,
    DELETE_KEY_NETWORKS,
    DELETE_KEYS,
    DELETE_SECRETS,
    DELETE_DATA_KEYS,
    DELETE_ATTEMPTS,
    DELETE_CANCELLATION_REASONS,
    DELETE_DRIFT,
    DELETE_DUPLICATES,
    DELETE_TRANSITIONS,
    DELETE_NOTES,
    DELETE_DUNNING,
    DELETE_NOTIFIED,
    DELETE_UNKNOWN,
    DELETE_UNMANAGED,
    DELETE_UNSOLD_PAYERS,
    DELETE_IMPORT_ROWS,
    DELETE_IMPORT_ROWS_OF_CUSTOMERS,
    DELETE_CUSTOMERS,
    DELETE_MAIL_PREFERENCES,
    DELETE_ALERTS,
    DELETE_PORTAL_SESSIONS,
    DELETE_REQUESTS,
    DELETE_ANSWERS,
    DELETE_JOBS,
    STRIP_AUDIT,
];

impl Connection<'_> {
    /// Finds the tenant that was deleted first, at `until` or before, and is not erased: one look-up on an index.
    pub async fn find_tenant_to_erase(&mut self, until: Timestamp) -> StoreResult<Option<TenantId>> {
        let id: Option<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_TENANT_TO_ERASE)
            .bind(until.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        id.map(|id| parse(&id, "tenants.tenant_id")).transpose()
    }

    /// Erases about `most` rows of a deleted tenant, in the caller's transaction. Returns how many; 0 once the tenant
    /// is erased, or if it is not deleted. Each call is complete by itself: another node may make the next one.
    pub async fn erase_slice(&mut self, tenant: &TenantId, most: i64, now: Timestamp) -> StoreResult<u64> {
        // Serializes slices of the tenant on all nodes.
        if self.write_of_tenant(LOCK_TENANT_TO_ERASE, tenant).await? == 0 {
            return Ok(0);
        }
        let stripped = self.write_of_tenant(STRIP_TENANT, tenant).await?;
        if stripped > 0 {
            return Ok(stripped);
        }
        for statement in DELETIONS {
            let rows = self.write_some(statement, tenant.as_str(), most).await?;
            if rows > 0 {
                return Ok(rows);
            }
        }
        let rows = self.erase_people(tenant, most).await?;
        if rows > 0 {
            return Ok(rows);
        }
        let rows = self.fold_events_of(tenant, most).await?;
        if rows > 0 {
            return Ok(rows);
        }
        self.write_of_tenant(STRIP_SUBSCRIPTIONS, tenant).await?;
        self.delete_counts(&Throttle::subjects_of_tenant(tenant)).await?;
        let erased = NewAuditEntry {
            by: AuditActor::System,
            action: AuditAction::TenantErased,
            target: tenant.to_string(),
            details: json!({}),
        };
        self.insert_audit(tenant, &erased, now).await?;
        Ok(on_backend!(self, connection => sqlx::query(FINISH_ERASURE)
            .bind(tenant.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }

    /// Executes a statement with the tenant as its one parameter. Returns the number of rows.
    async fn write_of_tenant(&mut self, statement: &'static str, tenant: &TenantId) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(tenant.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }

    /// Executes a statement with `subject` as `$1` on at most `most` rows. Returns how many.
    async fn write_some(&mut self, statement: &'static str, subject: &str, most: i64) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(subject)
            .bind(most)
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }
}

#[cfg(test)]
mod tests;
