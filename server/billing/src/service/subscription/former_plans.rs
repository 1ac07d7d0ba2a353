//! Plans that were removed from the catalog's file and that tenants still have.

use std::sync::Arc;

use domain::catalog::Catalog;

use crate::store::{Store, StoreResult};

/// Stores the catalog's plans, and returns the catalog with the removed plans that tenants still have.
///
/// A removed plan is as it was last stored, and not listed for sale.
pub async fn with_former_plans(store: &Store, catalog: &Catalog) -> StoreResult<Arc<Catalog>> {
    let known = store.read().await?.connection().list_known_plans().await?;
    let new: Vec<_> = catalog.plans.iter().filter(|plan| !known.contains(plan)).collect();
    if !new.is_empty() {
        let mut tx = store.begin().await?;
        for plan in new {
            tx.connection().upsert_plan(plan).await?;
        }
        tx.commit().await?;
    }
    let former = store.read().await?.connection().list_plans_in_use().await?;
    let mut catalog = catalog.clone();
    catalog.add_removed_plans(former);
    Ok(Arc::new(catalog))
}

#[cfg(test)]
mod tests {
    use domain::{
        catalog::{Limit, file::default_catalog},
        entitlement::overrides::{Overrides, PlanGrant},
        time::Timestamp,
    };
    use rstest::rstest;

    use super::*;
    use crate::store::{
        tenant::tenants::Tenant,
        testing::{Engine, TestDatabase},
    };

    #[rstest]
    #[tokio::test]
    async fn a_tenant_keeps_a_plan_that_is_removed_from_the_catalog(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let database = TestDatabase::new(engine).await;
        let store = &database.store;
        let full = default_catalog();
        let before = with_former_plans(store, &full).await.unwrap();
        assert_eq!(*before, full, "no plan was removed");
        let plan = Some(PlanGrant::permanent("team".parse().unwrap()));
        let overrides = Overrides { plan, ..Overrides::default() };
        let tenant = Tenant::new("acme".parse().unwrap(), "Acme".to_owned(), overrides, Timestamp::from_secs(0));
        let mut tx = store.begin().await.unwrap();
        tx.connection().insert_tenant(&tenant).await.unwrap();
        tx.commit().await.unwrap();

        let mut less = full.clone();
        less.plans.retain(|plan| !matches!(plan.id.as_str(), "team" | "pro"));
        let kept = with_former_plans(store, &less).await.unwrap();
        let team = kept.plan("team").unwrap();
        assert_eq!(team.limits, full.plan("team").unwrap().limits);
        assert!(!team.listed && kept.listed_plans().all(|plan| plan.id.as_str() != "team"));
        assert!(kept.plans.is_sorted_by_key(|plan| plan.rank));
        assert!(kept.plan("pro").is_none(), "no tenant has it");

        // The catalog's file wins over the stored plan.
        let mut other = full.clone();
        other
            .plans
            .iter_mut()
            .find(|plan| plan.id.as_str() == "team")
            .unwrap()
            .limits
            .values_mut()
            .for_each(|limit| *limit = Limit::Unlimited);
        assert_eq!(*with_former_plans(store, &other).await.unwrap(), other);
    }
}
