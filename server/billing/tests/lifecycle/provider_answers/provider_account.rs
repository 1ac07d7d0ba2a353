//! The server's key opens another account, the other mode or nothing: Dues writes and sells nothing until the right key
//! is back.

use axum::http::Method;
use billing::{
    payment::account::{Mode, ProviderAccount},
    service::{AccountState, AccountWarning, AdoptOutcome, ServiceError, subscription::portal::PortalTarget},
    store::{job::operator_work::PendingCounts, subscription::customers::Customer, testing::Engine},
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{Provider, ProviderStatus, Subscription},
};
use rstest::rstest;

use crate::test_env::{KEY, LIVE_KEY, RECONCILE_SECS, Rights, TestEnv, biller};

const ANOTHER_ACCOUNT: &str = "sk_test_51AnotherAccount00Key";
const ANOTHER_ORGANIZATION: &str = "polar_oat_of_another_organization";
const MAIN: &str = "acct_0SandboxMain000";
const CHANGED: &str = "provider_account_changed";

/// Returns a key of another account at the provider.
const fn other_account_key(at: Provider) -> &'static str {
    match at {
        Provider::Stripe => ANOTHER_ACCOUNT,
        Provider::Polar => ANOTHER_ORGANIZATION,
    }
}

/// What is wrong with the server's key.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Account,
    Mode,
    Rights,
}

impl Wrong {
    fn begins(self, env: &mut TestEnv) {
        let key = match self {
            Self::Account => other_account_key(env.provider_name()),
            Self::Mode => LIVE_KEY,
            Self::Rights => env.key(),
        };
        env.restart_with_key(key);
        env.set_rights(if matches!(self, Self::Rights) { Rights::None } else { Rights::All });
    }

    fn ends(env: &mut TestEnv) {
        env.set_rights(Rights::All);
        env.restart_with_key(env.key());
    }
}

/// The stored subscriptions and customer of a tenant.
pub(crate) type Stored = (Vec<Subscription>, Option<Customer>);

/// Returns the stored subscriptions and customer of each tenant.
pub(crate) async fn stored(env: &TestEnv, owners: &[Viewer]) -> Vec<Stored> {
    let mut all = Vec::new();
    for owner in owners {
        let tenant = &owner.current_membership.tenant_id;
        let mut reader = env.database.store.read().await.unwrap();
        let subscriptions = reader.connection().list_subscriptions(tenant).await.unwrap();
        all.push((subscriptions, reader.connection().find_customer(tenant, env.provider_name()).await.unwrap()));
    }
    all
}

/// Drops the fields that each reconciliation writes.
pub(crate) fn without_sync_fields(stored: Vec<Stored>) -> Vec<(Vec<Subscription>, Option<String>)> {
    let settled = |subscription: Subscription| Subscription { fetched_at: subscription.started_at, ..subscription };
    stored
        .into_iter()
        .map(|(all, customer)| (all.into_iter().map(settled).collect(), customer.map(|customer| customer.external_id)))
        .collect()
}

pub(crate) async fn work_counts(env: &TestEnv) -> PendingCounts {
    env.database.store.read().await.unwrap().connection().count_pending().await.unwrap()
}

async fn held_jobs(env: &TestEnv) -> u64 {
    env.database.store.read().await.unwrap().connection().count_held_jobs(env.provider_name()).await.unwrap()
}

fn assert_account_changed<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), CHANGED, "{error:?}");
    assert!(!error.to_string().contains("acct_"), "errors name no account: {error}");
}

/// Calls each billing action of an admin, and expects the error for a changed account from each.
async fn call_all_actions(env: &TestEnv, owner: &Viewer) {
    let (services, admin) = (&env.services, biller(owner));
    assert_account_changed(env.order(owner, "business", Cycle::Monthly).await);
    assert_account_changed(services.subscriptions().sync_subscription(&admin).await);
    assert_account_changed(services.subscriptions().reconcile_after_portal(&admin).await);
    assert_account_changed(services.subscriptions().cancel_at_period_end(&admin).await);
    assert_account_changed(services.subscriptions().resume(&admin).await);
    assert_account_changed(services.subscriptions().open_portal(&admin, PortalTarget::Home).await);
    assert_account_changed(services.subscriptions().invoices(&admin).await);
    assert_account_changed(services.checkouts().preflight(admin.tenant(), "business", Cycle::Yearly, None).await);
    assert_account_changed(services.checkouts().review_order(owner, "business", Cycle::Yearly).await);
    assert_account_changed(services.checkouts().settle_return(owner, None).await);
}

pub(crate) async fn three_payers(env: &TestEnv) -> Vec<Viewer> {
    let mut owners = Vec::new();
    for (name, plan) in [("ada", "starter"), ("bob", "pro"), ("cyd", "team")] {
        owners.push(env.owner_on(&format!("{name}@acme.test"), plan).await);
    }
    owners
}

