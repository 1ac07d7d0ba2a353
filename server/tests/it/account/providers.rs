//! Sign-in with an identity provider: what is accepted, which account it opens, and what a broken provider does.

mod links;
mod returns;
mod stand_in;

use std::time::Duration;

use billing::identity::token::{
    firebase::testing::{Answer as KeyAnswer, Draft, KEY, OTHER_KEY},
    issuer::testing::{ALGORITHMS, key_set, keys_answer},
};
use rstest::rstest;
use serde_json::{Value, json};

use self::stand_in::{SECRET, StandIn, back, begin, callback, challenge, dues_with, prepared, sign_in, sign_in_as};
use crate::harness::{Browser, Engine, PASSWORD, TestApp};

const ME: &str = "/api/v1/auth/me";
const SIGN_UP: &str = "/api/v1/auth/signup";
const LOG_IN: &str = "/api/v1/auth/login";
const COOKIE: &str = "dues_session";
const ADA: &str = "ada@example.com";

async fn me(browser: &Browser) -> Value {
    browser.get(ME).await.expect(200)
}

async fn is_signed_out(browser: &Browser) -> bool {
    browser.get(ME).await.status == 401
}

#[rstest]
#[tokio::test]
async fn the_first_sign_in_opens_an_account_and_the_next_one_finds_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, acme) = dues_with(engine, true).await;
    for page in ["/login", "/signup"] {
        let shown = app.visitor().get(page).await.text;
        assert!(shown.contains("Continue with Acme") && shown.contains("/login/oidc/acme"), "{shown}");
    }
    let ada = app.visitor();
    let sent = begin(&ada).await;
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "dues-client"),
        ("code_challenge_method", "S256"),
        ("scope", "openid email"),
    ] {
        assert_eq!(sent.parameter(name), expected);
    }
    assert_eq!(sent.parameter("redirect_uri"), callback());
    acme.gives(&acme.draft("ada-1", ADA).claim("nonce", sent.parameter("nonce")).signed());
    assert_eq!(ada.get(&sent.back()).await.leads_to(), "/usage");
    let first = me(&ada).await;
    assert_eq!((&first["email"], &first["role"]), (&json!(ADA), &json!("owner")));
    // The code was exchanged with the verifier of the challenge.
    let received = acme.received().pop().unwrap();
    let form: Vec<_> = url::form_urlencoded::parse(received.as_bytes()).into_owned().collect();
    let sent_back = |name: &str| form.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!((sent_back("code").as_str(), sent_back("grant_type").as_str()), ("a-code", "authorization_code"));
    assert_eq!(challenge(&sent_back("code_verifier")), sent.parameter("code_challenge"));

    let again = app.visitor();
    // The address at the provider may change: the user is the same.
    assert_eq!(sign_in(&again, &acme, "ada-1", "countess@example.com").await.leads_to(), "/usage");
    assert_eq!(me(&again).await["userId"], first["userId"]);
    let shown = again.get("/settings/account").await.text;
    assert!(shown.contains(&acme.keys.issuer), "{shown}");
}

#[rstest]
#[tokio::test]
async fn an_id_token_that_is_not_valid_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    type Spoilt = (&'static str, fn(Draft) -> String);
    let spoilt: [Spoilt; 12] = [
        ("for another client", |draft| draft.claim("aud", "other").signed()),
        ("for others as well", |draft| draft.claim("aud", json!(["dues-client", "other"])).signed()),
        ("of another issuer", |draft| draft.claim("iss", "https://id.example.com").signed()),
        ("expired", |draft| draft.moved("exp", -7200).signed()),
        ("of another sign-in", |draft| draft.claim("nonce", "another").signed()),
        ("without a nonce", |draft| draft.without("nonce").signed()),
        ("unsigned", |draft| draft.header("alg", "none").finished(|_| Vec::new())),
        ("keyed with the secret of the client", |draft| draft.header("alg", "HS256").hashed_with(SECRET.as_bytes())),
        ("keyed with the public key", |draft| draft.header("alg", "HS256").hashed_with(&KEY.public_pem())),
        ("by another key under the name of ours", |draft| draft.signed_by(&OTHER_KEY)),
        ("of an unknown key", |draft| draft.header("kid", "key-9").signed_by(&OTHER_KEY)),
        ("without a subject", |draft| draft.without("sub").signed()),
    ];
    let (app, acme) = dues_with(engine, true).await;
    for (name, spoil) in spoilt {
        let browser = app.visitor();
        let answer = sign_in_as(&browser, &acme, acme.draft("ada-1", ADA), spoil).await;
        assert_eq!(answer.status, 401, "{name}: {answer:#?}");
        assert!(browser.cookie(COOKIE).is_none() && is_signed_out(&browser).await, "{name}");
    }
    for algorithm in ALGORITHMS {
        let browser = app.visitor();
        let sent_to = sign_in_as(&browser, &acme, acme.draft("ada-1", ADA), |draft| draft.signed_as(algorithm)).await;
        assert_eq!(sent_to.leads_to(), "/usage", "{algorithm}");
    }
}

