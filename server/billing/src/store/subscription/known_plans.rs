//! Plans of the catalog, including removed ones.

use domain::catalog::Plan;

use crate::store::{Connection, StoreError, StoreResult, on_backend, statements};

statements! {
    UPSERT_PLAN = "INSERT INTO known_plans (plan_id, plan) VALUES ($1, $2) \
         ON CONFLICT (plan_id) DO UPDATE SET plan = excluded.plan";
    LIST_KNOWN_PLANS = "SELECT plan FROM known_plans";
    LIST_PLANS_IN_USE = "SELECT plan FROM known_plans WHERE plan_id IN (SELECT plan FROM subscriptions) \
         OR plan_id IN (SELECT plan_before_due FROM subscriptions WHERE plan_before_due IS NOT NULL) \
         OR plan_id IN (SELECT pending_plan FROM subscriptions WHERE pending_plan IS NOT NULL) \
         OR plan_id IN (SELECT granted_plan FROM tenants WHERE granted_plan IS NOT NULL)";
}

impl Connection<'_> {
    pub async fn upsert_plan(&mut self, plan: &Plan) -> StoreResult<()> {
        let text = serde_json::to_string(plan).map_err(|_| StoreError::Corrupt("known_plans.plan"))?;
        on_backend!(self, connection => sqlx::query(UPSERT_PLAN)
            .bind(plan.id.as_str())
            .bind(text)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn list_known_plans(&mut self) -> StoreResult<Vec<Plan>> {
        self.list_plans(LIST_KNOWN_PLANS).await
    }

    /// Lists plans that some tenant has or had.
    pub async fn list_plans_in_use(&mut self) -> StoreResult<Vec<Plan>> {
        self.list_plans(LIST_PLANS_IN_USE).await
    }

    async fn list_plans(&mut self, statement: &'static str) -> StoreResult<Vec<Plan>> {
        let texts: Vec<String> =
            on_backend!(self, connection => sqlx::query_scalar(statement).fetch_all(&mut **connection).await?);
        texts
            .iter()
            .map(|text| serde_json::from_str(text).map_err(|_| StoreError::Corrupt("known_plans.plan")))
            .collect()
    }
}
