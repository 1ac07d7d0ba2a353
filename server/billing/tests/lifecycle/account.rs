//! A key that opens another account, the other mode or nothing: no call, write or sale until the right key is back.

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

use crate::stand::{KEY, LIVE_KEY, Rights, Stand, WALK_SECS, biller};

const ANOTHER_ACCOUNT: &str = "sk_test_51AnotherAccount00Key";
const ANOTHER_ORGANIZATION: &str = "polar_oat_of_another_organization";
const MAIN: &str = "acct_0SandboxMain000";
const CHANGED: &str = "provider_account_changed";

/// Returns a key of another account at the provider.
const fn another(at: Provider) -> &'static str {
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
    fn begins(self, stand: &mut Stand) {
        let key = match self {
            Self::Account => another(stand.provider_name()),
            Self::Mode => LIVE_KEY,
            Self::Rights => stand.key(),
        };
        stand.restart_with_key(key);
        stand.grants(if matches!(self, Self::Rights) { Rights::None } else { Rights::All });
    }

    fn ends(stand: &mut Stand) {
        stand.grants(Rights::All);
        stand.restart_with_key(stand.key());
    }
}

/// The stored subscriptions and customer of a tenant.
pub(crate) type Stored = (Vec<Subscription>, Option<Customer>);

/// Returns the stored subscriptions and customer of each tenant.
pub(crate) async fn stored(stand: &Stand, owners: &[Viewer]) -> Vec<Stored> {
    let mut all = Vec::new();
    for owner in owners {
        let tenant = &owner.current_membership.tenant_id;
        let mut reader = stand.database.store.read().await.unwrap();
        let subscriptions = reader.link().list_subscriptions(tenant).await.unwrap();
        all.push((subscriptions, reader.link().find_customer(tenant, stand.provider_name()).await.unwrap()));
    }
    all
}

/// Drops the fields that each reconciliation writes.
pub(crate) fn essence(stored: Vec<Stored>) -> Vec<(Vec<Subscription>, Option<String>)> {
    let settled = |own: Subscription| Subscription { fetched_at: own.started_at, ..own };
    stored
        .into_iter()
        .map(|(all, customer)| (all.into_iter().map(settled).collect(), customer.map(|it| it.external_id)))
        .collect()
}

pub(crate) async fn work_counts(stand: &Stand) -> WorkCounts {
    stand.database.store.read().await.unwrap().link().count_work().await.unwrap()
}

async fn held_jobs(stand: &Stand) -> u64 {
    stand.database.store.read().await.unwrap().link().count_held_jobs(stand.provider_name()).await.unwrap()
}

fn changed<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), CHANGED, "{error:?}");
    assert!(!error.to_string().contains("acct_"), "a tenant is not told of accounts: {error}");
}

/// Calls each action of an admin with a paid plan.
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

pub(crate) async fn three_who_pay(stand: &Stand) -> Vec<Viewer> {
    let mut owners = Vec::new();
    for (name, plan) in [("ada", "starter"), ("bob", "pro"), ("cyd", "team")] {
        owners.push(stand.owner_on(&format!("{name}@acme.test"), plan).await);
    }
    owners
}

/// Sends webhooks that wrongly report the end of each subscription.
pub(crate) async fn told_of_ends(stand: &Stand, stored: &[Stored]) -> u64 {
    let all = stored.iter().flat_map(|(subscriptions, _)| subscriptions);
    let mut told = 0;
    for own in all {
        told += 1;
        stand.tell(&stand.event_of_an_end(&format!("evt_during_{told}"), &own.external_id)).await;
    }
    told
}

