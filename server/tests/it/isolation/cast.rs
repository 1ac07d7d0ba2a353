//! Two workspaces, and everyone who calls.

use std::cell::Cell;

use billing::identity::firebase::testing::{KeyServer, PROJECT};
use domain::{account::Role, scope::Scope};
use reqwest::Method;
use serde_json::{Value, json};

use super::matrix::Caller;
use crate::harness::{
    Answer, Browser, Colleague, Engine, Listening, Owner, PASSWORD, Promised, SECRETS_KEY, TestApp, eventually,
};

const ENDPOINTS: &str = "/api/v1/tenant/webhook-endpoints";

pub(super) struct Cast {
    pub(super) app: TestApp,
    /// The workspace that is to be kept from others.
    pub(super) here: Owner,
    stranger: Colleague,
    member: Colleague,
    admin: Colleague,
    foreign_key: String,
    revoked_key: String,
    foreign_token: String,
    admin_token: String,
    /// Numbers what is made, so that nothing is made twice.
    made: Cell<usize>,
    _keys: KeyServer,
}

/// What is asked.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    Call(Promised<'a>),
    /// What pages that are open listen to: theirs alone, so that the document does not tell of it.
    Stream,
}

impl Route<'_> {
    pub(super) fn name(self) -> String {
        match self {
            Self::Call(operation) => operation.name(),
            Self::Stream => "GET /live/usage".to_owned(),
        }
    }
}

/// A call before it is made.
pub(super) struct Prepared {
    path: String,
    body: Option<Value>,
    browser: Browser,
    /// A key or an ID token.
    bearer: Option<String>,
}

impl Cast {
    pub(super) async fn gather(engine: Engine) -> Self {
        let (app, keys) = TestApp::on(engine)
            .with("TRUSTED_PROXIES", "127.0.0.1")
            .with("SECRETS_KEY", SECRETS_KEY)
            .with("WEBHOOKS_ALLOW_PRIVATE", "1")
            .with_firebase()
            .await;
        let app = app.start().await;
        let (here, elsewhere) = (app.owner_on("business").await, app.owner_on("business").await);
        let revoked = app.key_of(&here, &Scope::ALL).await;
        app.revoke(&here, &revoked.id).await;
        let (stranger, admin) =
            (app.colleague_of(&elsewhere, Role::Admin).await, app.colleague_of(&here, Role::Admin).await);
        let cast = Self {
            foreign_token: app.known_id_token(&stranger.email).await,
            admin_token: app.known_id_token(&admin.email).await,
            stranger,
            member: app.colleague_of(&here, Role::Member).await,
            admin,
            foreign_key: app.key_of(&elsewhere, &Scope::ALL).await.key,
            revoked_key: revoked.key,
            made: Cell::new(0),
            _keys: keys,
            here,
            app,
        };
        eventually("what was bought is written down", async || cast.app.jobs().await == 0).await;
        // What is changed at the provider would else be told at any time.
        cast.app.stripe.drop_webhooks().await;
        cast
    }

    /// What nobody from outside may ever see.
    pub(super) fn secrets(&self) -> [&str; 4] {
        [self.here.tenant.as_str(), &self.here.email, &self.member.email, &self.admin.email]
    }

    /// Makes what the call will be about, and whatever the caller brings.
    pub(super) async fn prepare(&self, route: Route<'_>, caller: Caller) -> Prepared {
        let Route::Call(operation) = route else {
            // A page's address says which workspace it is about.
            let named = format!("/live/usage?tenant={}", self.here.tenant);
            let path = if caller.names_the_workspace() { named } else { "/live/usage".to_owned() };
            let bearer = self.bearer(&[], caller).await;
            return Prepared { path, body: None, browser: self.browser(false, caller).await, bearer };
        };
        // Signing in and out ends the session that is sent along: it is one of its own.
        let ends = operation.method == "post" && operation.is["tags"][0] == "auth";
        Prepared {
            path: self.path(operation).await,
            body: self.body(operation).await,
            browser: self.browser(ends, caller).await,
            bearer: self.bearer(&scopes(operation), caller).await,
        }
    }

