use std::sync::Arc;

use domain::{
    catalog::file::default_catalog,
    time::{Clock, ShiftedClock},
};
use rstest::rstest;

use super::*;
use crate::{
    identity::{
        seal::SealingKey,
        token::{issuer::TokenIssuers, provider::SignInProviders},
    },
    outbound::{AllowedTargets, EndpointClient},
    payment::none::NoProvider,
    service::{Brand, BrowserAccess, Clocks, Limits, Parts, Services, Settings, WorkerSettings},
    store::testing::{Engine, TestDatabase},
};

const DAY_SECS: i64 = 86_400;

/// Nodes on one database with a manual clock.
struct Nodes {
    database: TestDatabase,
    clock: Arc<ShiftedClock>,
}

impl Nodes {
    async fn on(engine: Engine) -> Self {
        Self { database: TestDatabase::new(engine).await, clock: Arc::new(ShiftedClock::default()) }
    }

    fn node(&self, sealing_key: SealingKey) -> Services {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Services::new(Parts {
            store: self.database.store.clone(),
            catalog: Arc::new(default_catalog()),
            provider: Arc::new(NoProvider),
            webhook_senders: Vec::new(),
            firebase: None,
            issuers: TokenIssuers::default(),
            sign_in_providers: SignInProviders::default(),
            mailer: None,
            courier: EndpointClient::new(AllowedTargets::default()).unwrap(),
            clocks: Clocks { wall: clock.clone(), billing: clock },
            sealing_key,
            settings: Settings {
                app_url: "http://dues.test".parse().unwrap(),
                allowed_redirect_origins: Vec::new(),
                allows_loopback_redirects: false,
                browser_access: BrowserAccess::default(),
                brand: Brand::default(),
                polar_api_base: None,
                stripe_api_base: None,
                grace_secs: 0,
                reconcile_every_secs: None,
                usage_events_kept_days: 90,
                limits: Limits::default(),
                worker: WorkerSettings::default(),
                sales_email: None,
                demo: None,
                has_passwords: true,
                checkout: domain::subscription::checkout_options::CheckoutSettings::default(),
            },
        })
        .unwrap()
    }
}

fn request(key: &str, body: &str) -> KeyedRequest {
    KeyedRequest::new(&[b"user:ada", key.as_bytes()], &[body.as_bytes()])
}

fn answer() -> StoredResponse {
    let body = b"{\"key\":\"dues_1_secret\"}\n \xff".to_vec();
    StoredResponse { status: 201, content_type: "application/json".to_owned(), body, asked_confirmation: false }
}

async fn claimed(node: &Services, request: &KeyedRequest) -> ClaimGuard {
    match node.idempotency().claim_request(request).await.unwrap() {
        IdempotencyClaim::New(held) => held,
        IdempotencyClaim::Replay(answer) => panic!("answered already: {answer:?}"),
    }
}

