//! The page of API keys, by forms.

use super::*;

/// The first feature of the default catalog that is counted by period.
const FEATURE: &str = "api_requests";

#[rstest]
#[tokio::test]
async fn a_key_created_on_the_page_is_shown_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).logging_everything().start().await;
    let owner = app.owner().await;
    let form =
        [("name", "Staging <gateway>"), ("scopes[]", "billing"), ("scopes[]", "read"), ("expiresAt", "2099-01-31")];
    let answer = owner.submit("/rpc/make-key", &form).await;
    assert_eq!(answer.leads_to(), PAGE);
    let cookie = answer.header(header::SET_COOKIE.as_str()).unwrap();
    assert!(cookie.contains("Path=/settings/keys") && cookie.contains("HttpOnly"), "{cookie}");
    let kept = owner.cookie("fresh_key").unwrap();
    let key = kept.rsplit('.').next().unwrap().to_owned();
    assert!(answer.text.is_empty() || !answer.text.contains(&key));

    let page = owner.get(PAGE).await;
    assert!(page.text.contains(&key) && page.text.contains("Staging &lt;gateway&gt;"), "{}", page.text);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(owner.cookie("fresh_key"), None, "it is deleted once it was shown");
    let check = format!("/api/v1/billing/features/{FEATURE}/check?amount=1");
    let command = format!("curl '{APP_URL}{check}' \\\n  -H 'authorization: Bearer {key}'");
    assert!(page.text.contains(&command), "{}", page.text);
    assert_eq!(ask(&app.visitor(), &json!(key), &check).await.status, 200, "the command works");
    let again = owner.get(PAGE).await;
    let secret = key.rsplit('_').next().unwrap();
    assert!(!again.text.contains(secret) && again.text.contains("31\u{a0}Jan\u{a0}2099"), "{}", again.text);
    assert_eq!(ask(&app.visitor(), &json!(key), STATUS).await.status, 200);
    assert_eq!(list(&owner).await[0]["expiresAt"], "2099-01-31T23:59:59Z");
    app.server.assert_not_logged("a key", secret);

    // A browser in another workspace does not show the key, even with the cookie.
    let stranger = app.owner().await;
    stranger.set_cookie("fresh_key", &kept);
    assert!(!stranger.get(PAGE).await.text.contains(secret));
}

#[rstest]
#[tokio::test]
async fn a_key_form_that_is_sent_twice_creates_one_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let page = owner.get(PAGE).await;
    let form_key = page.text.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("name", "Gateway"), ("scopes[]", "read"), ("key", form_key)];
    let mut keys = Vec::new();
    for _ in 0..2 {
        assert_eq!(owner.submit("/rpc/make-key", &form).await.leads_to(), PAGE);
        keys.push(owner.cookie("fresh_key").unwrap());
    }
    assert_eq!(keys[0], keys[1], "the repeat shows the same key");
    assert_eq!(list(&owner).await.len(), 1);
    let edited = [("name", "Gateway 2"), ("scopes[]", "read"), ("key", form_key)];
    assert_eq!(owner.submit("/rpc/make-key", &edited).await.leads_to(), PAGE);
    assert_eq!(list(&owner).await.len(), 2, "an edited form is a new request");
}

#[rstest]
#[tokio::test]
async fn on_https_the_cookie_of_a_fresh_key_is_secure(#[values(Engine::Sqlite)] engine: Engine) {
    let app = TestApp::on(engine).with("APP_URL", &APP_URL.replace("http:", "https:")).start().await;
    let owner = app.owner().await;
    let answer = owner.submit("/rpc/make-key", &[("name", "x"), ("scopes[]", "read")]).await;
    assert!(answer.header("set-cookie").unwrap().contains("; Secure"), "{answer:#?}");
}

#[rstest]
#[tokio::test]
async fn an_invalid_key_form_creates_no_key_and_keeps_its_input(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for (form, wrong) in [
        (vec![("name", "kept"), ("expiresAt", "2020-01-01")], &["expiresAt", "scopes"][..]),
        (vec![("name", "kept"), ("scopes[]", "fly")], &["scopes"]),
        (vec![("name", "kept"), ("scopes[]", "read"), ("expiresAt", "soon")], &["expiresAt"]),
    ] {
        let answer = owner.submit("/rpc/make-key", &form).await;
        let back = answer.leads_to();
        assert!(back.starts_with("/settings/keys?code=validation_error"), "{back}");
        for field in wrong {
            assert!(back.contains(&format!("wrong={field}")), "{back}");
        }
        let page = owner.get(back).await;
        assert!(page.text.contains("a correction") && page.text.contains("value=\"kept\""), "{}", page.text);
    }
    assert_eq!(owner.submit("/rpc/make-key", &[]).await.status, 303);
    assert!(list(&owner).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn revoking_a_key_on_the_page_asks_for_confirmation(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let made = make(&owner, "Gateway", &["read"]).await;
    let id = made["id"].as_str().unwrap();
    let question = owner.get(&format!("{PAGE}?revoke={id}")).await;
    assert!(question.text.contains("Revoke “Gateway”?") && question.text.contains("/rpc/revoke-key"));
    assert_eq!(ask(&app.visitor(), &made["key"], STATUS).await.status, 200, "the question alone revokes nothing");
    let answer = owner.submit("/rpc/revoke-key", &[("id", id)]).await;
    assert_eq!(answer.leads_to(), "/settings/keys?code=revoked");
    assert!(owner.get(answer.leads_to()).await.text.contains("Key revoked"));
    ask(&app.visitor(), &made["key"], STATUS).await.refused(401, "unauthenticated");
    assert!(owner.get(&format!("{PAGE}?revoke={id}")).await.text.contains("Key not found"));
    let unknown = owner.submit("/rpc/revoke-key", &[("id", "\0")]).await;
    assert_eq!(unknown.leads_to(), "/settings/keys?code=not_found");
}

#[rstest]
#[tokio::test]
async fn a_member_sees_no_keys_and_can_change_none(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let member = app.member_of(&owner).await;
    let made = make(&owner, "Gateway", &["read"]).await;
    let id = made["id"].as_str().unwrap();
    for path in [PAGE.to_owned(), format!("{PAGE}?revoke={id}")] {
        let page = member.get(&path).await;
        assert!(!page.text.contains("Gateway") && page.text.contains("You’re a member."), "{}", page.text);
        assert!(!page.text.contains("/rpc/make-key") && !page.text.contains("/rpc/revoke-key"), "{}", page.text);
    }
    for (door, form) in
        [("/rpc/make-key", [("name", "x"), ("scopes[]", "read")]), ("/rpc/revoke-key", [("id", id), ("", "")])]
    {
        let back = member.submit(door, &form).await;
        assert_eq!(back.leads_to(), "/settings/keys?code=admin_required");
        assert!(member.get(back.leads_to()).await.text.contains("Only owners and admins"));
    }
    assert_eq!(ask(&app.visitor(), &made["key"], STATUS).await.status, 200);
    let visitor = app.visitor();
    assert_eq!(visitor.get(PAGE).await.leads_to(), "/login?next=%2Fsettings%2Fkeys");
    assert_eq!(visitor.submit("/rpc/revoke-key", &[("id", id)]).await.leads_to(), "/login?code=session_over");
}
