//! Rows that are deleted once they are old, a bounded number at a time, the oldest first.

use domain::time::Timestamp;

use crate::store::{Connection, StoreResult, on_backend, statements};

/// The query for the first row of a table that matches a condition on an indexed column.
macro_rules! find_old {
    ($table:literal, $condition:literal, $order:literal) => {
        concat!("SELECT CAST(1 AS BIGINT) FROM ", $table, " WHERE ", $condition, " ORDER BY ", $order, " LIMIT 1")
    };
}

/// The statement that deletes rows that match `$condition`: the first ones in `$order`, at most as many as the bound
/// parameter `$2`. `$key` is the table's primary key.
///
/// `$still` repeats, outside the sub-query, the part of the condition that an update can make false: on `PostgreSQL` a
/// deletion that waited for the lock of a row checks `$still` again. The `+` in `$still` keeps the planner from using
/// an index on that column, which would read every old row.
macro_rules! delete_old {
    ($table:literal, $key:literal, $condition:literal, $order:literal, $still:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ",
            $still,
            " AND (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $condition,
            " ORDER BY ",
            $order,
            " LIMIT $2)"
        )
    };
}

statements! {
    FIND_LOGIN_FAILURES = find_old!("login_failures", "window_end <= $1", "window_end");
    DELETE_LOGIN_FAILURES = delete_old!("login_failures", "subject", "window_end <= $1", "window_end", "+window_end <= $1");
    FIND_LOGIN_SLOTS = find_old!("login_slots", "free_at <= $1", "free_at");
    DELETE_LOGIN_SLOTS = delete_old!("login_slots", "subject", "free_at <= $1", "free_at", "+free_at <= $1");
    FIND_SESSIONS = find_old!("sessions", "expires_at <= $1", "expires_at");
    DELETE_SESSIONS = delete_old!("sessions", "session_hash", "expires_at <= $1", "expires_at", "+expires_at <= $1");
    FIND_PORTAL_SESSIONS = find_old!("portal_sessions", "ends_at <= $1", "ends_at");
    DELETE_PORTAL_SESSIONS = delete_old!("portal_sessions", "link_hash", "ends_at <= $1", "ends_at", "+ends_at <= $1");
    FIND_PASSWORD_RESETS = find_old!("password_resets", "expires_at <= $1", "expires_at");
    DELETE_PASSWORD_RESETS = delete_old!("password_resets", "token_hash", "expires_at <= $1", "expires_at", "+expires_at <= $1");
    FIND_ADDRESS_VERIFICATIONS = find_old!("address_proofs", "expires_at <= $1", "expires_at");
    DELETE_ADDRESS_VERIFICATIONS = delete_old!("address_proofs", "token_hash", "expires_at <= $1", "expires_at", "+expires_at <= $1");
    FIND_ADDRESS_CHANGES = find_old!("address_changes", "expires_at <= $1", "expires_at");
    DELETE_ADDRESS_CHANGES = delete_old!("address_changes", "token_hash", "expires_at <= $1", "expires_at", "+expires_at <= $1");
    FIND_ACCOUNT_MAILS = find_old!("account_mails", "asked_at <= $1", "asked_at");
    DELETE_ACCOUNT_MAILS = delete_old!("account_mails", "user_id, kind", "asked_at <= $1", "asked_at", "+asked_at <= $1");
    FIND_INVITATIONS = find_old!("invitations", "expires_at <= $1", "expires_at");
    // The tokens of the invitations that the next statement deletes.
    DELETE_INVITATION_TOKENS = "DELETE FROM invitation_tokens WHERE (tenant_id, invitation_id) IN \
         (SELECT tenant_id, invitation_id FROM invitations WHERE expires_at <= $1 \
         ORDER BY expires_at, tenant_id, invitation_id LIMIT $2)";
    DELETE_INVITATIONS = delete_old!("invitations", "tenant_id, invitation_id", "expires_at <= $1", "expires_at, tenant_id, invitation_id", "+expires_at <= $1");
    // The last second of the year 9999, as in the index `jobs_given_up`.
    FIND_GIVEN_UP_JOBS = find_old!("jobs", "run_at = 253402300799000000 AND created_at < $1", "created_at");
    DELETE_GIVEN_UP_JOBS = delete_old!("jobs", "job_id", "run_at = 253402300799000000 AND created_at < $1", "created_at", "+run_at = 253402300799000000");
    FIND_WEBHOOK_MESSAGES = find_old!("webhook_messages", "next_try_at IS NULL AND created_at < $1", "created_at");
    DELETE_WEBHOOK_MESSAGES = delete_old!("webhook_messages", "tenant_id, message_id", "next_try_at IS NULL AND created_at < $1", "created_at", "+next_try_at IS NULL");
    FIND_IDEMPOTENCY_KEYS = find_old!("idempotency_keys", "created_at <= $1", "created_at");
    DELETE_IDEMPOTENCY_KEYS = delete_old!("idempotency_keys", "key_hash", "created_at <= $1", "created_at", "+created_at <= $1");
    FIND_REVENUE_CHANGES = find_old!("revenue_changes", "at <= $1", "at");
    DELETE_REVENUE_CHANGES = delete_old!("revenue_changes", "tenant_id, change_id", "at <= $1", "at", "+at <= $1");
    FIND_USAGE_BY_KEY = find_old!("usage_by_key", "day <= $1", "day");
    DELETE_USAGE_BY_KEY = delete_old!("usage_by_key", "tenant_id, feature, day, key_id", "day <= $1", "day", "+day <= $1");
    FIND_IMPORT_SUBSCRIPTIONS = find_old!("import_subscriptions", "created_at <= $1", "created_at");
    DELETE_IMPORT_SUBSCRIPTIONS = delete_old!("import_subscriptions", "import_id, position, subscription_id", "created_at <= $1", "created_at", "+created_at <= $1");
    FIND_IMPORT_ROWS = find_old!("import_rows", "created_at <= $1", "created_at");
    DELETE_IMPORT_ROWS = delete_old!("import_rows", "import_id, position", "created_at <= $1", "created_at", "+created_at <= $1");
    FIND_IMPORTS = find_old!("imports", "created_at <= $1", "created_at");
    DELETE_IMPORTS = delete_old!("imports", "import_id", "created_at <= $1", "created_at", "+created_at <= $1");
    FIND_INBOX_EVENTS = find_old!("inbox", "state <> 'received' AND received_at <= $1", "received_at");
    DELETE_INBOX_EVENTS = delete_old!("inbox", "provider, event_id", "state <> 'received' AND received_at <= $1", "received_at", "+received_at <= $1");
}

