//! Open pages notice what changes on any node, at a cost that does not depend on their number.

use domain::account::{Role, Viewer};
use futures::FutureExt;
use rstest::rstest;
use tower_sessions::Session;

use super::*;
use crate::{
    identity::{
        factors::Authenticated,
        session::{self, SessionEnds, StoredSessions, begin, end, switch_tenant},
    },
    service::{
        Services,
        base::test_env::{HERE, NOW, StatementCounter, TestEnv},
        tenant::team::KeysOfMember,
    },
    store::testing::Engine,
};

const TOKENS: &str = "ai_tokens";

/// A page that a user has open on a node.
struct Page {
    session: Session,
    watch: SessionWatch,
    changes: PageChanges,
}

impl Page {
    async fn open(env: &TestEnv, node: &Services, viewer: &Viewer) -> Self {
        // These sessions notify no node when they end.
        let sessions = StoredSessions::new(env.database.store.clone(), env.clock.clone(), SessionEnds::default());
        let session = Session::new(None, Arc::new(sessions), None);
        let who = Authenticated::new(viewer.user_id.clone(), NOW);
        begin(&session, &who, &HERE.into()).await.unwrap();
        let watch = node.usage().watch_session(viewer, session::handle(&session).unwrap());
        let changes = node.usage().page_changes(&viewer.current_membership.tenant_id).await.unwrap();
        Self { session, watch, changes }
    }

    fn has_ended(&mut self) -> bool {
        self.watch.ended().now_or_never().is_some()
    }

    fn has_changed(&mut self) -> bool {
        self.changes.changed().now_or_never().is_some()
    }
}

/// Makes all sessions due, as when the time since the last check is over.
fn make_all_due(node: &Services) {
    node.open_pages.checks().all_due_at = None;
}

#[rstest]
#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_open_pages(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let node = env.another_node().await;
    let mut pages = Vec::new();
    let mut costs = Vec::new();
    for count in [1, 9] {
        while pages.len() < count {
            let viewer = env.owner("pro", &format!("owner{}@live.test", pages.len())).await;
            pages.push((Page::open(&env, &node, &viewer).await, viewer.current_membership.tenant_id));
        }
        for (_, tenant) in &pages {
            node.views.invalidate(tenant);
        }
        make_all_due(&node);
        let statements = StatementCounter::default();
        let counted = tracing::subscriber::set_default(statements.clone());
        node.usage().notify_open_pages().await.unwrap();
        costs.push(statements.count());
        node.usage().notify_open_pages().await.unwrap();
        assert_eq!(statements.count(), costs[costs.len() - 1], "nothing has changed, and no session is due");
        drop(counted);
        assert!(pages.iter_mut().all(|(page, _)| page.has_changed() && !page.has_ended()));
    }
    // SQLite runs statements on its own thread, where they are not counted.
    assert_eq!(costs[0] > 0, engine == Engine::Postgres);
    assert_eq!(costs[0], costs[1]);
    drop(pages);
    assert!(node.open_pages.versions.keys_where(|_, _| true).is_empty());
    assert!(node.open_pages.sessions.keys_where(|_, _| true).is_empty());
}

#[rstest]
#[tokio::test]
async fn pages_of_a_workspace_notice_usage_that_any_node_counts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let node = env.another_node().await;
    let (ada, bob) = (env.owner("pro", "ada@live.test").await, env.owner("pro", "bob@live.test").await);
    let tenant = &ada.current_membership.tenant_id;
    let (mut of_ada, mut of_bob) = (Page::open(&env, &node, &ada).await, Page::open(&env, &node, &bob).await);
    for counting in [&node, &env.services] {
        node.usage().poll_views().await;
        while of_ada.has_changed() || of_bob.has_changed() {}
        let used = counting.usage().consume(tenant, TOKENS, 1, None).await.unwrap().used;
        node.usage().poll_views().await;
        assert!(of_ada.has_changed() && !of_bob.has_changed());
        let usage = node.usage().current_usage(tenant).await.unwrap();
        let tokens = usage.features.iter().find(|usage| usage.feature.as_str() == TOKENS).unwrap();
        assert_eq!(tokens.used, used);
    }
}

#[rstest]
#[tokio::test]
async fn a_page_ends_with_its_session_on_any_node(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let node = env.another_node().await;
    let ada = env.owner("pro", "ada@live.test").await;
    let mut pages = Vec::new();
    for _ in 0..3 {
        pages.push(Page::open(&env, &node, &ada).await);
    }
    make_all_due(&node);
    node.usage().poll_views().await;
    assert!(pages.iter_mut().all(|page| !page.has_ended()));

    end(&pages[0].session).await.unwrap();
    end(&pages[1].session).await.unwrap();
    // A page that was notified has its session checked with the next poll.
    pages[0].watch.check_soon();
    node.usage().poll_views().await;
    assert!(pages[0].has_ended() && !pages[1].has_ended() && !pages[2].has_ended());
    make_all_due(&node);
    node.usage().poll_views().await;
    assert!(pages[1].has_ended() && !pages[2].has_ended());

    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().end_sessions(&ada.user_id, NOW.plus_secs(1)).await.unwrap();
    tx.commit().await.unwrap();
    make_all_due(&node);
    node.usage().poll_views().await;
    assert!(pages[2].has_ended());
}

