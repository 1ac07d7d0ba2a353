//! Verification against an issuer on a real socket, with real signatures of every accepted algorithm.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use domain::{
    account::Role,
    time::{Clock, ManualClock, SystemClock},
};
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    IssuedToken, IssuerConfig, TenantIs, TokenIssuers,
    testing::{ALGORITHMS, IssuerServer, SPOILT, discovery, key_set, keys_answer},
};
use crate::identity::token::{
    IdTokenError, LEEWAY_SECS,
    firebase::testing::{Answer, Draft, MAX_AGE_SECS, UncalledServer},
    key_set::REST_SECS,
};

struct TestBed {
    issuers: TokenIssuers,
    server: IssuerServer,
    clock: Arc<ManualClock>,
}

impl TestBed {
    async fn start() -> Self {
        Self::with(|config| config).await
    }

    async fn with(change: impl FnOnce(IssuerConfig) -> IssuerConfig) -> Self {
        let server = IssuerServer::start().await;
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let wall: Arc<dyn Clock> = clock.clone();
        let issuers = TokenIssuers::new(vec![change(server.config())], &wall).unwrap();
        Self { issuers, server, clock }
    }

    fn draft(&self) -> Draft {
        self.server.draft(self.clock.now())
    }

    async fn verify(&self, token: &str) -> Result<IssuedToken, IdTokenError> {
        self.issuers.verify(token).await.expect("the issuer is known")
    }
}

fn is_unavailable(verified: &Result<IssuedToken, IdTokenError>) -> bool {
    matches!(verified, Err(IdTokenError::Unavailable))
}

#[tokio::test]
async fn a_token_of_each_accepted_algorithm_is_accepted() {
    let bed = TestBed::start().await;
    for algorithm in ALGORITHMS {
        let token = bed.verify(&bed.draft().signed_as(algorithm)).await.unwrap();
        assert_eq!((token.user.subject(), token.user.issuer()), ("ada|1", bed.server.issuer.as_str()), "{algorithm}");
        assert_eq!(token.tenant.map(|tenant| tenant.to_string()).as_deref(), Some("external:acme"));
        assert_eq!((token.role, token.email.unwrap().as_str()), (Role::Member, "ada@example.com"));
        assert!(token.signed_in_at.is_some());
    }
    assert_eq!(bed.server.fetches(), 1);
}

