//! The operator desk, on both databases.

mod many;
mod repeated_notes;
mod requests_and_revenue;

use std::collections::BTreeSet;

use domain::{
    account::Role,
    ids::TenantId,
    subscription::{
        Provider, ProviderStatus, Subscription,
        lifecycle::{Drift, DriftSource, Terms},
    },
    tenant::enterprise::EnterpriseRequestState,
    time::Timestamp,
};
use rstest::rstest;

use super::*;
use crate::{
    identity::factors::Confirmed,
    payment::{EventSubject, ProviderEvent},
    service::{
        base::test_env::{HERE, NOW, PASSWORD, TestEnv},
        operator::{
            enterprise::{NewEnterpriseRequest, Sender},
            overrides::{OverrideChange, PlanGrantChange},
        },
        tenant::audit::AuditFilter,
    },
    store::{job::jobs::Task, testing::Engine, webhook::inbox::EventState},
};

const DAY: i64 = 86_400;

/// An operator with their own workspace.
async fn operator(env: &TestEnv) -> ConfirmedOperator {
    let account = env.stranger("root@dues.test").await;
    env.services.operators().add_operator(AccountName::Email("root@dues.test")).await.unwrap();
    has_second_factor(env, &account).await;
    env.services.operators().operator(&account).await.unwrap().unwrap().confirmed(&Confirmed::not_asked())
}

/// Enables a second factor directly in the database.
async fn has_second_factor(env: &TestEnv, account: &Account) {
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().upsert_pending_factor(&account.user_id, "sealed", NOW).await.unwrap();
    assert!(tx.connection().enable_second_factor(&account.user_id, NOW, 1).await.unwrap());
    tx.commit().await.unwrap();
}

fn subscription(id: &str, plan: &str, status: ProviderStatus) -> Subscription {
    let is_due = matches!(status, ProviderStatus::PastDue | ProviderStatus::Unpaid);
    Subscription { past_due_since: is_due.then_some(NOW), ..Subscription::sample(id, plan, status, NOW) }
}

/// A tenant with a customer and a subscription at the provider.
async fn paying(env: &TestEnv, email: &str, subscription: &Subscription) -> TenantId {
    let made = env.services.tenants().create_tenant("Acme Robotics", email, PASSWORD, None).await;
    let tenant = made.unwrap().tenant;
    let mut tx = env.database.store.begin().await.unwrap();
    let customer = subscription.external_id.replace("sub_", "cus_");
    tx.connection().insert_customer(&tenant, Provider::Stripe, &customer, NOW).await.unwrap();
    tx.connection().upsert_subscription(&tenant, subscription).await.unwrap();
    tx.commit().await.unwrap();
    tenant
}

async fn ids(env: &TestEnv, operator: &Operator, query: TenantsQuery) -> BTreeSet<String> {
    let page = env.services.operators().operator_tenants(operator, &query).await.unwrap();
    page.tenants.iter().map(|listed| listed.tenant.id.to_string()).collect()
}

