//! For tests: a key server on a real socket, and tokens like Firebase's, which tests can corrupt.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test stops at what it did not expect"
)]

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::time::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::MAX_TOKEN_BYTES;

pub const PROJECT: &str = "demo-dues";
pub const MAX_AGE_SECS: i64 = 3600;

/// Generating a key is slow, so all tests share this key and [`OTHER_KEY`].
pub static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::new("key-1"));
pub static OTHER_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::new("key-2"));

pub struct SigningKey {
    pub kid: &'static str,
    pair: KeyPair,
}

impl SigningKey {
    fn new(kid: &'static str) -> Self {
        Self { kid, pair: KeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    /// The key as Google's securetoken set writes it.
    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })
    }

    pub fn public_der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub fn public_pem(&self) -> Vec<u8> {
        let body = STANDARD.encode(self.public_der());
        let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")).into_bytes()
    }
}

/// A token before it is signed: Firebase's claims until a test changes them.
pub struct Draft {
    pub header: Value,
    pub claims: Value,
}

impl Draft {
    pub fn new(now: Timestamp) -> Self {
        let now = now.as_secs();
        Self {
            header: json!({ "alg": "RS256", "kid": KEY.kid, "typ": "JWT" }),
            claims: json!({
                "iss": format!("https://securetoken.google.com/{PROJECT}"),
                "aud": PROJECT,
                "auth_time": now - 60,
                "user_id": "uid-1",
                "sub": "uid-1",
                "iat": now - 60,
                "exp": now - 60 + 3600,
                "email": "ada@example.com",
                "email_verified": true,
                "firebase": { "identities": { "email": ["ada@example.com"] }, "sign_in_provider": "password" },
            }),
        }
    }

    /// Sets the account. A draft is otherwise for `uid-1` of `ada@example.com`.
    #[must_use]
    pub fn of(self, subject: &str, email: &str) -> Self {
        let identities = json!({ "identities": { "email": [email] }, "sign_in_provider": "password" });
        self.claim("sub", subject).claim("user_id", subject).claim("email", email).claim("firebase", identities)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    /// Moves a time claim by `secs`.
    #[must_use]
    pub fn moved(self, claim: &str, secs: i64) -> Self {
        let at = self.claims[claim].as_i64().unwrap() + secs;
        self.claim(claim, at)
    }

    #[must_use]
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim);
        self
    }

    pub fn signed(&self) -> String {
        self.signed_by(&KEY)
    }

    pub fn signed_by(&self, key: &SigningKey) -> String {
        self.finished(|message| {
            let mut signature = vec![0; key.pair.public_modulus_len()];
            let way = match self.header["alg"].as_str() {
                Some("RS512") => &RSA_PKCS1_SHA512,
                Some("PS256") => &RSA_PSS_SHA256,
                _ => &RSA_PKCS1_SHA256,
            };
            key.pair.sign(way, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        })
    }

    pub fn hashed_with(&self, secret: &[u8]) -> String {
        self.finished(|message| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec())
    }

    pub fn finished(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(self.header.to_string()),
            URL_SAFE_NO_PAD.encode(self.claims.to_string())
        );
        let signature = sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A way to corrupt a token: its name, the expected [`Refusal`](super::Refusal), and the function that does it.
pub type Spoilt = (&'static str, &'static str, fn(Draft) -> String);

/// Every kind of corruption.
pub const SPOILT: &[Spoilt] = &[
    ("without a signature", "Unbelievable", |draft| draft.header("alg", "none").finished(|_| Vec::new())),
    ("none in capitals", "Unbelievable", |draft| draft.header("alg", "NONE").signed()),
    ("its signature cut off", "Unbelievable", |draft| draft.finished(|_| Vec::new())),
    ("HS256 keyed with the public PEM", "Algorithm", |draft| {
        draft.header("alg", "HS256").hashed_with(&KEY.public_pem())
    }),
    ("HS256 keyed with the public DER", "Algorithm", |draft| {
        draft.header("alg", "HS256").hashed_with(&KEY.public_der())
    }),
    ("hashed but called RS256", "Unbelievable", |draft| draft.hashed_with(&KEY.public_der())),
    ("RS512", "Algorithm", |draft| draft.header("alg", "RS512").signed()),
    ("by another key under the name of ours", "Unbelievable", |draft| draft.signed_by(&OTHER_KEY)),
    ("for another project", "Audience", |draft| draft.claim("aud", "demo-other").signed()),
    ("for ours among others", "Unbelievable", |draft| draft.claim("aud", json!([PROJECT, "demo-other"])).signed()),
    ("without an audience", "Unbelievable", |draft| draft.without("aud").signed()),
    ("by another issuer", "Issuer", |draft| draft.claim("iss", "https://securetoken.google.com/demo-other").signed()),
    ("by a lookalike", "Issuer", |draft| {
        draft.claim("iss", format!("https://securetoken.google.com/{PROJECT}/")).signed()
    }),
    ("by no issuer", "Unbelievable", |draft| draft.without("iss").signed()),
    ("expired", "Expired", |draft| draft.moved("exp", -7200).signed()),
    ("without an end", "Unbelievable", |draft| draft.without("exp").signed()),
    ("with an end that is no number", "Unbelievable", |draft| draft.claim("exp", "never").signed()),
    ("issued in the future", "IssuedInFuture", |draft| draft.moved("iat", 600).signed()),
    ("without a beginning", "Unbelievable", |draft| draft.without("iat").signed()),
    ("logged in in the future", "LoggedInInFuture", |draft| draft.moved("auth_time", 600).signed()),
    ("without a login", "Unbelievable", |draft| draft.without("auth_time").signed()),
    ("with an empty subject", "Subject", |draft| draft.claim("sub", "").signed()),
    ("without a subject", "Unbelievable", |draft| draft.without("sub").signed()),
    ("with a number for a subject", "Unbelievable", |draft| draft.claim("sub", 7).signed()),
    ("with a subject too long", "Subject", |draft| draft.claim("sub", "u".repeat(129)).signed()),
    ("with an address that is no text", "Unbelievable", |draft| draft.claim("email", json!(["a@b.c"])).signed()),
    ("of an unknown key", "UnknownKey", |draft| draft.header("kid", "key-9").signed()),
    ("of no key", "KeyNotNamed", |draft| draft.header("kid", "").signed()),
    ("with a header that must be understood", "CriticalHeader", |draft| draft.header("crit", json!(["b64"])).signed()),
    ("with a key of its own", "Unbelievable", |draft| draft.header("jwk", OTHER_KEY.jwk()).signed_by(&OTHER_KEY)),
    ("oversized", "Oversized", |draft| draft.claim("more", "x".repeat(MAX_TOKEN_BYTES)).signed()),
    ("tampered with", "Unbelievable", |draft| {
        let token = draft.signed();
        let parts: Vec<_> = token.split('.').collect();
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap().replace("uid-", "uid_");
        format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims), parts[2])
    }),
    ("garbage in three parts", "Unbelievable", |_| "a.b.c".to_owned()),
];