    /// Makes the call, on what belongs to the workspace `here` wherever the path names something.
    pub(super) async fn call(&self, route: Route<'_>, caller: Caller, prepared: Prepared) -> Answer {
        let Prepared { path, body, browser, bearer } = prepared;
        let method = match route {
            Route::Call(operation) => operation.method.to_uppercase().parse().unwrap(),
            Route::Stream => Method::GET,
        };
        // Each from an address of its own, as some answers depend on how many came from there.
        let from = format!("2001:db8:{:x}::1", self.number());
        let mut request = browser.request(method, &path).header("x-forwarded-for", from);
        if let Some(body) = body {
            request = request.json(&body);
        }
        if caller.names_the_workspace() {
            request = request.header("x-tenant-id", self.here.tenant.as_str());
        }
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        match route {
            Route::Call(_) => browser.send(request).await,
            Route::Stream => Listening::to(request).await.so_far,
        }
    }

    async fn browser(&self, ends: bool, caller: Caller) -> Browser {
        let person = match caller {
            Caller::Stranger | Caller::StrangerAtHome => &self.stranger,
            Caller::Member => &self.member,
            Caller::Admin => &self.admin,
            _ => return self.app.visitor(),
        };
        if ends { self.app.signed_in(&person.email).await } else { person.browser.led_to(self.app.server.address) }
    }