#[rstest]
#[tokio::test]
async fn operators_are_added_and_removed_by_address(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let ada = env.stranger("ada@acme.test").await;
    assert_eq!(services.operators().operator(&ada).await.unwrap(), None);
    for _ in 0..2 {
        assert_eq!(
            services.operators().add_operator(AccountName::Email(" Ada@acme.test")).await.unwrap().email,
            ada.email
        );
    }
    assert_eq!(services.operators().operator_access(&ada).await.unwrap(), OperatorAccess::NeedsSecondFactor);
    has_second_factor(&env, &ada).await;
    assert_eq!(services.operators().operator(&ada).await.unwrap().unwrap().email(), &ada.email);
    let listed = services.operators().list().await.unwrap();
    assert_eq!(listed, [ListedOperator { user: ada.user_id.clone(), email: ada.email.clone(), since: NOW }]);
    assert!(services.operators().remove_operator(AccountName::Email("ada@acme.test")).await.unwrap());
    assert!(!services.operators().remove_operator(AccountName::Id(&ada.user_id)).await.unwrap());
    assert_eq!(env.another_node().await.operators().operator(&ada).await.unwrap(), None);
    for unknown in ["unknown@acme.test", "ada"] {
        assert_eq!(
            services.operators().add_operator(AccountName::Email(unknown)).await.unwrap_err().code(),
            "validation_error",
            "{unknown}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_tenant_is_found_by_name_id_owner_and_provider_ids(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let acme = paying(&env, "ada@acme.test", &subscription("sub_1", "pro", ProviderStatus::Active)).await;
    env.services.tenants().add_member(&acme, "member@acme.test", PASSWORD, Role::Member).await.unwrap();
    let odd = env.services.tenants().create_tenant("100% Öl_werk", "o@odd.test", PASSWORD, None).await;
    let odd = odd.unwrap().tenant;
    for (search, found) in [
        ("robotics", Some(&acme)),
        (" ACME rob ", None),
        ("acme rob", Some(&acme)),
        (acme.as_str(), Some(&acme)),
        ("Ada@Acme.test", Some(&acme)),
        ("member@acme.test", None),
        ("cus_1", Some(&acme)),
        ("sub_1", Some(&acme)),
        ("cus_", None),
        ("100%", Some(&odd)),
        ("%", Some(&odd)),
        ("Öl_werk", Some(&odd)),
        ("l_w", Some(&odd)),
        ("' OR 1=1", None),
        ("\0", None),
    ] {
        let query = TenantsQuery { search: search.to_owned(), ..TenantsQuery::default() };
        let wanted: BTreeSet<_> = found.map(TenantId::to_string).into_iter().collect();
        let got = ids(&env, &operator, query).await;
        match search {
            // Searches are trimmed; an empty search lists all tenants.
            " ACME rob " => assert!(got.contains(acme.as_str()), "{search:?}"),
            "\0" => assert_eq!(got.len(), 3, "{search:?}"),
            // The operator's workspace has the same name.
            "robotics" | "acme rob" => {
                assert!(got.contains(acme.as_str()) && !got.contains(odd.as_str()), "{search:?}");
            }
            _ => assert_eq!(got, wanted, "{search:?}"),
        }
    }
}

#[rstest]
#[tokio::test]
async fn filters_match_the_current_state(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let services = &env.services;
    let pro = paying(&env, "a@acme.test", &subscription("sub_1", "pro", ProviderStatus::Active)).await;
    // Without a grace period the limits fall at once.
    let due = paying(&env, "b@acme.test", &subscription("sub_2", "pro", ProviderStatus::PastDue)).await;
    let trial = paying(&env, "c@acme.test", &subscription("sub_3", "team", ProviderStatus::Trialing)).await;
    let granted = env.owner("team", "d@acme.test").await.current_membership.tenant_id;
    services.usage().consume(&pro, "websocket_rooms", 8, None).await.unwrap();
    services.usage().consume(&granted, "projects", 10, None).await.unwrap();
    // The minute of this counter is over when the list is read.
    services.usage().consume(&trial, "api_requests", 3000, None).await.unwrap();
    env.clock.advance(60);
    let current = subscription("sub_1", "pro", ProviderStatus::Active);
    let drift = |found_at: Timestamp| Drift {
        provider: Provider::Stripe,
        external_id: "sub_1".to_owned(),
        was: None,
        became: Terms::from(&current),
        found_by: DriftSource::Reconciliation,
        found_at,
    };
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_drift(&pro, &drift(NOW.plus_secs(-6 * DAY))).await.unwrap();
    tx.connection().insert_drift(&due, &drift(NOW.plus_secs(-8 * DAY))).await.unwrap();
    tx.commit().await.unwrap();

    let show =
        async |which: TenantSelection| ids(&env, &operator, TenantsQuery { which, ..TenantsQuery::default() }).await;
    let set = |all: &[&TenantId]| all.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let plan = |plan: &str| TenantSelection::OnPlan(plan.parse().unwrap());
    assert_eq!(show(TenantSelection::PastDue).await, set(&[&due]));
    assert_eq!(show(TenantSelection::Drifted).await, set(&[&pro]));
    assert_eq!(show(plan("pro")).await, set(&[&pro]));
    assert_eq!(show(plan("team")).await, set(&[&trial, &granted]));
    assert_eq!(show(plan("scale")).await, set(&[]));
    let free = show(plan("free")).await;
    assert!(free.contains(due.as_str()) && free.len() == 2, "with the operator's tenant: {free:?}");
    assert_eq!(show(TenantSelection::NearLimit).await, set(&[&pro, &granted]));
    let near = TenantsQuery { which: TenantSelection::NearLimit, ..TenantsQuery::default() };
    let page = services.operators().operator_tenants(&operator, &near).await.unwrap();
    let levels: Vec<_> =
        page.tenants.iter().map(|listed| (listed.tenant.id.clone(), listed.near, listed.reached)).collect();
    assert!(levels.contains(&(pro, 1, 0)) && levels.contains(&(granted, 0, 1)), "{levels:?}");
    assert_eq!((page.counts.tenants, page.counts.past_due), (5, 1));
}

#[rstest]
#[tokio::test]
async fn an_operators_changes_are_in_the_tenants_audit_log(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let services = &env.services;
    let tenant = env.owner("free", "ada@acme.test").await.current_membership.tenant_id;
    let until = Some(NOW.plus_secs(DAY));
    let change = OverrideChange { plan: PlanGrantChange::Grant("team".to_owned()), until, ..OverrideChange::default() };
    services.operators().desk_override(&operator, &tenant, &change).await.unwrap();
    assert_eq!(
        services.operators().desk_tenant(&operator, &tenant).await.unwrap().tenant_plan.entitlements.plan.as_str(),
        "team"
    );
    // No payment provider is configured.
    assert_eq!(services.operators().desk_sync(&operator, &tenant).await.unwrap_err().code(), "billing_not_configured");

    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_job(&Task::CheckLimits { tenant: tenant.clone() }, NOW.plus_secs(DAY), NOW).await.unwrap();
    tx.connection().insert_job(&Task::ReconcileAll, NOW.plus_secs(DAY), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(services.operators().operator_work(&operator, None, None, None).await.unwrap().counts.failing, 0);
    env.run("UPDATE jobs SET last_error = 'down', attempts = 3, run_at = 9999999999999999 WHERE run_at > created_at")
        .await;
    let work = services.operators().operator_work(&operator, None, None, None).await.unwrap();
    assert_eq!((work.counts.failing, work.failing.len()), (2, 2));
    let whose: BTreeSet<_> =
        work.failing.iter().map(|listed| listed.tenant.as_ref().map(|(id, _)| id.to_string())).collect();
    assert_eq!(whose, BTreeSet::from([None, Some(tenant.to_string())]));
    for listed in &work.failing {
        services.operators().retry_job_of_any_tenant(&operator, &listed.job.id).await.unwrap();
    }
    let work = services.operators().operator_work(&operator, None, None, None).await.unwrap();
    assert!(work.failing.iter().all(|listed| listed.job.next_try == Some(NOW)), "{:?}", work.failing);
    assert_eq!(services.operators().retry_job_of_any_tenant(&operator, "none").await.unwrap_err().code(), "not_found");

    let log = services.tenants().audit(&tenant, &AuditFilter::default(), None, 50).await.unwrap().entries;
    let audited: Vec<_> = log
        .iter()
        .filter(|entry| entry.actor_id.is_some() && entry.actor_kind == "operator")
        .map(|entry| (entry.action.as_str(), entry.actor_name.as_deref()))
        .collect();
    assert_eq!(audited, [("job.hastened", None), ("overrides.changed", None)], "by id and not by name");
    assert!(log.iter().filter_map(|entry| entry.actor_id.as_deref()).all(|id| id == operator.user().as_str()));
    let unknown = "unknown".parse().unwrap();
    for code in [
        services.operators().desk_tenant(&operator, &unknown).await.unwrap_err().code(),
        services.operators().desk_override(&operator, &unknown, &change).await.unwrap_err().code(),
    ] {
        assert_eq!(code, "tenant_not_found");
    }
}

#[rstest]
#[tokio::test]
async fn unprocessed_events_are_listed_oldest_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    env
        .run(
            "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) \
             SELECT 'stripe', 'evt_' || i, 'invoice.paid', '{}', CASE i % 2 WHEN 0 THEN 'received' ELSE 'handled' END, i / 7 FROM n",
        )
        .await;
    let mut seen = Vec::new();
    let mut after: Option<Place> = None;
    loop {
        let work = env.services.operators().operator_work(&operator, None, after.as_ref(), None).await.unwrap();
        assert_eq!(work.counts.waiting, 60);
        assert!(work.waiting.iter().all(|waiting| waiting.tenant.is_none()), "about nothing that is known");
        seen.extend(work.waiting.into_iter().map(|waiting| (waiting.event.received_at, waiting.event.id)));
        after = work.next_waiting;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 60);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

#[rstest]
#[tokio::test]
async fn a_job_belongs_to_the_tenant_of_its_event(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let services = &env.services;
    let acme = paying(&env, "ada@acme.test", &subscription("sub_1", "pro", ProviderStatus::Active)).await;
    let other = paying(&env, "bob@acme.test", &subscription("sub_2", "pro", ProviderStatus::Active)).await;
    let subscription = |id: &str| EventSubject::Subscription { id: id.to_owned() };
    let session = EventSubject::CheckoutSession { id: "cs_1".to_owned() };
    let customer = EventSubject::Customer { id: "cus_2".to_owned() };
    env
        .run(
            "INSERT INTO checkout_attempts (tenant_id, attempt_id, provider, plan, cycle, state, success_url, cancel_url, \
             session_id, created_by, created_at) SELECT tenant_id, 'a1', 'stripe', 'pro', 'monthly', 'paid', '', '', 'cs_1', \
             'ada', 0 FROM customers WHERE external_id = 'cus_1'",
        )
        .await;
    let about = [
        (Provider::Stripe, subscription("sub_1"), Some(&acme)),
        (Provider::Stripe, session, Some(&acme)),
        (Provider::Stripe, customer, Some(&other)),
        (Provider::Stripe, subscription("sub_9"), None),
        (Provider::Polar, subscription("sub_1"), None),
    ];
    let mut tx = env.database.store.begin().await.unwrap();
    for (at, (provider, subject, _)) in about.iter().enumerate() {
        let (id, kind) = (format!("evt_{at}"), "updated".to_owned());
        let event = ProviderEvent { id, kind, subject: subject.clone(), customer: None };
        tx.connection().insert_inbox_events(&[(*provider, &event, EventState::Received)], NOW).await.unwrap();
        let task = Task::FetchWebhookObject { provider: *provider, subject: subject.clone(), customer: None };
        let created_at = NOW.plus_secs(i64::try_from(at).unwrap());
        tx.connection().insert_job(&task, NOW.plus_secs(DAY), created_at).await.unwrap();
    }
    tx.commit().await.unwrap();
    env.run("UPDATE jobs SET last_error = 'down' WHERE task LIKE '%follow_hints%'").await;

    let whose: Vec<_> =
        about.iter().map(|(.., whose)| whose.map(|id| (id.clone(), "Acme Robotics".to_owned()))).collect();
    let work = services.operators().operator_work(&operator, None, None, None).await.unwrap();
    assert_eq!(work.failing.iter().map(|listed| listed.tenant.clone()).collect::<Vec<_>>(), whose);
    assert_eq!(work.waiting.iter().map(|listed| listed.tenant.clone()).collect::<Vec<_>>(), whose);
    // The retry is in the audit log of the job's tenant.
    services.operators().retry_job_of_any_tenant(&operator, &work.failing[0].job.id).await.unwrap();
    let log = services.tenants().audit(&acme, &AuditFilter::default(), None, 50).await.unwrap().entries;
    assert!(log.iter().any(|entry| entry.action == "job.hastened"), "{log:?}");
}
