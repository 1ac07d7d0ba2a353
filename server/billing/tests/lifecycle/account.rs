//! A key that opens another account, the other mode or nothing: nothing is asked, written or sold, and afterwards everything goes on.

use axum::http::Method;
use billing::{
    payment::account::{Mode, ProviderAccount},
    service::{AccountWarning, Adopted, ServiceError, portal::PortalDoor},
    store::{customers::Customer, desk_work::WorkCounts, testing::Engine},
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{BillingDetails, Provider, ProviderStatus, Subscription},
};
use rstest::rstest;
use serde_json::Value;

use crate::stand::{KEY, LIVE_KEY, Stand, WALK_SECS, biller};

const ANOTHER_ACCOUNT: &str = "sk_test_51AnotherAccount00Key";
const MAIN: &str = "acct_0SandboxMain000";
const CHANGED: &str = "provider_account_changed";

/// What is wrong with the key that the server is started with.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Account,
    Mode,
    Rights,
}

impl Wrong {
    fn begins(self, stand: &mut Stand) {
        match self {
            Self::Account => stand.restart_with_key(ANOTHER_ACCOUNT),
            Self::Mode => stand.restart_with_key(LIVE_KEY),
            Self::Rights => {
                stand.restart_with_key(KEY);
                stand.grants_rights(false);
            }
        }
    }

    fn ends(stand: &mut Stand) {
        stand.grants_rights(true);
        stand.restart_with_key(KEY);
    }
}

/// All that is stored of a tenant's payments.
async fn stored(stand: &Stand, owners: &[Viewer]) -> Vec<(Vec<Subscription>, Option<Customer>)> {
    let mut all = Vec::new();
    for owner in owners {
        let tenant = &owner.here.tenant_id;
        let mut reader = stand.database.store.read().await.unwrap();
        let subscriptions = reader.link().list_subscriptions(tenant).await.unwrap();
        all.push((subscriptions, reader.link().find_customer(tenant, Provider::Stripe).await.unwrap()));
    }
    all
}

/// Without what is written whenever a provider was asked.
fn essence(stored: Vec<(Vec<Subscription>, Option<Customer>)>) -> Vec<(Vec<Subscription>, Option<String>)> {
    let settled = |own: Subscription| Subscription { fetched_at: own.started_at, ..own };
    stored
        .into_iter()
        .map(|(all, customer)| (all.into_iter().map(settled).collect(), customer.map(|it| it.external_id)))
        .collect()
}

async fn work_counts(stand: &Stand) -> WorkCounts {
    stand.database.store.read().await.unwrap().link().count_work().await.unwrap()
}

async fn held_jobs(stand: &Stand) -> u64 {
    stand.database.store.read().await.unwrap().link().count_held_jobs(Provider::Stripe).await.unwrap()
}

fn changed<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), CHANGED, "{error:?}");
    assert!(!error.to_string().contains("acct_"), "a tenant is not told of accounts: {error}");
}

/// Everything that a person can press, by somebody who pays.
async fn click_everything(stand: &Stand, owner: &Viewer) {
    let (services, admin) = (&stand.services, biller(owner));
    changed(stand.order(owner, "business", Cycle::Monthly).await);
    changed(services.sync_subscription(&admin).await);
    changed(services.see_what_was_changed(&admin).await);
    changed(services.cancel_at_period_end(&admin).await);
    changed(services.resume(&admin).await);
    changed(services.open_portal(owner, PortalDoor::Home).await);
    changed(services.invoices(&admin).await);
    changed(services.preflight(admin.tenant(), "business", Cycle::Yearly).await);
    changed(services.review_order(owner, "business", Cycle::Yearly).await);
    changed(services.settle_return(owner, None).await);
}

async fn counted(stand: &Stand, path: &str) -> usize {
    stand.list(path).await.len()
}

