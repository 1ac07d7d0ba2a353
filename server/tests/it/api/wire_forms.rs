//! Alternative encodings of input: compressed bodies, numbers with a decimal point, URLs beyond ASCII.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, TestApp, now_secs, signature, standard_headers};

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

async fn encoded(browser: &Browser, path: &str, coding: &str, body: Vec<u8>) -> Answer {
    let kind = if path.starts_with("/rpc/") { "application/x-www-form-urlencoded" } else { "application/json" };
    let request = browser.request(Method::POST, path).header("content-type", kind).header("accept", "text/html");
    browser.send(request.header("content-encoding", coding).body(body)).await
}

#[rstest]
#[tokio::test]
async fn only_gzip_is_decoded_and_its_size_is_bounded(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "usage,secrets").await;
    let consume = "/api/v1/billing/features/ai_tokens/consume";
    let plain = json!({ "amount": 3 }).to_string();
    assert_eq!(encoded(&service, consume, "gzip", gzip(plain.as_bytes())).await.expect(200)["used"], 3);
    let event = json!([{ "specversion": "1.0", "id": "e", "source": "/t", "type": "ai_tokens" }]).to_string();
    let taken = encoded(&service, "/api/v1/usage/events", "gzip", gzip(event.as_bytes())).await;
    assert_eq!(taken.expect(200)["accepted"], 1);
    let dark = encoded(&owner, "/rpc/theme", "gzip", gzip(b"theme=dark&back=/membership")).await;
    assert_eq!((dark.leads_to(), owner.cookie("theme").as_deref()), ("/membership", Some("dark")));

    for (path, most) in [(consume, 256 << 10), ("/api/v1/usage/events", 1 << 20), ("/rpc/theme", 64 << 10)] {
        let bomb = gzip(&vec![b' '; most + 1]);
        encoded(&service, path, "gzip", bomb).await.refused(413, "payload_too_large");
        encoded(&service, path, "gzip", plain.clone().into_bytes()).await.refused(400, "unreadable_body");
        for coding in ["br", "deflate", "zstd", "gzip, gzip"] {
            let answer = encoded(&service, path, coding, gzip(plain.as_bytes())).await;
            answer.refused(415, "unsupported_media_type");
        }
    }
    assert_eq!(encoded(&service, consume, "identity", plain.clone().into_bytes()).await.status, 200);
}

#[rstest]
#[tokio::test]
async fn a_signed_body_that_is_no_event_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let secret = "polar_whs_0123456789abcdef0123456789abcdef";
    let app =
        TestApp::on(engine).with("POLAR_API_KEY", "polar_oat_test").with("POLAR_WEBHOOK_SECRET", secret).start().await;
    let bodies: [&[u8]; 8] = [b"[]", b"{}", b"null", b"", b"{", b"\xff", b"{\"id\":\"\",\"type\":\"\"}", b"7"];
    let compressed = gzip(b"{\"id\":\"evt_1\",\"type\":\"invoice.paid\"}");
    for body in bodies.into_iter().chain([compressed.as_slice()]) {
        for path in ["/webhooks/billing/stripe", "/api/v1/billing/webhook"] {
            let send = async |signature: &str| {
                let visitor = app.visitor();
                let request = visitor.request(Method::POST, path).header("stripe-signature", signature);
                visitor.send(request.body(body.to_vec())).await
            };
            let signed = signature(&app.stripe.webhook_secret, now_secs(), body);
            send(&signed).await.refused(400, "invalid_event");
            let other = signature("whsec_another", now_secs(), body);
            send(&other).await.refused(400, "invalid_signature");
            let visitor = app.visitor();
            let request = visitor.request(Method::POST, path).header("stripe-signature", &signed);
            let encoded = visitor.send(request.header("content-encoding", "gzip").body(body.to_vec())).await;
            encoded.refused(415, "unsupported_media_type");
            assert!(encoded.text.contains("without Content-Encoding"), "{}", encoded.text);
        }
        let Ok(text) = std::str::from_utf8(body) else { continue };
        let visitor = app.visitor();
        let mut request = visitor.request(Method::POST, "/billing/webhook/polar").body(text.to_owned());
        for (name, value) in standard_headers(secret.as_bytes(), "msg_1", now_secs(), text) {
            request = request.header(name, value);
        }
        visitor.send(request).await.refused(400, "invalid_event");
    }
    assert_eq!(app.stored_events().await, 0);
}

