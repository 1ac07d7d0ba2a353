//! Two workspaces and every kind of caller.

mod endpoints;
mod keys;
mod people;

use std::{cell::Cell, collections::BTreeMap};

use billing::identity::{
    firebase::testing::{KeyServer, PROJECT},
    token::issuer::testing::IssuerServer,
};
use domain::{
    account::Role,
    ids::TenantId,
    tenant::{installation_scope::InstallationScope, scope::Scope},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::matrix::Caller;
use crate::harness::{
    APP_URL, Answer, Browser, Colleague, DocumentedOperation, Engine, EventStream, Owner, PASSWORD, SECRETS_KEY,
    TestApp, eventually,
};

pub(super) struct Fixture {
    pub(super) app: TestApp,
    /// The workspace that other callers must not reach.
    pub(super) here: Owner,
    stranger: Colleague,
    member: Colleague,
    admin: Colleague,
    billing: Colleague,
    foreign_key: String,
    revoked_key: String,
    /// With every scope.
    installation_key: String,
    foreign_token: String,
    admin_token: String,
    /// Tokens of this issuer name their workspace by id.
    issuer: IssuerServer,
    /// The workspace of the stranger.
    elsewhere: TenantId,
    bare_keys: Mutex<BTreeMap<Vec<Scope>, String>>,
    bare_installation_keys: Mutex<BTreeMap<Vec<InstallationScope>, String>>,
    /// Numbers the created objects, so that their names are unique.
    made: Cell<usize>,
    _keys: KeyServer,
}

/// A route under test.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    Call(DocumentedOperation<'a>),
    /// The event stream of open pages, which is not in the document.
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

/// A call that is ready to send.
pub(super) struct Prepared {
    path: String,
    body: Option<Value>,
    browser: Browser,
    /// A key or an ID token.
    bearer: Option<String>,
}

impl Fixture {
    pub(super) async fn start(engine: Engine) -> Self {
        let issuer = IssuerServer::start().await;
        let (app, keys) = TestApp::on(engine)
            .with("TOKEN_ISSUERS", &issuer.setting("id"))
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
        let fixture = Self {
            foreign_token: app.known_id_token(&stranger.email).await,
            admin_token: app.known_id_token(&admin.email).await,
            stranger,
            member: app.colleague_of(&here, Role::Member).await,
            admin,
            billing: app.colleague_of(&here, Role::Billing).await,
            foreign_key: app.key_of(&elsewhere, &Scope::ALL).await.key,
            revoked_key: revoked.key,
            installation_key: app.installation_key(&InstallationScope::ALL).await.key,
            issuer,
            elsewhere: elsewhere.tenant.clone(),
            bare_keys: Mutex::default(),
            bare_installation_keys: Mutex::default(),
            made: Cell::new(0),
            _keys: keys,
            here,
            app,
        };
        eventually("the purchases are stored", async || fixture.app.jobs().await == 0).await;
        // From here on no webhook changes rows between two comparisons.
        fixture.app.stripe.drop_webhooks().await;
        fixture
    }

    /// Returns the values that callers from outside must never see.
    pub(super) fn secrets(&self) -> [&str; 5] {
        let [member, admin, billing] = [&self.member, &self.admin, &self.billing].map(|person| person.email.as_str());
        [self.here.tenant.as_str(), &self.here.email, member, admin, billing]
    }

    /// Creates the objects of the call and the caller's credentials.
    pub(super) async fn prepare(&self, route: Route<'_>, caller: Caller) -> Prepared {
        let Route::Call(operation) = route else {
            // The stream names the workspace in its query.
            let named = format!("/live/usage?tenant={}", self.here.tenant);
            let path = if caller.names_the_workspace() { named } else { "/live/usage".to_owned() };
            let bearer = self.bearer(None, caller).await;
            return Prepared { path, body: None, browser: self.browser(false, caller).await, bearer };
        };
        // Login and logout end the session that they are sent with, so they get a new one.
        let ends = operation.method == "post" && operation.is["tags"][0] == "auth";
        Prepared {
            path: self.path(operation).await,
            body: self.body(operation).await,
            browser: self.browser(ends, caller).await,
            bearer: self.bearer(Some(operation), caller).await,
        }
    }

    /// Makes the call; objects that the path names belong to the workspace `here`.
    pub(super) async fn call(&self, route: Route<'_>, caller: Caller, prepared: Prepared) -> Answer {
        let Prepared { path, body, browser, bearer } = prepared;
        let method = match route {
            Route::Call(operation) => operation.method.to_uppercase().parse().unwrap(),
            Route::Stream => Method::GET,
        };
        // Each call comes from a new address, as some limits count by address.
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
            Route::Stream => EventStream::to(request).await.received,
        }
    }

    async fn browser(&self, ends: bool, caller: Caller) -> Browser {
        let person = match caller {
            Caller::Stranger | Caller::StrangerAtHome => &self.stranger,
            Caller::Member => &self.member,
            Caller::Admin => &self.admin,
            Caller::Billing => &self.billing,
            _ => return self.app.visitor(),
        };
        if ends {
            self.app.signed_in(&person.email).await
        } else {
            person.browser.with_address(self.app.server.address)
        }
    }

    /// Returns the path of a call. The objects that it names are created for this call.
    async fn path(&self, operation: DocumentedOperation<'_>) -> String {
        let path = operation.path;
        match path {
            // The workspace has no provider account: every authorized caller gets the error for that.
            _ if path.starts_with("/billing/tenant/") => path.replace("{id}", "cust-123"),
            _ if path.contains("{feature}") => path.replace("{feature}", "projects"),
            "/api/v1/usage/history" => format!("{path}?feature=projects"),
            "/api/v1/portal-sessions" => format!("{path}?user=user_42"),
            "/api/v1/billing/preflight" => format!("{path}?plan=pro"),
            "/api/v1/tenant/api-keys/{id}" => {
                path.replace("{id}", &self.app.key_of(&self.here, &[Scope::Read]).await.id)
            }
            "/tenant/secrets/{key}" => path.replace("{key}", &self.secret().await),
            "/api/v1/tenant/members/{userId}" => {
                path.replace("{userId}", self.app.absent_member_id(&self.here).await.as_str())
            }
            "/api/v1/tenant/invitations/{id}" => path.replace("{id}", &self.invitation("id").await),
            _ if path.contains("{tenant}") => {
                let id = self.number().to_string();
                // PUT creates the tenant with this external id; other methods need an existing tenant.
                if operation.method != "put" {
                    self.app.product_tenant(&id, None).await;
                }
                path.replace("{tenant}", &format!("external:{id}"))
            }
            _ if path.contains("/webhook-endpoints/{id}") => {
                let is_of_workspace = path.starts_with("/api/v1/tenant/");
                let (endpoint, delivery) =
                    if is_of_workspace { self.endpoint().await } else { self.installation_endpoint().await };
                path.replace("{id}", &endpoint).replace("{delivery}", &delivery)
            }
            _ => {
                assert!(!path.contains('{'), "a parameter of {path} has no value");
                path.to_owned()
            }
        }
    }

    /// Returns the document's example, or a body that can be sent repeatedly.
    async fn body(&self, operation: DocumentedOperation<'_>) -> Option<Value> {
        match operation.is["operationId"].as_str().unwrap() {
            "signUp" => Some(json!({ "email": self.address(), "password": PASSWORD })),
            "logIn" => Some(json!({ "email": self.stranger.email, "password": PASSWORD })),
            "confirmIdentity" => Some(json!({ "password": PASSWORD })),
            // Fills the honeypot, which no limit counts: the answer is the same, and nothing is stored.
            "sendEnterpriseRequest" => {
                let mut body = operation.example()?;
                body["homepage"] = json!("https://acme.test");
                Some(body)
            }
            "createPortalLink" => {
                let mut body = operation.example()?;
                body["returnUrl"] = json!(format!("{APP_URL}/back"));
                Some(body)
            }
            // The stand-in for Stripe has no such customer.
            "putTenant" => {
                let mut body = operation.example()?;
                body["customers"] = Value::Null;
                Some(body)
            }
            "upgradePlan" => Some(json!({ "targetPlan": "scale" })),
            "createWebhookEndpoint" | "createInstallationWebhookEndpoint" => {
                Some(json!({ "url": "http://127.0.0.1:1025/" }))
            }
            "changeWebhookEndpoint" | "changeInstallationWebhookEndpoint" => {
                Some(json!({ "description": self.address() }))
            }
            "inviteMember" | "createInvitation" => Some(json!({ "email": self.address(), "role": "member" })),
            "correctUsage" => {
                let key = self.number().to_string();
                Some(json!({ "feature": "ai_tokens", "amount": 1, "reason": "Test.", "idempotencyKey": key }))
            }
            "acceptInvitation" => {
                let link = self.invitation("url").await;
                Some(json!({ "token": link.rsplit('/').next() }))
            }
            _ => operation.example(),
        }
    }

    /// Creates the objects of the workspace that a form names, and returns the fields of the form.
    pub(super) async fn fields(&self, form: &str) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        let tenant = || ("tenant", self.here.tenant.to_string());
        match form {
            "change-role" => {
                vec![("member", self.app.absent_member_id(&self.here).await.to_string()), ("role", text("admin"))]
            }
            "change-seats" => vec![("seats", text("8")), ("from", text("5"))],
            "remove-member" => vec![("member", self.app.absent_member_id(&self.here).await.to_string())],
            "revoke-key" => vec![("id", self.app.key_of(&self.here, &[Scope::Read]).await.id)],
            "withdraw-invitation" => vec![("id", self.invitation("id").await)],
            "set-secret" => vec![("key", format!("secret{}", self.number())), ("value", text("hush"))],
            "set-limit" => vec![("feature", text("websocket_connections")), ("first", text("50%"))],
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
            "add-webhook" | "operator-add-webhook" => vec![("url", text("http://127.0.0.1:1025/"))],
            "change-webhook" => {
                vec![("id", self.endpoint().await.0), ("url", text("http://127.0.0.1:1026/"))]
            }
            "switch-webhook" => vec![("id", self.endpoint().await.0), ("to", text("off"))],
            "rotate-webhook" | "test-webhook" | "delete-webhook" => vec![("id", self.endpoint().await.0)],
            "resend-webhook" => {
                let (endpoint, delivery) = self.endpoint().await;
                vec![("id", endpoint), ("delivery", delivery)]
            }
            "operator-change-webhook" => {
                vec![("id", self.installation_endpoint().await.0), ("url", text("http://127.0.0.1:1026/"))]
            }
            "operator-switch-webhook" => vec![("id", self.installation_endpoint().await.0), ("to", text("off"))],
            "operator-rotate-webhook" | "operator-test-webhook" | "operator-delete-webhook" => {
                vec![("id", self.installation_endpoint().await.0)]
            }
            "operator-resend-webhook" => {
                let (endpoint, delivery) = self.installation_endpoint().await;
                vec![("id", endpoint), ("delivery", delivery)]
            }
            "try-again" | "operator-try-again" => vec![("job", text("none"))],
            "operator-sync" | "operator-add-note" | "operator-delete-note" => self.note_fields().await,
            "operator-start-import" => vec![("provider", text("stripe")), ("from", text("customer"))],
            "operator-upload-import" => {
                let csv = format!("external_id,stripe_customer_id\nproduct-{},cus_unknown\n", self.number());
                vec![("csvProvider", text("stripe")), ("pasted", csv)]
            }
            "operator-adopt-import" | "operator-cancel-import" => {
                vec![("import", text("none")), ("listed", text("1"))]
            }
            "operator-send-mail" => vec![("mail", text("invitation")), ("language", text("en"))],
            "operator-plan" => vec![tenant(), ("plan", text("scale"))],
            "operator-limit" => vec![tenant(), ("feature", text("projects")), ("limit", text("77"))],
            "operator-key" => vec![tenant(), ("keyName", text("made at the desk")), ("scopes[]", text("usage"))],
            "make-installation-key" => vec![("name", text("made at the desk")), ("scopes[]", text("tenants"))],
            "revoke-installation-key" => vec![("id", self.installation_key_id().await)],
            "operator-correct" => vec![
                tenant(),
                ("correctFeature", text("projects")),
                ("amount", text("1")),
                ("reason", text("A test.")),
                ("idempotencyKey", format!("fix-{}", self.number())),
            ],
            "operator-request" => {
                let request_body = json!({ "company": "Acme", "email": self.address() });
                let sent = self.here.post("/api/v1/enterprise/enterprise-signup", &request_body).await.expect(201);
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
            "mail-preferences" => vec![("mails[]", text("monthly_report"))],
            "enable-second-factor" => vec![("code", text("000000"))],
            "change-password" => vec![("current", text(PASSWORD)), ("password", text("another battery staple"))],
            "confirm" => vec![("password", text(PASSWORD))],
            "change-address" => vec![("email", self.address())],
            "rename-workspace" => vec![("name", format!("Renamed {}", self.number()))],
            "delete-account" => vec![("typed_address", self.address())],
            "accept-invitation" | "prove-address" | "take-address" => vec![("token", text("none"))],
            "send-address-proof" => vec![("next", text("/settings/team"))],
            "end-session" => vec![("handle", text("none"))],
            "remove-sign-in" => vec![("project", text(PROJECT)), ("subject", self.admin.email.clone())],
            "delete-workspace" | "open-workspace" => vec![("workspace", text("Another"))],
            "enterprise-signup" => vec![("company", text("Acme")), ("email", self.address())],
            _ => panic!("{form} has no fields here"),
        }
    }

    /// Returns an operator of the installation with a separate workspace.
    pub(super) async fn operator(&self) -> Owner {
        let owner = self.app.owner().await;
        let output = self.app.command(&["operator", "add", "--email", &owner.email]).await;
        assert!(output.status.success(), "{output:?}");
        self.app.add_second_factor(&owner.email).await;
        owner
    }

    /// Creates an invitation and returns this field of it.
    async fn invitation(&self, what: &str) -> String {
        let request_body = json!({ "email": self.address(), "role": "member" });
        let invitation = self.here.post("/api/v1/tenant/invitations", &request_body).await.expect(201);
        invitation[what].as_str().unwrap().to_owned()
    }

    /// Creates a secret and returns its name.
    async fn secret(&self) -> String {
        let key = format!("secret{}", self.number());
        self.here.post("/tenant/secrets", &json!({ "key": key, "value": "hush" })).await.expect(201);
        key
    }

    /// Returns an unused email address.
    fn address(&self) -> String {
        format!("new{}@example.com", self.number())
    }

    fn number(&self) -> usize {
        self.made.replace(self.made.get() + 1)
    }
}