#[rstest]
#[tokio::test]
async fn an_hour_with_a_wrong_key_writes_nothing_and_sells_nothing_and_then_all_goes_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Wrong::Account, Wrong::Mode, Wrong::Rights)] wrong: Wrong,
) {
    let mut stand = Stand::start(engine).await;
    let mut owners = Vec::new();
    for (name, plan) in [("ada", "starter"), ("bob", "pro"), ("cyd", "team")] {
        owners.push(stand.owner_on(&format!("{name}@acme.test"), plan).await);
    }
    let newcomer = stand.owner("new@acme.test").await;
    stand.begin_rounds().await;
    let before = stored(&stand, &owners).await;
    let sold = counted(&stand, "/v1/subscriptions?status=all").await;
    let customers = counted(&stand, "/v1/customers").await;
    let events = stand.list("/v1/events?limit=100").await;
    let about = |event: &&Value| event["type"].as_str().unwrap().starts_with("customer.subscription.");
    let told: Vec<_> = events.iter().filter(about).map(|event| renamed(event, "during")).collect();

    wrong.begins(&mut stand);
    stand.asked();
    for minute in 0..60 {
        stand.wall.advance(60);
        if minute % 10 == 0 {
            stand.begin_rounds().await;
            click_everything(&stand, &owners[minute / 10 % 3]).await;
            changed(stand.order(&newcomer, "pro", Cycle::Monthly).await);
        }
        if minute == 30 {
            for event in &told {
                stand.tell(event).await;
            }
        }
        stand.work().await;
    }
    stand.wall.advance(2 * WALK_SECS);
    stand.services.turn_what_is_due().await.unwrap();
    stand.work().await;

    assert_eq!(stored(&stand, &owners).await, before, "nothing was written");
    let asked = stand.asked();
    assert!(asked.iter().all(|asked| asked == "GET /v1/account"), "nothing else was asked: {asked:?}");
    let [AccountWarning { provider: Provider::Stripe, text }] = &stand.services.account_warnings()[..] else {
        panic!("no warning")
    };
    assert!(text.contains("Stripe"), "{text}");
    let counts = work_counts(&stand).await;
    assert_eq!((counts.failing, counts.waiting), (0, told.len() as u64), "what was told waits, and nothing fails");
    assert!(held_jobs(&stand).await > 0);
    assert_eq!(counted(&stand, "/v1/subscriptions?status=all").await, sold);
    assert_eq!(counted(&stand, "/v1/customers").await, customers);

    // Meanwhile somebody has left at the provider itself.
    let left = stand.subscriptions(&owners[0]).await.remove(0).external_id;
    stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{left}")).await;
    Wrong::ends(&mut stand);
    stand.services.check_accounts().await;
    assert_eq!(stand.services.account_warnings(), []);
    stand.work().await;
    assert_eq!((held_jobs(&stand).await, work_counts(&stand).await.waiting), (0, 0), "what waited is done at once");
    assert_eq!(stand.plan(&owners[0]).await, "free", "who left has left");
    assert_eq!(
        essence(stored(&stand, &owners[1..]).await),
        essence(before[1..].to_vec()),
        "all others are as they were"
    );
    let own = &before[1].0[0];
    let started = stand.order(&owners[1], "business", Cycle::Monthly).await.unwrap();
    assert!(started.is_portal && started.id == own.external_id, "what is paid is changed: {started:?}");
    assert!(!stand.order(&newcomer, "pro", Cycle::Monthly).await.unwrap().is_portal);
    assert_eq!(counted(&stand, "/v1/subscriptions?status=all").await, sold, "nothing was sold twice");
    assert_eq!(counted(&stand, "/v1/customers").await, customers + 1, "only the newcomer is one more");
}

/// Another event about the same.
fn renamed(event: &Value, suffix: &str) -> Value {
    let mut event = event.clone();
    event["id"] = format!("{}_{suffix}", event["id"].as_str().unwrap()).into();
    event
}

/// Without a restart, as when a key is moved to another account at a proxy.
#[rstest]
#[tokio::test]
async fn an_answer_that_surprises_has_the_account_asked_for_before_it_is_believed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owners = [stand.owner_on("ada@acme.test", "pro").await];
    let before = stored(&stand, &owners).await;
    stand.takes_key_for(Some(ANOTHER_ACCOUNT));
    changed(stand.services.sync_subscription(&biller(&owners[0])).await);
    assert_eq!(stored(&stand, &owners).await, before);
    assert_eq!(stand.services.account_warnings().len(), 1);

    stand.takes_key_for(None);
    changed(stand.services.sync_subscription(&biller(&owners[0])).await);
    stand.wall.advance(5);
    stand.sync(&owners[0]).await;
    assert_eq!(stand.services.account_warnings(), []);
}

#[rstest]
#[tokio::test]
async fn the_account_is_asked_for_at_the_start_and_hourly_and_not_with_each_call(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let asks = |asked: Vec<String>| asked.iter().filter(|asked| *asked == "GET /v1/account").count();
    assert_eq!(asks(stand.asked()), 1);
    for _ in 0..5 {
        stand.sync(&owner).await;
        stand.services.check_accounts().await;
    }
    assert_eq!(asks(stand.asked()), 0);
    stand.wall.advance(3600);
    stand.sync(&owner).await;
    stand.sync(&owner).await;
    assert_eq!(asks(stand.asked()), 1);
}