/// Waits until the lease of a request is renewed to `until` or later.
async fn renewed_until(node: &Services, request: &KeyedRequest, until: Timestamp) {
    let began = Instant::now();
    loop {
        let mut tx = node.store().begin().await.unwrap();
        let since = node.idempotency().keys_kept_since(node.wall_now());
        let known = tx.connection().find_idempotency_key(&request.key_hash, since).await.unwrap().unwrap();
        drop(tx);
        if known.locked_until >= until {
            return;
        }
        assert!(began.elapsed() < 10 * RENEW_EVERY, "never renewed: {known:?}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn replayed(node: &Services, request: &KeyedRequest) -> StoredResponse {
    match node.idempotency().claim_request(request).await.unwrap() {
        IdempotencyClaim::New(held) => panic!("not answered yet: {held:?}"),
        IdempotencyClaim::Replay(answer) => answer,
    }
}

#[rstest]
#[tokio::test]
async fn a_response_is_repeated_on_every_node_for_a_day(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let nodes = Nodes::on(engine).await;
    let key = SealingKey::random().unwrap();
    let (one, two) = (nodes.node(key.clone()), nodes.node(key));
    let ada = request("k", "{}");
    let held = claimed(&one, &ada).await;
    one.idempotency().store_response(&held, &answer()).await.unwrap();
    assert_eq!(replayed(&one, &ada).await, answer());
    assert_eq!(replayed(&two, &ada).await, answer());
    assert!(matches!(
        two.idempotency().claim_request(&request("k", "{ }")).await,
        Err(ServiceError::IdempotencyKeyReused)
    ));
    claimed(&two, &request("l", "{}")).await;

    nodes.clock.advance(DAY_SECS - 60);
    assert_eq!(replayed(&two, &ada).await, answer());
    nodes.clock.advance(60);
    let anew = claimed(&two, &request("k", "{ }")).await;
    two.idempotency().store_response(&anew, &answer()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_response_sealed_under_a_removed_key_is_reported_as_lost(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let nodes = Nodes::on(engine).await;
    let before = nodes.node(SealingKey::random().unwrap());
    let held = claimed(&before, &request("k", "{}")).await;
    before.idempotency().store_response(&held, &answer()).await.unwrap();
    let after = nodes.node(SealingKey::random().unwrap());
    assert!(matches!(
        after.idempotency().claim_request(&request("k", "{}")).await,
        Err(ServiceError::IdempotencyAnswerLost)
    ));
    assert!(matches!(
        after.idempotency().claim_request(&request("k", "x")).await,
        Err(ServiceError::IdempotencyKeyReused)
    ));
}

#[rstest]
#[tokio::test]
async fn a_rejected_request_may_be_sent_again_with_another_body(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let nodes = Nodes::on(engine).await;
    let node = nodes.node(SealingKey::random().unwrap());
    let held = claimed(&node, &request("k", "wrong")).await;
    node.idempotency().release_claim(&held).await.unwrap();
    claimed(&node, &request("k", "right")).await;
}

#[rstest]
#[tokio::test]
async fn of_concurrent_requests_one_is_processed_and_the_rest_get_its_response(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let nodes = Nodes::on(engine).await;
    let key = SealingKey::random().unwrap();
    let turns = (0..12).map(|_| {
        let node = nodes.node(key.clone());
        tokio::spawn(async move {
            match node.idempotency().claim_request(&request("k", "{}")).await.unwrap() {
                IdempotencyClaim::New(held) => {
                    tokio::time::sleep(POLL_EVERY).await;
                    node.idempotency().store_response(&held, &answer()).await.unwrap();
                    1
                }
                IdempotencyClaim::Replay(kept) => {
                    assert_eq!(kept, answer());
                    0
                }
            }
        })
    });
    let mut workers = 0;
    for turn in turns.collect::<Vec<_>>() {
        workers += turn.await.unwrap();
    }
    assert_eq!(workers, 1);
}

#[rstest]
#[tokio::test]
async fn a_claim_is_renewed_while_its_node_lives_and_taken_over_after_a_crash(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let nodes = Nodes::on(engine).await;
    let key = SealingKey::random().unwrap();
    let (one, two) = (nodes.node(key.clone()), nodes.node(key));
    let ada = request("k", "{}");
    let living = claimed(&one, &ada).await;
    // The manual clock advances by a whole lease: only renewal keeps the claim.
    nodes.clock.advance(LEASE_SECS - 4);
    renewed_until(&one, &ada, one.wall_now().plus_secs(LEASE_SECS)).await;
    nodes.clock.advance(4);
    let error = two.idempotency().claim_request(&ada).await.unwrap_err();
    let ServiceError::IdempotencyInProgress { retry_after_secs } = error else { panic!("{error}") };
    assert!((1..=LEASE_SECS).contains(&retry_after_secs), "{retry_after_secs}");

    // Simulate a crash: the claim is neither renewed nor released.
    let dead = living.claim.clone();
    drop(living);
    nodes.clock.advance(2 * LEASE_SECS);
    assert!(matches!(
        two.idempotency().claim_request(&request("k", "other")).await,
        Err(ServiceError::IdempotencyKeyReused)
    ));
    let heir = claimed(&two, &ada).await;
    // A slow node whose claim has expired can no longer write its response.
    let over = CancellationToken::new();
    let late = ClaimGuard { claim: dead, _renewing: over.drop_guard() };
    one.idempotency().release_claim(&late).await.unwrap();
    one.idempotency().store_response(&late, &StoredResponse { status: 200, ..answer() }).await.unwrap();
    two.idempotency().store_response(&heir, &answer()).await.unwrap();
    assert_eq!(replayed(&one, &ada).await, answer());
}

#[test]
fn hashes_depend_on_the_boundaries_between_parts() {
    let one = KeyedRequest::new(&[b"user:a", b"bc"], &[b"x"]);
    assert_eq!(one, KeyedRequest::new(&[b"user:a", b"bc"], &[b"x"]));
    for other in [KeyedRequest::new(&[b"user:ab", b"c"], &[b"x"]), KeyedRequest::new(&[b"user:a", b"b", b"c"], &[b"x"])]
    {
        assert_ne!(one.key_hash, other.key_hash);
    }
}

#[test]
fn a_stored_response_round_trips() {
    for content_type in ["", "text/plain; charset=utf-8"] {
        for body in [&b""[..], b"\n\n", b"a b\nc", &[0, 255]] {
            for asked_confirmation in [false, true] {
                let (content_type, body) = (content_type.to_owned(), body.to_vec());
                let kept = StoredResponse { status: 200, content_type, body, asked_confirmation };
                assert_eq!(StoredResponse::read(&kept.to_bytes()), Some(kept));
            }
        }
    }
    for junk in [&b""[..], b"200", b"200 x", b"x y\n", b"\xff z\n"] {
        assert_eq!(StoredResponse::read(junk), None);
    }
}