#[rstest]
#[case::stripes_account(Provider::Stripe, Wrong::Account)]
#[case::stripes_mode(Provider::Stripe, Wrong::Mode)]
#[case::stripes_rights(Provider::Stripe, Wrong::Rights)]
#[case::polars_account(Provider::Polar, Wrong::Account)]
#[case::polars_rights(Provider::Polar, Wrong::Rights)]
#[tokio::test]
async fn an_hour_with_a_wrong_key_writes_nothing_and_sells_nothing_and_then_all_goes_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] at: Provider,
    #[case] wrong: Wrong,
) {
    let mut stand = Stand::at(at, engine).await;
    let owners = three_who_pay(&stand).await;
    let newcomer = stand.owner("new@acme.test").await;
    stand.begin_rounds().await;
    let before = stored(&stand, &owners).await;
    let (sold, customers) = (stand.sold().await.len(), stand.customers().await.len());
    let mut told = 0;

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
            told = told_of_ends(&stand, &before).await;
        }
        stand.work().await;
    }
    stand.wall.advance(2 * WALK_SECS);
    stand.services.turn_what_is_due().await.unwrap();
    stand.work().await;

    assert_eq!(stored(&stand, &owners).await, before, "nothing was written");
    let asked = stand.asked();
    let account = stand.asks_for_the_account();
    assert!(asked.iter().all(|asked| asked == account), "nothing else was asked: {asked:?}");
    let warnings = stand.services.account_warnings();
    let [AccountWarning { provider, text }] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(*provider == at && text.contains(at.title()), "{text}");
    let counts = work_counts(&stand).await;
    assert_eq!((counts.failing, counts.waiting), (0, told), "what was told waits, and nothing fails");
    assert!(held_jobs(&stand).await > 0);
    assert_eq!((stand.sold().await.len(), stand.customers().await.len()), (sold, customers));

    // Meanwhile an owner cancels at the provider.
    let left = stand.subscriptions(&owners[0]).await.remove(0).external_id;
    stand.ends_there(&left).await;
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
    assert_eq!(stand.sold().await.len(), sold, "nothing was sold twice");
    assert_eq!(stand.customers().await.len(), customers + 1, "only the newcomer is one more");
}

/// The account changes without a restart, as when a proxy swaps the key.
#[rstest]
#[tokio::test]
async fn an_answer_that_surprises_has_the_account_asked_for_before_it_is_believed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owners = [stand.owner_on("ada@acme.test", "pro").await];
    let before = stored(&stand, &owners).await;
    stand.takes_key_for(Some(another(at)));
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
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let asks = |asked: Vec<String>| asked.iter().filter(|asked| *asked == stand.asks_for_the_account()).count();
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
async fn before_the_first_contact_no_answer_is_written(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owner = stand.owner("ada@acme.test").await;
    stand.asked();
    stand.is_away(true);
    let away = stand.order(&owner, "pro", Cycle::Monthly).await;
    assert!(matches!(away, Err(ServiceError::ProviderUnavailable { .. })), "{away:?}");
    assert!(stand.asked().iter().all(|asked| asked == stand.asks_for_the_account()));
    assert_eq!(stand.services.account_warnings(), [], "nothing is known, and nothing is wrong yet");
    stand.is_away(false);
    stand.checkout(&owner, "pro").await;
}

/// An installation from before accounts were stored, whose key is wrong at the upgrade.
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

/// Stores a customer and a subscription as an earlier version did.
async fn pays_since_long(stand: &Stand, owner: &Viewer) {
    let customer = stand.at_stripe(Method::POST, "/v1/customers?email=ada@acme.test").await;
    let (tenant, now) = (&owner.current_membership.tenant_id, stand.services.billing_now());
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
    stand.database.store.read().await.unwrap().link().find_provider_account(stand.provider_name()).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn another_account_is_accepted_on_purpose_by_its_name(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let mut stand = Stand::at(at, engine).await;
    let owner = stand.owner("ada@acme.test").await;
    stand.checkout(&owner, "pro").await;
    let main = kept(&stand).await.unwrap();
    assert_eq!(main.mode, Mode::Test);
    assert!(at != Provider::Stripe || main.id == MAIN, "{main}");
    stand.wall.advance(60);
    stand.restart_with_key(another(at));
    stand.services.check_accounts().await;
    assert_eq!(stand.services.account_warnings().len(), 1);
    let found = stand.services.find_provider_account(at).await.unwrap();
    assert_eq!(found.kept, Some(main.clone()));
    assert_ne!(found.found, main);

    let adopt = async |id: &str| stand.services.adopt_provider_account(at, id).await.unwrap();
    assert_eq!(adopt("acct_of_nobody").await, Adopted::OtherAccount);
    assert_eq!(kept(&stand).await, Some(main.clone()));
    assert_eq!(adopt(&found.found.id).await, Adopted::Done);
    assert_eq!(adopt(&found.found.id).await, Adopted::Already);
    stand.wall.advance(5);
    stand.services.check_accounts().await;
    assert_eq!(stand.services.account_warnings(), []);
    let mut reader = stand.database.store.read().await.unwrap();
    let history = reader.link().list_account_history(at).await.unwrap();
    assert_eq!(history.iter().map(|(_, account, _)| &account.id).collect::<Vec<_>>(), [&found.found.id, &main.id]);
}