#[tokio::test]
async fn every_corrupted_token_is_refused() {
    let bed = TestBed::start().await;
    for (name, why, spoil) in SPOILT {
        match bed.verify(&spoil(bed.draft())).await {
            Err(IdTokenError::Refused(refusal)) => {
                assert!(format!("{refusal:?}").starts_with(why), "{name}: {refusal:?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_is_not_looked_at() {
    let bed = TestBed::start().await;
    for issuer in [format!("{}/", bed.server.issuer), "https://id.example.com".to_owned(), String::new()] {
        assert!(bed.issuers.verify(&bed.draft().claim("iss", issuer).signed()).await.is_none());
    }
    for garbage in ["", "a.b.c", "..", "not a token"] {
        assert!(bed.issuers.verify(garbage).await.is_none());
    }
    assert_eq!(bed.server.fetches(), 0);
}

#[tokio::test]
async fn an_issuer_may_be_configured_for_several_audiences() {
    let bed = TestBed::start().await;
    let wall: Arc<dyn Clock> = bed.clock.clone();
    let other = IssuerConfig { audience: "mobile".to_owned(), ..bed.server.config() };
    let both = TokenIssuers::new(vec![bed.server.config(), other], &wall).unwrap();
    for audience in [json!("mobile"), json!("dues-api"), json!(["userinfo", "dues-api"])] {
        let token = bed.draft().claim("aud", audience).signed();
        both.verify(&token).await.unwrap().unwrap();
    }
    let token = bed.draft().claim("aud", "web").signed();
    assert!(matches!(both.verify(&token).await, Some(Err(IdTokenError::Refused(_)))));
}

#[rstest]
#[case::expired("exp", -LEEWAY_SECS)]
#[case::issued_in_the_future("iat", LEEWAY_SECS + 1)]
#[case::not_valid_yet("nbf", LEEWAY_SECS + 1)]
#[case::logged_in_in_the_future("auth_time", LEEWAY_SECS + 1)]
#[tokio::test]
async fn clock_skew_is_accepted_up_to_the_leeway(#[case] claim: &str, #[case] off: i64) {
    let bed = TestBed::start().await;
    let now = bed.clock.now().as_secs();
    bed.verify(&bed.draft().claim(claim, now + off - off.signum()).signed()).await.unwrap();
    let refused = bed.verify(&bed.draft().claim(claim, now + off).signed()).await;
    assert!(matches!(refused, Err(IdTokenError::Refused(_))));
}

#[tokio::test]
async fn times_may_have_a_fraction_and_a_login_may_be_missing() {
    let bed = TestBed::start().await;
    let now = bed.clock.now().as_secs();
    let fraction = |secs: i64| serde_json::from_str::<Value>(&format!("{secs}.25")).unwrap();
    let draft = bed.draft().claim("iat", fraction(now - 1)).claim("exp", fraction(now + 60)).without("auth_time");
    assert_eq!(bed.verify(&draft.signed()).await.unwrap().signed_in_at, None);
}

#[rstest]
#[case::a_name_with_dots("https://acme.example/org.id", json!({ "https://acme.example/org.id": "t1" }), Some("t1"))]
#[case::a_path("app_metadata.org", json!({ "app_metadata": { "org": "t1" } }), Some("t1"))]
#[case::the_name_before_the_path("a.b", json!({ "a.b": "t1", "a": { "b": "t2" } }), Some("t1"))]
#[case::missing("org", json!({}), None)]
#[case::a_number("org", json!({ "org": 7 }), None)]
#[case::a_list("org", json!({ "org": ["t1"] }), None)]
#[case::null("org", json!({ "org": null }), None)]
#[case::empty("org", json!({ "org": "" }), None)]
#[case::a_path_through_a_text("org.id", json!({ "org": "t1" }), None)]
#[tokio::test]
async fn the_tenant_claim_is_a_name_or_a_path(
    #[case] claim: &str,
    #[case] claims: Value,
    #[case] expected: Option<&str>,
) {
    let bed = TestBed::with(|config| IssuerConfig { tenant_claim: claim.to_owned(), ..config }).await;
    let mut draft = bed.draft().without("org");
    for (name, value) in claims.as_object().unwrap() {
        draft = draft.claim(name, value.clone());
    }
    let tenant = bed.verify(&draft.signed()).await.unwrap().tenant;
    assert_eq!(tenant.map(|tenant| tenant.to_string()), expected.map(|id| format!("external:{id}")));
}

#[tokio::test]
async fn the_tenant_may_be_named_by_the_id_of_dues() {
    let bed = TestBed::with(|config| IssuerConfig { tenant_is: TenantIs::Id, ..config }).await;
    let tenant = bed.verify(&bed.draft().signed()).await.unwrap().tenant;
    assert_eq!(tenant.unwrap().to_string(), "acme");
    assert_eq!(bed.verify(&bed.draft().claim("org", "external:acme").signed()).await.unwrap().tenant, None);
}

#[rstest]
#[case(json!("billing-admin"), Role::Admin)]
#[case(json!(["viewer", "billing-admin"]), Role::Admin)]
#[case(json!("finance"), Role::Billing)]
#[case(json!(["finance", "billing-admin"]), Role::Admin)]
#[case(json!("Billing-Admin"), Role::Member)]
#[case(json!("billing-admin "), Role::Member)]
#[case(json!("viewer billing-admin"), Role::Member)]
#[case(json!({ "billing-admin": true }), Role::Member)]
#[case(json!(true), Role::Member)]
#[case(json!([]), Role::Member)]
#[tokio::test]
async fn roles_are_compared_to_the_letter(#[case] stated: Value, #[case] expected: Role) {
    let bed = TestBed::start().await;
    let token = bed.draft().claim("app", json!({ "roles": stated })).signed();
    assert_eq!(bed.verify(&token).await.unwrap().role, expected);
}

#[tokio::test]
async fn another_claim_may_name_the_person() {
    let bed = TestBed::with(|config| IssuerConfig { subject_claim: "user.id".to_owned(), ..config }).await;
    let draft = || bed.draft().claim("user", json!({ "id": "u-7" }));
    assert_eq!(bed.verify(&draft().signed()).await.unwrap().user.subject(), "u-7");
    for token in [draft().without("sub").signed(), bed.draft().signed()] {
        assert!(matches!(bed.verify(&token).await, Err(IdTokenError::Refused(_))));
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_when_the_first_token_names_it() {
    let bed = TestBed::start().await;
    let all = key_set();
    bed.server.answers(keys_answer(&json!({ "keys": [all["keys"][0]] })));
    bed.verify(&bed.draft().signed()).await.unwrap();
    bed.server.answers(keys_answer(&all));
    bed.verify(&bed.draft().signed_as("EdDSA")).await.unwrap();
    assert_eq!(bed.server.fetches(), 2);
}

#[tokio::test]
async fn a_slow_issuer_delays_no_token_of_another() {
    let (slow, fast) = (TestBed::start().await, IssuerServer::start().await);
    slow.server.answers(Answer { after: Duration::from_mins(5), ..keys_answer(&key_set()) });
    let wall: Arc<dyn Clock> = slow.clock.clone();
    let both = TokenIssuers::new(vec![slow.server.config(), fast.config()], &wall).unwrap();
    let (waiting, token) = (slow.draft().signed(), fast.draft(slow.clock.now()).signed());
    let verified = async {
        let many = join_all((0..20).map(|_| both.verify(&token)));
        tokio::time::timeout(Duration::from_secs(2), many).await.expect("no call waits for the slow issuer")
    };
    let (waited, verified) = tokio::join!(both.verify(&waiting), verified);
    assert!(verified.into_iter().all(|verified| verified.unwrap().is_ok()));
    assert!(is_unavailable(&waited.unwrap()));
}

#[tokio::test]
async fn an_expired_set_is_used_while_the_issuer_is_down() {
    let bed = TestBed::start().await;
    bed.verify(&bed.draft().signed()).await.unwrap();
    bed.server.discovers(Answer::broken());
    bed.clock.advance(MAX_AGE_SECS);
    let draft = bed.draft();
    bed.verify(&draft.signed()).await.unwrap();
}

#[rstest]
#[case::broken(Answer::broken())]
#[case::of_another_issuer(Answer { body: discovery("https://id.example.com", "http://127.0.0.1:9"), ..Answer::keys(&[]) })]
#[case::a_page(Answer { body: "<html>".to_owned(), ..Answer::keys(&[]) })]
#[case::too_long(Answer { body: format!(r#"{{"issuer":"{}"}}"#, "x".repeat(100_000)), ..Answer::keys(&[]) })]
#[tokio::test]
async fn without_a_valid_discovery_document_no_token_is_verified(#[case] answer: Answer) {
    let bed = TestBed::start().await;
    bed.server.discovers(answer);
    assert!(is_unavailable(&bed.verify(&bed.draft().signed()).await));
    assert_eq!(bed.server.fetches(), 0);
    let valid = discovery(&bed.server.issuer, &bed.server.issuer);
    bed.server.discovers(Answer { body: valid, ..Answer::keys(&[]) });
    assert!(is_unavailable(&bed.verify(&bed.draft().signed()).await), "no fetch right after one that failed");
    bed.clock.advance(REST_SECS);
    bed.verify(&bed.draft().signed()).await.unwrap();
}

#[tokio::test]
async fn keys_at_an_http_address_are_not_fetched_unless_that_is_allowed() {
    let bed = TestBed::with(|config| IssuerConfig { allows_http: false, ..config }).await;
    assert!(is_unavailable(&bed.verify(&bed.draft().signed()).await));
    assert_eq!(bed.server.fetches(), 0);
}

#[tokio::test]
async fn neither_a_redirect_nor_a_url_in_a_token_is_followed() {
    let (bed, uncalled) = (TestBed::start().await, UncalledServer::start().await);
    for header in ["jku", "x5u"] {
        let token = bed.draft().header("kid", "key-9").header(header, uncalled.url.clone()).signed();
        assert!(matches!(bed.verify(&token).await, Err(IdTokenError::Refused(_))));
    }
    let redirected = TestBed::start().await;
    redirected.server.answers(Answer {
        status: StatusCode::FOUND,
        location: Some(uncalled.url.clone()),
        ..keys_answer(&key_set())
    });
    assert!(is_unavailable(&redirected.verify(&redirected.draft().signed()).await));
    assert_eq!(uncalled.visits().await, 0);
}
