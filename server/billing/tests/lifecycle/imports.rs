//! Imports of customers that pay already: what comes of each row, repeats, interruptions, a provider that throttles or
//! is down. Nothing is ever written at the provider.

mod adopt;
mod checkout_meanwhile;
mod interrupted;
mod missed_events;
mod order_elsewhere;
mod prices;

use std::{collections::BTreeMap, sync::Arc};

use axum::http::Method;
use billing::{
    ServiceError,
    service::{
        Imports,
        base::permission::InstallationPrincipal,
        tenant::{
            import::ImportProgress,
            profile::{ProfileChange, PutTenant},
        },
    },
    store::testing::Engine,
};
use domain::{
    catalog::Cycle,
    money::{Currency, Money},
    subscription::{Provider, ProviderStatus},
    tenant::{
        import::{
            ImportId, ImportOutcome, ImportReport, ImportRequest, ImportRow, ImportSource, ImportState, ImportTotal,
        },
        installation_scope::InstallationScope,
    },
};
use rstest::rstest;
use serde_json::Value;

use crate::{provider_answers::unmanaged::create_support_price, test_env::TestEnv};

/// More steps than any import of these tests takes.
const MAX_STEPS: usize = 50;

fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn product() -> InstallationPrincipal {
    InstallationPrincipal { key: "00ff".into(), scopes: Arc::from([InstallationScope::Tenants]) }
}

impl TestEnv {
    /// Creates a customer in the provider's dashboard. Each has an address and, with `org`, this id in its metadata.
    async fn plant_customer(&self, org: Option<&str>) -> String {
        let org = org.map(|org| format!("&metadata[org]={org}")).unwrap_or_default();
        let path = format!("/v1/customers?name=Acme&email=ops@acme.test{org}");
        id_of(&self.call_stripe(Method::POST, &path).await)
    }

    /// Creates a subscription in the provider's dashboard that is active, and paid by invoices.
    async fn plant_subscription(&self, customer: &str, price: &str, quantity: u64) {
        let fields = format!(
            "customer={customer}&items[0][price]={price}&items[0][quantity]={quantity}&collection_method=send_invoice&days_until_due=30"
        );
        self.call_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await;
    }

    fn price(&self, plan: &str, cycle: Cycle) -> String {
        self.prices.price(&plan.parse().unwrap(), cycle).unwrap().to_owned()
    }

    fn imports(&self) -> Imports {
        self.services.imports().clone()
    }

    async fn start_import(&self, is_dry_run: bool) -> ImportId {
        let source = ImportSource::Account("metadata.org".parse().unwrap());
        self.try_start(source, is_dry_run).await.unwrap()
    }

    async fn try_start(&self, source: ImportSource, is_dry_run: bool) -> Result<ImportId, ServiceError> {
        let request = ImportRequest { provider: Provider::Stripe, source, is_dry_run };
        self.imports().start_from_command_line(request).await
    }

    /// Takes an import to its end.
    async fn finish_import(&self, id: &ImportId) -> ImportReport {
        let holder = Imports::new_holder();
        for _ in 0..MAX_STEPS {
            match self.imports().step(id, &holder).await.unwrap() {
                ImportProgress::Over => return self.imports().report(id).await.unwrap().unwrap(),
                ImportProgress::More => {}
                other => panic!("{other:?}"),
            }
        }
        panic!("the import does not end");
    }

    async fn import(&self, is_dry_run: bool) -> (ImportId, ImportReport) {
        let id = self.start_import(is_dry_run).await;
        let report = self.finish_import(&id).await;
        (id, report)
    }

    async fn rows_of(&self, id: &ImportId) -> Vec<ImportRow> {
        self.imports().row_page(id, None, None).await.unwrap().rows
    }

    /// Returns the outcome of each external id.
    async fn outcomes(&self, id: &ImportId) -> BTreeMap<String, ImportOutcome> {
        let rows = self.rows_of(id).await.into_iter();
        rows.map(|row| (row.external_id.unwrap_or_default(), row.outcome)).collect()
    }

