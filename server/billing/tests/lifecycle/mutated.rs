//! Whatever a provider answers instead of what is expected becomes a stated condition: never an internal error, nothing wrongly
//! written, and everything is as before once the answers are right again.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use billing::{service::ServiceError, store::testing::Engine};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{BillingDetails, Subscription},
    time::Timestamp,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stand::{Stand, biller};

/// One way in which a field can be wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Missing,
    Null,
    Text,
    Huge,
    Object,
    List,
}

const WRONG: [Wrong; 6] = [Wrong::Missing, Wrong::Null, Wrong::Text, Wrong::Huge, Wrong::Object, Wrong::List];

impl Wrong {
    fn apply(self, object: &mut Value, field: &str) {
        let Some(fields) = object.as_object_mut() else { return };
        let value = match self {
            Self::Missing => return drop(fields.remove(field)),
            Self::Null => Value::Null,
            Self::Text => json!("thinking\u{0}"),
            Self::Huge => json!(u64::MAX),
            Self::Object => json!({ "id": 7 }),
            Self::List => json!([[]]),
        };
        fields.insert(field.to_owned(), value);
    }
}

/// What of a subscription must not change by a wrong answer.
fn kept(all: Vec<Subscription>) -> Vec<Subscription> {
    let plain = |own: Subscription| Subscription {
        details: BillingDetails::default(),
        fetched_at: Timestamp::from_secs(0),
        ..own
    };
    all.into_iter().map(plain).collect()
}

fn stated<T>(outcome: Result<T, ServiceError>, what: &str, why: &str) {
    if let Err(error) = outcome {
        assert_ne!(error.code(), "internal", "{what} with {why}: {error:?}");
    }
}

/// Everything that asks the provider.
async fn ask_everything(stand: &Stand, owner: &Viewer, why: &str) {
    stated(stand.services.sync_subscription(&biller(owner)).await, "sync", why);
    stated(stand.services.review_order(owner, "team", Cycle::Monthly).await, "review", why);
    stated(stand.order(owner, "team", Cycle::Monthly).await, "order", why);
    stated(stand.services.invoices(&biller(owner)).await, "invoices", why);
    stated(stand.services.settle_return(owner, None).await, "return", why);
}

#[rstest]
#[case::sqlite(Engine::Sqlite, 0)]
#[case::postgres(Engine::Postgres, 3)]
#[tokio::test]
async fn an_answer_with_anything_wrong_in_it_is_a_stated_condition(#[case] engine: Engine, #[case] offset: usize) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    // What there is to be wrong: every field of every object that is answered.
    let seen: Arc<Mutex<BTreeSet<(String, String)>>> = Arc::default();
    let seeing = Arc::clone(&seen);
    stand.answers_otherwise(move |object| {
        let kind = object["object"].as_str().unwrap_or_default().to_owned();
        let fields = object.as_object().into_iter().flatten();
        seeing.lock().unwrap().extend(fields.map(|(field, _)| (kind.clone(), field.clone())));
    });
    ask_everything(&stand, &owner, "nothing wrong").await;
    let seen: Vec<_> = seen.lock().unwrap().iter().cloned().collect();
    assert!(seen.len() > 100, "{seen:?}");
    let before = kept(stand.subscriptions(&owner).await);

    for (number, (kind, field)) in seen.into_iter().enumerate().filter(|(number, _)| number % 2 == offset % 2) {
        let wrong = WRONG[(number / 2 + offset) % WRONG.len()];
        let why = format!("{kind}.{field} {wrong:?}");
        stand.answers_otherwise(move |object| {
            if object["object"] == kind.as_str() {
                wrong.apply(object, &field);
            }
        });
        ask_everything(&stand, &owner, &why).await;
        assert_eq!(stand.plan(&owner).await, "pro", "{why}");
        for own in stand.subscriptions(&owner).await {
            assert!(own.external_id.starts_with("sub_") && !own.external_id.contains('\0'), "{why}: {own:?}");
        }
    }
    stand.answers_otherwise(|_| {});
    stand.sync(&owner).await;
    assert_eq!(kept(stand.subscriptions(&owner).await), before);
    assert_eq!(stand.services.membership(&owner).await.unwrap().aside, []);
}
