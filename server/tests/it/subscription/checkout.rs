//! Checkout: permissions, validation, and no second payment for the same workspace.

use billing::store::webhook::inbox::EventState;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{APP_URL, Engine, TestApp};

const CHECKOUT: &str = "/api/v1/billing/checkout";
const PORTAL: &str = "/api/v1/billing/portal";

#[rstest]
#[tokio::test]
async fn each_dialect_gets_its_documented_response(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", "https://app.dartstream.io").start().await;
    let owner = app.owner().await;

    let console = owner.post(CHECKOUT, &json!({ "plan": "starter" })).await.expect(200);
    assert_eq!(console.as_object().unwrap().keys().collect::<Vec<_>>(), ["url"]);
    let session = &app.stripe.open_sessions().await[0];
    assert_eq!(session["url"], console["url"]);
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(900), &json!("usd")));

    // As in the workspace document.
    let request_body = json!({
        "type": "subscription",
        "planId": "standard",
        "successUrl": "https://app.dartstream.io/membership/membership-paid?checkout=success&plan=standard",
        "cancelUrl": "https://app.dartstream.io/membership",
    });
    let workspace = owner.post(CHECKOUT, &request_body).await.expect(200);
    assert_eq!(workspace.as_object().unwrap().keys().collect::<Vec<_>>(), ["checkoutUrl", "type"]);
    assert_eq!(workspace["type"], "subscription");
    let session = &app.stripe.open_sessions().await[0];
    assert_eq!(
        (&session["success_url"], &session["cancel_url"]),
        (&request_body["successUrl"], &request_body["cancelUrl"])
    );
    assert_eq!(session["amount_total"], 1900);

    for cycle in ["yearly", "annual"] {
        owner.post(CHECKOUT, &json!({ "plan": "pro", "billingCycle": cycle })).await.expect(200);
        assert_eq!(app.stripe.open_sessions().await[0]["amount_total"], 29_000, "{cycle}");
    }
    assert_eq!(app.stripe.list("/v1/customers?limit=100").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_second_checkout_closes_the_session_of_the_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let first = owner.checkout("starter").await;
    let second = owner.checkout("pro").await;
    assert_ne!(first, second);
    assert_eq!((app.stripe.page(&first).await, app.stripe.page(&second).await), (410, 200));

    let back = app.stripe.pay(&second).await;
    assert_eq!(back, format!("{APP_URL}/membership/membership-paid?checkout=success"));
    assert_eq!(owner.get(&back).await.status, 200);
    assert_eq!(owner.status().await["plan"], "pro");
}