#[rstest]
#[tokio::test]
async fn a_return_works_once_in_the_browser_that_was_sent(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    let (ada, eve) = (app.visitor(), app.visitor());
    let sent = begin(&ada).await;
    acme.gives(&acme.draft("ada-1", ADA).claim("nonce", sent.parameter("nonce")).signed());
    // A return to another browser, with another state, with no state or code, or with the provider's error is refused.
    assert_eq!(eve.get(&sent.back()).await.status, 401);
    for wrong in [
        back("another"),
        "/login/oidc/acme/callback?code=a-code".to_owned(),
        "/login/oidc/acme/callback".to_owned(),
        format!("/login/oidc/acme/callback?error=access_denied&state={}", sent.parameter("state")),
    ] {
        let browser = app.visitor();
        begin(&browser).await;
        assert_eq!(browser.get(&wrong).await.status, 401, "{wrong}");
    }
    assert_eq!(acme.received().len(), 0, "no code was exchanged");
    assert_eq!(ada.get(&sent.back()).await.leads_to(), "/usage");
    let replayed = app.visitor();
    assert_eq!(replayed.get(&sent.back()).await.status, 401);
    assert_eq!(ada.get(&sent.back()).await.status, 401);
    assert_eq!(acme.received().len(), 1);
    // An invalid sign-in cookie is refused. A provider that is not configured has no pages.
    let browser = app.visitor();
    let sent = begin(&browser).await;
    browser.set_cookie("provider_sign_in", "made-up");
    assert_eq!(browser.get(&sent.back()).await.status, 401);
    for path in ["/login/oidc/other", "/login/oidc/other/callback?code=a&state=b"] {
        assert_eq!(app.visitor().get(path).await.status, 404, "{path}");
    }
}

#[rstest]
#[tokio::test]
async fn an_account_is_linked_by_an_address_that_both_sides_have_verified(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, acme) = dues_with(engine, true).await;
    let owner = app.owner().await;
    let known = me(&owner).await["userId"].clone();
    let unverified = |verified: Value| acme.draft("o-1", &owner.email).claim("email_verified", verified);
    for draft in
        [unverified(json!(false)), unverified(Value::Null), acme.draft("o-1", &owner.email).without("email_verified")]
    {
        let browser = app.visitor();
        assert_eq!(sign_in_as(&browser, &acme, draft, |draft| draft.signed()).await.status, 409);
        assert!(is_signed_out(&browser).await);
    }
    let browser = app.visitor();
    assert_eq!(sign_in(&browser, &acme, "o-1", &owner.email.to_ascii_uppercase()).await.leads_to(), "/usage");
    assert_eq!(me(&browser).await["userId"], known);
    // Another user of the provider may have the address as well, as an alias.
    let browser = app.visitor();
    sign_in(&browser, &acme, "o-2", &owner.email).await;
    assert_eq!(me(&browser).await["userId"], known);
}

#[rstest]
#[tokio::test]
async fn an_account_with_an_unverified_address_is_not_linked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, acme) = dues_with(engine, true).await;
    // Eve signs up with Ada's address.
    let eve = app.visitor();
    eve.post(SIGN_UP, &json!({ "email": ADA, "password": PASSWORD })).await.expect(201);
    let ada = app.visitor();
    let refused = sign_in(&ada, &acme, "ada-1", ADA).await;
    assert_eq!(refused.status, 409, "{refused:#?}");
    assert!(refused.text.contains("already has an account") && is_signed_out(&ada).await);
    // The link for a new password hands the account to Ada, and Eve's session ends.
    app.set_password_by_link(ADA, "another battery staple").await;
    assert!(is_signed_out(&eve).await);
    assert_eq!(sign_in(&ada, &acme, "ada-1", ADA).await.leads_to(), "/usage");
}

#[rstest]
#[tokio::test]
async fn a_provider_that_is_not_trusted_proves_no_address(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, false).await;
    let owner = app.owner().await;
    let browser = app.visitor();
    assert_eq!(sign_in(&browser, &acme, "o-1", &owner.email).await.status, 409);
    // A new account is made, with an address that is still to be confirmed.
    assert_eq!(sign_in(&browser, &acme, "ada-1", ADA).await.leads_to(), "/usage");
    browser
        .post("/api/v1/tenant/invitations", &json!({ "email": "new@acme.test", "role": "member" }))
        .await
        .refused(403, "address_not_proven");
    let nameless = acme.draft("n-1", ADA).without("email");
    assert_eq!(sign_in_as(&app.visitor(), &acme, nameless, |draft| draft.signed()).await.status, 409);
}

