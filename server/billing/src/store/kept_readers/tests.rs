use std::str::FromStr;

use super::*;
use crate::store::StoreError;

async fn readers() -> (KeptReaders, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("readers.db").display());
    let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
    (KeptReaders::new(options), folder)
}

async fn read_one(readers: &KeptReaders) -> i64 {
    let mut lent = readers.lend().await.unwrap();
    sqlx::query_scalar("SELECT 1").fetch_one(&mut *lent).await.unwrap()
}

#[tokio::test]
async fn a_returned_connection_is_lent_again() {
    let (readers, _folder) = readers().await;
    for _ in 0..3 {
        assert_eq!(read_one(&readers).await, 1);
        assert_eq!(readers.0.idle().len(), 1);
    }
}

#[tokio::test]
async fn callers_queue_when_all_connections_are_lent() {
    let (readers, _folder) = readers().await;
    let mut lent = Vec::new();
    for _ in 0..MAX_LENT {
        lent.push(readers.lend().await.unwrap());
    }
    let queued = tokio::spawn({
        let readers = readers.clone();
        async move { read_one(&readers).await }
    });
    tokio::task::yield_now().await;
    assert!(!queued.is_finished());
    lent.pop();
    assert_eq!(queued.await.unwrap(), 1);
}

#[tokio::test]
async fn a_connection_whose_statement_was_abandoned_works() {
    let (readers, _folder) = readers().await;
    let many = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000) \
                SELECT n FROM numbers";
    for _ in 0..20 {
        let mut lent = readers.lend().await.unwrap();
        let reading = sqlx::query_scalar::<_, i64>(many).fetch_all(&mut *lent);
        assert!(tokio::time::timeout(Duration::from_micros(200), reading).await.is_err(), "it takes longer");
        drop(lent);
        assert_eq!(read_one(&readers).await, 1);
    }
    assert_eq!(readers.0.idle().len(), 1);
}

#[tokio::test]
async fn closing_waits_for_lent_connections_and_lends_none_afterwards() {
    let (readers, _folder) = readers().await;
    let lent = readers.lend().await.unwrap();
    let closing = tokio::spawn({
        let readers = readers.clone();
        async move { readers.close().await }
    });
    tokio::task::yield_now().await;
    assert!(!closing.is_finished());
    drop(lent);
    closing.await.unwrap();
    assert!(readers.0.idle().is_empty());
    let refused = readers.lend().await.map(drop);
    assert!(matches!(refused, Err(StoreError::Sqlx(sqlx::Error::PoolClosed))), "{refused:?}");
}
