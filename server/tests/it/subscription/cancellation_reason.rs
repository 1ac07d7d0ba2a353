//! The reason that a customer gives for canceling: stored, shown to operators, and reported to the provider.

use rstest::rstest;

use crate::harness::{Engine, TestApp};

const CANCEL: &str = "/rpc/cancel-subscription";

#[rstest]
#[tokio::test]
async fn a_reason_reaches_the_operator_the_audit_log_and_stripe(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let form = owner.get("/membership/cancel").await.text;
    for shown in ["Why are you canceling?", "too_expensive", "customer_service", "name=\"comment\"", "500 characters"] {
        assert!(form.contains(shown), "{shown} is missing in {form}");
    }
    let comment = "Our budget was cut.";
    let canceled = owner.submit(CANCEL, &[("feedback", "too_expensive"), ("comment", comment)]).await;
    assert_eq!(canceled.leads_to(), "/membership?code=ending");
    let at_stripe = app.stripe.list("/v1/subscriptions").await.remove(0);
    let details = &at_stripe["cancellation_details"];
    assert_eq!((&details["feedback"], &details["comment"]), (&"too_expensive".into(), &comment.into()), "{at_stripe}");
    assert_eq!(at_stripe["cancel_at_period_end"], true);

    let audit = owner.get("/settings/audit").await.text;
    assert!(audit.contains("Reason: It’s too expensive") && !audit.contains(comment), "{audit}");
    let operator = app.owner().await;
    let added = app.command(&["operator", "add", "--email", &operator.email]).await;
    assert!(added.status.success(), "{added:?}");
    app.add_second_factor(&operator.email).await;
    let page = format!("/operator/tenants/{}", owner.tenant);
    let desk = operator.get(&page).await.text;
    assert!(desk.contains("Reason for canceling") && desk.contains(comment), "{desk}");

    let kept = owner.submit("/rpc/resume-subscription", &[]).await;
    assert_eq!(kept.leads_to(), "/membership?code=resumed");
    assert!(!operator.get(&page).await.text.contains("Reason for canceling"));
}

#[rstest]
#[tokio::test]
async fn a_reason_never_prevents_a_cancellation(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    for form in [
        vec![],
        vec![("feedback", "nonsense".to_owned()), ("comment", " ".to_owned())],
        vec![("comment", "x".repeat(4000))],
    ] {
        let owner = app.owner_on("pro").await;
        let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(owner.submit(CANCEL, &fields).await.leads_to(), "/membership?code=ending", "{fields:?}");
        assert_eq!(app.stripe.list("/v1/subscriptions").await[0]["cancel_at_period_end"], true);
    }
}
