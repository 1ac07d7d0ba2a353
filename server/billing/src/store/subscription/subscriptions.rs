//! Subscriptions as last fetched from the provider.

use std::collections::HashMap;

use domain::{
    catalog::Cycle,
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{BillingDetails, PendingChange, ProviderStatus, Subscription, revenue::SubscriptionCount},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    LIST_SUBSCRIPTIONS = "SELECT provider, external_id, plan, cycle, status, started_at, period_start, period_end, \
         cancel_at_period_end, ended_at, past_due_since, plan_before_due, price_minor, due_minor, currency, payment_method, \
         trial_end, pending_plan, pending_cycle, pending_at, details, fetched_at FROM subscriptions WHERE tenant_id = $1 \
         ORDER BY started_at DESC, external_id";
    UPSERT_SUBSCRIPTION = "INSERT INTO subscriptions (tenant_id, provider, external_id, plan, cycle, status, started_at, \
         period_start, period_end, cancel_at_period_end, ended_at, past_due_since, plan_before_due, price_minor, \
         due_minor, currency, payment_method, trial_end, pending_plan, pending_cycle, pending_at, details, fetched_at, \
         billing_interval) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
         $20, $21, $22, $23, $24) \
         ON CONFLICT (tenant_id, provider, external_id) DO UPDATE SET plan = excluded.plan, cycle = excluded.cycle, \
         status = excluded.status, started_at = excluded.started_at, period_start = excluded.period_start, \
         period_end = excluded.period_end, cancel_at_period_end = excluded.cancel_at_period_end, \
         ended_at = excluded.ended_at, past_due_since = excluded.past_due_since, \
         plan_before_due = excluded.plan_before_due, price_minor = excluded.price_minor, \
         due_minor = excluded.due_minor, currency = excluded.currency, payment_method = excluded.payment_method, \
         trial_end = excluded.trial_end, pending_plan = excluded.pending_plan, \
         pending_cycle = excluded.pending_cycle, pending_at = excluded.pending_at, details = excluded.details, \
         fetched_at = excluded.fetched_at, billing_interval = excluded.billing_interval";
    COUNT_SUBSCRIPTIONS = "SELECT plan, cycle, status, currency, billing_interval, count(*), \
         CAST(sum(COALESCE(price_minor, 0)) AS BIGINT) \
         FROM subscriptions GROUP BY status, plan, cycle, currency, billing_interval \
         ORDER BY status, plan, cycle, currency, billing_interval";
}

row_statements! {
    LIST_SUBSCRIPTIONS_OF_MANY = "SELECT own.tenant_id, own.provider, own.external_id, own.plan, own.cycle, own.status, \
         own.started_at, own.period_start, own.period_end, own.cancel_at_period_end, own.ended_at, own.past_due_since, \
         own.plan_before_due, own.price_minor, own.due_minor, own.currency, own.payment_method, own.trial_end, \
         own.pending_plan, own.pending_cycle, own.pending_at, own.details, own.fetched_at FROM "
        ROWS " JOIN subscriptions AS own ON own.tenant_id = sent.value ->> 0 ORDER BY own.started_at DESC, own.external_id";
}

#[derive(sqlx::FromRow)]
struct SubscriptionRow {
    provider: String,
    external_id: String,
    plan: String,
    cycle: String,
    status: String,
    started_at: i64,
    period_start: i64,
    period_end: i64,
    cancel_at_period_end: bool,
    ended_at: Option<i64>,
    past_due_since: Option<i64>,
    plan_before_due: Option<String>,
    price_minor: Option<i64>,
    due_minor: Option<i64>,
    currency: Option<String>,
    payment_method: Option<String>,
    trial_end: Option<i64>,
    pending_plan: Option<String>,
    pending_cycle: Option<String>,
    pending_at: Option<i64>,
    details: Option<String>,
    fetched_at: i64,
}

#[derive(sqlx::FromRow)]
struct SubscriptionOfManyRow {
    tenant_id: String,
    #[sqlx(flatten)]
    columns: SubscriptionRow,
}

impl SubscriptionRow {
    fn read(self) -> StoreResult<Subscription> {
        let Self {
            provider,
            external_id,
            plan,
            cycle,
            status,
            started_at,
            period_start,
            period_end,
            cancel_at_period_end,
            ended_at,
            past_due_since,
            plan_before_due,
            price_minor,
            due_minor,
            currency,
            payment_method,
            trial_end,
            pending_plan,
            pending_cycle,
            pending_at,
            details,
            fetched_at,
        } = self;
        let pending = match (pending_plan, pending_cycle, pending_at) {
            (Some(plan), Some(cycle), Some(at)) => Some(PendingChange {
                plan: parse(&plan, "subscriptions.pending_plan")?,
                cycle: parse(&cycle, "subscriptions.pending_cycle")?,
                at: Timestamp::from_micros(at),
            }),
            _ => None,
        };
        let currency = currency.map(|currency| parse::<Currency>(&currency, "subscriptions.currency")).transpose()?;
        let money = |minor: Option<i64>| minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency));
        Ok(Subscription {
            provider: parse(&provider, "subscriptions.provider")?,
            external_id,
            plan: parse(&plan, "subscriptions.plan")?,
            cycle: parse(&cycle, "subscriptions.cycle")?,
            status: parse(&status, "subscriptions.status")?,
            started_at: Timestamp::from_micros(started_at),
            period_start: Timestamp::from_micros(period_start),
            period_end: Timestamp::from_micros(period_end),
            cancel_at_period_end,
            ended_at: ended_at.map(Timestamp::from_micros),
            past_due_since: past_due_since.map(Timestamp::from_micros),
            plan_before_due: plan_before_due.map(|plan| parse(&plan, "subscriptions.plan_before_due")).transpose()?,
            price: money(price_minor),
            due: money(due_minor),
            payment_method,
            trial_end: trial_end.map(Timestamp::from_micros),
            pending,
            details: match details {
                Some(text) => serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("subscriptions.details"))?,
                None => BillingDetails::default(),
            },
            fetched_at: Timestamp::from_micros(fetched_at),
        })
    }
}