    /// Returns the effective plan of the tenant with this external id; `None` if there is no such tenant.
    async fn plan_of(&self, external: &str) -> Option<String> {
        let mut reader = self.services.store().read().await.unwrap();
        let found = reader.connection().find_tenant_by_external_id(&external.parse().unwrap()).await.unwrap();
        drop(reader);
        let plan = self.services.subscriptions().tenant_plan(&found?).await.unwrap();
        Some(plan.entitlements.plan.to_string())
    }

    async fn put_customer(&self, external: &str, customer: &str) -> Result<PutTenant, ServiceError> {
        let change = ProfileChange { name: Some("Acme".to_owned()), ..ProfileChange::default() };
        let customers = [(Provider::Stripe, customer.to_owned())];
        self.imports().put_tenant(&product(), &external.parse().unwrap(), change, &customers).await
    }

    /// Asserts that Dues has only read at the provider since the last call.
    fn expect_only_reads(&self) {
        let calls = self.take_calls();
        assert!(!calls.is_empty());
        assert!(calls.iter().all(|call| call.starts_with("GET ")), "{calls:#?}");
    }
}

/// Plants a customer for each outcome. Returns the price that no plan sells.
async fn plant_every_outcome(env: &TestEnv) -> String {
    let pro = env.price("pro", Cycle::Monthly);
    let adopted = env.plant_customer(Some("adopt")).await;
    env.plant_subscription(&adopted, &pro, 2).await;
    let yearly = env.plant_customer(Some("yearly")).await;
    env.plant_subscription(&yearly, &env.price("pro", Cycle::Yearly), 1).await;
    let several = env.plant_customer(Some("several")).await;
    env.plant_subscription(&several, &env.price("team", Cycle::Monthly), 1).await;
    env.plant_subscription(&several, &pro, 1).await;
    let unsold = create_support_price(env).await;
    let unmapped = env.plant_customer(Some("unmapped")).await;
    env.plant_subscription(&unmapped, &unsold, 1).await;
    env.plant_customer(Some("none")).await;
    env.plant_customer(None).await;
    for _ in 0..2 {
        let shared = env.plant_customer(Some("shared")).await;
        env.plant_subscription(&shared, &pro, 1).await;
    }
    let linked = env.plant_customer(Some("already")).await;
    env.plant_subscription(&linked, &pro, 1).await;
    env.put_customer("already", &linked).await.unwrap();
    env.plant_customer(Some("taken")).await;
    let other = env.plant_customer(Some("else")).await;
    env.put_customer("taken", &other).await.unwrap();
    unsold
}

#[rstest]
#[tokio::test]
async fn each_customer_gets_its_outcome_and_nothing_is_written_at_the_provider(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    use ImportOutcome::{Adopt, Already, Conflict, NoExternalId, NoSubscription, SeveralSubscriptions, UnmappedPrice};
    let env = TestEnv::start(engine).await;
    let unsold = plant_every_outcome(&env).await;
    let customers = env.customers().await;
    env.take_calls();
    env.refuse_writes();

    let (dry, planned) = env.import(true).await;
    let expected = [
        ("", NoExternalId),
        ("adopt", Adopt),
        ("already", Already),
        ("else", Conflict),
        ("none", NoSubscription),
        ("several", SeveralSubscriptions),
        ("shared", Conflict),
        ("taken", Conflict),
        ("unmapped", UnmappedPrice),
        ("yearly", Adopt),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(id, outcome)| (id.to_owned(), outcome)).into();
    assert_eq!(env.outcomes(&dry).await, expected);
    assert_eq!((planned.summary.state, planned.summary.read, planned.summary.written), (ImportState::Done, 11, 0));
    assert_eq!(planned.summary.counts[&Conflict], 4);
    assert_eq!(env.plan_of("adopt").await, None, "a dry run makes nothing");
    let [price] = planned.prices.as_slice() else { panic!("{:?}", planned.prices) };
    assert_eq!((price.price.as_str(), price.customers, price.line.contains(&unsold)), (unsold.as_str(), 1, true));

    let (real, report) = env.import(false).await;
    assert_eq!(env.outcomes(&real).await, expected);
    assert_eq!((report.summary.written, &report.totals), (5, &planned.totals));
    for (external, plan) in [
        ("adopt", Some("pro")),
        ("yearly", Some("pro")),
        ("already", Some("pro")),
        ("several", Some("team")),
        ("unmapped", Some("free")),
        ("none", Some("free")),
        ("shared", None),
        ("else", None),
    ] {
        assert_eq!(env.plan_of(external).await.as_deref(), plan, "{external}");
    }
    let rows = env.rows_of(&real).await;
    let adopted = rows.iter().find(|row| row.external_id.as_deref() == Some("adopt")).unwrap();
    assert_eq!(
        (adopted.cycle, adopted.seats, adopted.price, adopted.status),
        (Some(Cycle::Monthly), Some(2), Some(Money::new(5_800, Currency::USD)), Some(ProviderStatus::Active))
    );
    assert!(rows.iter().filter(|row| row.outcome == Conflict).all(|row| row.detail.is_some() && row.tenant.is_none()));

    env.expect_only_reads();
    assert_eq!(env.customers().await, customers);
}