/// Sends webhooks that wrongly report the end of each subscription.
pub(crate) async fn send_ended_events(env: &TestEnv, stored: &[Stored]) -> u64 {
    let all = stored.iter().flat_map(|(subscriptions, _)| subscriptions);
    let mut sent = 0;
    for subscription in all {
        sent += 1;
        env.send_webhook(&env.subscription_ended_event(&format!("evt_during_{sent}"), &subscription.external_id)).await;
    }
    sent
}

#[rstest]
#[case::stripes_account(Provider::Stripe, Wrong::Account)]
#[case::stripes_mode(Provider::Stripe, Wrong::Mode)]
#[case::stripes_rights(Provider::Stripe, Wrong::Rights)]
#[case::polars_account(Provider::Polar, Wrong::Account)]
#[case::polars_rights(Provider::Polar, Wrong::Rights)]
#[tokio::test]
async fn a_wrong_key_writes_and_sells_nothing_for_an_hour_and_then_work_resumes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] at: Provider,
    #[case] wrong: Wrong,
) {
    let mut env = TestEnv::at(at, engine).await;
    let owners = three_payers(&env).await;
    let newcomer = env.owner("new@acme.test").await;
    env.start_periodic_jobs().await;
    let before = stored(&env, &owners).await;
    let (sold, customers) = (env.provider_subscriptions().await.len(), env.customers().await.len());
    let mut sent = 0;

    wrong.begins(&mut env);
    env.take_calls();
    for minute in 0..60 {
        env.wall.advance(60);
        if minute % 10 == 0 {
            env.start_periodic_jobs().await;
            call_all_actions(&env, &owners[minute / 10 % 3]).await;
            assert_account_changed(env.order(&newcomer, "pro", Cycle::Monthly).await);
        }
        if minute == 30 {
            sent = send_ended_events(&env, &before).await;
        }
        env.run_due_jobs().await;
    }
    env.wall.advance(2 * RECONCILE_SECS);
    env.services.subscriptions().enqueue_due_transitions().await.unwrap();
    env.run_due_jobs().await;

    assert_eq!(stored(&env, &owners).await, before, "nothing was written");
    let asked = env.take_calls();
    let account = env.account_request();
    assert!(asked.iter().all(|asked| asked == account), "nothing else was asked: {asked:?}");
    let warnings = env.services.providers().account_warnings();
    let [AccountWarning { provider, state }] = &warnings[..] else { panic!("{warnings:?}") };
    let text = state.warning(*provider).unwrap();
    assert!(*provider == at && text.contains(at.title()), "{text}");
    let counts = work_counts(&env).await;
    assert_eq!((counts.failing, counts.waiting), (0, sent), "webhooks are stored, and no job fails");
    assert!(held_jobs(&env).await > 0);
    assert_eq!((env.provider_subscriptions().await.len(), env.customers().await.len()), (sold, customers));

    // Meanwhile an owner cancels at the provider.
    let left = env.subscriptions(&owners[0]).await.remove(0).external_id;
    env.end_at_provider(&left).await;
    Wrong::ends(&mut env);
    env.services.providers().check_accounts().await;
    assert_eq!(env.services.providers().account_warnings(), []);
    env.run_due_jobs().await;
    assert_eq!((held_jobs(&env).await, work_counts(&env).await.waiting), (0, 0), "what waited is done at once");
    assert_eq!(env.plan(&owners[0]).await, "free", "who left has left");
    assert_eq!(
        without_sync_fields(stored(&env, &owners[1..]).await),
        without_sync_fields(before[1..].to_vec()),
        "all others are as they were"
    );
    let subscription = &before[1].0[0];
    let started = env.order(&owners[1], "business", Cycle::Monthly).await.unwrap();
    assert!(started.is_portal && started.id == subscription.external_id, "what is paid is changed: {started:?}");
    assert!(!env.order(&newcomer, "pro", Cycle::Monthly).await.unwrap().is_portal);
    assert_eq!(env.provider_subscriptions().await.len(), sold, "nothing was sold twice");
    assert_eq!(env.customers().await.len(), customers + 1, "only the newcomer is one more");
}

/// The key opens another account without a restart of Dues, as when a proxy replaces the key.
#[rstest]
#[tokio::test]
async fn an_unexpected_response_makes_dues_verify_the_account_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owners = [env.owner_on("ada@acme.test", "pro").await];
    let before = stored(&env, &owners).await;
    env.override_key(Some(other_account_key(at)));
    assert_account_changed(env.services.subscriptions().sync_subscription(&biller(&owners[0])).await);
    assert_eq!(stored(&env, &owners).await, before);
    assert_eq!(env.services.providers().account_warnings().len(), 1);

    env.override_key(None);
    assert_account_changed(env.services.subscriptions().sync_subscription(&biller(&owners[0])).await);
    env.wall.advance(5);
    env.sync(&owners[0]).await;
    assert_eq!(env.services.providers().account_warnings(), []);
}

