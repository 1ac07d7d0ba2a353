//! Limits of sign-ups by address and in total.

use std::time::Instant;

use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, PASSWORD, TestApp};

const SIGN_UP: &str = "/api/v1/auth/signup";

fn request_body(number: usize) -> Value {
    json!({ "email": format!("ada{number}@flood.test"), "password": PASSWORD })
}

async fn sign_up(visitor: &Browser, from: &str, number: usize) -> Answer {
    let request = visitor.request(Method::POST, SIGN_UP).header("x-forwarded-for", from);
    visitor.send(request.json(&request_body(number))).await
}

#[rstest]
#[tokio::test]
async fn sign_ups_are_limited_by_address_and_in_total(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine)
        .with("SIGNUP_LIMIT_ADDRESS", "4")
        .with("SIGNUP_LIMIT_ALL", "6")
        .with("TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let owner = app.owner().await;
    let visitor = app.visitor();
    for number in 0..4 {
        sign_up(&visitor, "203.0.113.1", number).await.expect(201);
    }
    for number in [4, 5, 0] {
        let refused = sign_up(&visitor, "203.0.113.1", number).await;
        refused.refused(429, "throttled");
        let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
    }
    let form = visitor.request(Method::POST, "/rpc/signup").header("x-forwarded-for", "203.0.113.1");
    let form = visitor.send(form.form(&[("email", "eve@flood.test"), ("password", PASSWORD)])).await;
    assert!(form.leads_to().starts_with("/signup?code=throttled&wait="), "{form:#?}");
    // Invalid and refused sign-ups do not count.
    let request = visitor.request(Method::POST, SIGN_UP).header("x-forwarded-for", "203.0.113.2");
    visitor.send(request.json(&json!({ "email": "no", "password": "short" }))).await.refused(400, "validation_error");
    for number in [6, 7] {
        sign_up(&visitor, "203.0.113.2", number).await.expect(201);
    }
    sign_up(&visitor, "203.0.113.3", 8).await.refused(429, "throttled");
    // Existing users can still log in.
    let login = json!({ "email": owner.email, "password": PASSWORD });
    app.visitor().post("/api/v1/auth/login", &login).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_flood_of_sign_ups_delays_no_login(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("SIGNUP_LIMIT_ADDRESS", "0").with("SIGNUP_LIMIT_ALL", "0").start().await;
    let owner = app.owner().await;
    let visitor = std::sync::Arc::new(app.visitor());
    let login = json!({ "email": owner.email, "password": PASSWORD });
    let flood: Vec<_> = (0..150)
        .map(|number| {
            let visitor = visitor.clone();
            tokio::spawn(async move { (visitor.post(SIGN_UP, &request_body(number)).await, Instant::now()) })
        })
        .collect();
    let mut last_login = Instant::now();
    for _ in 0..3 {
        app.visitor().post("/api/v1/auth/login", &login).await.expect(200);
        last_login = Instant::now();
    }
    let answers: Vec<_> = join_all(flood).await.into_iter().map(Result::unwrap).collect();
    let after = answers.iter().filter(|(answer, at)| answer.status == 201 && *at > last_login).count();
    assert!(after > 0, "three logins went before the last of the sign-ups");
    for (answer, _) in &answers {
        match answer.status {
            201 => {}
            503 => {
                answer.refused(503, "busy");
                assert!(answer.header("retry-after").is_some());
            }
            _ => panic!("{answer:#?}"),
        }
    }
    assert!(answers.iter().any(|(answer, _)| answer.status == 503), "the number of waiting sign-ups is bounded");
}
