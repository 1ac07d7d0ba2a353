//! Dunning notices to admins: each kind once for each time that a payment becomes due.

use domain::{
    ids::TenantId,
    subscription::{Provider, lifecycle::DunningKind},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreResult, on_backend, parse, statements, tenant::tenants::page_position::PagePosition,
};

statements! {
    INSERT_NOTICE = "INSERT INTO dunning_notices (tenant_id, provider, external_id, since, kind, told_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, provider, external_id, since, kind) DO NOTHING";
    LIST_NOTICES_BEFORE = "SELECT provider, external_id, since, kind, told_at FROM dunning_notices WHERE tenant_id = $1 \
         AND (told_at, external_id || ':' || kind || ':' || CAST(since AS TEXT)) < ($2, $3) \
         ORDER BY told_at DESC, external_id || ':' || kind || ':' || CAST(since AS TEXT) DESC LIMIT 51";
}

/// A notice that was mailed to admins. `sent_at` is billing time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DunningNotice {
    pub provider: Provider,
    pub external_id: String,
    /// When the payment became due, or when the trial ends.
    pub since: Timestamp,
    pub kind: DunningKind,
    pub sent_at: Timestamp,
}

impl Connection<'_> {
    /// Inserts a notice. `false` if it exists already.
    pub async fn insert_dunning_notice(
        &mut self,
        tenant: &TenantId,
        (provider, external_id): (Provider, &str),
        (since, kind): (Timestamp, DunningKind),
        now: Timestamp,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(INSERT_NOTICE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(since.as_micros())
            .bind(kind.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }

    /// Lists a tenant's notices before `before`, newest first, at most one more than a page of the desk. The id of a
    /// notice's position is `SUBSCRIPTION:KIND:SINCE`.
    pub async fn list_dunning_notices_before(
        &mut self,
        tenant: &TenantId,
        before: &PagePosition,
    ) -> StoreResult<Vec<(String, DunningNotice)>> {
        type Row = (String, String, i64, String, i64);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_NOTICES_BEFORE)
            .bind(tenant.as_str())
            .bind(before.at.as_micros())
            .bind(&before.id)
            .fetch_all(&mut **connection)
            .await?);
        let read = |(provider, external_id, since, kind, sent_at): Row| {
            let id = format!("{external_id}:{kind}:{since}");
            let notice = DunningNotice {
                provider: parse(&provider, "dunning_notices.provider")?,
                external_id,
                since: Timestamp::from_micros(since),
                kind: parse(&kind, "dunning_notices.kind")?,
                sent_at: Timestamp::from_micros(sent_at),
            };
            Ok((id, notice))
        };
        rows.into_iter().map(read).collect()
    }
}
