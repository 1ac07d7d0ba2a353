//! Two workspaces, and everyone who calls.

use domain::{account::Role, scope::Scope};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::matrix::Caller;
use crate::harness::{APP_URL, Answer, Browser, Engine, Owner, PASSWORD, Promised, TestApp, eventually, example};

const NAMING: &str = "x-tenant-id";

pub(super) struct Cast {
    pub(super) app: TestApp,
    /// The workspace that is to be kept from others.
    pub(super) here: Owner,
    elsewhere: Owner,
    stranger: Browser,
    member: Browser,
    admin: Browser,
    foreign_key: String,
    revoked_key: String,
    /// Told apart by a number, so that nothing is made twice.
    calls: std::cell::Cell<usize>,
}

impl Cast {
    pub(super) async fn gather(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let (here, elsewhere) = (app.owner_on("standard").await, app.owner_on("standard").await);
        let cast = Self {
            stranger: app.colleague_of(&elsewhere, Role::Admin).await,
            member: app.colleague_of(&here, Role::Member).await,
            admin: app.colleague_of(&here, Role::Admin).await,
            foreign_key: app.key_of(&elsewhere, &Scope::ALL).await,
            revoked_key: app.revoked_key_of(&here).await,
            calls: std::cell::Cell::new(0),
            here,
            elsewhere,
            app,
        };
        eventually("what was bought is written down", async || cast.app.jobs().await == 0).await;
        cast
    }

    /// What nobody outside may ever see.
    pub(super) fn secrets(&self) -> [&str; 2] {
        [self.here.tenant.as_str(), &self.here.email]
    }

    /// Makes the call, about the workspace `here` wherever the route takes a word on what it is about.
    pub(super) async fn call(&self, operation: Promised<'_>, caller: Caller) -> Answer {
        self.calls.set(self.calls.get() + 1);
        let path = self.path(operation).await;
        let browser = self.browser(caller).await;
        let method: Method = operation.method.to_uppercase().parse().unwrap();
        let mut request = browser.request(method, &path);
        if let Some(body) = self.body(operation) {
            request = request.json(&body);
        }
        if caller.names_the_workspace() {
            request = request.header(NAMING, self.here.tenant.as_str());
        }
        browser.send(self.with_key(request, operation, caller).await).await
    }

    async fn browser(&self, caller: Caller) -> Browser {
        match caller {
            Caller::Stranger | Caller::StrangerAtHome => self.stranger.twin(),
            Caller::Member => self.member.twin(),
            Caller::Admin => self.admin.twin(),
            _ => self.app.visitor(),
        }
    }

    async fn with_key(&self, request: RequestBuilder, operation: Promised<'_>, caller: Caller) -> RequestBuilder {
        match caller {
            Caller::BareKey => {
                let asked = scopes(operation);
                let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| !asked.contains(scope)).collect();
                request.bearer_auth(self.app.key_of(&self.here, &others).await)
            }
            Caller::ForeignKey | Caller::ForeignKeyAtHome => request.bearer_auth(&self.foreign_key),
            Caller::RevokedKey => request.bearer_auth(&self.revoked_key),
            _ => request,
        }
    }
}
