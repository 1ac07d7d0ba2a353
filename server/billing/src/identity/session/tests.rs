use domain::{
    account::Role,
    entitlement::overrides::Overrides,
    time::{ManualClock, SystemClock},
};
use rstest::rstest;
use tower_sessions::{Expiry, cookie::time::Duration};

use super::*;
use crate::store::{
    account::users::User,
    tenant::tenants::Tenant,
    testing::{Engine, TestDatabase},
};

const DAY_SECS: i64 = 86_400;
const IDLE_SECS: i64 = 7 * DAY_SECS;

/// One browser's session over its requests.
struct Visits {
    sessions: Arc<StoredSessions>,
    clock: Arc<ManualClock>,
    id: Option<Id>,
    kept_for: Duration,
    database: TestDatabase,
}

impl Visits {
    /// Starts with a store that expires sessions late, so that `current` decides when a session ends.
    async fn start(engine: Engine) -> Self {
        Self::kept_for(engine, Duration::days(400)).await
    }

    async fn kept_for(engine: Engine, kept_for: Duration) -> Self {
        let database = TestDatabase::new(engine).await;
        // `tower_sessions` computes the end of a session from the system clock.
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let sessions = Arc::new(StoredSessions::new(database.store.clone(), clock.clone(), SessionEnds::default()));
        Self { sessions, clock, id: None, kept_for, database }
    }

    /// The session as a request finds it by the browser's cookie.
    fn session(&self) -> Session {
        Session::new(self.id, self.sessions.clone(), Some(Expiry::OnInactivity(self.kept_for)))
    }

    async fn log_in(&mut self) {
        let session = self.session();
        let ada = Authenticated::new("ada".parse().unwrap(), self.clock.now());
        let from = crate::identity::ClientAddress(std::net::Ipv4Addr::LOCALHOST.into());
        begin(&session, &ada, &from.into()).await.unwrap();
        session.save().await.unwrap();
        self.id = session.id();
    }

    /// Moves the clock by `secs`, then makes a request.
    async fn visit_after(&self, secs: i64) -> Option<SignedIn> {
        self.clock.advance(secs);
        let session = self.session();
        let signed_in =
            current(&session, &self.database.store, self.clock.now(), SessionLifetime::default()).await.unwrap();
        if signed_in.is_some() {
            session.save().await.unwrap();
        }
        signed_in
    }
}

#[rstest]
#[tokio::test]
async fn a_session_ends_after_an_idle_week(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    for _ in 0..3 {
        assert!(visits.visit_after(IDLE_SECS - 1).await.is_some());
    }
    assert_eq!(visits.visit_after(IDLE_SECS).await, None);
    visits.clock.advance(-IDLE_SECS);
    assert_eq!(visits.visit_after(0).await, None, "it is gone, not only hidden");
}

#[rstest]
#[tokio::test]
async fn unchanged_session_data_is_not_written_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    let session = visits.session();
    assert!(
        current(&session, &visits.database.store, visits.clock.now(), SessionLifetime::default())
            .await
            .unwrap()
            .is_some()
    );
    let id = visits.id.unwrap();
    let ends = visits.sessions.load(&id).await.unwrap().unwrap().expiry_date;
    session.save().await.unwrap();
    assert_eq!(visits.sessions.load(&id).await.unwrap().unwrap().expiry_date, ends);
    session.insert("more", 1).await.unwrap();
    session.save().await.unwrap();
    assert_ne!(visits.sessions.load(&id).await.unwrap().unwrap().expiry_date, ends);
}

#[rstest]
#[tokio::test]
async fn a_page_left_open_does_not_prolong_the_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    visits.clock.advance(IDLE_SECS - 1);
    assert!(
        current_of_open_page(&visits.session(), visits.clock.now(), SessionLifetime::default())
            .await
            .unwrap()
            .is_some()
    );
    visits.clock.advance(1);
    assert_eq!(
        current_of_open_page(&visits.session(), visits.clock.now(), SessionLifetime::default()).await.unwrap(),
        None
    );
    assert_eq!(visits.visit_after(0).await, None);
}

#[rstest]
#[tokio::test]
async fn a_busy_session_ends_after_thirty_days(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    for _ in 1..30 {
        assert!(visits.visit_after(DAY_SECS).await.is_some());
    }
    assert!(visits.visit_after(DAY_SECS - 1).await.is_some());
    assert_eq!(visits.visit_after(1).await, None);
}