    /// A bare key has every scope but those `asked`.
    async fn bearer(&self, asked: &[Scope], caller: Caller) -> Option<String> {
        match caller {
            Caller::BareKey => {
                let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| !asked.contains(scope)).collect();
                Some(self.app.key_of(&self.here, &others).await.key)
            }
            Caller::ForeignKey | Caller::ForeignKeyAtHome => Some(self.foreign_key.clone()),
            Caller::RevokedKey => Some(self.revoked_key.clone()),
            Caller::Token | Caller::ForeignToken => Some(self.foreign_token.clone()),
            Caller::AdminToken => Some(self.admin_token.clone()),
            _ => None,
        }
    }

    /// The path, with what is asked for made for this very call.
    async fn path(&self, operation: Promised<'_>) -> String {
        let path = operation.path;
        match path {
            // The workspace has no account of its own: everybody who may ask is told so, whoever it is about.
            _ if path.starts_with("/billing/tenant/") => path.replace("{id}", "cust-123"),
            _ if path.contains("{feature}") => path.replace("{feature}", "projects"),
            "/api/v1/usage/history" => format!("{path}?feature=projects"),
            "/api/v1/billing/preflight" => format!("{path}?plan=pro"),
            "/api/v1/tenant/api-keys/{id}" => {
                path.replace("{id}", &self.app.key_of(&self.here, &[Scope::Read]).await.id)
            }
            "/tenant/secrets/{key}" => path.replace("{key}", &self.secret().await),
            "/api/v1/tenant/members/{userId}" => {
                path.replace("{userId}", self.app.member_id_of(&self.here).await.as_str())
            }
            "/api/v1/tenant/invitations/{id}" => path.replace("{id}", &self.invitation("id").await),
            _ if path.starts_with(ENDPOINTS) && path.contains("{id}") => {
                let (endpoint, delivery) = self.endpoint().await;
                path.replace("{id}", &endpoint).replace("{delivery}", &delivery)
            }
            _ => {
                assert!(!path.contains('{'), "nobody knows what to name in {path}");
                path.to_owned()
            }
        }
    }

    /// The document's example, or what can be sent again and again.
    async fn body(&self, operation: Promised<'_>) -> Option<Value> {
        match operation.is["operationId"].as_str().unwrap() {
            "signUp" => Some(json!({ "email": self.address(), "password": PASSWORD })),
            "logIn" => Some(json!({ "email": self.stranger.email, "password": PASSWORD })),
            "confirmIdentity" => Some(json!({ "password": PASSWORD })),
            // Five are kept from one address; these are answered like them, and forgotten.
            "sendEnterpriseRequest" => {
                let mut body = operation.example()?;
                body["homepage"] = json!("https://acme.test");
                Some(body)
            }
            "upgradePlan" => Some(json!({ "targetPlan": "scale" })),
            "createWebhookEndpoint" => Some(json!({ "url": "http://127.0.0.1:1025/" })),
            "changeWebhookEndpoint" => Some(json!({ "description": self.address() })),
            "inviteMember" | "createInvitation" => Some(json!({ "email": self.address(), "role": "member" })),
            "acceptInvitation" => {
                let link = self.invitation("url").await;
                Some(json!({ "token": link.rsplit('/').next() }))
            }
            _ => operation.example(),
        }
    }

    /// What a form is sent with, about things of this workspace that are made for it.
    pub(super) async fn fields(&self, form: &str) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        match form {
            "change-role" => {
                vec![("member", self.app.member_id_of(&self.here).await.to_string()), ("role", text("admin"))]
            }
            "remove-member" => vec![("member", self.app.member_id_of(&self.here).await.to_string())],
            "revoke-key" => vec![("id", self.app.key_of(&self.here, &[Scope::Read]).await.id)],
            "withdraw-invitation" => vec![("id", self.invitation("id").await)],
            "set-secret" => vec![("key", format!("secret{}", self.number())), ("value", text("hush"))],
            "delete-secret" => vec![("key", self.secret().await)],
            "invite" => vec![("email", self.address()), ("role", text("member"))],
            "make-key" => vec![("name", text("made by a form")), ("scopes[]", text("read"))],
            "create-product" => {
                vec![("name", text("Plan")), ("price", text("9")), ("currency", text("usd")), ("cycle", text("month"))]
            }
            "create-checkout-link" => {
                vec![("price", text("price-123")), ("success_url", text("https://yourapp.com/success"))]
            }
            "end-customer-subscription" => vec![("subscription", text("sub-123")), ("when", text("now"))],
            "checkout" => vec![("plan", text("scale")), ("cycle", text("monthly"))],
            "portal" => vec![("door", text("home"))],
            "add-webhook" => vec![("url", text("http://127.0.0.1:1025/"))],
            "change-webhook" => {
                vec![("id", self.endpoint().await.0), ("url", text("http://127.0.0.1:1026/"))]
            }
            "switch-webhook" => vec![("id", self.endpoint().await.0), ("to", text("off"))],
            "rotate-webhook" | "test-webhook" | "delete-webhook" => vec![("id", self.endpoint().await.0)],
            "resend-webhook" => {
                let (endpoint, delivery) = self.endpoint().await;
                vec![("id", endpoint), ("delivery", delivery)]
            }
            "try-again" | "operator-try-again" => vec![("job", text("none"))],
            "operator-sync" => vec![("tenant", self.here.tenant.to_string())],
            "operator-plan" => vec![("tenant", self.here.tenant.to_string()), ("plan", text("scale"))],
            "operator-limit" => {
                vec![("tenant", self.here.tenant.to_string()), ("feature", text("projects")), ("limit", text("77"))]
            }
            "operator-key" => {
                vec![
                    ("tenant", self.here.tenant.to_string()),
                    ("keyName", text("made at the desk")),
                    ("scopes[]", text("usage")),
                ]
            }
            "operator-correct" => vec![
                ("tenant", self.here.tenant.to_string()),
                ("correctFeature", text("projects")),
                ("amount", text("1")),
                ("reason", text("A test.")),
                ("idempotencyKey", format!("fix-{}", self.number())),
            ],
            "operator-request" => {
                let wish = json!({ "company": "Acme", "email": self.address() });
                let sent = self.here.post("/api/v1/enterprise/enterprise-signup", &wish).await.expect(201);
                let id = sent["requestId"].as_str().unwrap().to_owned();
                vec![("id", id), ("state", text("won")), ("note", text("Signed."))]
            }
            "cancel-subscription"
            | "resume-subscription"
            | "sync"
            | "leave"
            | "begin-second-factor"
            | "remove-second-factor"
            | "renew-recovery-codes"
            | "end-sessions"
            | "withdraw-address-change" => Vec::new(),
            "enable-second-factor" => vec![("code", text("000000"))],
            "change-password" => vec![("current", text(PASSWORD)), ("password", text("another battery staple"))],
            "confirm" => vec![("password", text(PASSWORD))],
            "change-address" => vec![("email", self.address())],
            "accept-invitation" | "prove-address" | "take-address" => vec![("token", text("none"))],
            "send-address-proof" => vec![("next", text("/settings/team"))],
            "end-session" => vec![("handle", text("none"))],
            "remove-sign-in" => vec![("project", text(PROJECT)), ("subject", self.admin.email.clone())],
            "open-workspace" => vec![("workspace", text("Another"))],
            "enterprise-signup" => vec![("company", text("Acme")), ("email", self.address())],
            _ => panic!("nobody knows what to send with {form}"),
        }
    }

    /// Who runs the installation, with a workspace of her own.
    pub(super) async fn operator(&self) -> Owner {
        let owner = self.app.owner().await;
        let told = self.app.command(&["operator", "add", "--email", &owner.email]).await;
        assert!(told.status.success(), "{told:?}");
        self.app.has_second_factor(&owner.email).await;
        owner
    }

    /// Keys and tokens that hold.
    pub(super) const fn bearers(&self) -> [&String; 3] {
        [&self.foreign_key, &self.foreign_token, &self.admin_token]
    }

    pub(super) const fn stranger(&self) -> &Browser {
        &self.stranger.browser
    }

    pub(super) const fn member(&self) -> &Browser {
        &self.member.browser
    }

    pub(super) const fn admin(&self) -> &Browser {
        &self.admin.browser
    }

    /// What a fresh invitation of the workspace says of itself.
    async fn invitation(&self, what: &str) -> String {
        let wish = json!({ "email": self.address(), "role": "member" });
        let invitation = self.here.post("/api/v1/tenant/invitations", &wish).await.expect(201);
        invitation[what].as_str().unwrap().to_owned()
    }

    /// The name of a fresh secret of the workspace.
    async fn secret(&self) -> String {
        let key = format!("secret{}", self.number());
        self.here.post("/tenant/secrets", &json!({ "key": key, "value": "hush" })).await.expect(201);
        key
    }

    /// A fresh endpoint of the workspace, where nobody listens, and what it was told.
    async fn endpoint(&self) -> (String, String) {
        // Each call pings one of its own, and a workspace has 20 pings a minute.
        self.app.forget_what_is_counted().await;
        for old in self.here.get(ENDPOINTS).await.expect(200)["items"].as_array().unwrap() {
            let path = format!("{ENDPOINTS}/{}", old["id"].as_str().unwrap());
            self.here.send(self.here.request(Method::DELETE, &path)).await;
        }
        let made = self.here.post(ENDPOINTS, &json!({ "url": "http://127.0.0.1:1025/" })).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let ping = self.here.post(&format!("{ENDPOINTS}/{id}/test"), &json!({})).await.expect(202);
        let delivery = ping["id"].as_str().unwrap().to_owned();
        let path = format!("{ENDPOINTS}/{id}/deliveries");
        eventually("the ping has failed", async || {
            self.here.get(&path).await.expect(200)["items"][0]["state"] == "failed"
        })
        .await;
        (id, delivery)
    }

    /// Nobody's yet.
    fn address(&self) -> String {
        format!("new{}@example.com", self.number())
    }

    fn number(&self) -> usize {
        self.made.replace(self.made.get() + 1)
    }
}

/// Those that a key needs, as the document says.
fn scopes(operation: Promised<'_>) -> Vec<Scope> {
    let ways = operation.is["security"].as_array().unwrap();
    let named = ways.iter().filter_map(|way| way["api_key"].as_array()).flatten();
    named.map(|scope| scope.as_str().unwrap().parse().unwrap()).collect()
}
