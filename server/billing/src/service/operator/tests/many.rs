//! Pagination of lists with thousands of entries.

use super::*;
use crate::{service::base::test_env::StatementCounter, store::tenant::tenants::operator_tenants::TenantFilter};

const MANY_TENANTS: &str = "INSERT INTO tenants (tenant_id, name, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) \
     SELECT 'many-' || i, 'Mill ' || i, i / 3 FROM n";
const MANY_SUBSCRIPTIONS: &str = "INSERT INTO subscriptions (tenant_id, provider, external_id, plan, cycle, status, started_at, \
     period_start, period_end, cancel_at_period_end, fetched_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) \
     SELECT 'many-' || i, 'stripe', 'sub_many_' || i, 'pro', 'monthly', \
     CASE i % 4 WHEN 0 THEN 'past_due' ELSE 'active' END, 0, 0, 99999999999999999, FALSE, 0 FROM n";
const MANY_COUNTERS: &str = "INSERT INTO usage_counters (tenant_id, feature, period_start, used, updated_at, level) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) \
     SELECT 'many-' || i, 'websocket_rooms', 0, 9, 0, 1 FROM n";

#[rstest]
#[tokio::test]
async fn each_page_of_thousands_runs_the_same_number_of_statements(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let services = &env.services;
    let statements = StatementCounter::default();
    let cost = async |query: &TenantsQuery| {
        let before = statements.count();
        let _counted = tracing::subscriber::set_default(statements.clone());
        let page = services.operators().operator_tenants(&operator, query).await.unwrap();
        (statements.count() - before, page)
    };
    let all = TenantsQuery::default();
    let (few, page) = cost(&all).await;
    assert_eq!((page.tenants.len(), page.next), (1, None));
    for statement in [MANY_TENANTS, MANY_SUBSCRIPTIONS, MANY_COUNTERS] {
        env.run(statement).await;
    }
    // SQLite runs statements on its own thread, where they are not counted.
    assert_eq!(few > 0, engine == Engine::Postgres);
    for which in [
        TenantSelection::All,
        TenantSelection::PastDue,
        TenantSelection::NearLimit,
        TenantSelection::Drifted,
        TenantSelection::OnPlan("pro".parse().unwrap()),
    ] {
        let (asked, page) = cost(&TenantsQuery { which: which.clone(), ..TenantsQuery::default() }).await;
        assert_eq!(asked, few, "{which:?}");
        assert!(page.tenants.len() <= OPERATOR_PAGE_ROWS);
    }
    let (asked, page) = cost(&TenantsQuery { search: "mill 3999".to_owned(), ..TenantsQuery::default() }).await;
    assert_eq!((asked, page.tenants.len()), (few, 1));

    for statement in [
        "UPDATE usage_counters SET period_start = 77 WHERE tenant_id = 'many-3999'",
        "UPDATE subscriptions SET period_start = 77 WHERE tenant_id = 'many-3999'",
    ] {
        env.run(statement).await;
    }
    for by_subscription in [true, false] {
        let near = TenantFilter::Near { began: [NOW; 3], by_subscription };
        let mut reader = env.database.store.read().await.unwrap();
        let found = reader.connection().list_tenants_for_desk(&near, "Mill 3999", None).await.unwrap();
        assert_eq!(!found.is_empty(), by_subscription, "what a subscription's own period has counted");
    }

    let mut seen = BTreeSet::new();
    let mut query = all;
    loop {
        let page = services.operators().operator_tenants(&operator, &query).await.unwrap();
        for listed in page.tenants {
            assert!(seen.insert(listed.tenant.id.to_string()), "each once");
        }
        let Some(next) = page.next else { break };
        query.after = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(seen.len(), 4001);
}
