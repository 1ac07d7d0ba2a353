//! Very large input of a signed-in user, so that it reaches the code behind the session.

use std::{collections::BTreeSet, time::Duration};

use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;

use super::{FORM, JSON, MAX_CPU_PER_REQUEST, bodies, fields::fields, repeated};
use crate::harness::{Engine, Owner, TestApp, operations};

/// Slightly below the limits of a form's and a call's body.
const FORM_BYTES: usize = 60 * 1024;
const JSON_BYTES: usize = 250 * 1024;
/// The size of a response head that proxies accept.
const MAX_LOCATION_BYTES: usize = 8 * 1024;
/// Letters, combined letters, digits, lists of addresses, and text with separators.
const TEXTS: [&str; 5] = ["%C3%BC", "a%CC%88", "9", "1.1.1.1%2C", "a%40-%20"];

async fn app(engine: Engine) -> TestApp {
    TestApp::on(engine)
        .in_a_process()
        .with("RATE_LIMIT_ADDRESS", "0")
        .with("RATE_LIMIT_PERSON", "0")
        .with("RATE_LIMIT_KEY", "0")
        .with("WEBHOOKS_ALLOW_PRIVATE", "1")
        .start()
        .await
}

async fn operator(app: &TestApp) -> Owner {
    let owner = app.owner().await;
    let output = app.command(&["operator", "add", "--email", &owner.email]).await;
    assert!(output.status.success(), "{output:?}");
    app.add_second_factor(&owner.email).await;
    owner
}

/// A valid value of a field, so that validation reaches the next one.
fn plausible<'a>(name: &str, tenant: &'a str) -> &'a str {
    match name.trim_end_matches("[]") {
        "tenant" => tenant,
        "email" | "customer_email" => "new%40example.com",
        "url" | "success_url" | "cancel_url" => "http%3A%2F%2F127.0.0.1%3A1025%2F",
        "password" | "current" => "correct+horse+battery+staple",
        "role" => "member",
        "plan" => "scale",
        "cycle" => "monthly",
        "currency" => "usd",
        "scopes" => "read",
        "feature" | "correctFeature" => "projects",
        "price" | "amount" | "limit" => "7",
        "planUntil" | "limitUntil" | "expiresAt" => "2099-01-01",
        "state" => "won",
        "to" => "off",
        "when" => "now",
        _ => "x",
    }
}

/// Returns forms with all fields, in each of which one field is large.
fn enlarged(fields: &[String], tenant: &str) -> Vec<String> {
    let mut all = Vec::new();
    for large in fields {
        let others = fields.iter().filter(|name| *name != large);
        let others: String = others.map(|name| format!("{name}={}&", plausible(name, tenant))).collect();
        for text in TEXTS {
            all.push(repeated(&format!("{others}{large}="), text, "", FORM_BYTES));
            if large.ends_with("[]") {
                let item = format!("{large}={}&", text.repeat(900 / text.len()));
                all.push(format!("{others}{}", item.repeat(60)));
            }
        }
    }
    all
}

#[rstest]
#[tokio::test]
async fn a_large_form_of_a_signed_in_user_is_cheap(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let fields = fields();
    let served: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(
        fields.keys().cloned().collect::<BTreeSet<_>>(),
        served,
        "the fields of some forms were not found in the source"
    );
    let (desk, mut owner) = (operator(&app).await, app.owner().await);
    for (path, fields) in &fields {
        let is_of_desk = path.starts_with("/rpc/operator-");
        let any = bodies(&[FORM_BYTES]).into_iter().filter(|(_, kind, _)| *kind == FORM).map(|(_, _, body)| body);
        let mut cost = Duration::ZERO;
        let mut sent = 0;
        for body in any.chain(enlarged(fields, desk.tenant.as_str())) {
            let mut drawn = if is_of_desk { desk.drawn_for().await } else { owner.drawn_for().await };
            if !drawn.contains("tenant=") {
                // The previous form has signed the user out, or they have left the workspace.
                owner = app.owner().await;
                drawn = owner.drawn_for().await;
            }
            let sender = if is_of_desk { &desk } else { &owner };
            let address = format!("{path}{drawn}");
            let request = sender.request(Method::POST, &address).header("accept", "text/html");
            let request = request.header("content-type", FORM).body(body);
            let before = app.server.cpu();
            let answer = sender.send(request).await;
            cost += app.server.cpu().saturating_sub(before);
            sent += 1;
            let leads_to = answer.header("location").unwrap_or_default();
            let is_seen = !leads_to.starts_with("/form-refused") && !leads_to.contains("code=session_over");
            assert!(answer.status < 500 && is_seen, "{address}: {answer:#?}");
            assert!(leads_to.len() < MAX_LOCATION_BYTES, "{address} leads to {leads_to}");
        }
        let cost = cost / sent;
        assert!(cost < MAX_CPU_PER_REQUEST, "{path} costs {cost:?} a request");
    }
}

/// Replaces every string with `text`.
fn fill(value: &mut Value, text: &str) {
    match value {
        Value::String(value) => text.clone_into(value),
        Value::Array(all) => all.iter_mut().for_each(|one| fill(one, text)),
        Value::Object(fields) => fields.values_mut().for_each(|one| fill(one, text)),
        _ => {}
    }
}

#[rstest]
#[tokio::test]
async fn a_large_call_of_a_signed_in_user_is_cheap(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let is_open = |ways: &Value| ways.as_array().unwrap().iter().any(|way| way.get("session").is_some());
    let calls: Vec<_> =
        operations().filter(|operation| operation.method != "get" && is_open(&operation.is["security"])).collect();
    assert!(calls.len() > 20, "some calls with a session are missing: {}", calls.len());
    for operation in calls {
        let path: Vec<_> =
            operation.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let (method, path): (Method, _) = (operation.method.to_uppercase().parse().unwrap(), path.join("/"));
        let any = bodies(&[FORM_BYTES, JSON_BYTES]).into_iter().filter(|(_, kind, _)| *kind == JSON);
        let mut sent: Vec<_> = any.map(|(_, _, body)| body).collect();
        if let Some(example) = operation.example() {
            for text in ["ü", "9", "1.1.1.1,", "[\"a\"]"] {
                let mut large = example.clone();
                fill(&mut large, &text.repeat(20_000 / text.len()));
                sent.push(large.to_string());
            }
        }
        let mut cost = Duration::ZERO;
        for body in &sent {
            let request = owner.request(method.clone(), &path).header("content-type", JSON).body(body.clone());
            let before = app.server.cpu();
            let answer = owner.send(request).await;
            cost += app.server.cpu().saturating_sub(before);
            assert!(answer.status < 500 && answer.status != 401, "{method} {path}: {answer:#?}");
        }
        let cost = cost / u32::try_from(sent.len()).unwrap();
        assert!(cost < MAX_CPU_PER_REQUEST, "{method} {path} costs {cost:?} a request");
    }
}