/// A kind of rows that become old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldRows {
    /// Counts of attempts whose window is over.
    LoginFailures,
    /// Login slots that are free again.
    LoginSlots,
    /// Expired sessions.
    Sessions,
    /// Expired portal links and portal sessions.
    PortalSessions,
    PasswordResets,
    AddressVerifications,
    AddressChanges,
    AccountMails,
    /// Expired invitations, with their tokens.
    Invitations,
    /// Jobs that failed for good.
    GivenUpJobs,
    /// Messages to endpoints: the log of deliveries. A waiting message is never deleted.
    WebhookMessages,
    IdempotencyKeys,
    /// Events of providers that were handled or ignored. An event that a job will handle is never deleted.
    InboxEvents,
    /// Changes of revenue from before the months of the trend.
    RevenueChanges,
    /// Usage by key from before the days that are shown.
    UsageByKey,
    /// Subscriptions of customers in old imports.
    ImportSubscriptions,
    /// Customers in old imports.
    ImportRows,
    Imports,
}

domain::all_variants!(OldRows {
    LoginFailures,
    LoginSlots,
    Sessions,
    PortalSessions,
    PasswordResets,
    AddressVerifications,
    AddressChanges,
    AccountMails,
    Invitations,
    GivenUpJobs,
    WebhookMessages,
    IdempotencyKeys,
    InboxEvents,
    RevenueChanges,
    UsageByKey,
    ImportSubscriptions,
    ImportRows,
    Imports,
});