#[rstest]
#[tokio::test]
async fn the_account_is_fetched_at_the_start_and_hourly_only(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let asks = |asked: Vec<String>| asked.iter().filter(|asked| *asked == env.account_request()).count();
    assert_eq!(asks(env.take_calls()), 1);
    for _ in 0..5 {
        env.sync(&owner).await;
        env.services.providers().check_accounts().await;
    }
    assert_eq!(asks(env.take_calls()), 0);
    env.wall.advance(3600);
    env.sync(&owner).await;
    env.sync(&owner).await;
    assert_eq!(asks(env.take_calls()), 1);
}

#[rstest]
#[tokio::test]
async fn no_response_is_stored_before_the_account_is_known(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner("ada@acme.test").await;
    env.take_calls();
    env.set_provider_down(true);
    let away = env.order(&owner, "pro", Cycle::Monthly).await;
    assert!(matches!(away, Err(ServiceError::ProviderUnavailable { .. })), "{away:?}");
    assert!(env.take_calls().iter().all(|asked| asked == env.account_request()));
    assert_eq!(env.services.providers().account_warnings(), [], "nothing is known, and nothing is wrong yet");
    env.set_provider_down(false);
    env.checkout(&owner, "pro").await;
}

/// The installation comes from a version that stored no provider account, and has another account's API key at first.
#[rstest]
#[tokio::test]
async fn the_first_account_is_accepted_only_if_it_has_the_customers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    store_legacy_payment(&env, &owner).await;
    env.restart_with_key(ANOTHER_ACCOUNT);
    assert_account_changed(env.order(&owner, "team", Cycle::Monthly).await);
    let warnings = env.services.providers().account_warnings();
    assert!(matches!(warnings[0].state, AccountState::Unproven { .. }), "{warnings:?}");
    assert_eq!(stored_account(&env).await, None, "it is not believed");

    env.restart_with_key(KEY);
    env.sync(&owner).await;
    assert_eq!(stored_account(&env).await.map(|kept| kept.id).as_deref(), Some(MAIN));
    assert_eq!(env.plan(&owner).await, "pro");
}

/// Stores a customer and a subscription as an earlier version did.
async fn store_legacy_payment(env: &TestEnv, owner: &Viewer) {
    let customer = env.call_stripe(Method::POST, "/v1/customers?email=ada@acme.test").await;
    let (tenant, now) = (&owner.current_membership.tenant_id, env.services.billing_now());
    let id = customer["id"].as_str().unwrap();
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_customer(tenant, Provider::Stripe, id, now).await.unwrap();
    tx.commit().await.unwrap();
    let page = env.create_unknown_checkout(owner, "of-old", "pro").await;
    env.pay(&page).await;
    let [found] = env.list(&format!("/v1/subscriptions?customer={id}")).await.try_into().unwrap();
    let stored = Subscription::sample(found["id"].as_str().unwrap(), "pro", ProviderStatus::Active, now);
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().upsert_subscription(tenant, &stored).await.unwrap();
    tx.commit().await.unwrap();
}

async fn stored_account(env: &TestEnv) -> Option<ProviderAccount> {
    env.database.store.read().await.unwrap().connection().find_provider_account(env.provider_name()).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn another_account_is_adopted_only_by_its_name(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let mut env = TestEnv::at(at, engine).await;
    let owner = env.owner("ada@acme.test").await;
    env.checkout(&owner, "pro").await;
    let main = stored_account(&env).await.unwrap();
    assert_eq!(main.mode, Mode::Test);
    assert!(at != Provider::Stripe || main.id == MAIN, "{main}");
    env.wall.advance(60);
    env.restart_with_key(other_account_key(at));
    env.services.providers().check_accounts().await;
    assert_eq!(env.services.providers().account_warnings().len(), 1);
    let found = env.services.providers().find_provider_account(at).await.unwrap();
    assert_eq!(found.kept, Some(main.clone()));
    assert_ne!(found.found, main);

    let adopt = async |id: &str| env.services.providers().adopt_provider_account(at, id).await.unwrap();
    assert_eq!(adopt("acct_of_nobody").await, AdoptOutcome::OtherAccount);
    assert_eq!(stored_account(&env).await, Some(main.clone()));
    assert_eq!(adopt(&found.found.id).await, AdoptOutcome::Done);
    assert_eq!(adopt(&found.found.id).await, AdoptOutcome::Already);
    env.wall.advance(5);
    env.services.providers().check_accounts().await;
    assert_eq!(env.services.providers().account_warnings(), []);
    let mut reader = env.database.store.read().await.unwrap();
    let accepted = reader.connection().list_accepted_accounts(at).await.unwrap();
    let accepted: Vec<_> = accepted.iter().map(|(id, how)| (id.as_str(), how.as_str())).collect();
    assert_eq!(accepted, [(found.found.id.as_str(), "adopted"), (main.id.as_str(), "first_contact")]);
}
