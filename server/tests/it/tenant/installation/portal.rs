//! Portal links and portal sessions: a link works once on any node, and its session opens one workspace in one role.

mod access;
mod frames;
mod links;

use domain::tenant::installation_scope::InstallationScope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, TestApp, eventually};

const LINKS: &str = "/api/v1/portal-links";
const SESSIONS: &str = "/api/v1/portal-sessions";
const BACK: &str = "https://shop.test/billing?x=1";
const WAY_BACK: &str = "Back to Shop";
const NOT_IN_PORTAL: &str = "/membership?code=not_in_portal";
const COOKIE: &str = "dues_portal";

/// The product's back end with its installation key, and the workspace for which it requests links.
struct Product {
    app: TestApp,
    owner: Owner,
    key: String,
}

impl Product {
    async fn start(engine: Engine) -> Self {
        let app = TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", "https://shop.test").start().await;
        let owner = app.owner_on("pro").await;
        eventually("the purchase is stored", async || app.jobs().await == 0).await;
        Self::of(app, owner).await
    }

    async fn of(app: TestApp, owner: Owner) -> Self {
        let key = app.installation_key(&[InstallationScope::Portal]).await.key;
        Self { app, owner, key }
    }

    /// Sends the request for a link with these fields changed.
    async fn ask(&self, key: &str, fields: &Value) -> Answer {
        let mut body = json!({
            "user": { "externalId": "user 42" }, "role": "admin", "returnUrl": BACK, "returnLabel": "Shop",
        });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let visitor = self.app.visitor();
        let request = visitor.request(Method::POST, LINKS).bearer_auth(key);
        visitor.send(request.header("x-tenant-id", self.owner.tenant.as_str()).json(&body)).await
    }

    /// Returns the URL of a new link.
    async fn link(&self, fields: &Value) -> String {
        let made = self.ask(&self.key, fields).await.expect(201);
        made["url"].as_str().unwrap().to_owned()
    }

    /// A browser that has opened a new link.
    async fn visit(&self, fields: &Value) -> Browser {
        let browser = self.app.visitor();
        let opened = browser.get(&self.link(fields).await).await;
        assert!(browser.cookie(COOKIE).is_some(), "{opened:#?}");
        browser
    }

    /// Ends the sessions of the user of [`Self::ask`].
    async fn end_sessions(&self) -> Answer {
        let visitor = self.app.visitor();
        let request = visitor.request(Method::DELETE, &format!("{SESSIONS}?user=user+42")).bearer_auth(&self.key);
        visitor.send(request.header("x-tenant-id", self.owner.tenant.as_str())).await
    }
}

/// Returns the query in the form actions of a page that is rendered now.
async fn drawn_for(browser: &Browser) -> String {
    let page = browser.get("/membership/enterprise").await.text;
    let (_, query) = page.split_once("/rpc/enterprise-signup?").unwrap();
    format!("?{}", query.split('"').next().unwrap().replace("&amp;", "&"))
}

/// Panics unless the page contains the text `workspace` and passes [`assert_portal_form`].
#[track_caller]
fn assert_portal_page(page: &Answer, workspace: &str) {
    assert_eq!(page.status, 200, "{page:#?}");
    assert_portal_form(page);
    assert!(page.text.contains(workspace), "{}", page.text);
}

/// Panics unless the page links back to the product and has no links or forms of an account.
#[track_caller]
fn assert_portal_form(page: &Answer) {
    assert!(page.text.contains(WAY_BACK) && page.text.contains("https://shop.test/billing?x=1"), "{}", page.text);
    for closed in ["/rpc/logout", "/rpc/workspace", "href=\"/settings/account", "href=\"/operator"] {
        assert!(!page.text.contains(closed), "{closed} in {}", page.text);
    }
}