impl OldRows {
    /// The name in leases, logs and metrics: that of the table, or of a kind of its rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginFailures => "login_failures",
            Self::LoginSlots => "login_slots",
            Self::Sessions => "sessions",
            Self::PortalSessions => "portal_sessions",
            Self::PasswordResets => "password_resets",
            Self::AddressVerifications => "address_proofs",
            Self::AddressChanges => "address_changes",
            Self::AccountMails => "account_mails",
            Self::Invitations => "invitations",
            Self::GivenUpJobs => "given_up_jobs",
            Self::WebhookMessages => "webhook_messages",
            Self::IdempotencyKeys => "idempotency_keys",
            Self::InboxEvents => "inbox",
            Self::RevenueChanges => "revenue_changes",
            Self::UsageByKey => "usage_by_key",
            Self::ImportSubscriptions => "import_subscriptions",
            Self::ImportRows => "import_rows",
            Self::Imports => "imports",
        }
    }

    const fn find(self) -> &'static str {
        match self {
            Self::LoginFailures => FIND_LOGIN_FAILURES,
            Self::LoginSlots => FIND_LOGIN_SLOTS,
            Self::Sessions => FIND_SESSIONS,
            Self::PortalSessions => FIND_PORTAL_SESSIONS,
            Self::PasswordResets => FIND_PASSWORD_RESETS,
            Self::AddressVerifications => FIND_ADDRESS_VERIFICATIONS,
            Self::AddressChanges => FIND_ADDRESS_CHANGES,
            Self::AccountMails => FIND_ACCOUNT_MAILS,
            Self::Invitations => FIND_INVITATIONS,
            Self::GivenUpJobs => FIND_GIVEN_UP_JOBS,
            Self::WebhookMessages => FIND_WEBHOOK_MESSAGES,
            Self::IdempotencyKeys => FIND_IDEMPOTENCY_KEYS,
            Self::InboxEvents => FIND_INBOX_EVENTS,
            Self::RevenueChanges => FIND_REVENUE_CHANGES,
            Self::UsageByKey => FIND_USAGE_BY_KEY,
            Self::ImportSubscriptions => FIND_IMPORT_SUBSCRIPTIONS,
            Self::ImportRows => FIND_IMPORT_ROWS,
            Self::Imports => FIND_IMPORTS,
        }
    }

    /// The statements that delete the rows, in order. Only the rows of the last statement are counted.
    const fn deletes(self) -> &'static [&'static str] {
        match self {
            Self::LoginFailures => &[DELETE_LOGIN_FAILURES],
            Self::LoginSlots => &[DELETE_LOGIN_SLOTS],
            Self::Sessions => &[DELETE_SESSIONS],
            Self::PortalSessions => &[DELETE_PORTAL_SESSIONS],
            Self::PasswordResets => &[DELETE_PASSWORD_RESETS],
            Self::AddressVerifications => &[DELETE_ADDRESS_VERIFICATIONS],
            Self::AddressChanges => &[DELETE_ADDRESS_CHANGES],
            Self::AccountMails => &[DELETE_ACCOUNT_MAILS],
            Self::Invitations => &[DELETE_INVITATION_TOKENS, DELETE_INVITATIONS],
            Self::GivenUpJobs => &[DELETE_GIVEN_UP_JOBS],
            Self::WebhookMessages => &[DELETE_WEBHOOK_MESSAGES],
            Self::IdempotencyKeys => &[DELETE_IDEMPOTENCY_KEYS],
            Self::InboxEvents => &[DELETE_INBOX_EVENTS],
            Self::RevenueChanges => &[DELETE_REVENUE_CHANGES],
            Self::UsageByKey => &[DELETE_USAGE_BY_KEY],
            Self::ImportSubscriptions => &[DELETE_IMPORT_SUBSCRIPTIONS],
            Self::ImportRows => &[DELETE_IMPORT_ROWS],
            Self::Imports => &[DELETE_IMPORTS],
        }
    }
}

impl Connection<'_> {
    /// Whether there are rows that [`Self::delete_old_rows`] deletes: one look-up on an index.
    pub async fn has_old_rows(&mut self, rows: OldRows, before: Timestamp) -> StoreResult<bool> {
        self.has_old(rows.find(), before).await
    }

    /// Whether a look-up with the one parameter `before` finds a row.
    pub(in crate::store) async fn has_old(&mut self, find: &'static str, before: Timestamp) -> StoreResult<bool> {
        let found: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(find)
            .bind(before.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(found.is_some())
    }

    /// Deletes the oldest rows from before `before`, at most `most`. Returns how many. Rows from exactly `before` are
    /// deleted, too, except messages and jobs.
    pub async fn delete_old_rows(&mut self, rows: OldRows, before: Timestamp, most: i64) -> StoreResult<u64> {
        let mut deleted = 0;
        for statement in rows.deletes() {
            deleted = on_backend!(&mut *self, connection => sqlx::query(*statement)
                .bind(before.as_micros())
                .bind(most)
                .execute(&mut **connection)
                .await?
                .rows_affected());
        }
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests;