#[rstest]
#[tokio::test]
async fn pages_stay_open_for_a_while_when_sessions_cannot_be_looked_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let node = env.another_node().await;
    let ada = env.owner("pro", "ada@live.test").await;
    let tenant = &ada.current_membership.tenant_id;
    let (mut kept, mut ended) = (Page::open(&env, &node, &ada).await, Page::open(&env, &node, &ada).await);
    make_all_due(&node);
    node.usage().poll_views().await;
    while kept.has_changed() {}

    end(&ended.session).await.unwrap();
    node.usage().consume(tenant, TOKENS, 1, None).await.unwrap();
    env.run("ALTER TABLE sessions RENAME TO hidden_sessions").await;
    make_all_due(&node);
    node.usage().poll_views().await;
    node.usage().notify_open_pages().await.unwrap_err();
    assert!(!kept.has_ended() && !ended.has_ended());
    assert!(!kept.has_changed(), "a page shows nothing new while its session is unchecked");
    // The next poll checks the sessions, although the periodic check is not due.
    env.run("ALTER TABLE hidden_sessions RENAME TO sessions").await;
    node.usage().notify_open_pages().await.unwrap();
    assert!(!kept.has_ended() && ended.has_ended());
    assert!(kept.has_changed());

    env.run("ALTER TABLE sessions RENAME TO hidden_sessions").await;
    make_all_due(&node);
    node.usage().notify_open_pages().await.unwrap_err();
    assert!(!kept.has_ended());
    for since in node.open_pages.checks().unchecked.values_mut() {
        *since = since.checked_sub(MAX_UNCHECKED).unwrap();
    }
    node.usage().notify_open_pages().await.unwrap_err();
    assert!(kept.has_ended());
}

#[test]
fn a_session_counts_as_unchecked_since_its_first_failure_and_until_its_page_is_closed() {
    let pages = OpenPages::default();
    let session = |handle: &str| SessionOfUser { handle: handle.to_owned(), user: "ada".parse().unwrap() };
    let (one, other) = (session("one"), session("other"));
    let open = Some("acme".parse::<TenantId>().unwrap());
    let _one = pages.sessions.subscribe(one.clone(), open.clone());
    let page_of_other = pages.sessions.subscribe(other.clone(), open);
    let began = Instant::now();
    let both = pages.take_due(&HashSet::new(), began);
    assert_eq!(both.len(), 2);
    assert!(pages.record_unchecked(&both, began).is_empty());
    let later = began + SESSION_CHECK_EVERY / 2;
    assert_eq!(pages.take_due(&HashSet::new(), later).len(), 2, "unchecked sessions are due");
    assert!(pages.record_unchecked(&both, later).is_empty());

    drop(page_of_other);
    let end = began + MAX_UNCHECKED;
    assert_eq!(pages.record_unchecked(&pages.take_due(&HashSet::new(), end), end), [one]);
    assert!(!pages.checks().unchecked.contains_key(&other));
}

#[rstest]
#[tokio::test]
async fn a_page_ends_when_its_user_leaves_or_opens_another_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let node = env.another_node().await;
    let ada = env.owner("pro", "ada@live.test").await;
    let member = env.colleague(&ada, "bob@live.test", Role::Member).await;
    let other = env.owner("free", "eve@live.test").await;
    let (mut of_ada, mut of_member) = (Page::open(&env, &node, &ada).await, Page::open(&env, &node, &member).await);
    make_all_due(&node);
    node.usage().poll_views().await;
    assert!(!of_ada.has_ended() && !of_member.has_ended());

    // Another node removes the member. The next poll finds it by the workspace's revision.
    env.services.tenants().remove_member(&ada, &member.user_id, KeysOfMember::End, None).await.unwrap();
    node.usage().poll_views().await;
    assert!(of_member.has_ended() && !of_ada.has_ended());

    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_member(&other.current_membership.tenant_id, &ada.user_id, Role::Member, NOW).await.unwrap();
    tx.commit().await.unwrap();
    switch_tenant(&of_ada.session, &other.current_membership.tenant_id).await.unwrap();
    make_all_due(&node);
    node.usage().poll_views().await;
    assert!(of_ada.has_ended());
}

#[rstest]
#[tokio::test]
async fn a_page_ends_before_it_is_notified_of_the_change_that_removed_its_user(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let node = env.another_node().await;
    let ada = env.owner("pro", "ada@live.test").await;
    let member = env.colleague(&ada, "bob@live.test", Role::Member).await;
    let mut page = Page::open(&env, &node, &member).await;
    make_all_due(&node);
    node.usage().poll_views().await;
    while page.has_changed() {}
    assert!(!page.has_ended());

    env.services.tenants().remove_member(&ada, &member.user_id, KeysOfMember::End, None).await.unwrap();
    let notified = async {
        page.changes.changed().await;
        page.has_ended()
    };
    let (has_ended, ()) = tokio::join!(notified, node.usage().poll_views());
    assert!(has_ended);
}