/// The checkouts are spread over two servers on one database.
#[rstest]
#[tokio::test]
async fn twenty_concurrent_checkouts_leave_one_open_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let other_node = app.start_node().await;
    let elsewhere = owner.with_address(other_node.address);
    let clicks = (0..20).map(|number| {
        let browser = if number % 2 == 0 { &*owner } else { &elsewhere };
        async move { browser.post(CHECKOUT, &json!({ "plan": "pro" })).await }
    });
    let answers = join_all(clicks).await;
    // Each node gets ten checkouts: it processes one, lets four wait and refuses others as `busy`.
    for answer in &answers {
        match answer.status {
            200 => {}
            503 => {
                answer.refused(503, "busy");
                assert!(answer.headers.contains_key("retry-after"), "{answer:#?}");
            }
            _ => drop(answer.refused(409, "conflict")),
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 200));
    let open = app.stripe.open_sessions().await;
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(app.stripe.list("/v1/customers?limit=100").await.len(), 1);
    assert!(
        answers.iter().any(|answer| answer.json()["url"] == open[0]["url"]),
        "one of the answers is the open session"
    );

    app.stripe.pay(open[0]["url"].as_str().unwrap()).await;
    owner.get("/membership/membership-paid?checkout=success").await;
    assert_eq!(owner.status().await["plan"], "pro");
    assert_eq!(app.stripe.list("/v1/subscriptions?limit=100").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_unreported_payment_is_found_before_a_second_checkout(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    app.stripe.pay(&owner.checkout("pro").await).await;
    assert_eq!(owner.status().await["plan"], "free", "no webhook has arrived");

    let again = owner.post(CHECKOUT, &json!({ "plan": "pro" })).await.refused_field("plan");
    assert!(again["message"].as_str().unwrap().contains("on Pro already"), "{again}");
    assert_eq!(owner.status().await["plan"], "pro");
    assert!(app.stripe.open_sessions().await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_live_subscription_is_changed_on_the_portal(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("starter").await;
    let console = owner.checkout("pro").await;
    assert!(console.contains("/portal/"), "{console}");
    let request_body = json!({ "type": "subscription", "planId": "team", "billingCycle": "annual" });
    let workspace = owner.post(CHECKOUT, &request_body).await.expect(200);
    assert_eq!((&workspace["type"], &workspace["flow"]), (&json!("subscription"), &json!("portal")));
    assert!(workspace["checkoutUrl"].as_str().unwrap().contains("/portal/"));
    assert!(app.stripe.open_sessions().await.is_empty());
    assert_eq!(owner.status().await["plan"], "starter", "the plan stays until the portal confirms the change");
    owner.post(CHECKOUT, &json!({ "plan": "starter" })).await.refused_field("plan");

    let home = owner.post(PORTAL, &json!({})).await.expect(200);
    assert_eq!(home.as_object().unwrap().keys().collect::<Vec<_>>(), ["url"]);
    assert_eq!(app.stripe.page(home["url"].as_str().unwrap()).await, 200);
}

#[rstest]
#[tokio::test]
async fn after_a_cancellation_a_plan_can_be_bought_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner_on("starter").await;
    app.stripe.cancel(&app.subscriptions(&owner.tenant).await[0].external_id).await;
    let page = owner.checkout("pro").await;
    assert!(page.contains("/pay/"), "{page}");
    let status = owner.status().await;
    assert_eq!((&status["plan"], &status["status"]), (&json!("free"), &json!("canceled")));
    let back = app.stripe.pay(&page).await;
    assert_eq!(owner.get(&back).await.status, 200);
    let status = owner.status().await;
    assert_eq!((&status["plan"], &status["status"]), (&json!("pro"), &json!("active")));
}

#[rstest]
#[tokio::test]
async fn only_an_admin_may_buy_or_manage(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("starter").await;
    let (member, visitor) = (app.member_of(&owner).await, app.visitor());
    for (path, body) in [(CHECKOUT, json!({ "plan": "pro" })), (PORTAL, json!({}))] {
        member.post(path, &body).await.refused(403, "admin_required");
        visitor.post(path, &body).await.refused(401, "unauthenticated");
        // Authentication is checked before the body.
        member.post(path, &json!({ "plan": 7 })).await.refused(403, "admin_required");
        visitor.post(path, &json!([])).await.refused(401, "unauthenticated");
    }
    visitor.get("/api/v1/billing/status").await.refused(401, "unauthenticated");
    assert_eq!(member.status().await["plan"], "starter");

    assert!(
        member
            .submit("/rpc/checkout", &[("plan", "pro"), ("cycle", "monthly")])
            .await
            .leads_to()
            .contains("code=admin_required")
    );
    for path in ["/rpc/portal", "/rpc/sync"] {
        assert_eq!(member.submit(path, &[]).await.leads_to(), "/membership?code=admin_required");
        assert_eq!(visitor.submit(path, &[]).await.leads_to(), "/login?code=session_over");
    }
    assert_eq!(
        visitor.submit("/rpc/checkout", &[("plan", "pro"), ("cycle", "monthly")]).await.leads_to(),
        "/login?code=session_over"
    );
    assert!(app.stripe.open_sessions().await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_checkout_form_redirects_to_the_hosted_page_or_back_to_the_review(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let answer = owner.submit("/rpc/checkout", &[("plan", "pro"), ("cycle", "yearly")]).await;
    assert_eq!(app.stripe.open_sessions().await[0]["url"], answer.leads_to());
    for form in [[("plan", "nope"), ("cycle", "monthly")], [("plan", "pro"), ("cycle", "weekly")]] {
        let answer = owner.submit("/rpc/checkout", &form).await;
        assert!(answer.leads_to().starts_with("/checkout?plan="), "{answer:#?}");
        assert!(answer.leads_to().contains("code=validation_error"), "{answer:#?}");
        assert_eq!(owner.get(answer.leads_to()).await.status, if form[0].1 == "nope" { 404 } else { 200 });
    }
    assert_eq!(owner.submit("/rpc/portal", &[("door", "home")]).await.status, 303);
}

#[rstest]
#[tokio::test]
async fn invalid_input_is_reported_by_field(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", "https://app.dartstream.io").start().await;
    let owner = app.owner().await;
    let plans = [
        json!("nope"),
        json!("free"),
        json!("enterprise"),
        json!(""),
        json!(" pro"),
        json!("PRO"),
        json!("p\u{0}ro"),
        json!(7),
        json!(true),
        json!(null),
        json!(["pro"]),
        json!({ "id": "pro" }),
        json!("x".repeat(100_000)),
        json!("プロ"),
    ];
    for plan in &plans {
        owner.post(CHECKOUT, &json!({ "plan": plan })).await.refused_field("plan");
        owner.post(CHECKOUT, &json!({ "type": "subscription", "planId": plan })).await.refused_field("planId");
    }
    owner.post(CHECKOUT, &json!({})).await.refused_field("plan");
    for (plan, words) in [("free", "portal"), ("enterprise", "enterprise")] {
        let body = owner.post(CHECKOUT, &json!({ "plan": plan })).await.refused_field("plan");
        let message = body["message"].as_str().unwrap().to_lowercase();
        assert!(message.contains(words), "{message} says what to do");
    }
    for cycle in [json!("weekly"), json!(12), json!(""), json!([])] {
        owner.post(CHECKOUT, &json!({ "plan": "pro", "billingCycle": cycle })).await.refused_field("billingCycle");
    }
    for kind in [json!("payment"), json!(1), json!(null)] {
        owner.post(CHECKOUT, &json!({ "type": kind, "planId": "pro" })).await.refused_field("type");
    }
    owner.post(CHECKOUT, &json!({ "planId": "pro" })).await.refused_field("type");

    let long = format!("{APP_URL}/{}", "x".repeat(4000));
    let urls = [
        json!("https://evil.test/"),
        json!("https://dues.test/membership"),
        json!("http://dues.test:81/membership"),
        json!("http://dues.test.evil.test/"),
        json!("http://dues.test@evil.test/"),
        json!("http://ada:secret@dues.test/"),
        json!("http://ada@dues.test/"),
        json!("javascript:alert(1)"),
        json!("data:text/html,x"),
        json!("file:///etc/passwd"),
        json!("//evil.test/"),
        json!("/membership"),
        json!("http:\\\\evil.test\\"),
        json!("http://app.dartstream.io/"),
        json!("https://app.dartstream.io.evil.test/"),
        json!(""),
        json!("http://"),
        json!(long),
        json!("http://dues.test/\u{0}"),
        json!(5),
        json!({}),
    ];
    for url in &urls {
        for field in ["successUrl", "cancelUrl"] {
            let mut request_body = json!({ "type": "subscription", "planId": "pro" });
            request_body[field] = url.clone();
            owner.post(CHECKOUT, &request_body).await.refused_field(field);
            // The same rule holds for the other shape of the request body.
            let mut request_body = json!({ "plan": "pro" });
            request_body[field] = url.clone();
            owner.post(CHECKOUT, &request_body).await.refused_field(field);
        }
    }
    let both = json!({ "plan": 1, "billingCycle": "x", "successUrl": 2 });
    let body = owner.post(CHECKOUT, &both).await.refused_field("plan");
    assert_eq!(body["fields"].as_object().unwrap().len(), 3, "every mistake at once: {body}");
    assert!(app.stripe.list("/v1/checkout/sessions").await.is_empty());
    assert!(app.stripe.list("/v1/customers").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn without_a_provider_input_is_validated_before_the_error(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("PAYMENT_PROVIDER", "none").start().await;
    let owner = app.owner().await;
    let member = app.member_of(&owner).await;
    owner.post(CHECKOUT, &json!({ "plan": "pro" })).await.refused(501, "billing_not_configured");
    owner
        .post(CHECKOUT, &json!({ "type": "subscription", "planId": "pro" }))
        .await
        .refused(501, "billing_not_configured");
    owner.post(CHECKOUT, &json!({ "plan": "nope" })).await.refused_field("plan");
    owner
        .post(CHECKOUT, &json!({ "plan": "pro", "successUrl": "https://evil.test/" }))
        .await
        .refused_field("successUrl");
    member.post(CHECKOUT, &json!({ "plan": "pro" })).await.refused(403, "admin_required");
    owner.post(PORTAL, &json!({})).await.refused(501, "billing_not_configured");
    assert!(
        owner
            .submit("/rpc/checkout", &[("plan", "pro"), ("cycle", "monthly")])
            .await
            .leads_to()
            .contains("code=billing_not_configured")
    );
    assert_eq!(owner.submit("/rpc/sync", &[]).await.leads_to(), "/membership?code=billing_not_configured");
    for page in ["/membership", "/checkout?plan=pro", "/membership/membership-paid", "/usage"] {
        assert_eq!(owner.get(page).await.status, 200, "{page}");
    }
    assert_eq!(owner.status().await["plan"], "free");
}

#[rstest]
#[tokio::test]
async fn a_tenant_that_never_paid_has_no_portal(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    owner.post(PORTAL, &json!({})).await.refused(400, "no_customer");
    assert_eq!(owner.submit("/rpc/portal", &[]).await.leads_to(), "/membership?code=no_customer");
}

#[rstest]
#[tokio::test]
async fn a_refusal_by_the_provider_keeps_its_message(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("STRIPE_PRICE_MAP", r#"{"pro_monthly":"price_gone"}"#).start().await;
    let owner = app.owner().await;
    let refused = owner.post(CHECKOUT, &json!({ "plan": "pro" })).await.refused(502, "provider_rejected");
    assert!(refused["message"].as_str().unwrap().contains("price_gone"), "{refused}");
    let unsold = owner.post(CHECKOUT, &json!({ "plan": "team" })).await.refused(502, "provider_rejected");
    assert!(unsold["message"].as_str().unwrap().contains("STRIPE_PRICE_MAP"), "{unsold}");
}

#[rstest]
#[tokio::test]
async fn an_order_of_another_workspace_can_not_be_read_or_settled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let (ours, theirs) = (app.owner().await, app.owner().await);
    app.stripe.pay(&theirs.checkout("pro").await).await;
    let sessions = app.stripe.list("/v1/checkout/sessions").await;
    let session = sessions[0]["id"].as_str().unwrap();

    let page = ours.get(&format!("/membership/membership-paid?session_id={session}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("There’s no recent order."), "{}", page.text);
    let plans = (ours.status().await["plan"].clone(), theirs.status().await["plan"].clone());
    assert_eq!(plans, (Value::from("free"), Value::from("free")), "no plan has changed");

    let page = theirs.get(&format!("/membership/membership-paid?session_id={session}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(theirs.status().await["plan"], "pro");
    assert_eq!(ours.status().await["plan"], "free");

    // An event about the other workspace's session does not change this workspace either.
    let event =
        json!({ "id": "evt_theirs", "type": "checkout.session.completed", "data": { "object": { "id": session } } });
    app.send_stripe_event(&event.to_string()).await.expect(200);
    app.wait_for_event_state("evt_theirs", EventState::Handled).await;
    assert_eq!(ours.status().await["plan"], "free");
}

#[rstest]
#[tokio::test]
async fn a_customer_deleted_at_the_provider_is_replaced_at_the_next_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("starter").await;
    let customers = app.stripe.list("/v1/customers").await;
    let deleted = customers[0]["id"].as_str().unwrap();
    app.stripe.delete_customer(deleted).await;
    let page = owner.checkout("pro").await;
    app.stripe.pay(&page).await;
    owner.get("/membership/membership-paid").await;
    assert_eq!(owner.status().await["plan"], "pro");
    let customers = app.stripe.list("/v1/customers").await;
    assert!(customers.iter().all(|customer| customer["id"] != deleted), "{customers:#?}");
}
