//! No secret is in clear text in the database or in the most verbose log.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::subscription::Provider;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{
    APP_URL, Engine, Factor, Host, Owner, PASSWORD, Received, Receiver, SECRETS_KEY, TestApp, TestPolar, TestSmtp,
    eventually, id_token, now_secs, standard_headers,
};

const ENDPOINTS: &str = "/api/v1/tenant/webhook-endpoints";
const KEYS: &str = "/api/v1/tenant/api-keys";
const CARD: &str = "4242424242424242";
const CARD_AS_TYPED: &str = "4242 4242 4242 4242";
const NEW_PASSWORD: &str = "planted battery staple";
const WRONG_PASSWORD: &str = "planted wrong password";
const POLAR_KEY: &str = "polar_sk_planted_0123456789";
const STRIPE_KEY: &str = "sk_test_51plantedplanted";
const REFUSED_KEY: &str = "polar_expired_planted_key";
const MAIL_PASSWORD: &str = "planted-smtp-password";
const INVENTED_KEY: &str = "dues_0123456789abcdef_plantedplantedplantedplanted";

/// Secrets that must not be found, with their descriptions.
#[derive(Default)]
struct Planted(Vec<(&'static str, String)>);

impl Planted {
    fn add(&mut self, what: &'static str, value: &str) {
        assert!(value.len() >= 12, "{what} could be found by chance");
        self.0.push((what, value.to_owned()));
    }

    /// Adds the secret part of a key: the text after its last `_`. The text before it is public.
    fn add_key(&mut self, what: &'static str, key: &str) {
        self.add(what, key.rsplit('_').next().unwrap());
    }

    fn assert_absent(&self, place: &str, bytes: &[u8]) {
        for (what, value) in &self.0 {
            for form in [value.clone(), BASE64_STANDARD.encode(value), urlencoded(value)] {
                let is_there = bytes.windows(form.len()).any(|window| window == form.as_bytes());
                assert!(!is_there, "{what} is in {place}: {}", excerpt(bytes, &form));
            }
        }
    }
}

/// Encodes the value as in a URL or a form.
fn urlencoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

fn excerpt(bytes: &[u8], form: &str) -> String {
    let at = bytes.windows(form.len()).position(|window| window == form.as_bytes()).unwrap();
    String::from_utf8_lossy(&bytes[at.saturating_sub(200)..bytes.len().min(at + 200)]).into_owned()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// Uses every credential of users and services.
async fn use_credentials(app: &TestApp, smtp: &TestSmtp, owner: &Owner, planted: &mut Planted) {
    let session = owner.cookie("dues_session").unwrap();
    planted.add("a session", &session);
    planted.add("a password", PASSWORD);
    let wrong = json!({ "email": owner.email, "password": WRONG_PASSWORD });
    planted.add("a mistyped password", WRONG_PASSWORD);
    app.visitor().post("/api/v1/auth/login", &wrong).await.refused(401, "invalid_credentials");

    let token = id_token("firebase@acme.test");
    planted.add("a Firebase token", token.rsplit('.').next().unwrap());
    let signing_up = json!({ "idToken": token, "email": "firebase@acme.test" });
    app.visitor().post("/api/v1/auth/signup", &signing_up).await.expect(201);
    let bearer = app.visitor();
    bearer.send(bearer.request(Method::GET, "/api/v1/auth/me").bearer_auth(&token)).await.expect(200);

    let invitation = json!({ "email": "invited@acme.test", "role": "member" });
    let invited = owner.post("/api/v1/tenant/invitations", &invitation).await.expect(201);
    let page = text(&invited, "url").strip_prefix(APP_URL).unwrap();
    planted.add("an invitation", page.rsplit('/').next().unwrap());
    app.visitor().get(page).await;

    let colleague = app.colleague_of(owner, domain::account::Role::Admin).await;
    app.visitor().submit("/rpc/forgot-password", &[("email", &colleague.email)]).await;
    let is_it = |mail: &Received| mail.header("Subject") == Some("Reset your Dues password");
    let mail = || smtp.received().into_iter().find(is_it);
    eventually("the link is mailed", async || mail().is_some()).await;
    let link = mail().unwrap().link().unwrap();
    let (path, token) = (link.strip_prefix(APP_URL).unwrap(), link.rsplit('/').next().unwrap());
    planted.add("the token of a new password", token);
    planted.add("a new password", NEW_PASSWORD);
    let visitor = app.visitor();
    visitor.get(path).await;
    visitor.submit("/rpc/set-password", &[("token", token), ("password", NEW_PASSWORD)]).await;

    for number in 0..2 {
        let request_body = json!({ "name": format!("key {number}"), "scopes": ["read", "billing"] });
        let made = owner.post_keyed(KEYS, &format!("make-{number}"), &request_body).await.expect(201);
        planted.add_key("an API key", text(&made, "key"));
        bearer.send(bearer.request(Method::GET, "/billing/usage").bearer_auth(text(&made, "key"))).await.expect(200);
    }
    planted.add_key("an invented API key", INVENTED_KEY);
    bearer
        .send(bearer.request(Method::GET, "/billing/usage").bearer_auth(INVENTED_KEY))
        .await
        .refused(401, "unauthenticated");
    owner.submit("/rpc/create-key", &[("name", "By form"), ("scopes", "read")]).await;
}

/// Sets up, guesses and uses a second factor.
async fn use_a_second_factor(app: &TestApp, owner: &Owner, planted: &mut Planted) {
    let admin = app.colleague_of(owner, domain::account::Role::Admin).await;
    let factor = Factor::set_up(&admin).await;
    planted.add("the secret of a second factor", &factor.secret);
    for code in &factor.codes {
        planted.add("a recovery code", code);
        planted.add("a recovery code without its dashes", &code.replace('-', ""));
    }
    let log_in = |code: &str| json!({ "email": admin.email, "password": PASSWORD, "code": code });
    let visitor = app.visitor();
    visitor.post("/api/v1/auth/login", &log_in("000000")).await.refused(401, "invalid_code");
    visitor.post("/api/v1/auth/login", &log_in(&factor.codes[0])).await.expect(200);
    visitor.submit("/rpc/confirm", &[("code", &factor.codes[1])]).await;
}

/// Stores secrets of a workspace, and creates a webhook endpoint.
async fn use_white_label(app: &TestApp, owner: &Owner, receiver: &Receiver, planted: &mut Planted) {
    for (key, value) in [
        ("polar_api_key", REFUSED_KEY),
        ("polar_api_key", POLAR_KEY),
        ("polar_organization_id", "org-123"),
        ("stripe_secret_key", STRIPE_KEY),
    ] {
        if value != "org-123" {
            planted.add("a key of a workspace's own account", value);
        }
        owner.post_keyed("/tenant/secrets", value, &json!({ "key": key, "value": value })).await.expect(201);
        owner.get("/billing/tenant/products").await;
    }
    for provider in ["polar", "stripe"] {
        owner.get(&format!("/billing/tenant/customers?provider={provider}")).await.expect(200);
    }
    app.stripe.gate.close();
    owner.get("/billing/tenant/customers?provider=stripe").await.refused(503, "provider_unavailable");
    app.stripe.gate.open();

    let made = owner.post_keyed(ENDPOINTS, "endpoint", &json!({ "url": receiver.url() })).await.expect(201);
    planted.add_key("an endpoint's secret", text(&made, "secret"));
    let path = format!("{ENDPOINTS}/{}", text(&made, "id"));
    let rotated = owner.post_keyed(&format!("{path}/rotate-secret"), "rotate", &json!({})).await.expect(200);
    planted.add_key("an endpoint's next secret", text(&rotated, "secret"));
    owner.post(&format!("{path}/test"), &json!({})).await.expect(202);
    eventually("a webhook is delivered", async || !receiver.taken().is_empty()).await;
}

/// Pays with a card at the provider. Also sends card numbers to Dues, which must not store them.
async fn buy_a_plan(app: &TestApp, owner: &Owner, planted: &mut Planted) {
    for card in [CARD, CARD_AS_TYPED] {
        planted.add("a card", card);
        owner.post("/api/v1/billing/checkout", &json!({ "plan": card })).await.refused_field("plan");
        owner.submit("/rpc/checkout", &[("plan", card), ("card_number", card)]).await;
    }
    let back = app.stripe.pay(&owner.checkout("pro").await).await;
    assert_eq!(owner.get(&back).await.status, 200);
    let portal = owner.post("/api/v1/billing/portal", &json!({})).await.expect(200);
    planted.add("a page of the portal", text(&portal, "url").rsplit(['/', '=']).next().unwrap());
    owner.get("/api/v1/billing/invoices").await.expect(200);
    owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
}

/// Sends events with sensitive fields, with valid and invalid signatures.
async fn send_provider_events(app: &TestApp, polar: Option<&TestPolar>, planted: &mut Planted) {
    const CLIENT_SECRET: &str = "seti_1planted_secret_plantedplanted";
    planted.add("a client's secret at the provider", CLIENT_SECRET);
    let charge = json!({ "id": "ch_1", "client_secret": CLIENT_SECRET, "number": CARD });
    let event = json!({ "id": "evt_planted", "type": "customer.subscription.updated", "data": { "object": charge } });
    let body = event.to_string();
    let (believed, not) = if let Some(polar) = polar {
        let headers = standard_headers(polar.webhook_secret.as_bytes(), "planted", now_secs(), &body);
        let visitor = app.visitor();
        let mut request = visitor.request(Method::POST, "/billing/webhook/polar").body(body.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let wrong = visitor.request(Method::POST, "/billing/webhook/polar").body(body);
        (visitor.send(request).await, visitor.send(wrong).await)
    } else {
        (app.send_stripe_event(&body).await, app.webhook(Some("t=1,v1=00"), &body).await)
    };
    assert_eq!((believed.status, not.status), (200, 400), "{believed:?} {not:?}");
}

#[rstest]
#[tokio::test]
async fn no_secret_key_token_or_card_is_in_the_database_or_in_the_log(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] provider: Provider,
) {
    let (smtp, receiver) = (TestSmtp::start().await, Receiver::start().await);
    let (plan, _keys) = TestApp::on(engine)
        .in_a_process()
        .with("RUST_LOG", "debug")
        .with("SMTP_URL", &smtp.url())
        .with("WEBHOOKS_ALLOW_PRIVATE", "1")
        .with_firebase()
        .await;
    let (mut app, polar) = match provider {
        Provider::Stripe => (plan.start().await, None),
        Provider::Polar => {
            let (app, polar) = TestPolar::start_in(Host::OwnProcess, engine, plan.settings).await;
            (app, Some(polar))
        }
    };
    let mut planted = Planted::default();
    planted.add("SECRETS_KEY", SECRETS_KEY);
    for (what, value) in
        app.settings_named(&["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "POLAR_API_KEY", "POLAR_WEBHOOK_SECRET"])
    {
        planted.add(what, value);
    }
    let owner = app.owner().await;
    use_credentials(&app, &smtp, &owner, &mut planted).await;
    use_a_second_factor(&app, &owner, &mut planted).await;
    use_white_label(&app, &owner, &receiver, &mut planted).await;
    buy_a_plan(&app, &owner, &mut planted).await;
    send_provider_events(&app, polar.as_ref(), &mut planted).await;
    let mut log = app.server.log();

    // The mail server cannot be reached, and its URL has a password.
    planted.add("the password of SMTP_URL", MAIL_PASSWORD);
    app.set("SMTP_URL", &format!("smtp://dues:{MAIL_PASSWORD}@127.0.0.1:1?tls=none"));
    assert_eq!(app.server.terminate().await.code(), Some(0));
    app.restart().await;
    app.visitor().submit("/rpc/forgot-password", &[("email", &owner.email)]).await;
    eventually("a mail has failed", async || app.server.log().contains("failed to run a job, will retry")).await;
    log.push_str(&app.server.log());

    assert!(log.contains("sqlx::query") && log.contains("\"DEBUG\""), "the log has debug level");
    planted.assert_absent("the log", log.as_bytes());
    let database = app.whole_database().await;
    let is_seen = database
        .iter()
        .any(|(_, bytes)| bytes.windows(owner.email.len()).any(|window| window == owner.email.as_bytes()));
    assert!(is_seen, "a known value is found by the same search");
    for (place, bytes) in database {
        planted.assert_absent(&place, &bytes);
    }
}