#[rstest]
#[tokio::test]
async fn a_repeat_finds_every_tenant_linked_and_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let pro = env.price("pro", Cycle::Monthly);
    for org in ["a", "b", "c"] {
        let customer = env.plant_customer(Some(org)).await;
        env.plant_subscription(&customer, &pro, 1).await;
    }
    let (_, first) = env.import(false).await;
    let expected = ImportTotal { currency: Currency::USD, subscriptions: 3, monthly: Money::new(8_700, Currency::USD) };
    assert_eq!((first.summary.written, first.totals.as_slice()), (3, &[expected][..]));
    let (id, second) = env.import(false).await;
    assert_eq!((second.summary.written, &second.totals), (0, &first.totals));
    assert!(env.outcomes(&id).await.values().all(|outcome| *outcome == ImportOutcome::Already));
    assert_eq!(env.customers().await.len(), 3, "no customer is made");
}

#[rstest]
#[tokio::test]
async fn a_csv_names_the_tenants(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let customer = env.plant_customer(None).await;
    env.plant_subscription(&customer, &env.price("pro", Cycle::Monthly), 1).await;
    let deleted = env.plant_customer(None).await;
    env.delete_customer(&deleted).await;
    let csv = format!(
        "stripe_customer_id,external_id,name,email\n{customer},org/1,\"Acme, Inc\",ops@acme.test\ncus_missing,org/2,B,\n{deleted},org/3,C,\nno customer/..,org/4,D,\n"
    );
    let id = env.try_start(ImportSource::Csv(csv), false).await.unwrap();
    let report = env.finish_import(&id).await;
    assert_eq!(report.summary.source, "csv");
    let outcomes: Vec<_> = env.outcomes(&id).await.into_values().collect();
    let conflict = ImportOutcome::Conflict;
    assert_eq!(outcomes, [ImportOutcome::Adopt, conflict, conflict, conflict]);
    assert_eq!(env.plan_of("org/1").await.as_deref(), Some("pro"));
    let wrong = env.try_start(ImportSource::Csv("name\nAcme\n".to_owned()), false).await.unwrap_err();
    assert!(matches!(&wrong, ServiceError::Validation { fields, .. } if fields.contains_key("file")), "{wrong:?}");
}

#[rstest]
#[tokio::test]
async fn a_customer_of_another_tenant_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let customer = env.plant_customer(None).await;
    env.plant_subscription(&customer, &env.price("pro", Cycle::Monthly), 1).await;
    env.take_calls();
    for _ in 0..2 {
        env.put_customer("org/1", &customer).await.unwrap();
    }
    env.expect_only_reads();
    assert_eq!(env.plan_of("org/1").await.as_deref(), Some("pro"));
    let taken = env.put_customer("org/2", &customer).await;
    assert!(matches!(taken, Err(ServiceError::CustomerTaken)), "{taken:?}");
    assert_eq!(env.plan_of("org/2").await, None, "no tenant is made");
    let unknown = env.put_customer("org/1", "cus_missing").await.unwrap_err();
    let names_the_field = |fields: &billing::service::FieldErrors| fields.contains_key("customers.stripe");
    assert!(matches!(&unknown, ServiceError::Validation { fields, .. } if names_the_field(fields)), "{unknown:?}");
}

