//! An identity provider whose answers tests choose: discovery, keys and the token endpoint.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use billing::identity::token::{
    firebase::testing::{Answer as KeyAnswer, Draft},
    issuer::testing::IssuerServer,
};
use domain::time::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::harness::{APP_URL, Answer, Browser, Engine, TestApp, TestAppBuilder};

pub(super) const CLIENT: &str = "dues-client";
pub(super) const SECRET: &str = "a client secret that is shared with the provider";

/// An identity provider, and what it received.
pub(super) struct StandIn {
    pub(super) keys: IssuerServer,
    tokens: Arc<Tokens>,
}

#[derive(Default)]
struct Tokens {
    /// The answer of the token endpoint; `None` for a refusal.
    answer: Mutex<Option<Value>>,
    /// Whether the token endpoint answers 503.
    is_broken: AtomicBool,
    /// The bodies that the token endpoint received.
    received: Mutex<Vec<String>>,
}

/// The redirect of a browser to the provider.
pub(super) struct Sent {
    pub(super) to: Url,
}

impl Sent {
    pub(super) fn parameter(&self, name: &str) -> String {
        self.to.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    }

    /// Returns the path of the callback with a code and the state of this redirect.
    pub(super) fn back(&self) -> String {
        back(&self.parameter("state"))
    }
}

pub(super) fn back(state: &str) -> String {
    format!("/login/oidc/acme/callback?code=a-code&state={state}")
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let keys = IssuerServer::start().await;
        let tokens = Arc::new(Tokens::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/token", listener.local_addr().unwrap());
        let router = Router::new().route("/token", post(serve)).with_state(tokens.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let issuer = &keys.issuer;
        let discovery = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": endpoint,
            "jwks_uri": format!("{issuer}/jwks"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        });
        keys.discovers(KeyAnswer { body: discovery.to_string(), ..KeyAnswer::keys(&[]) });
        Self { keys, tokens }
    }

    pub(super) fn setting(&self, trusts_email: bool) -> String {
        json!([self.entry("acme", trusts_email)]).to_string()
    }

    /// Returns the entry of this provider in `OIDC_PROVIDERS`.
    pub(super) fn entry(&self, id: &str, trusts_email: bool) -> Value {
        json!({
            "id": id, "name": "Acme", "issuer": self.keys.issuer, "clientId": CLIENT, "clientSecret": SECRET,
            "trustsEmail": trusts_email,
        })
    }

    /// Makes the token endpoint answer 503 from now on.
    pub(super) fn breaks(&self) {
        self.tokens.is_broken.store(true, Ordering::SeqCst);
    }

    /// Returns an ID token of a user with a verified address, still without nonce and signature.
    pub(super) fn draft(&self, subject: &str, email: &str) -> Draft {
        let draft = self.keys.draft(SystemClock.now());
        draft.claim("aud", CLIENT).claim("sub", subject).claim("email", email).claim("email_verified", true)
    }

    /// Sets the ID token that the next code is exchanged for.
    pub(super) fn gives(&self, id_token: &str) {
        let answer = json!({ "access_token": "an access token", "token_type": "Bearer", "id_token": id_token });
        *self.tokens.answer.lock().unwrap() = Some(answer);
    }

    pub(super) fn received(&self) -> Vec<String> {
        self.tokens.received.lock().unwrap().clone()
    }
}

async fn serve(State(tokens): State<Arc<Tokens>>, body: String) -> impl IntoResponse {
    tokens.received.lock().unwrap().push(body);
    let answer = tokens.answer.lock().unwrap().clone();
    let (status, body) = match answer {
        _ if tokens.is_broken.load(Ordering::SeqCst) => (StatusCode::SERVICE_UNAVAILABLE, json!({})),
        Some(answer) => (StatusCode::OK, answer),
        None => (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
}

/// Starts a server with the provider.
pub(super) async fn dues_with(engine: Engine, trusts_email: bool) -> (TestApp, StandIn) {
    let stand_in = StandIn::start().await;
    let app = prepared(engine, &stand_in, trusts_email).start().await;
    (app, stand_in)
}

pub(super) fn prepared(engine: Engine, stand_in: &StandIn, trusts_email: bool) -> TestAppBuilder {
    TestApp::on(engine).with("OIDC_PROVIDERS", &stand_in.setting(trusts_email))
}

/// Opens the link of the provider's button, and returns the redirect to the provider.
pub(super) async fn begin(browser: &Browser) -> Sent {
    let sent = browser.get("/login/oidc/acme?next=/usage").await;
    Sent { to: sent.leads_to().parse().unwrap() }
}

/// Signs in with the ID token that `finish` makes from the draft, to which the right nonce was added.
pub(super) async fn sign_in_as(
    browser: &Browser,
    stand_in: &StandIn,
    draft: Draft,
    finish: impl FnOnce(Draft) -> String,
) -> Answer {
    let sent = begin(browser).await;
    stand_in.gives(&finish(draft.claim("nonce", sent.parameter("nonce"))));
    browser.get(&sent.back()).await
}

pub(super) async fn sign_in(browser: &Browser, stand_in: &StandIn, subject: &str, email: &str) -> Answer {
    sign_in_as(browser, stand_in, stand_in.draft(subject, email), |draft| draft.signed()).await
}

/// The challenge of a PKCE verifier (RFC 7636).
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()))
}

pub(super) fn callback() -> String {
    format!("{APP_URL}/login/oidc/acme/callback")
}
