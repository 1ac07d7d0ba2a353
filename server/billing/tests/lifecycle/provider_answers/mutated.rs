//! Mutated responses of the provider: each may cause an error, but never an internal one. Nothing wrong is written,
//! and the state recovers once the responses are right again.

mod account;
mod merchant;
mod polar;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use billing::{service::ServiceError, store::testing::Engine};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{BillingDetails, Subscription, UnmanagedReason, UnmanagedSubscription},
    time::Timestamp,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    provider_answers::unmanaged,
    test_env::{TestEnv, biller},
};

/// A way in which a field is wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Missing,
    Null,
    Text,
    /// A number out of range.
    Huge,
    /// The largest number.
    Most,
    Negative,
    /// A time out of range.
    Late,
    Object,
    List,
}

domain::all_variants!(Wrong { Missing, Null, Text, Huge, Most, Negative, Late, Object, List });

impl Wrong {
    fn apply(self, object: &mut Value, field: &str) {
        let Some(fields) = object.as_object_mut() else { return };
        let value = match self {
            Self::Missing => return drop(fields.remove(field)),
            Self::Null => Value::Null,
            Self::Text => json!("thinking\u{0}"),
            Self::Huge => json!(u64::MAX),
            Self::Most => json!(i64::MAX),
            Self::Negative => json!(-1),
            Self::Late => json!("9999-12-31T23:59:59Z"),
            Self::Object => json!({ "id": 7 }),
            Self::List => json!([[]]),
        };
        fields.insert(field.to_owned(), value);
    }
}

/// Calls tested for each field: all of them would take minutes.
const CALLS_PER_FIELD: usize = 2;

/// A field of a type of object, how it is wrong, and the calls whose responses hold such an object.
#[derive(Clone, Debug)]
struct Mutation<Q> {
    kind: String,
    field: String,
    wrong: Wrong,
    asked: Vec<Q>,
}

impl<Q> Mutation<Q> {
    /// Applies the mutation to each response from now on.
    fn begin(&self, env: &TestEnv) {
        let Self { kind, field, wrong, .. } = self;
        let (kind, field, wrong) = (kind.clone(), field.clone(), *wrong);
        env.alter_responses(move |object| {
            if object["object"] == kind.as_str() {
                wrong.apply(object, &field);
            }
        });
    }
}

impl<Q> std::fmt::Display for Mutation<Q> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{} {:?}", self.kind, self.field, self.wrong)
    }
}

/// Returns a mutation for every second field of the objects in the responses, starting at `offset`: each of the two
/// databases tests one half. From one field to the next, the calls and the kind of [`Wrong`] rotate.
async fn mutations<Q: Copy>(env: &TestEnv, questions: &[Q], ask: impl AsyncFn(Q), offset: usize) -> Vec<Mutation<Q>> {
    let mut fields: BTreeMap<(String, String), Vec<Q>> = BTreeMap::new();
    for question in questions {
        let seen: Arc<Mutex<BTreeSet<(String, String)>>> = Arc::default();
        let seeing = Arc::clone(&seen);
        env.alter_responses(move |object| {
            let kind = object["object"].as_str().unwrap_or_default().to_owned();
            let object_fields = object.as_object().into_iter().flatten().filter(|(field, _)| *field != "object");
            seeing.lock().unwrap().extend(object_fields.map(|(field, _)| (kind.clone(), field.clone())));
        });
        ask(*question).await;
        for field in std::mem::take(&mut *seen.lock().unwrap()) {
            fields.entry(field).or_default().push(*question);
        }
    }
    restore_responses(env);
    assert!(fields.len() > 50, "{:?}", fields.keys());
    let mutation = |(number, ((kind, field), mut asked)): (usize, ((String, String), Vec<Q>))| {
        let turn = number / 2 + offset;
        let questions = asked.len();
        asked.rotate_left(turn % questions);
        asked.truncate(CALLS_PER_FIELD);
        Mutation { kind, field, wrong: Wrong::ALL[turn % Wrong::ALL.len()], asked }
    };
    let own_half = fields.into_iter().enumerate().filter(|(number, _)| number % 2 == offset % 2);
    own_half.map(mutation).collect()
}

fn restore_responses(env: &TestEnv) {
    env.alter_responses(|_| {});
}

/// Returns the fields of subscriptions that a mutated response must not change.
fn invariant_fields(all: Vec<Subscription>) -> Vec<Subscription> {
    let plain = |subscription: Subscription| Subscription {
        details: BillingDetails::default(),
        fetched_at: Timestamp::from_secs(0),
        ..subscription
    };
    all.into_iter().map(plain).collect()
}

