//! Which mails about a tenant its people have turned on or off, and when a monthly report is due. `due_at` and
//! `sent_for` are billing time.

use domain::{
    account::OptionalMail,
    ids::{TenantId, UserId},
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    LIST_MAIL_PREFERENCES = "SELECT kind, is_on FROM mail_preferences WHERE tenant_id = $1 AND user_id = $2";
    UPSERT_MAIL_PREFERENCE = "INSERT INTO mail_preferences (tenant_id, user_id, kind, is_on, changed_at, due_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, user_id, kind) DO UPDATE SET is_on = excluded.is_on, \
         changed_at = excluded.changed_at, due_at = excluded.due_at";
    FIND_DUE_REPORT = "SELECT due_at FROM mail_preferences WHERE due_at <= $1 LIMIT 1";
    // The outer condition is checked again after a wait for another node, which has moved `due_at` meanwhile.
    CLAIM_DUE_REPORTS = "UPDATE mail_preferences SET due_at = $2 WHERE due_at <= $1 AND (tenant_id, user_id, kind) IN \
         (SELECT tenant_id, user_id, kind FROM mail_preferences WHERE due_at <= $1 ORDER BY due_at LIMIT 200) \
         RETURNING tenant_id, user_id";
    MARK_REPORT = "UPDATE mail_preferences SET sent_for = $4 WHERE tenant_id = $1 AND user_id = $2 AND kind = $3 \
         AND is_on AND (sent_for IS NULL OR sent_for < $4)";
    UNMARK_REPORT = "UPDATE mail_preferences SET sent_for = NULL WHERE tenant_id = $1 AND user_id = $2 AND kind = $3 \
         AND sent_for = $4";
}

/// What a person gets of the mails that they can turn off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailPreference {
    pub mail: OptionalMail,
    pub is_on: bool,
}

impl Connection<'_> {
    /// Lists each kind of mail and whether the person gets it: their choice, else the kind's default.
    pub async fn list_mail_preferences(
        &mut self,
        tenant: &TenantId,
        user: &UserId,
    ) -> StoreResult<[MailPreference; OptionalMail::ALL.len()]> {
        let chosen: Vec<(String, bool)> = on_backend!(self, connection => sqlx::query_as(LIST_MAIL_PREFERENCES)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .fetch_all(&mut **connection)
            .await?);
        Ok(OptionalMail::ALL.map(|mail| {
            let choice = chosen.iter().find(|(kind, _)| kind == mail.as_str());
            MailPreference { mail, is_on: choice.map_or(mail.is_on_by_default(), |(_, is_on)| *is_on) }
        }))
    }

    /// Stores a member's choice. `report_due_at` is when the next monthly report is due; `None` for other mails and for
    /// a report that is off. Conflict if the person is no member.
    pub async fn upsert_mail_preference(
        &mut self,
        tenant: &TenantId,
        user: &UserId,
        MailPreference { mail, is_on }: MailPreference,
        report_due_at: Option<Timestamp>,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPSERT_MAIL_PREFERENCE)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(mail.as_str())
            .bind(is_on)
            .bind(now.as_micros())
            .bind(report_due_at.map(Timestamp::as_micros))
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Whether a monthly report is due: one look-up on an index.
    pub async fn has_due_report(&mut self, now: Timestamp) -> StoreResult<bool> {
        let due: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_DUE_REPORT)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(due.is_some())
    }

    /// Moves the monthly reports that are due to `next`, at most 200, and returns their tenants and recipients. Of
    /// several nodes, one gets each.
    pub async fn claim_due_reports(&mut self, now: Timestamp, next: Timestamp) -> StoreResult<Vec<(TenantId, UserId)>> {
        let rows: Vec<(String, String)> = on_backend!(self, connection => sqlx::query_as(CLAIM_DUE_REPORTS)
            .bind(now.as_micros())
            .bind(next.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(tenant, user): (String, String)| {
            Ok((parse(&tenant, "mail_preferences.tenant_id")?, parse(&user, "mail_preferences.user_id")?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Notes that the report about a month is being sent. `false` if it was sent before or is off.
    pub async fn mark_report(&mut self, tenant: &TenantId, user: &UserId, month: Timestamp) -> StoreResult<bool> {
        Ok(self.write_report(MARK_REPORT, tenant, user, month).await? > 0)
    }

    /// Takes [`Self::mark_report`] back, so that the report can be sent.
    pub async fn unmark_report(&mut self, tenant: &TenantId, user: &UserId, month: Timestamp) -> StoreResult<()> {
        self.write_report(UNMARK_REPORT, tenant, user, month).await.map(drop)
    }

    async fn write_report(
        &mut self,
        statement: &'static str,
        tenant: &TenantId,
        user: &UserId,
        month: Timestamp,
    ) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(OptionalMail::MonthlyReport.as_str())
            .bind(month.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }
}
