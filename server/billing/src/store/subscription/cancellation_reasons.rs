//! Why customers canceled their subscriptions (`cancellation_reasons`): at most one reason for a subscription.

use domain::{
    ids::TenantId,
    subscription::{Provider, cancellation::CancellationReason},
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    UPSERT_REASON = "INSERT INTO cancellation_reasons (tenant_id, provider, external_id, feedback, comment, given_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, provider, external_id) DO UPDATE \
         SET feedback = excluded.feedback, comment = excluded.comment, given_at = excluded.given_at";
    DELETE_REASON = "DELETE FROM cancellation_reasons WHERE tenant_id = $1 AND provider = $2 AND external_id = $3";
    FIND_LATEST_REASON = "SELECT provider, feedback, comment, given_at FROM cancellation_reasons \
         WHERE tenant_id = $1 ORDER BY given_at DESC LIMIT 1";
}

/// The reason of a cancellation, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReason {
    pub provider: Provider,
    pub reason: CancellationReason,
    /// Wall time.
    pub given_at: Timestamp,
}

type ReasonRow = (String, Option<String>, Option<String>, i64);

impl Connection<'_> {
    pub async fn upsert_cancellation_reason(
        &mut self,
        tenant: &TenantId,
        (provider, subscription): (Provider, &str),
        reason: &CancellationReason,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPSERT_REASON)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(subscription)
            .bind(reason.feedback.map(domain::subscription::cancellation::CancellationFeedback::as_str))
            .bind(reason.comment())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn delete_cancellation_reason(
        &mut self,
        tenant: &TenantId,
        (provider, subscription): (Provider, &str),
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_REASON)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(subscription)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Returns the reason of the tenant's latest cancellation; `None` if none was given.
    pub async fn find_cancellation_reason(&mut self, tenant: &TenantId) -> StoreResult<Option<StoredReason>> {
        let row: Option<ReasonRow> = on_backend!(self, connection => sqlx::query_as(FIND_LATEST_REASON)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        let Some((provider, feedback, comment, given_at)) = row else { return Ok(None) };
        Ok(Some(StoredReason {
            provider: parse(&provider, "cancellation_reasons.provider")?,
            reason: CancellationReason::read(
                feedback.as_deref().unwrap_or_default(),
                comment.as_deref().unwrap_or_default(),
            ),
            given_at: Timestamp::from_micros(given_at),
        }))
    }
}