fn assert_no_internal_error<T>(outcome: Result<T, ServiceError>, why: &str) {
    if let Err(error) = outcome {
        assert_ne!(error.code(), "internal", "{why}: {error:?}");
    }
}

/// A call to the provider for a paying tenant.
#[derive(Clone, Copy, Debug)]
enum Call {
    Sync,
    Review,
    Order,
    Invoices,
    Return,
    Cancel,
    Resume,
}

domain::all_variants!(Call { Sync, Review, Order, Invoices, Return, Cancel, Resume });

impl Call {
    async fn ask(self, env: &TestEnv, owner: &Viewer, why: &str) {
        let (services, admin) = (&env.services, biller(owner));
        let why = format!("{self:?} with {why}");
        match self {
            Self::Sync => assert_no_internal_error(services.subscriptions().sync_subscription(&admin).await, &why),
            Self::Review => {
                assert_no_internal_error(services.checkouts().review_order(owner, "team", Cycle::Monthly).await, &why);
            }
            Self::Order => assert_no_internal_error(env.order(owner, "team", Cycle::Monthly).await, &why),
            Self::Invoices => assert_no_internal_error(services.subscriptions().invoices(&admin).await, &why),
            Self::Return => assert_no_internal_error(services.checkouts().settle_return(owner, None).await, &why),
            Self::Cancel => assert_no_internal_error(services.subscriptions().cancel_at_period_end(&admin).await, &why),
            Self::Resume => assert_no_internal_error(services.subscriptions().resume(&admin).await, &why),
        }
    }
}

/// Returns the unmanaged subscriptions as they are shown.
async fn unmanaged(env: &TestEnv, owner: &Viewer) -> Vec<(String, UnmanagedReason, String)> {
    let shown = |UnmanagedSubscription { external_id, reason, described, .. }| (external_id, reason, described);
    env.services.subscriptions().membership(owner).await.unwrap().unmanaged.into_iter().map(shown).collect()
}

/// Three tenants: one with a paid plan, one with a pending downgrade, and one with an unsold item beside the plan.
#[rstest]
#[case::sqlite(Engine::Sqlite, 0)]
#[case::postgres(Engine::Postgres, 5)]
#[tokio::test]
async fn a_mutated_response_is_a_stated_error(#[case] engine: Engine, #[case] offset: usize) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let waits = env.owner_on("bea@acme.test", "pro").await;
    env.change_plan(&waits, "starter", Cycle::Monthly).await;
    let more = env.owner_on("cleo@acme.test", "pro").await;
    let price = unmanaged::create_support_price(&env).await;
    let beside = unmanaged::create_subscription_in_dashboard(&env, &more, &price).await;
    env.sync(&more).await;
    let all = [&owner, &waits, &more];
    let stored = async || {
        let mut stored = Vec::new();
        for who in all {
            stored.push((invariant_fields(env.subscriptions(who).await), unmanaged(&env, who).await));
        }
        stored
    };
    let before = stored().await;
    assert!(before[1].0[0].pending.is_some(), "{before:?}");
    let expected = (beside, UnmanagedReason::NoPlan, "Support, $50.00 a month".to_owned());
    assert_eq!(
        before.iter().map(|(_, unmanaged)| unmanaged.clone()).collect::<Vec<_>>(),
        [vec![], vec![], vec![expected]]
    );

    let of_all = Call::ALL.map(|question| (&owner, question));
    let questions = [&of_all[..], &[(&waits, Call::Sync), (&more, Call::Sync)]].concat();
    let ask = async |(who, question): (&Viewer, Call)| question.ask(&env, who, "nothing wrong").await;
    for mutation in mutations(&env, &questions, ask, offset).await {
        mutation.begin(&env);
        for (who, question) in &mutation.asked {
            question.ask(&env, who, &mutation.to_string()).await;
            assert_eq!(env.plan(who).await, "pro", "{question:?} with {mutation}");
        }
    }
    restore_responses(&env);
    for who in all {
        env.sync(who).await;
        for subscription in env.subscriptions(who).await {
            assert!(
                subscription.external_id.starts_with("sub_") && !subscription.external_id.contains('\0'),
                "{subscription:?}"
            );
        }
    }
    // Calls during the mutation may have taken effect.
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    assert_eq!(stored().await, before);
}
