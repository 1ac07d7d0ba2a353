//! Imports and their rows, on both engines.

use domain::{
    catalog::Cycle,
    ids::ImportId,
    money::{Currency, Money},
    subscription::Provider,
    tenant::import::{ImportOutcome, ImportState},
};
use rstest::rstest;

use super::{Adoption, NewImport};
use crate::store::{
    Store, StoreError,
    tenant::{
        import_decisions::{DecisionDetails, RowDecision, RowSubscription, UnsoldRowPrice},
        import_rows::NewImportRow,
        imports::StoredImport,
    },
    testing::{Engine, TestDatabase},
    tests::NOW,
};

async fn insert(store: &Store, id: &str, provider: Provider) -> Result<ImportId, StoreError> {
    let id: ImportId = id.parse().unwrap();
    let new = NewImport {
        id: &id,
        provider,
        account: "acct_1",
        source: "email",
        is_dry_run: true,
        state: ImportState::Planning,
        rows: 3,
        created_by: None,
    };
    let mut tx = store.begin().await?;
    tx.connection().insert_import(&new, NOW).await?;
    tx.commit().await?;
    Ok(id)
}

async fn find(store: &Store, id: &ImportId) -> StoredImport {
    store.read().await.unwrap().connection().find_import(id).await.unwrap().unwrap()
}

fn row(position: u64, external_id: Option<&str>, customer: &str) -> NewImportRow {
    NewImportRow {
        position,
        external_id: external_id.map(str::to_owned),
        name: "Acme".to_owned(),
        email: String::new(),
        customer: customer.to_owned(),
    }
}

async fn insert_rows(store: &Store, id: &ImportId, rows: &[NewImportRow], only_new: bool) -> u64 {
    let mut tx = store.begin().await.unwrap();
    let inserted = tx.connection().insert_import_rows(id, rows, only_new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    inserted
}

fn decision(position: u64, outcome: ImportOutcome, subscriptions: Vec<RowSubscription>) -> RowDecision {
    RowDecision {
        position,
        outcome,
        tenant: None,
        details: DecisionDetails {
            seats: Some(3),
            detail: Some("Look at it.".to_owned()),
            ..DecisionDetails::default()
        },
        applied_at: None,
        subscriptions,
    }
}

#[rstest]
#[tokio::test]
async fn one_import_of_a_provider_runs(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let first = insert(store, "i1", Provider::Stripe).await.unwrap();
    assert!(matches!(insert(store, "i2", Provider::Stripe).await, Err(StoreError::Conflict)));
    insert(store, "i3", Provider::Polar).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.connection().cancel_import(&first, NOW).await.unwrap());
    assert!(!tx.connection().cancel_import(&first, NOW).await.unwrap(), "it is over");
    tx.commit().await.unwrap();
    let second = insert(store, "i2", Provider::Stripe).await.unwrap();
    let mut reader = store.read().await.unwrap();
    let running = reader.connection().find_running_import(Provider::Stripe).await.unwrap().unwrap();
    assert_eq!((&running.id, running.read, running.position), (&second, 3, 0));
    assert_eq!(reader.connection().list_imports().await.unwrap().len(), 3);
}

#[rstest]
#[tokio::test]
async fn only_the_holder_of_a_claim_writes(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let id = insert(store, "i1", Provider::Stripe).await.unwrap();
    let until = NOW.plus_secs(60);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.connection().claim_import(&id, "one", NOW, until).await.unwrap());
    assert!(!tx.connection().claim_import(&id, "other", NOW, until).await.unwrap());
    assert!(tx.connection().claim_import(&id, "other", until, until.plus_secs(60)).await.unwrap(), "it has lapsed");
    tx.commit().await.unwrap();
    let mut import = find(store, &id).await;
    import.state = ImportState::Done;
    import.counts.insert(ImportOutcome::Adopt, 7);
    let mut tx = store.begin().await.unwrap();
    let later = until.plus_secs(61);
    tx.connection().renew_import(&id, "one", later.plus_secs(60)).await.unwrap();
    tx.connection().renew_import(&id, "other", later.plus_secs(60)).await.unwrap();
    assert!(!tx.connection().claim_import(&id, "one", later, later).await.unwrap(), "the other has renewed its claim");
    assert!(!tx.connection().update_import(&import, "one", NOW, until).await.unwrap());
    assert!(tx.connection().update_import(&import, "other", NOW, until).await.unwrap());
    assert!(!tx.connection().claim_import(&id, "other", until, until).await.unwrap(), "it is over");
    tx.commit().await.unwrap();
    assert_eq!(find(store, &id).await.counts, import.counts);
}

