//! Replays every call of the users' documents as each caller that may make it.

mod document;
mod events;
mod shape;
mod table;
mod tenant_account;

use std::collections::BTreeMap;

use domain::{account::Role, tenant::scope::Scope};
use reqwest::{Method, header};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, TestApp, examples, id_token, operation};
use document::{Call, Caller, Document, Given, documents};
use table::Row;

/// The origins to which the documents' checkouts return.
const REDIRECT_ORIGINS: &str = "https://app.dartstream.io,https://app.backflow.dev,https://yourapp.com";

#[rstest]
#[tokio::test]
async fn documented_calls_get_their_documented_responses(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let plan = || TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", REDIRECT_ORIGINS).with_firebase();
    let ((selling, _keys), (giving, _other_keys)) = tokio::join!(plan(), plan());
    let (selling, giving) = tokio::join!(selling.start(), giving.with("PAYMENT_PROVIDER", "none").start());
    let mut rows = Vec::new();
    for Document { name: document, calls, events } in documents() {
        for call in &calls {
            let app = if call.given.provider.as_deref() == Some("none") { &giving } else { &selling };
            for caller in &call.callers {
                let differences = replay(app, call, *caller).await;
                rows.push(Row {
                    document: document.clone(),
                    call: call.name.clone(),
                    caller: caller.to_string(),
                    differences,
                });
            }
        }
        for event in &events {
            rows.push(Row {
                document: document.clone(),
                call: format!("{} at {}", event.r#type, event.path),
                caller: "Stripe's signature".to_owned(),
                differences: events::replay(engine, event).await,
            });
        }
    }
    assert!(table::print(engine, &rows), "a response differs from its document: see the table");
}

/// The bodies in the users' documents are examples in `/openapi.json`.
#[test]
fn documented_bodies_are_examples_in_the_openapi_document() {
    for Document { name: document, calls, .. } in documents() {
        for call in calls {
            let what = format!("{document}: {}", call.name);
            let operation = operation(&call.method, &call.path).unwrap_or_else(|| panic!("{what}: nothing is there"));
            if let Some(body) = &call.body
                && (200..300).contains(&call.status)
            {
                assert!(shows(&operation.is["requestBody"], body), "{what}: no example equals the documented body");
            }
            if let Some(answer) = &call.answer
                && ((200..300).contains(&call.status) || call.status == 402)
            {
                let answers = &operation.is["responses"][call.status.to_string()];
                assert!(shows(answers, answer), "{what}: no example equals the documented answer");
            }
        }
    }
}

fn shows(place: &Value, printed: &Value) -> bool {
    let content = &place["content"]["application/json"];
    examples(content).any(|example| shape::differences(printed, &BTreeMap::new(), example).is_empty())
}

/// Makes the call in a new workspace and returns the differences.
async fn replay(app: &TestApp, call: &Call, caller: Caller) -> Vec<String> {
    let owner = workspace(app, &call.given).await;
    let call = if call.given.own_account { &tenant_account::with_ids(app, &owner, call).await } else { call };
    let answer = send(app, &owner, call, caller).await;
    let mut differences = Vec::new();
    if answer.status != call.status {
        differences.push(format!("answered {} {}", answer.status, answer.text));
    } else if let Some(printed) = &call.answer {
        differences.extend(shape::differences(printed, &call.varies, &answer.json()));
    }
    differences
}

async fn workspace(app: &TestApp, given: &Given) -> Owner {
    let Given { plan, cycle, used, provider: _, own_account: _ } = given;
    let owner = match plan {
        Some(plan) => app.owner_with_order(&json!({ "plan": plan, "billingCycle": cycle })).await,
        None => app.owner().await,
    };
    let used: Vec<_> = used.iter().map(|(feature, used)| (feature.as_str(), *used)).collect();
    app.record_usage(&owner, &used).await;
    owner
}

async fn send(app: &TestApp, owner: &Owner, call: &Call, caller: Caller) -> Answer {
    let (browser, token) = credentials(app, owner, caller).await;
    let browser = browser.as_ref().unwrap_or(owner);
    let mut request = browser.request(call.method.parse::<Method>().unwrap(), &call.path);
    for (name, value) in &call.headers {
        let is_bearer = name.eq_ignore_ascii_case(header::AUTHORIZATION.as_str());
        request = match (is_bearer, &token) {
            (true, Some(token)) => request.bearer_auth(token),
            // A session needs no header.
            (true, None) => request,
            (false, _) => request.header(name, value.replace("<active tenant ID>", owner.tenant.as_str())),
        };
    }
    if let Some(mut body) = call.body.clone() {
        if let (Caller::NewAccount, Some(email)) = (caller, body["email"].as_str()) {
            body["idToken"] = id_token(email).into();
        }
        request = request.body(body.to_string());
    }
    browser.send(request).await
}

/// Returns the browser of the caller (`None` for the owner's browser) and the bearer token that it sends, if any.
async fn credentials(app: &TestApp, owner: &Owner, caller: Caller) -> (Option<Browser>, Option<String>) {
    let bearing = |token: String| (Some(app.visitor()), Some(token));
    match caller {
        Caller::Owner => (None, None),
        Caller::Anonymous | Caller::NewAccount => (Some(app.visitor()), None),
        Caller::Admin => (Some(app.colleague_of(owner, Role::Admin).await.browser), None),
        Caller::Member => (Some(app.member_of(owner).await), None),
        Caller::ReadKey => bearing(app.key_of(owner, &[Scope::Read]).await.key),
        Caller::BillingKey => bearing(app.key_of(owner, &[Scope::Billing]).await.key),
        Caller::SecretsKey => bearing(app.key_of(owner, &[Scope::Secrets]).await.key),
        Caller::AdminToken => bearing(token_with_role(Role::Admin, app, owner).await),
        Caller::MemberToken => bearing(token_with_role(Role::Member, app, owner).await),
    }
}

async fn token_with_role(role: Role, app: &TestApp, owner: &Owner) -> String {
    app.known_id_token(&app.colleague_of(owner, role).await.email).await
}