#[rstest]
#[tokio::test]
async fn expired_sessions_are_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::kept_for(engine, Duration::days(1)).await;
    visits.log_in().await;
    assert!(visits.visit_after(DAY_SECS / 2).await.is_some());
    assert_eq!(visits.visit_after(DAY_SECS).await, None);
    assert!(visits.sessions.load(&visits.id.unwrap()).await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn a_login_changes_the_session_id(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    let former = visits.id.unwrap();
    visits.log_in().await;
    assert_ne!(visits.id, Some(former));
    assert!(visits.sessions.load(&former).await.unwrap().is_none());
    assert!(visits.visit_after(0).await.is_some());
}

#[rstest]
#[tokio::test]
async fn a_request_that_ends_after_the_sign_out_does_not_undo_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    let slow = visits.session();
    switch_tenant(&slow, &"acme".parse().unwrap()).await.unwrap();
    end(&visits.session()).await.unwrap();
    slow.save().await.unwrap();
    assert_eq!(visits.visit_after(0).await, None);
}

#[rstest]
#[tokio::test]
async fn the_selected_workspace_is_stored(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    let signed_out = visits.session();
    switch_tenant(&signed_out, &"acme".parse().unwrap()).await.unwrap();
    assert!(signed_out.is_empty().await, "a signed-out visitor has no workspace");

    visits.log_in().await;
    assert_eq!(visits.visit_after(0).await.unwrap().tenant, None);
    let session = visits.session();
    switch_tenant(&session, &"acme".parse().unwrap()).await.unwrap();
    session.save().await.unwrap();
    assert_eq!(visits.visit_after(DAY_SECS).await.unwrap().tenant, Some("acme".parse().unwrap()));
}

#[rstest]
#[tokio::test]
async fn the_lifetime_is_a_setting(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut visits = Visits::start(engine).await;
    visits.log_in().await;
    visits.clock.advance(DAY_SECS);
    let now = visits.clock.now();
    for (idle_secs, absolute_secs, is_over) in
        [(DAY_SECS + 1, DAY_SECS + 1, false), (DAY_SECS, DAY_SECS + 1, true), (DAY_SECS + 1, DAY_SECS, true)]
    {
        let lifetime = SessionLifetime { idle_secs, absolute_secs };
        assert_eq!(
            current_of_open_page(&visits.session(), now, lifetime).await.unwrap().is_none(),
            is_over,
            "{lifetime:?}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_session_is_found_with_its_account_unless_its_activity_must_be_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut visits = Visits::start(engine).await;
    let found = async |visits: &Visits| {
        let mut reader = visits.database.store.read().await.unwrap();
        let mut link = reader.connection();
        let (session, now) = (visits.session(), visits.clock.now());
        find_with_account(&session, &mut link, now, SessionLifetime::default()).await.unwrap()
    };
    assert_eq!(found(&visits).await, None, "there is no session");
    visits.log_in().await;
    assert_eq!(found(&visits).await, None, "its account has no tenant");
    let now = visits.clock.now();
    let ada = User {
        id: "ada".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        password_hash: None,
        has_verified_address: true,
    };
    let acme = Tenant::new("acme".parse().unwrap(), "Acme".to_owned(), Overrides::default(), now);
    let mut tx = visits.database.store.begin().await.unwrap();
    tx.connection().insert_user(&ada, now).await.unwrap();
    tx.connection().insert_tenant(&acme).await.unwrap();
    tx.connection().insert_member(&acme.id, &ada.id, Role::Owner, now).await.unwrap();
    tx.commit().await.unwrap();
    let (signed_in, account) = found(&visits).await.unwrap();
    assert_eq!(visits.visit_after(0).await, Some(signed_in));
    assert_eq!(account.account.email, ada.email);
    assert_eq!(account.tenants, [(acme, Role::Owner)]);
    visits.clock.advance(SEEN_AGAIN_SECS);
    assert_eq!(found(&visits).await, None, "the time of the request must be stored");
    assert!(visits.visit_after(0).await.is_some());
    assert!(found(&visits).await.is_some());
    visits.clock.advance(IDLE_SECS);
    assert_eq!(found(&visits).await, None, "it has ended");
}