#[rstest]
#[tokio::test]
async fn a_second_factor_is_asked_for(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    let owner = app.owner().await;
    app.add_second_factor(&owner.email).await;
    let browser = app.visitor();
    assert_eq!(sign_in(&browser, &acme, "o-1", &owner.email).await.leads_to(), "/login/code?next=%2Fusage");
    assert!(is_signed_out(&browser).await);
}

#[rstest]
#[tokio::test]
async fn a_new_key_of_the_provider_is_fetched(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    sign_in(&app.visitor(), &acme, "ada-1", ADA).await;
    acme.keys.answers(KeyAnswer::keys(&[&OTHER_KEY]));
    let rotated = |draft: Draft| draft.header("kid", OTHER_KEY.kid).signed_by(&OTHER_KEY);
    let browser = app.visitor();
    assert_eq!(sign_in_as(&browser, &acme, acme.draft("ada-1", ADA), rotated).await.leads_to(), "/usage");
    // The old key is no longer published. Right after a fetch, a token with an unknown key causes no other fetch.
    let fetches = acme.keys.fetches();
    for _ in 0..3 {
        assert_eq!(sign_in(&app.visitor(), &acme, "ada-1", ADA).await.status, 401);
    }
    assert_eq!(acme.keys.fetches(), fetches);
}

#[rstest]
#[tokio::test]
async fn a_provider_that_is_down_leaves_the_login_page_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, acme) = dues_with(engine, true).await;
    let owner = app.owner().await;
    acme.keys.discovers(KeyAnswer::broken());
    assert_eq!(app.visitor().get("/login").await.status, 200);
    let answer = app.visitor().get("/login/oidc/acme").await;
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert!(answer.text.contains("We couldn’t reach") && answer.header("retry-after").is_some());
    let login = json!({ "email": owner.email, "password": PASSWORD });
    app.visitor().post(LOG_IN, &login).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_slow_provider_delays_no_other_sign_in(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    let owner = app.owner().await;
    acme.keys.answers(KeyAnswer { after: Duration::from_mins(5), ..keys_answer(&key_set()) });
    let waiting = app.visitor();
    let others = async {
        let all = async {
            let login = json!({ "email": owner.email, "password": PASSWORD });
            app.visitor().post(LOG_IN, &login).await.expect(200);
            assert_eq!(app.visitor().get("/login").await.status, 200);
        };
        tokio::time::timeout(Duration::from_secs(4), all).await.expect("no other sign-in waits for the provider");
    };
    let (waited, ()) = tokio::join!(waiting.get("/login/oidc/acme"), others);
    assert_eq!(waited.status, 503);
}

#[rstest]
#[tokio::test]
async fn without_passwords_the_providers_alone_sign_people_in(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let acme = StandIn::start().await;
    let app: TestApp = prepared(engine, &acme, true).with("PASSWORD_LOGIN", "0").start().await;
    let visitor = app.visitor();
    for page in ["/login", "/signup"] {
        let shown = visitor.get(page).await.text;
        assert!(shown.contains("Continue with Acme") && !shown.contains("type=\"password\""), "{shown}");
    }
    for page in ["/password/forgot", "/password/0123abcd"] {
        assert_eq!(visitor.get(page).await.status, 404, "{page}");
    }
    let credentials = json!({ "email": ADA, "password": PASSWORD });
    for path in [LOG_IN, SIGN_UP] {
        visitor.post(path, &credentials).await.refused(404, "passwords_off");
    }
    let form = [("email", ADA), ("password", PASSWORD), ("token", "0123abcd")];
    for form_path in ["/rpc/login", "/rpc/signup", "/rpc/forgot-password", "/rpc/set-password"] {
        let answer = visitor.submit(form_path, &form).await;
        assert!(answer.leads_to().contains("code=passwords_off"), "{form_path}: {answer:#?}");
    }
    assert!(!app.command(&["password-reset", "--email", ADA]).await.status.success());
    assert_eq!(sign_in(&visitor, &acme, "ada-1", ADA).await.leads_to(), "/usage");
    let account = visitor.get("/settings/account").await.text;
    assert!(!account.contains("/rpc/change-password"), "{account}");
    let confirm = visitor.get("/confirm").await.text;
    assert!(confirm.contains("Sign out") && !confirm.contains("type=\"password\""), "{confirm}");
    visitor.post("/api/v1/auth/confirm", &json!({ "password": PASSWORD })).await.refused(404, "passwords_off");
    for form_path in ["/rpc/change-password", "/rpc/confirm", "/rpc/join"] {
        let answer = visitor.submit(form_path, &form).await;
        assert!(answer.leads_to().contains("code=passwords_off"), "{form_path}: {answer:#?}");
    }
}
