//! The ids of each page are unique, and what refers to an id finds it: a label without its input has no meaning to a
//! screen reader.

use std::collections::BTreeSet;

use crate::harness::{Engine, TestApp};

/// Attributes whose value is an id, or several.
const REFERENCES: [&str; 5] = ["for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"];

/// Returns the values of an attribute in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Returns what is wrong with the ids of a page.
fn wrong_ids(html: &str) -> Vec<String> {
    let (mut known, mut wrong) = (BTreeSet::new(), Vec::new());
    for id in values(html, "id") {
        if !known.insert(id) {
            wrong.push(format!("{id} is there twice"));
        }
    }
    for attribute in REFERENCES {
        let missing =
            values(html, attribute).into_iter().flat_map(str::split_whitespace).filter(|id| !known.contains(id));
        wrong.extend(missing.map(|id| format!("{attribute}=\"{id}\" leads nowhere")));
    }
    wrong
}

#[test]
fn a_repeated_id_and_a_reference_to_none_are_found() {
    let html =
        r#"<section id="name"><label for="name">A</label><input id="name" aria-describedby="name hint"></section>"#;
    assert_eq!(wrong_ids(html), ["name is there twice", "aria-describedby=\"hint\" leads nowhere"]);
    assert_eq!(wrong_ids(r#"<label for="a">A</label><input id="a">"#), [] as [String; 0]);
}

#[tokio::test]
async fn the_ids_of_every_page_are_unique_and_every_reference_leads_to_one() {
    let app = TestApp::on(Engine::Sqlite).with("WEBHOOKS_ALLOW_PRIVATE", "1").with("PUBLIC_PLANS", "1").start().await;
    let owner = app.owner_on("business").await;
    // Sees the desk, too.
    assert!(app.command(&["operator", "add", "--email", &owner.email]).await.status.success());
    let endpoint = serde_json::json!({ "url": "http://127.0.0.1:1025/hook" });
    let endpoint = owner.post("/api/v1/tenant/webhook-endpoints", &endpoint).await.expect(201);
    let endpoint = endpoint["id"].as_str().unwrap();
    let key = serde_json::json!({ "name": "Key", "scopes": ["read"] });
    let key = owner.post("/api/v1/tenant/api-keys", &key).await.expect(201);
    let tenant = &owner.tenant;
    let filled = |route: &str| match route {
        "/usage/{feature}" => "/usage/ai_tokens".to_owned(),
        "/settings/webhooks/{id}" => format!("/settings/webhooks/{endpoint}"),
        "/docs/{page}" => "/docs/concepts".to_owned(),
        "/docs/api/{tag}" => "/docs/api/billing".to_owned(),
        "/operator/mails/{kind}" => "/operator/mails/payment_failed".to_owned(),
        _ if route.starts_with("/operator/tenants/") => route.replace("{id}", tenant.as_str()),
        _ => route.replace(['{', '}'], ""),
    };
    let routes: Vec<_> = app::Page::all().map(|page| filled(page.path())).collect();
    // The same pages with an error at each field, with a confirmation, and with other content.
    let variants = [
        "/checkout?plan=scale".to_owned(),
        "/settings/workspace?code=validation_error&wrong=name&wrong=workspace".to_owned(),
        "/settings/account?code=validation_error&wrong=current&wrong=password&wrong=email".to_owned(),
        "/settings/keys?code=validation_error&wrong=name&wrong=scopes&wrong=expiresAt&wrong=from".to_owned(),
        format!("/settings/keys?revoke={}", key["id"].as_str().unwrap()),
        "/settings/secrets?code=validation_error&wrong=key&wrong=value".to_owned(),
        "/settings/team?code=validation_error&wrong=email".to_owned(),
        "/settings/webhooks?code=validation_error&wrong=url&wrong=description".to_owned(),
        "/usage/ai_tokens?code=validation_error&wrong=first&wrong=second&wrong=third&wrong=cap".to_owned(),
        "/usage/ai_tokens?step=month&range=year".to_owned(),
        "/membership/enterprise?code=validation_error&wrong=company&wrong=email&wrong=useCases&wrong=notes".to_owned(),
        "/membership?cycle=yearly".to_owned(),
        "/operator/imports?code=validation_error&wrong=provider&wrong=from&wrong=key&wrong=csvProvider&wrong=csv"
            .to_owned(),
    ];
    let mut seen = 0;
    for visitor in [&*owner, &app.visitor()] {
        for path in routes.iter().chain(&variants) {
            let html = visitor.get(path).await.text;
            assert_eq!(wrong_ids(&html), [] as [String; 0], "{path}");
            seen += usize::from(html.contains("<main"));
        }
    }
    assert!(seen > 60, "only {seen} pages were drawn");
}
