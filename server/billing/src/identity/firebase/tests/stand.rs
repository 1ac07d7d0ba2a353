//! A key server, and tokens as Firebase makes them, to be spoilt.

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
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512},
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
use domain::time::{Clock, ManualClock, SystemClock, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::identity::firebase::{FirebaseConfig, FirebaseVerifier};

pub const PROJECT: &str = "demo-dues";
pub const MAX_AGE_SECS: i64 = 3600;

/// Making a key takes long: all tests share these.
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

    /// As Google's securetoken set writes it.
    fn jwk(&self) -> Value {
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

/// What a token says before it is signed: what Firebase's do, until a test changes it.
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

    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

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
            let way = if self.header["alg"] == "RS512" { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
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

/// What the key server answers.
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

/// A verifier, the server that has its keys, and the clock that both live by.
pub struct Stand {
    pub verifier: Arc<FirebaseVerifier>,
    pub clock: Arc<ManualClock>,
    served: Arc<Served>,
}

impl Stand {
    pub async fn start() -> Self {
        let answer = Mutex::new(Answer::keys(&[&KEY]));
        let served = Arc::new(Served { answer, fetches: AtomicUsize::new(0) });
        let router = Router::new().route("/jwks", get(serve)).with_state(served.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_url = format!("http://{}/jwks", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let config = FirebaseConfig { project_id: PROJECT.to_owned(), jwks_url };
        let verifier = Arc::new(FirebaseVerifier::new(config, clock.clone()).unwrap());
        Self { verifier, clock, served }
    }

    pub fn draft(&self) -> Draft {
        Draft::new(self.clock.now())
    }

    pub fn answers(&self, answer: Answer) {
        *self.served.answer.lock().unwrap() = answer;
    }

    pub fn fetches(&self) -> usize {
        self.served.fetches.load(Ordering::SeqCst)
    }
}

async fn serve(State(served): State<Arc<Served>>) -> Response {
    served.fetches.fetch_add(1, Ordering::SeqCst);
    let Answer { status, cache_control, body, after, location } = served.answer.lock().unwrap().clone();
    tokio::time::sleep(after).await;
    let mut response = (status, [(header::CACHE_CONTROL, cache_control)], body).into_response();
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location.parse().unwrap());
    }
    response
}

/// An address that nobody may come to.
pub struct Lure {
    pub url: String,
    visits: Arc<AtomicUsize>,
}

impl Lure {
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
