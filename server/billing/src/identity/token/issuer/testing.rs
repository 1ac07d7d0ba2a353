//! For tests: an issuer on a real socket, with keys of every accepted type, and its tokens, which tests can corrupt.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test stops at what it did not expect")]

use std::sync::{
    Arc, LazyLock, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use axum::{Router, extract::State, response::Response, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::time::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{IssuerConfig, TenantIs};
use crate::identity::token::{
    MAX_TOKEN_BYTES,
    firebase::testing::{Answer, Draft, KEY, OTHER_KEY, respond},
};

pub const AUDIENCE: &str = "dues-api";
const EC_KID: &str = "ec-1";
const ED_KID: &str = "ed-1";

static EC: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).unwrap()
});
static ED: LazyLock<Ed25519KeyPair> = LazyLock::new(|| {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
});

/// Every accepted algorithm.
pub const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The key set: an RSA key without `alg`, an elliptic curve key and an Edwards key.
pub fn key_set() -> Value {
    let mut rsa = KEY.jwk();
    rsa.as_object_mut().unwrap().remove("alg");
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let point = EC.public_key().as_ref();
    let (x, y) = point.split_at(1).1.split_at(32);
    json!({ "keys": [
        rsa,
        { "kty": "EC", "crv": "P-256", "use": "sig", "kid": EC_KID, "x": number(x), "y": number(y) },
        { "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": ED_KID, "x": number(ED.public_key().as_ref()) },
    ] })
}

/// A response with this key set.
pub fn keys_answer(keys: &Value) -> Answer {
    Answer { body: keys.to_string(), ..Answer::keys(&[]) }
}

/// An issuer with discovery.
pub struct IssuerServer {
    pub issuer: String,
    served: Arc<Served>,
}

struct Served {
    discovery: Mutex<Answer>,
    keys: Mutex<Answer>,
    fetches: AtomicUsize,
}

impl IssuerServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let discovery = Answer { body: discovery(&issuer, &issuer), ..Answer::keys(&[]) };
        let served = Arc::new(Served {
            discovery: Mutex::new(discovery),
            keys: Mutex::new(keys_answer(&key_set())),
            fetches: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(serve_discovery))
            .route("/jwks", get(serve_keys))
            .with_state(served.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, served }
    }

    /// Sets the response of the key set.
    pub fn answers(&self, answer: Answer) {
        *self.served.keys.lock().unwrap() = answer;
    }

    /// Sets the response of the discovery document.
    pub fn discovers(&self, answer: Answer) {
        *self.served.discovery.lock().unwrap() = answer;
    }

    /// How often the key set was fetched.
    pub fn fetches(&self) -> usize {
        self.served.fetches.load(Ordering::SeqCst)
    }

    /// Settings that accept this issuer's tokens: the tenant in `org`, by its external id, the roles in `app.roles`.
    pub fn config(&self) -> IssuerConfig {
        IssuerConfig {
            issuer: self.issuer.clone(),
            audience: AUDIENCE.to_owned(),
            jwks_url: None,
            tenant_claim: "org".to_owned(),
            tenant_is: TenantIs::External,
            role_claim: Some("app.roles".to_owned()),
            admin_roles: vec!["billing-admin".to_owned()],
            billing_roles: vec!["finance".to_owned()],
            subject_claim: "sub".to_owned(),
            allows_http: true,
        }
    }

    /// The same as the setting `TOKEN_ISSUERS`; `tenant_is` is `external` or `id`.
    pub fn setting(&self, tenant_is: &str) -> String {
        let entry = json!({
            "issuer": self.issuer, "audience": AUDIENCE, "tenantClaim": "org", "tenantIs": tenant_is,
            "roleClaim": "app.roles", "adminRoles": ["billing-admin"], "billingRoles": ["finance"],
        });
        json!([entry]).to_string()
    }

    /// A valid token of Ada, a member of the tenant `acme`, to be signed with the RSA key.
    pub fn draft(&self, now: Timestamp) -> Draft {
        let now = now.as_secs();
        Draft {
            header: json!({ "alg": "RS256", "kid": KEY.kid, "typ": "JWT" }),
            claims: json!({
                "iss": self.issuer, "aud": AUDIENCE, "sub": "ada|1", "iat": now - 60, "exp": now + 3540,
                "auth_time": now - 60, "org": "acme", "email": "ada@example.com", "app": { "roles": ["viewer"] },
            }),
        }
    }
}

/// Returns a discovery document that states the issuer `stated` and has its keys at the address `at`.
pub fn discovery(stated: &str, at: &str) -> String {
    json!({ "issuer": stated, "jwks_uri": format!("{at}/jwks") }).to_string()
}

async fn serve_discovery(State(served): State<Arc<Served>>) -> Response {
    let answer = served.discovery.lock().unwrap().clone();
    respond(answer).await
}

async fn serve_keys(State(served): State<Arc<Served>>) -> Response {
    served.fetches.fetch_add(1, Ordering::SeqCst);
    let answer = served.keys.lock().unwrap().clone();
    respond(answer).await
}