#[rstest]
#[tokio::test]
async fn a_workspace_may_be_named_in_any_case(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let key = app.api_key(&owner.tenant, "read").await;
    let id = owner.tenant.as_str();
    for named in [id.to_ascii_uppercase(), format!("  {id}  "), format!("{} ", id.to_ascii_uppercase())] {
        let session = owner.request(Method::GET, "/api/v1/billing/status").header("x-tenant-id", &named);
        owner.send(session).await.expect(200);
        let visitor = app.visitor();
        let bearer = visitor.request(Method::GET, "/billing/subscription").header("x-tenant-id", &named);
        visitor.send(bearer.bearer_auth(&key)).await.expect(200);
    }
    let other = owner.request(Method::GET, "/api/v1/billing/status").header("x-tenant-id", format!("{id}x"));
    owner.send(other).await.refused(404, "tenant_not_found");
}

#[rstest]
#[tokio::test]
async fn a_whole_number_may_have_a_decimal_point(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "usage").await;
    let feature = |action: &str| format!("/api/v1/billing/features/websocket_connections/{action}");
    let post = async |path: &str, body: &str| {
        let request = service.request(Method::POST, path).header("content-type", "application/json");
        service.send(request.body(body.to_owned())).await
    };
    assert_eq!(post(&feature("consume"), "{\"amount\":2.0}").await.expect(200)["used"], 2);
    assert_eq!(post(&feature("consume"), "{\"amount\":1e0}").await.expect(200)["used"], 3);
    assert_eq!(post(&feature("release"), "{\"amount\":1.0}").await.expect(200)["used"], 2);
    post(&feature("consume"), "{\"amount\":1.5}").await.refused_field("amount");
    post(&feature("consume"), "{\"amount\":-1.0}").await.refused_field("amount");
    post("/api/v1/billing/consume", "{\"features\":{\"ai_tokens\":5.0}}").await.expect(200);
    post("/api/v1/billing/consume", "{\"features\":{\"ai_tokens\":5.5}}").await.refused_field("features");
    let set = service.request(Method::PUT, &feature("usage")).header("content-type", "application/json");
    assert_eq!(service.send(set.body("{\"value\":4.0}")).await.expect(200)["used"], 4);
    let event = |id: &str, amount: &str| {
        format!(
            "{{\"specversion\":\"1.0\",\"id\":\"{id}\",\"source\":\"/t\",\"type\":\"ai_tokens\",\"data\":{{\"amount\":{amount}}}}}"
        )
    };
    let batch = format!("[{},{}]", event("a", "7.0"), event("b", "7.5"));
    let taken: Value = post("/api/v1/usage/events", &batch).await.expect(200);
    assert_eq!((&taken["accepted"], &taken["rejected"][0]["index"]), (&json!(1), &json!(1)), "{taken}");
    let checked = service.get(&format!("{}?amount=1.0", feature("check"))).await;
    assert_eq!(checked.expect(200)["isValid"], true);
    service.get(&format!("{}?amount=1.5", feature("check"))).await.refused_field("amount");
    owner.get("/api/v1/tenant/audit?limit=1.0").await.expect(200);
    owner.get("/api/v1/tenant/audit?limit=1.5").await.refused_field("limit");
}

#[rstest]
#[tokio::test]
async fn a_return_url_may_hold_any_letters(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", "https://bücher.test").start().await;
    let owner = app.owner().await;
    let order = |success: &str, cancel: &str| json!({ "type": "subscription", "planId": "starter", "successUrl": success, "cancelUrl": cancel });
    let umlauts = order("http://dues.test/zurück?für={CHECKOUT_SESSION_ID}", "https://bücher.test/日本");
    let url = owner.post("/api/v1/billing/checkout", &umlauts).await.expect(200)["checkoutUrl"].clone();
    let back = app.stripe.pay(url.as_str().unwrap()).await;
    assert!(back.starts_with("http://dues.test/zur%C3%BCck?f%C3%BCr=cs_"), "{back}");
    for foreign in ["https://evil.test/ü", "https://dues.test\\@evil.test/ü", "http://dues.test/ü ", "ü"] {
        let refused = owner.post("/api/v1/billing/checkout", &order(foreign, "http://dues.test/")).await;
        refused.refused_field("successUrl");
    }
}