#[rstest]
#[tokio::test]
async fn a_put_that_failed_after_its_link_is_repeated_and_later_ones_read_no_subscriptions(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let customer = env.plant_customer(None).await;
    env.plant_subscription(&customer, &env.price("pro", Cycle::Monthly), 1).await;
    // Stripe finds the customer, but not when its subscriptions are listed.
    env.forget_objects([format!("customer={customer}").as_str()]);
    env.put_customer("org/1", &customer).await.unwrap_err();
    assert_eq!(env.plan_of("org/1").await.as_deref(), Some("free"));
    env.forget_objects([]);
    for expected in [1, 0] {
        env.take_calls();
        env.put_customer("org/1", &customer).await.unwrap();
        let lists = env.take_calls().into_iter().filter(|call| call == "GET /v1/subscriptions").count();
        assert_eq!(lists, expected);
        assert_eq!(env.plan_of("org/1").await.as_deref(), Some("pro"));
    }
}

#[rstest]
#[tokio::test]
async fn polar_customers_are_imported_likewise(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::at_polar(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.post_to_polar("customers/", &serde_json::json!({ "email": "bob@acme.test", "name": "Bob" })).await;
    let request = ImportRequest {
        provider: Provider::Polar,
        source: ImportSource::Account("email".parse().unwrap()),
        is_dry_run: false,
    };
    env.take_calls();
    let id = env.imports().start_from_command_line(request).await.unwrap();
    env.finish_import(&id).await;
    env.expect_only_reads();
    let outcomes: Vec<_> = env.outcomes(&id).await.into_iter().collect();
    let expected = [
        ("ada@acme.test".to_owned(), ImportOutcome::Conflict),
        ("bob@acme.test".to_owned(), ImportOutcome::NoSubscription),
    ];
    assert_eq!(outcomes, expected, "the owner's workspace has the first customer");
    assert_eq!(env.plan(&owner).await, "pro");
}

#[rstest]
#[tokio::test]
async fn a_customer_that_pays_at_polar_is_adopted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::at_polar(engine).await;
    let customer = serde_json::json!({ "email": "bob@acme.test", "name": "Bob", "metadata": { "org": 7 } });
    let customer = env.post_to_polar("customers/", &customer).await;
    let product = env.price("pro", Cycle::Monthly);
    let order = serde_json::json!({
        "products": [product], "customer_id": customer["id"], "success_url": "http://dues.test/paid"
    });
    let checkout = env.post_to_polar("checkouts/", &order).await;
    env.pay(checkout["url"].as_str().unwrap()).await;
    let request = ImportRequest {
        provider: Provider::Polar,
        source: ImportSource::Account("metadata.org".parse().unwrap()),
        is_dry_run: false,
    };
    env.take_calls();
    let id = env.imports().start_from_command_line(request).await.unwrap();
    let report = env.finish_import(&id).await;
    env.expect_only_reads();
    let expected = ImportTotal { currency: Currency::USD, subscriptions: 1, monthly: Money::new(2_900, Currency::USD) };
    assert_eq!((report.summary.written, report.totals.as_slice()), (1, &[expected][..]));
    let row = env.rows_of(&id).await.remove(0);
    assert_eq!((row.external_id.as_deref(), row.outcome), (Some("7"), ImportOutcome::Adopt));
    assert_eq!((row.price, row.status), (Some(Money::new(2_900, Currency::USD)), Some(ProviderStatus::Active)));
    assert_eq!(env.plan_of("7").await.as_deref(), Some("pro"));
}
