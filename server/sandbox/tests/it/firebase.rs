//! The stand-in for Firebase Authentication: the calls of its SDKs, and its tokens.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::time::{Clock, SystemClock};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{TestSandbox, answered, text};

const TOOLKIT: &str = "/identitytoolkit.googleapis.com/v1";

impl TestSandbox {
    async fn call(&self, path: &str, body: &Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap()
    }

    async fn firebase(&self, call: &str, body: Value) -> Value {
        answered(self.call(&format!("{TOOLKIT}/accounts:{call}?key=any"), &body).await).await
    }

    /// Makes a call that must be refused, and returns its error code.
    async fn firebase_refusal(&self, call: &str, body: Value) -> String {
        let response = self.call(&format!("{TOOLKIT}/accounts:{call}?key=any"), &body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body: Value = response.json().await.unwrap();
        let message = text(&body["error"], "message").to_owned();
        let listed = json!([{ "message": message, "domain": "global", "reason": "invalid" }]);
        assert_eq!(body, json!({ "error": { "code": 400, "message": message, "errors": listed } }));
        message
    }

    async fn ada(&self) -> Value {
        self.firebase("signUp", credentials("ada@example.com")).await
    }

    async fn keys(&self) -> Value {
        answered(self.client.get(format!("{}/jwks", self.url)).send().await.unwrap()).await
    }

    /// Verifies the token with a published key and returns its claims.
    async fn read(&self, token: &str) -> Value {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let header = decoded(header);
        assert_eq!((text(&header, "alg"), text(&header, "typ")), ("RS256", "JWT"));
        let keys = self.keys().await;
        let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!((text(key, "kty"), text(key, "alg"), text(key, "use")), ("RSA", "RS256", "sig"));
        let number = |name: &str| URL_SAFE_NO_PAD.decode(text(key, name)).unwrap();
        let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).unwrap();
        decoded(claims)
    }
}