impl Connection<'_> {
    /// Lists all subscriptions that the tenant ever had, newest first.
    pub async fn list_subscriptions(&mut self, tenant: &TenantId) -> StoreResult<Vec<Subscription>> {
        let rows: Vec<SubscriptionRow> = on_backend!(self, connection => sqlx::query_as(LIST_SUBSCRIPTIONS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(SubscriptionRow::read).collect()
    }

    /// Lists the subscriptions of many tenants. A tenant that never had one is left out.
    pub async fn list_subscriptions_of_many(
        &mut self,
        tenants: &[TenantId],
    ) -> StoreResult<HashMap<TenantId, Vec<Subscription>>> {
        let tenants = json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?;
        let statement = self.row_statement(LIST_SUBSCRIPTIONS_OF_MANY);
        let rows: Vec<SubscriptionOfManyRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenants)
            .fetch_all(&mut **connection)
            .await?);
        let mut all: HashMap<TenantId, Vec<Subscription>> = HashMap::new();
        for SubscriptionOfManyRow { tenant_id, columns } in rows {
            all.entry(parse(&tenant_id, "subscriptions.tenant_id")?).or_default().push(columns.read()?);
        }
        Ok(all)
    }

    /// Counts the subscriptions of all tenants by plan, cycle, status, currency and interval.
    pub async fn count_subscriptions(&mut self) -> StoreResult<Vec<SubscriptionCount>> {
        type Row = (String, String, String, Option<String>, Option<String>, i64, i64);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(COUNT_SUBSCRIPTIONS)
            .fetch_all(&mut **connection)
            .await?);
        let read = |(plan, cycle, status, currency, interval, count, paid_minor): Row| {
            Ok(SubscriptionCount {
                plan: parse::<PlanId>(&plan, "subscriptions.plan")?,
                cycle: parse::<Cycle>(&cycle, "subscriptions.cycle")?,
                status: parse::<ProviderStatus>(&status, "subscriptions.status")?,
                currency: currency.map(|currency| parse(&currency, "subscriptions.currency")).transpose()?,
                interval: interval.map(|interval| parse(&interval, "subscriptions.billing_interval")).transpose()?,
                subscriptions: count.unsigned_abs(),
                paid_minor,
            })
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn upsert_subscription(&mut self, tenant: &TenantId, subscription: &Subscription) -> StoreResult<()> {
        let Subscription {
            provider,
            external_id,
            plan,
            cycle,
            status,
            started_at,
            period_start,
            period_end,
            cancel_at_period_end,
            ended_at,
            past_due_since,
            plan_before_due,
            price,
            due,
            payment_method,
            trial_end,
            pending,
            details,
            fetched_at,
        } = subscription;
        // An open amount is in the subscription's currency. Without an amount, it counts in that of its payments.
        let currency = price.or(*due).map(|money| money.currency).or(details.currency);
        let pending = pending.as_ref();
        // For `count_subscriptions`. The details have it, too.
        let interval = details.interval.map(|interval| interval.to_string());
        let details = serde_json::to_string(details).map_err(|_| StoreError::Corrupt("subscriptions.details"))?;
        on_backend!(self, connection => sqlx::query(UPSERT_SUBSCRIPTION)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(plan.as_str())
            .bind(cycle.as_str())
            .bind(status.as_str())
            .bind(started_at.as_micros())
            .bind(period_start.as_micros())
            .bind(period_end.as_micros())
            .bind(*cancel_at_period_end)
            .bind(ended_at.map(Timestamp::as_micros))
            .bind(past_due_since.map(Timestamp::as_micros))
            .bind(plan_before_due.as_ref().map(PlanId::as_str))
            .bind(price.map(|money| money.minor))
            .bind(due.filter(|money| Some(money.currency) == currency).map(|money| money.minor))
            .bind(currency.map(|currency| currency.to_string()))
            .bind(payment_method)
            .bind(trial_end.map(Timestamp::as_micros))
            .bind(pending.map(|pending| pending.plan.as_str()))
            .bind(pending.map(|pending| pending.cycle.as_str()))
            .bind(pending.map(|pending| pending.at.as_micros()))
            .bind(details)
            .bind(fetched_at.as_micros())
            .bind(interval)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }
}