/// A response of the key server.
#[derive(Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub cache_control: String,
    pub body: String,
    pub after: Duration,
    pub location: Option<String>,
}

impl Answer {
    pub fn keys(keys: &[&SigningKey]) -> Self {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        Self {
            status: StatusCode::OK,
            cache_control: format!("public, max-age={MAX_AGE_SECS}, must-revalidate, no-transform"),
            body: json!({ "keys": keys }).to_string(),
            after: Duration::ZERO,
            location: None,
        }
    }

    pub fn broken() -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, body: String::new(), ..Self::keys(&[]) }
    }
}

struct Served {
    answer: Mutex<Answer>,
    fetches: AtomicUsize,
}

/// Serves a key set and counts its requests.
pub struct KeyServer {
    pub url: Url,
    served: Arc<Served>,
}

impl KeyServer {
    /// Starts a server with [`KEY`].
    pub async fn start() -> Self {
        let answer = Mutex::new(Answer::keys(&[&KEY]));
        let served = Arc::new(Served { answer, fetches: AtomicUsize::new(0) });
        let router = Router::new().route("/jwks", get(serve)).with_state(served.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, served }
    }

    pub fn answers(&self, answer: Answer) {
        *self.served.answer.lock().unwrap() = answer;
    }

    pub fn fetches(&self) -> usize {
        self.served.fetches.load(Ordering::SeqCst)
    }
}

pub(in crate::identity::token) async fn respond(answer: Answer) -> Response {
    let Answer { status, cache_control, body, after, location } = answer;
    tokio::time::sleep(after).await;
    let headers = [(header::CACHE_CONTROL, cache_control), (header::CONTENT_TYPE, "application/json".to_owned())];
    let mut response = (status, headers, body).into_response();
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location.parse().unwrap());
    }
    response
}

async fn serve(State(served): State<Arc<Served>>) -> Response {
    served.fetches.fetch_add(1, Ordering::SeqCst);
    let answer = served.answer.lock().unwrap().clone();
    respond(answer).await
}

/// A server that a test names in a token or a redirect, and that must receive no request.
pub struct UncalledServer {
    pub url: String,
    visits: Arc<AtomicUsize>,
}

impl UncalledServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = visits.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, visits }
    }

    pub async fn visits(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.visits.load(Ordering::SeqCst)
    }
}