fn credentials(email: &str) -> Value {
    json!({ "email": email, "password": "s3cret-enough", "returnSecureToken": true })
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_new_user_can_sign_in_and_responses_match_googles() {
    let sandbox = TestSandbox::start().await;
    let up = sandbox.firebase("signUp", credentials("Ada@Example.com")).await;
    assert_eq!(text(&up, "kind"), "identitytoolkit#SignupNewUserResponse");
    assert_eq!((text(&up, "email"), text(&up, "expiresIn")), ("ada@example.com", "3600"));
    assert_eq!(text(&up, "localId").len(), 28);
    assert!(!text(&up, "refreshToken").is_empty());

    let inside = sandbox.firebase("signInWithPassword", credentials("ada@example.com")).await;
    assert_eq!(text(&inside, "kind"), "identitytoolkit#VerifyPasswordResponse");
    assert_eq!(inside["registered"], true);
    for same in ["localId", "email", "expiresIn"] {
        assert_eq!(inside[same], up[same], "{same}");
    }
    assert_eq!(sandbox.read(text(&inside, "idToken")).await["sub"], up["localId"]);
}

#[tokio::test]
async fn id_tokens_have_firebases_claims() {
    let sandbox = TestSandbox::start().await;
    let before = SystemClock.now().as_secs();
    let up = sandbox.ada().await;
    let claims = sandbox.read(text(&up, "idToken")).await;
    let issued = claims["iat"].as_i64().unwrap();
    assert!((before..=SystemClock.now().as_secs()).contains(&issued));
    let expected = json!({
        "iss": "https://securetoken.google.com/demo-dues",
        "aud": "demo-dues",
        "auth_time": issued,
        "user_id": up["localId"],
        "sub": up["localId"],
        "iat": issued,
        "exp": issued + 3600,
        "email": "ada@example.com",
        "email_verified": false,
        "firebase": { "identities": { "email": ["ada@example.com"] }, "sign_in_provider": "password" },
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn moving_the_billing_clock_does_not_expire_tokens() {
    let sandbox = TestSandbox::start().await;
    sandbox.advance(400 * 86_400).await;
    let claims = sandbox.read(text(&sandbox.ada().await, "idToken")).await;
    assert!((claims["iat"].as_i64().unwrap() - SystemClock.now().as_secs()).abs() < 60);
}

#[tokio::test]
async fn errors_match_googles() {
    let sandbox = TestSandbox::start().await;
    sandbox.ada().await;
    let with = |email: &str, password: &str| json!({ "email": email, "password": password, "returnSecureToken": true });
    let weak = "WEAK_PASSWORD : Password should be at least 6 characters";
    for (call, body, code) in [
        ("signUp", with("ADA@example.com", "another-one"), "EMAIL_EXISTS"),
        ("signUp", with("bob@example.com", "short"), weak),
        ("signUp", with("bob", "s3cret-enough"), "INVALID_EMAIL"),
        ("signUp", with("", "s3cret-enough"), "MISSING_EMAIL"),
        ("signUp", with("bob@example.com", ""), "MISSING_PASSWORD"),
        ("signUp", json!({}), "ADMIN_ONLY_OPERATION"),
        ("signInWithPassword", with("ada@example.com", "wrong-one"), "INVALID_LOGIN_CREDENTIALS"),
        ("signInWithPassword", with("bob@example.com", "s3cret-enough"), "INVALID_LOGIN_CREDENTIALS"),
        ("signInWithPassword", with("ada", "s3cret-enough"), "INVALID_EMAIL"),
        ("signInWithPassword", json!({ "password": "s3cret-enough" }), "MISSING_EMAIL"),
        ("signInWithPassword", json!({ "email": "ada@example.com" }), "MISSING_PASSWORD"),
        ("lookup", json!({}), "MISSING_ID_TOKEN"),
        ("lookup", json!({ "idToken": "a.b.c" }), "INVALID_ID_TOKEN"),
    ] {
        assert_eq!(sandbox.firebase_refusal(call, body.clone()).await, code, "{call} {body}");
    }
    assert_eq!(sandbox.firebase("signInWithPassword", credentials("ada@example.com")).await["registered"], true);
}

#[tokio::test]
async fn calls_require_an_api_key_and_an_object() {
    let sandbox = TestSandbox::start().await;
    let keyless = sandbox.call(&format!("{TOOLKIT}/accounts:signUp"), &credentials("ada@example.com")).await;
    assert_eq!(keyless.status(), StatusCode::FORBIDDEN);
    assert_eq!(keyless.json::<Value>().await.unwrap()["error"]["status"], "PERMISSION_DENIED");
    let list = sandbox.call(&format!("{TOOLKIT}/accounts:signUp?key=any"), &json!([1])).await;
    assert_eq!(list.status(), StatusCode::BAD_REQUEST);
    assert_eq!(list.json::<Value>().await.unwrap()["error"]["status"], "INVALID_ARGUMENT");
}

#[tokio::test]
async fn an_admin_verifies_an_email_and_later_tokens_say_so() {
    let sandbox = TestSandbox::start().await;
    let up = sandbox.ada().await;
    let change = json!({ "localId": up["localId"], "emailVerified": true });
    let path = format!("{TOOLKIT}/projects/demo-dues/accounts:update");
    let stranger = sandbox.call(&path, &change).await;
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);

    let as_owner =
        |body: Value| sandbox.client.post(format!("{}{path}", sandbox.url)).bearer_auth("owner").json(&body).send();
    let set = answered(as_owner(change).await.unwrap()).await;
    assert_eq!(text(&set, "kind"), "identitytoolkit#SetAccountInfoResponse");
    assert_eq!((&set["localId"], &set["emailVerified"]), (&up["localId"], &json!(true)));
    let unknown = as_owner(json!({ "localId": "missing", "emailVerified": true })).await.unwrap();
    assert_eq!(unknown.json::<Value>().await.unwrap()["error"]["message"], "USER_NOT_FOUND");
    let more = as_owner(json!({ "localId": up["localId"], "emailVerified": true, "password": "n" })).await.unwrap();
    assert_eq!(more.status(), StatusCode::BAD_REQUEST);

    let inside = sandbox.firebase("signInWithPassword", credentials("ada@example.com")).await;
    assert_eq!(sandbox.read(text(&inside, "idToken")).await["email_verified"], true);
    let info = sandbox.firebase("lookup", json!({ "idToken": inside["idToken"] })).await;
    assert_eq!(text(&info, "kind"), "identitytoolkit#GetAccountInfoResponse");
    assert_eq!((&info["users"][0]["localId"], &info["users"][0]["emailVerified"]), (&up["localId"], &json!(true)));
}

#[tokio::test]
async fn the_boards_button_verifies_an_email() {
    let sandbox = TestSandbox::start().await;
    let up = sandbox.ada().await;
    let board = async || sandbox.client.get(&sandbox.url).header("accept", "text/html").send().await.unwrap();
    let button = format!("/firebase/accounts/{}/verify", text(&up, "localId"));
    let page = board().await.text().await.unwrap();
    assert!(page.contains("ada@example") && page.contains(&button) && page.contains("Not verified"), "{page}");

    let pressed = sandbox.submit::<&str>(&button, &[]).await;
    assert_eq!((pressed.status().as_u16(), pressed.headers()[header::LOCATION].to_str().unwrap()), (303, "/"));
    let page = board().await.text().await.unwrap();
    assert!(!page.contains(&button) && page.contains("Verified") && !page.contains("Not verified"));
    let missing = sandbox.submit::<&str>("/firebase/accounts/missing/verify", &[]).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refresh_token_yields_an_id_token_of_the_same_login() {
    let sandbox = TestSandbox::start().await;
    let up = sandbox.ada().await;
    let exchange = async |token: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let path = format!("{}/securetoken.googleapis.com/v1/token?key=any", sandbox.url);
        sandbox.client.post(path).form(&form).send().await.unwrap()
    };
    sandbox.press(&format!("/firebase/accounts/{}/verify", text(&up, "localId")), json!({})).await;
    let fresh = answered(exchange(text(&up, "refreshToken")).await).await;
    assert_eq!((text(&fresh, "expires_in"), text(&fresh, "token_type")), ("3600", "Bearer"));
    assert_eq!((&fresh["user_id"], &fresh["project_id"]), (&up["localId"], &json!("demo-dues")));
    assert_eq!(fresh["access_token"], fresh["id_token"]);
    let (first, then) = (sandbox.read(text(&up, "idToken")).await, sandbox.read(text(&fresh, "id_token")).await);
    assert_eq!(then["auth_time"], first["auth_time"]);
    assert_eq!((&first["email_verified"], &then["email_verified"]), (&json!(false), &json!(true)));

    let refused = exchange("made-up").await.json::<Value>().await.unwrap();
    assert_eq!(refused["error"]["message"], "INVALID_REFRESH_TOKEN");
}

#[tokio::test]
async fn accounts_and_the_signing_key_survive_a_kill_without_plaintext_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    let up = sandbox.ada().await;
    let keys = sandbox.keys().await;
    sandbox.kill().await;

    let journal = std::fs::read_to_string(dir.path().join("sandbox.journal")).unwrap();
    assert!(!journal.contains("s3cret-enough") && !journal.contains(text(&up, "refreshToken")));
    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    assert_eq!(sandbox.keys().await, keys);
    assert_eq!(sandbox.read(text(&up, "idToken")).await["sub"], up["localId"]);
    let inside = sandbox.firebase("signInWithPassword", credentials("ada@example.com")).await;
    assert_eq!(inside["localId"], up["localId"]);
    sandbox.stop().await;
}

#[tokio::test]
async fn concurrent_sign_ups_with_one_address_create_one_account() {
    let sandbox = TestSandbox::start().await;
    let url = format!("{}{TOOLKIT}/accounts:signUp?key=any", sandbox.url);
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        calls.spawn(sandbox.client.post(&url).json(&credentials("ada@example.com")).send());
    }
    let made = calls.join_all().await.into_iter().filter(|response| response.as_ref().unwrap().status().is_success());
    assert_eq!(made.count(), 1);
}

#[tokio::test]
async fn the_key_set_is_cacheable_for_an_hour_and_cors_allows_any_origin() {
    let sandbox = TestSandbox::start().await;
    let keys = sandbox.client.get(format!("{}/jwks", sandbox.url)).send().await.unwrap();
    assert!(keys.headers()[header::CACHE_CONTROL].to_str().unwrap().starts_with("public, max-age=3600"));

    let url = format!("{}{TOOLKIT}/accounts:signUp?key=any", sandbox.url);
    let asked = sandbox.client.request(Method::OPTIONS, &url).header("origin", "http://app.test");
    let asked = asked.header("access-control-request-headers", "content-type,x-client-version").send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(asked.headers()["access-control-allow-headers"], "content-type,x-client-version");
    let called = sandbox.client.post(&url).header("origin", "http://app.test").json(&json!({})).send().await.unwrap();
    assert_eq!(called.headers()["access-control-allow-origin"], "*");
}