#[rstest]
#[tokio::test]
async fn before_the_first_contact_no_answer_is_written(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    stand.asked();
    stand.is_away(true);
    let away = stand.order(&owner, "pro", Cycle::Monthly).await;
    assert!(matches!(away, Err(ServiceError::ProviderUnavailable { .. })), "{away:?}");
    assert!(stand.asked().iter().all(|asked| asked == "GET /v1/account"));
    assert_eq!(stand.services.account_warnings(), [], "nothing is known, and nothing is wrong yet");
    stand.is_away(false);
    stand.checkout(&owner, "pro").await;
}

/// An installation from before accounts were kept, whose key is wrong when it is upgraded.
#[rstest]
#[tokio::test]
async fn the_first_account_is_believed_only_if_it_knows_who_pays(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    pays_since_long(&stand, &owner).await;
    stand.restart_with_key(ANOTHER_ACCOUNT);
    changed(stand.order(&owner, "team", Cycle::Monthly).await);
    let warnings = stand.services.account_warnings();
    assert!(warnings[0].text.contains("knows none of the customers who pay here"), "{warnings:?}");
    assert_eq!(kept(&stand).await, None, "it is not believed");

    stand.restart_with_key(KEY);
    stand.sync(&owner).await;
    assert_eq!(kept(&stand).await.map(|kept| kept.id).as_deref(), Some(MAIN));
    assert_eq!(stand.plan(&owner).await, "pro");
}

/// A customer and a subscription as a former version stored them.
async fn pays_since_long(stand: &Stand, owner: &Viewer) {
    let customer = stand.at_stripe(Method::POST, "/v1/customers?email=ada@acme.test").await;
    let (tenant, now) = (&owner.here.tenant_id, stand.services.billing_now());
    let id = customer["id"].as_str().unwrap();
    let mut tx = stand.database.store.begin().await.unwrap();
    tx.link().insert_customer(tenant, Provider::Stripe, id, now).await.unwrap();
    tx.commit().await.unwrap();
    let page = stand.another_page(owner, "of-old", "pro").await;
    stand.pay(&page).await;
    let [told] = stand.list(&format!("/v1/subscriptions?customer={id}")).await.try_into().unwrap();
    let own = Subscription {
        provider: Provider::Stripe,
        external_id: told["id"].as_str().unwrap().to_owned(),
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Monthly,
        status: ProviderStatus::Active,
        started_at: now,
        period_start: now,
        period_end: now.plus_secs(30 * 86_400),
        cancel_at_period_end: false,
        ended_at: None,
        past_due_since: None,
        plan_before_due: None,
        price: None,
        due: None,
        payment_method: None,
        trial_end: None,
        pending: None,
        details: BillingDetails::default(),
        fetched_at: now,
    };
    let mut tx = stand.database.store.begin().await.unwrap();
    tx.link().upsert_subscription(tenant, &own).await.unwrap();
    tx.commit().await.unwrap();
}

async fn kept(stand: &Stand) -> Option<ProviderAccount> {
    stand.database.store.read().await.unwrap().link().find_provider_account(Provider::Stripe).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn another_account_is_accepted_on_purpose_by_its_name(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    stand.checkout(&owner, "pro").await;
    stand.wall.advance(60);
    stand.restart_with_key(ANOTHER_ACCOUNT);
    stand.services.check_accounts().await;
    assert_eq!(stand.services.account_warnings().len(), 1);
    let found = stand.services.find_provider_account(Provider::Stripe).await.unwrap();
    let main = ProviderAccount { id: MAIN.to_owned(), mode: Mode::Test };
    assert_eq!(found.kept, Some(main.clone()));
    assert_ne!(found.found, main);

    let adopt = async |id: &str| stand.services.adopt_provider_account(Provider::Stripe, id).await.unwrap();
    assert_eq!(adopt("acct_of_nobody").await, Adopted::OtherAccount);
    assert_eq!(kept(&stand).await, Some(main));
    assert_eq!(adopt(&found.found.id).await, Adopted::Done);
    assert_eq!(adopt(&found.found.id).await, Adopted::Already);
    stand.wall.advance(5);
    stand.services.check_accounts().await;
    assert_eq!(stand.services.account_warnings(), []);
    let mut reader = stand.database.store.read().await.unwrap();
    let history = reader.link().list_account_history(Provider::Stripe).await.unwrap();
    assert_eq!(history.iter().map(|(_, account, _)| &account.id).collect::<Vec<_>>(), [&found.found.id, MAIN]);
}
