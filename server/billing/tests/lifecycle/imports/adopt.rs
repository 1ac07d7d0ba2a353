//! An operator adopts rows of a finished dry run.

use std::collections::BTreeMap;

use billing::{
    ServiceError,
    service::operator::{AccountName, Operator},
    store::testing::Engine,
};
use domain::{
    account::Account,
    catalog::Cycle,
    tenant::import::{AdoptRows, ImportId, ImportOutcome, ImportReport, ImportState},
    time::Clock,
};
use rstest::rstest;

use crate::test_env::TestEnv;

const OPERATOR: &str = "root@dues.test";

impl TestEnv {
    /// Creates an operator with a second factor.
    async fn operator(&self) -> Operator {
        let user = self.owner(OPERATOR).await.user_id;
        self.services.operators().add_operator(AccountName::Email(OPERATOR)).await.unwrap();
        let now = self.wall.now();
        let mut tx = self.database.store.begin().await.unwrap();
        tx.connection().upsert_pending_factor(&user, "sealed", now).await.unwrap();
        assert!(tx.connection().enable_second_factor(&user, now, 1).await.unwrap());
        tx.commit().await.unwrap();
        let account = Account { user_id: user, email: OPERATOR.parse().unwrap() };
        self.services.operators().operator(&account).await.unwrap().unwrap()
    }

    async fn position_of(&self, import: &ImportId, external: &str) -> u64 {
        let rows = self.rows_of(import).await;
        rows.into_iter().find(|row| row.external_id.as_deref() == Some(external)).unwrap().position
    }

    /// Lets the workers take an import to its end.
    async fn worked_off(&self, import: &ImportId) -> ImportReport {
        self.run_due_jobs().await;
        let report = self.imports().report(import).await.unwrap().unwrap();
        assert_eq!(report.summary.state, ImportState::Done);
        report
    }
}

#[rstest]
#[tokio::test]
async fn selected_rows_of_a_dry_run_are_adopted_and_later_all_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    use ImportOutcome::{Adopt, Conflict, NoSubscription};
    let env = TestEnv::start(engine).await;
    let operator = env.operator().await;
    let pro = env.price("pro", Cycle::Monthly);
    let paying = env.plant_customer(Some("paying")).await;
    env.plant_subscription(&paying, &pro, 1).await;
    env.plant_customer(Some("idle")).await;
    let moved = env.plant_customer(Some("moved")).await;
    env.plant_subscription(&moved, &pro, 1).await;
    let (import, planned) = env.import(true).await;
    assert_eq!(planned.summary.counts, BTreeMap::from([(Adopt, 2), (NoSubscription, 1)]));
    env.take_calls();
    env.refuse_writes();

    let paying = AdoptRows::Selected(vec![env.position_of(&import, "paying").await]);
    env.imports().adopt(&operator, &import, paying).await.unwrap();
    let report = env.worked_off(&import).await;
    assert_eq!((report.summary.written, report.summary.is_dry_run), (1, true), "the other rows are still a preview");
    assert_eq!(report.summary.counts, planned.summary.counts);
    for (external, plan) in [("paying", Some("pro")), ("idle", None), ("moved", None)] {
        assert_eq!(env.plan_of(external).await.as_deref(), plan, "{external}");
    }

    // Each row is decided again: since the dry run, another tenant was linked to this customer.
    env.put_customer("else", &moved).await.unwrap();
    env.imports().adopt(&operator, &import, AdoptRows::All).await.unwrap();
    let report = env.worked_off(&import).await;
    assert_eq!((report.summary.written, report.summary.is_dry_run), (2, false));
    assert_eq!(report.summary.counts, BTreeMap::from([(Adopt, 1), (NoSubscription, 1), (Conflict, 1)]));
    assert_eq!((env.plan_of("idle").await.as_deref(), env.plan_of("moved").await), (Some("free"), None));
    let rows = env.rows_of(&import).await;
    assert_eq!(rows.iter().filter(|row| row.tenant.is_some()).count(), 2);
    env.expect_only_reads();

    let again = env.imports().adopt(&operator, &import, AdoptRows::All).await;
    assert!(matches!(again, Err(ServiceError::Conflict(_))), "it is no dry run any more: {again:?}");
}

#[rstest]
#[tokio::test]
async fn rows_are_adopted_from_a_finished_dry_run_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let operator = env.operator().await;
    env.plant_customer(Some("org")).await;
    let (import, _) = env.import(true).await;
    for rows in [Vec::new(), vec![1; 1_001]] {
        let wrong = env.imports().adopt(&operator, &import, AdoptRows::Selected(rows)).await.unwrap_err();
        assert!(matches!(&wrong, ServiceError::Validation { fields, .. } if fields.contains_key("rows")), "{wrong:?}");
    }
    let unknown = env.imports().adopt(&operator, &"none".parse().unwrap(), AdoptRows::All).await;
    assert!(matches!(unknown, Err(ServiceError::NotFound(_))), "{unknown:?}");

    let running = env.start_import(true).await;
    for import in [&import, &running] {
        let refused = env.imports().adopt(&operator, import, AdoptRows::All).await;
        assert!(matches!(refused, Err(ServiceError::Conflict(_))), "{refused:?}");
    }
    env.imports().cancel(&operator, &running).await.unwrap();
    let canceled = env.imports().adopt(&operator, &running, AdoptRows::All).await;
    assert!(matches!(canceled, Err(ServiceError::Conflict(_))), "{canceled:?}");
    assert_eq!(env.plan_of("org").await, None);
    // A row that the import does not have is no row to adopt.
    env.imports().adopt(&operator, &import, AdoptRows::Selected(vec![99])).await.unwrap();
    assert_eq!(env.worked_off(&import).await.summary.written, 0);
    assert_eq!(env.plan_of("org").await, None);
}
