//! Checkout attempts, subscriptions, customers and prices without a plan.

use domain::{
    catalog::Cycle,
    money::{Currency, Money},
    subscription::{
        PendingChange, Provider, ProviderStatus, Subscription,
        checkout_options::{CheckoutDiscount, CheckoutOptions},
        item::SubscriptionItem,
        order::AttemptState,
    },
    tenant::actor::Actor,
};
use rstest::rstest;

use super::checkout_attempts::{Attempt, AttemptOutcome};
use crate::store::{
    StoreError,
    account::users::User,
    testing::{Engine, TestDatabase},
    tests::{NOW, tenant},
};

fn attempt(id: &str, user: &User) -> Attempt {
    Attempt {
        id: id.parse().unwrap(),
        provider: Provider::Stripe,
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Yearly,
        state: AttemptState::Open,
        success_url: "https://app.test/paid".to_owned(),
        cancel_url: "https://app.test/".to_owned(),
        session_id: None,
        trial_days: 0,
        locale: Some("de".to_owned()),
        options: CheckoutOptions {
            currency: Some(Currency::USD),
            discount: Some(CheckoutDiscount::PromotionCode("promo_1".to_owned())),
            ..CheckoutOptions::default()
        },
        created_by: Actor::User(user.id.clone()),
        created_at: NOW,
        seats: Some(3),
    }
}

#[rstest]
#[tokio::test]
async fn a_tenant_has_one_open_attempt_and_another_tenant_has_its_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let (ada, ada_user) = tenant(store, "ada").await;
    let (bob, bob_user) = tenant(store, "bob").await;
    let mut tx = store.begin().await.unwrap();
    tx.connection().insert_attempt(&ada.id, &attempt("a1", &ada_user)).await.unwrap();
    tx.connection().insert_attempt(&bob.id, &attempt("b1", &bob_user)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.begin().await.unwrap();
    assert!(matches!(
        tx.connection().insert_attempt(&ada.id, &attempt("a2", &ada_user)).await,
        Err(StoreError::Conflict)
    ));
    drop(tx);

    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.connection().supersede_open_attempt(&ada.id).await.unwrap(), Some("a1".parse().unwrap()));
    tx.connection().insert_attempt(&ada.id, &attempt("a2", &ada_user)).await.unwrap();
    assert!(!tx.connection().update_attempt_session(&ada.id, &"a1".parse().unwrap(), "cs_1").await.unwrap());
    assert!(tx.connection().update_attempt_session(&ada.id, &"a2".parse().unwrap(), "cs_2").await.unwrap());
    tx.commit().await.unwrap();

    let mut reader = store.read().await.unwrap();
    assert_eq!(reader.connection().find_latest_attempt(&ada.id).await.unwrap().unwrap().id.as_str(), "a2");
    assert!(reader.connection().find_attempt_by_session(&bob.id, "cs_2").await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn an_attempt_stores_the_user_or_key_that_created_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let (ada, user) = tenant(&database.store, "ada").await;
    let mut tx = database.store.begin().await.unwrap();
    for (id, by) in [("a1", Actor::User(user.id.clone())), ("a2", Actor::Key("00ff".to_owned()))] {
        let made =
            Attempt { state: AttemptState::Expired, created_by: by.clone(), trial_days: 14, ..attempt(id, &user) };
        tx.connection().insert_attempt(&ada.id, &made).await.unwrap();
        let found = tx.connection().find_attempt(&ada.id, &made.id).await.unwrap().unwrap();
        assert_eq!((found.created_by, found.trial_days), (by, 14));
    }
}

#[rstest]
#[tokio::test]
async fn a_subscription_round_trips_with_its_trial_and_scheduled_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Yearly, at: NOW.plus_secs(9) };
    let subscription = Subscription {
        trial_end: Some(NOW.plus_secs(9)),
        pending: Some(pending),
        ..Subscription::sample("sub_1", "pro", ProviderStatus::Trialing, NOW)
    };
    let paid = Subscription { status: ProviderStatus::Active, pending: None, ..subscription.clone() };
    let mut tx = database.store.begin().await.unwrap();
    let due = Subscription {
        status: ProviderStatus::PastDue,
        past_due_since: Some(NOW),
        plan_before_due: Some("starter".parse().unwrap()),
        price: Some(Money::new(2900, Currency::USD)),
        due: Some(Money::new(9900, Currency::USD)),
        ..paid.clone()
    };
    for written in [subscription, paid, due] {
        tx.connection().upsert_subscription(&ada.id, &written).await.unwrap();
        assert_eq!(tx.connection().list_subscriptions(&ada.id).await.unwrap(), [written]);
    }
    // Without a single price, it counts in the currency of its payments.
    let yen: Currency = "JPY".parse().unwrap();
    let mut tiered = Subscription::sample("sub_tiered", "pro", ProviderStatus::Trialing, NOW);
    tiered.details.currency = Some(yen);
    tx.connection().upsert_subscription(&ada.id, &tiered).await.unwrap();
    assert!(tx.connection().list_subscriptions(&ada.id).await.unwrap().contains(&tiered));
    let counts = tx.connection().count_subscriptions().await.unwrap();
    let trials = counts.iter().filter(|count| count.status == ProviderStatus::Trialing);
    assert_eq!(trials.map(|count| (count.currency, count.paid_minor)).collect::<Vec<_>>(), [(Some(yen), 0)]);
    assert_eq!(tx.connection().find_notified_subscription(&ada.id).await.unwrap(), None);
    for data in [serde_json::json!({ "plan": "pro" }), serde_json::json!({ "plan": "free" })] {
        tx.connection().upsert_notified_subscription(&ada.id, &data).await.unwrap();
        assert_eq!(tx.connection().find_notified_subscription(&ada.id).await.unwrap(), Some(data));
    }
}

