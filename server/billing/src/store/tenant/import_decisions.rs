//! What comes of the customers of an import, and their subscriptions. Times are wall time.

use domain::{
    catalog::Cycle,
    ids::{ImportId, PlanId, TenantId},
    money::Money,
    subscription::{BillingInterval, ProviderStatus},
    tenant::import::ImportOutcome,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::imports::column;
use crate::store::{Connection, StoreError, StoreResult, on_backend, statements};

statements! {
    UPDATE_DECISION = "UPDATE import_rows SET outcome = $3, tenant_id = $4, details = $5, applied_at = $6 \
         WHERE import_id = $1 AND position = $2";
    DELETE_ROW_SUBSCRIPTIONS = "DELETE FROM import_subscriptions WHERE import_id = $1 AND position = $2";
    INSERT_ROW_SUBSCRIPTION = "INSERT INTO import_subscriptions (import_id, position, subscription_id, currency, yearly_minor, \
         price_id, described, cycle, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
}

/// What comes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDecision {
    pub position: u64,
    pub outcome: ImportOutcome,
    pub tenant: Option<TenantId>,
    pub details: DecisionDetails,
    /// When its subscriptions were stored; `None` in a dry run, and where nothing is made.
    pub applied_at: Option<Timestamp>,
    pub subscriptions: Vec<RowSubscription>,
}

/// The stored details of a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionDetails {
    pub plan: Option<PlanId>,
    pub cycle: Option<Cycle>,
    /// `None` for once a cycle.
    pub interval: Option<BillingInterval>,
    pub seats: Option<u64>,
    pub price: Option<Money>,
    pub status: Option<ProviderStatus>,
    pub period_end: Option<Timestamp>,
    pub detail: Option<String>,
}

/// A live subscription of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSubscription {
    pub id: String,
    /// What it costs in a year.
    pub yearly: Option<Money>,
    /// The prices that no plan sells.
    pub unsold: Vec<UnsoldRowPrice>,
}

/// A price that no plan sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsoldRowPrice {
    pub price: String,
    pub described: String,
    pub cycle: Cycle,
}

impl Connection<'_> {
    /// Stores what comes of a row, in place of an earlier decision. `created_at` is the import's.
    pub async fn update_import_decision(
        &mut self,
        import: &ImportId,
        decision: &RowDecision,
        created_at: Timestamp,
    ) -> StoreResult<()> {
        let RowDecision { position, outcome, tenant, details, applied_at, subscriptions } = decision;
        let details = serde_json::to_string(details).map_err(|_| StoreError::Corrupt("import_rows.details"))?;
        let (import, position) = (import.as_str(), column(*position));
        on_backend!(&mut *self, connection => sqlx::query(UPDATE_DECISION)
            .bind(import)
            .bind(position)
            .bind(outcome.as_str())
            .bind(tenant.as_ref().map(TenantId::as_str))
            .bind(&details)
            .bind(applied_at.map(Timestamp::as_micros))
            .execute(&mut **connection)
            .await
            .map(drop)?);
        on_backend!(&mut *self, connection => sqlx::query(DELETE_ROW_SUBSCRIPTIONS)
            .bind(import)
            .bind(position)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        for RowSubscription { id, yearly, unsold } in subscriptions {
            let of_row = (import, position);
            self.insert_row_subscription(of_row, (id.as_str(), *yearly), unsold.first(), created_at).await?;
            // Each further price has a row of its own, which has no amount and so no part in the totals.
            for further in unsold.iter().skip(1) {
                let id = format!("{id} {}", further.price);
                self.insert_row_subscription(of_row, (id.as_str(), None), Some(further), created_at).await?;
            }
        }
        Ok(())
    }

    async fn insert_row_subscription(
        &mut self,
        (import, position): (&str, i64),
        (id, yearly): (&str, Option<Money>),
        unsold: Option<&UnsoldRowPrice>,
        created_at: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_ROW_SUBSCRIPTION)
            .bind(import)
            .bind(position)
            .bind(id)
            .bind(yearly.map(|yearly| yearly.currency.code()))
            .bind(yearly.map_or(0, |yearly| yearly.minor))
            .bind(unsold.map(|unsold| unsold.price.as_str()))
            .bind(unsold.map(|unsold| unsold.described.as_str()))
            .bind(unsold.map(|unsold| unsold.cycle.as_str()))
            .bind(created_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