impl Draft {
    /// Signs with an algorithm, and names the algorithm and its key in the header.
    pub fn signed_as(self, algorithm: &str) -> String {
        match algorithm {
            "ES256" => self.header("alg", algorithm).header("kid", EC_KID).signed_by_curve(),
            "EdDSA" => self.header("alg", algorithm).header("kid", ED_KID).signed_by_edwards(),
            _ => self.header("alg", algorithm).signed(),
        }
    }

    pub fn signed_by_curve(&self) -> String {
        self.finished(|message| EC.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec())
    }

    pub fn signed_by_edwards(&self) -> String {
        self.finished(|message| ED.sign(message).as_ref().to_vec())
    }
}

/// A way to corrupt a token: its name, the expected [`Refusal`](crate::identity::token::Refusal), and the function that
/// does it. All tokens state the configured issuer: a token of another issuer is not verified.
pub type Spoilt = (&'static str, &'static str, fn(Draft) -> String);

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
    ("HS256 keyed with the curve's point", "Algorithm", |draft| {
        draft.header("alg", "HS256").header("kid", EC_KID).hashed_with(EC.public_key().as_ref())
    }),
    ("HS256 keyed with the Edwards key", "Algorithm", |draft| {
        draft.header("alg", "HS256").header("kid", ED_KID).hashed_with(ED.public_key().as_ref())
    }),
    ("hashed but called RS256", "Unbelievable", |draft| draft.hashed_with(&KEY.public_der())),
    ("hashed but called EdDSA", "Unbelievable", |draft| {
        draft.header("alg", "EdDSA").header("kid", ED_KID).hashed_with(ED.public_key().as_ref())
    }),
    ("RS512", "Algorithm", |draft| draft.header("alg", "RS512").signed()),
    ("RS256 by the name of the curve's key", "Algorithm", |draft| draft.header("kid", EC_KID).signed()),
    ("ES256 by the name of the RSA key", "Algorithm", |draft| draft.header("alg", "ES256").signed_by_curve()),
    ("EdDSA by the name of the curve's key", "Algorithm", |draft| {
        draft.header("alg", "EdDSA").header("kid", EC_KID).signed_by_edwards()
    }),
    ("by another key under the name of ours", "Unbelievable", |draft| draft.signed_by(&OTHER_KEY)),
    ("PS256 by another key under the name of ours", "Unbelievable", |draft| {
        draft.header("alg", "PS256").signed_by(&OTHER_KEY)
    }),
    ("PS256 whose signature is one of RS256", "Unbelievable", |draft| {
        let signed = draft.signed();
        let signature = signed.rsplit('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap();
        draft.header("alg", "PS256").finished(|_| signature)
    }),
    ("for another audience", "Audience", |draft| draft.claim("aud", "other").signed()),
    ("for a list of others", "Audience", |draft| draft.claim("aud", json!(["other", "dues"])).signed()),
    ("for an audience that begins so", "Audience", |draft| draft.claim("aud", "dues-api-2").signed()),
    ("without an audience", "Claim", |draft| draft.without("aud").signed()),
    ("expired", "Expired", |draft| draft.moved("exp", -7200).signed()),
    ("without an end", "Claim", |draft| draft.without("exp").signed()),
    ("with an end that is no number", "Claim", |draft| draft.claim("exp", "never").signed()),
    ("issued in the future", "IssuedInFuture", |draft| draft.moved("iat", 600).signed()),
    ("without a beginning", "Claim", |draft| draft.without("iat").signed()),
    ("not valid yet", "NotYetValid", |draft| {
        let later = draft.claims.get("exp").cloned().unwrap();
        draft.claim("nbf", later).signed()
    }),
    ("with a beginning that is no number", "Claim", |draft| draft.claim("nbf", "now").signed()),
    ("logged in in the future", "LoggedInInFuture", |draft| draft.moved("auth_time", 600).signed()),
    ("with a login that is no number", "Claim", |draft| draft.claim("auth_time", "now").signed()),
    ("with an empty subject", "Subject", |draft| draft.claim("sub", "").signed()),
    ("without a subject", "Subject", |draft| draft.without("sub").signed()),
    ("with a number for a subject", "Subject", |draft| draft.claim("sub", 7).signed()),
    ("with a subject too long", "Subject", |draft| draft.claim("sub", "u".repeat(256)).signed()),
    ("of an unknown key", "UnknownKey", |draft| draft.header("kid", "key-9").signed()),
    ("of no key", "KeyNotNamed", |draft| draft.header("kid", "").signed()),
    ("with a header that must be understood", "CriticalHeader", |draft| draft.header("crit", json!(["b64"])).signed()),
    ("with a key of its own", "Unbelievable", |draft| draft.header("jwk", OTHER_KEY.jwk()).signed_by(&OTHER_KEY)),
    ("oversized", "Oversized", |draft| draft.claim("more", "x".repeat(MAX_TOKEN_BYTES)).signed()),
    ("tampered with", "Unbelievable", |draft| {
        let token = draft.signed();
        let (header, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let claims = URL_SAFE_NO_PAD.encode(draft.claim("org", "another").claims.to_string());
        format!("{header}.{claims}.{signature}")
    }),
];