#[rstest]
#[tokio::test]
async fn fetched_data_is_written_only_at_the_expected_revision(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let (ada, _) = tenant(store, "ada").await;
    let mut tx = store.begin().await.unwrap();
    tx.connection().insert_customer(&ada.id, Provider::Stripe, "cus_1", NOW).await.unwrap();
    tx.connection().insert_customer(&ada.id, Provider::Stripe, "cus_2", NOW).await.unwrap();
    let kept = tx.connection().find_customer(&ada.id, Provider::Stripe).await.unwrap().unwrap();
    assert_eq!(kept.external_id, "cus_1", "the first customer stays");
    assert!(tx.connection().update_customer_revision(&ada.id, Provider::Stripe, kept.revision, NOW).await.unwrap());
    assert!(!tx.connection().update_customer_revision(&ada.id, Provider::Stripe, kept.revision, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_attempt_leads_to_one_subscription(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let (ada, user) = tenant(&database.store, "ada").await;
    let (bob, _) = tenant(&database.store, "bob").await;
    let made = Attempt { session_id: Some("cs_1".to_owned()), ..attempt("a1", &user) };
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().insert_attempt(&ada.id, &made).await.unwrap();
    tx.connection().update_attempt_subscription(&bob.id, &made.id, "sub_0").await.unwrap();
    let before = tx.connection().list_attempt_outcomes(&ada.id).await.unwrap();
    for subscription in ["sub_1", "sub_2"] {
        tx.connection().update_attempt_subscription(&ada.id, &made.id, subscription).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut reader = database.store.read().await.unwrap();
    let after = reader.connection().list_attempt_outcomes(&ada.id).await.unwrap();
    let subscriptions = |found: &[AttemptOutcome]| {
        found.iter().map(|one| (one.session.clone(), one.subscription.clone())).collect::<Vec<_>>()
    };
    let session = Some("cs_1".to_owned());
    assert_eq!(subscriptions(&before), [(session.clone(), None)]);
    assert_eq!(subscriptions(&after), [(session, Some("sub_1".to_owned()))]);
    assert_eq!(reader.connection().list_attempt_outcomes(&bob.id).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_price_without_a_plan_has_the_payers_of_all_tenants(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let (bob, _) = tenant(&database.store, "bob").await;
    let payers = |price: &str, subscriptions| (price.to_owned(), subscriptions);
    let mut tx = database.store.begin().await.unwrap();
    let item = SubscriptionItem { name: "Support".to_owned(), quantity: None, price: None, every: None };
    let seen = (&item, Some(Cycle::Yearly));
    assert!(tx.connection().insert_unsold_price(Provider::Stripe, "price_1", seen, NOW).await.unwrap());
    assert!(!tx.connection().insert_unsold_price(Provider::Stripe, "price_1", seen, NOW).await.unwrap());
    let many = [payers("price_1", 2), payers("price_2", 1)];
    tx.connection().replace_unsold_payers(&ada.id, Provider::Stripe, &many).await.unwrap();
    tx.connection().replace_unsold_payers(&bob.id, Provider::Stripe, &many[..1]).await.unwrap();
    // The same id at another provider is another price.
    tx.connection().replace_unsold_payers(&bob.id, Provider::Polar, &[payers("price_1", 9)]).await.unwrap();
    assert_eq!(tx.connection().list_unsold_payers(&ada.id, Provider::Stripe).await.unwrap(), many);
    let listed = tx.connection().list_unsold_prices(NOW).await.unwrap();
    let of_price: Vec<_> = listed.iter().map(|price| (price.price.as_str(), price.cycle, price.payers)).collect();
    assert_eq!(of_price, [("price_1", Some(Cycle::Yearly), 4)]);
    tx.connection().replace_unsold_payers(&ada.id, Provider::Stripe, &[]).await.unwrap();
    assert_eq!(tx.connection().list_unsold_prices(NOW).await.unwrap()[0].payers, 2);
}

#[rstest]
#[tokio::test]
async fn a_customer_that_pays_a_price_without_a_plan_is_reconciled_until_it_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().insert_customer(&ada.id, Provider::Stripe, "cus_1", NOW).await.unwrap();
    tx.connection().insert_customer(&ada.id, Provider::Polar, "c1", NOW).await.unwrap();
    for payers in [vec![("price_1".to_owned(), 1)], Vec::new()] {
        tx.connection().replace_unsold_payers(&ada.id, Provider::Stripe, &payers).await.unwrap();
        let due = tx.connection().list_customers_to_reconcile(Provider::Stripe, NOW).await.unwrap();
        assert_eq!(due.len(), payers.len());
        assert!(tx.connection().list_customers_to_reconcile(Provider::Polar, NOW).await.unwrap().is_empty());
    }
}