#[rstest]
#[tokio::test]
async fn rows_are_decided_and_decided_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let id = insert(store, "i1", Provider::Stripe).await.unwrap();
    let rows = [row(1, Some("a"), "cus_1"), row(2, Some("a"), "cus_2"), row(3, None, "cus_3")];
    assert_eq!(insert_rows(store, &id, &rows, false).await, 3);
    assert_eq!(insert_rows(store, &id, &[row(4, None, "cus_3"), row(5, Some("b"), "cus_5")], true).await, 1);

    let mut reader = store.read().await.unwrap();
    let mut link = reader.connection();
    let pending = link.list_pending_rows(&id, 0, true, 10).await.unwrap();
    let shared = link.list_shared_ids(&id, &pending).await.unwrap();
    let shared: Vec<_> = shared.iter().map(|row| (row.position, row.external_id, row.customer)).collect();
    assert_eq!(shared, [(1, true, false), (2, true, false), (3, false, false), (5, false, false)]);
    assert_eq!(link.list_pending_rows(&id, 3, true, 10).await.unwrap().len(), 1);
    drop(reader);

    let yearly = |minor| Some(Money::new(minor, Currency::USD));
    let unsold =
        |price: &str| UnsoldRowPrice { price: price.to_owned(), described: "Old".to_owned(), cycle: Cycle::Yearly };
    let mapped = RowSubscription { id: "sub_1".to_owned(), yearly: yearly(34_800), unsold: Vec::new() };
    let both = vec![unsold("price_1"), unsold("price_2")];
    let unmapped = RowSubscription { id: "sub_2".to_owned(), yearly: yearly(1_200), unsold: both };
    let mut tx = store.begin().await.unwrap();
    for decided in [
        decision(1, ImportOutcome::Conflict, vec![unmapped.clone()]),
        decision(1, ImportOutcome::Adopt, vec![mapped, unmapped]),
        decision(3, ImportOutcome::NoExternalId, Vec::new()),
    ] {
        tx.connection().update_import_decision(&id, &decided, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut reader = store.read().await.unwrap();
    let mut link = reader.connection();
    let listed = link.list_import_rows(&id, None, 0).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.position).collect::<Vec<_>>(), [1, 3]);
    assert_eq!((listed[0].seats, listed[0].detail.as_deref()), (Some(3), Some("Look at it.")));
    assert_eq!(link.list_import_rows(&id, Some(ImportOutcome::Conflict), 0).await.unwrap(), []);
    let totals = link.list_import_totals(&id).await.unwrap();
    assert_eq!((totals.len(), totals[0].subscriptions, totals[0].monthly), (1, 2, Money::new(3_000, Currency::USD)));
    let prices = link.list_unmapped_prices(&id).await.unwrap();
    let listed: Vec<_> = prices.iter().map(|price| (price.price.as_str(), price.customers, price.cycle)).collect();
    assert_eq!(listed, [("price_1", 1, Cycle::Yearly), ("price_2", 1, Cycle::Yearly)]);
}

#[rstest]
#[tokio::test]
async fn selected_rows_of_a_finished_dry_run_are_made_real(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let id = insert(store, "i1", Provider::Stripe).await.unwrap();
    insert_rows(store, &id, &[row(1, Some("a"), "cus_1"), row(2, Some("b"), "cus_2")], false).await;
    let mut tx = store.begin().await.unwrap();
    assert!(!tx.connection().adopt_import(&id, Adoption::Selected, NOW).await.unwrap(), "it runs");
    assert!(tx.connection().claim_import(&id, "one", NOW, NOW.plus_secs(60)).await.unwrap());
    tx.commit().await.unwrap();
    let mut import = find(store, &id).await;
    import.state = ImportState::Done;
    import.position = 2;
    let mut tx = store.begin().await.unwrap();
    assert!(tx.connection().update_import(&import, "one", NOW, NOW.plus_secs(60)).await.unwrap());
    assert!(tx.connection().adopt_import(&id, Adoption::Selected, NOW).await.unwrap());
    assert!(tx.connection().claim_import(&id, "two", NOW, NOW).await.unwrap(), "the dry run's claim has ended");
    tx.connection().select_import_rows(&id, &[2]).await.unwrap();
    let tenant = "t1".parse().unwrap();
    tx.connection().mark_import_row_linked(&id, 2, &tenant, ImportOutcome::Adopt).await.unwrap();
    tx.commit().await.unwrap();
    let adopted = find(store, &id).await;
    assert_eq!((adopted.state, adopted.adopts, adopted.position), (ImportState::Writing, Some(Adoption::Selected), 0));
    let pending = store.read().await.unwrap().connection().list_pending_rows(&id, 0, false, 10).await.unwrap();
    let [selected] = pending.as_slice() else { panic!("{pending:?}") };
    assert_eq!((selected.position, selected.linked_outcome), (2, Some(ImportOutcome::Adopt)));
    assert_eq!(selected.tenant.as_ref(), Some(&tenant));
}
