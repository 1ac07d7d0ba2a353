//! Notes about a tenant that are sent more than once.

use super::*;
use crate::service::operator::notes::MAX_NOTES;

#[rstest]
#[tokio::test]
async fn a_note_that_is_sent_twice_is_stored_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let tenant = env.owner("free", "ada@acme.test").await.current_membership.tenant_id;
    let operators = env.services.operators();
    let add = async |key: &str, text: &str| operators.add_note(&operator, &tenant, (key, text)).await;
    let texts = async || {
        let mut tx = env.database.store.begin().await.unwrap();
        let notes = tx.connection().list_tenant_notes(&tenant).await.unwrap();
        notes.into_iter().map(|note| note.text).collect::<Vec<_>>()
    };
    // A double click sends both at once.
    let (first, second) = tokio::join!(add("key-1", "Called Ada."), add("key-1", "Called Ada."));
    first.unwrap();
    second.unwrap();
    add("key-1", " Called Ada.\r\n").await.unwrap();
    assert_eq!(texts().await, ["Called Ada."]);
    env.clock.advance(1);
    add("key-1", "Called Ada again.").await.unwrap();
    env.clock.advance(1);
    add("key-2", "Called Ada.").await.unwrap();
    assert_eq!(texts().await, ["Called Ada.", "Called Ada again.", "Called Ada."]);
    for number in 3..MAX_NOTES {
        add(&format!("full-{number}"), "Another.").await.unwrap();
    }
    assert!(add("full", "Another.").await.is_err());
    add("key-1", "Called Ada.").await.unwrap();
    assert_eq!(texts().await.len(), MAX_NOTES, "a repeat gets the first answer even then");
}
