//! Firebase ID tokens: verification, sign-up, login and bearer authentication.

mod bearing;
mod signing_up;

use billing::identity::firebase::testing::{Draft, KeyServer};
use domain::time::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, TestApp};

const SIGN_UP: &str = "/api/v1/auth/signup";
const LOG_IN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";
const STATUS: &str = "/api/v1/billing/status";
const ADA: &str = "ada@example.com";

/// Starts a server that accepts the tokens of a project, and its key server.
async fn dues_with_firebase(engine: Engine) -> (TestApp, KeyServer) {
    let (app, keys) = TestApp::on(engine).with_firebase().await;
    (app.start().await, keys)
}

/// A valid token of Ada, which tests can change.
fn draft() -> Draft {
    Draft::new(SystemClock.now())
}

fn signup_body(token: &str, email: &str) -> Value {
    json!({ "idToken": token, "email": email })
}

/// Calls with a bearer token, and with `X-Tenant-ID` if `tenant` is given.
async fn call(browser: &Browser, path: &str, token: &str, tenant: Option<&str>) -> Answer {
    let request = browser.request(Method::GET, path).bearer_auth(token);
    browser
        .send(match tenant {
            Some(tenant) => request.header("x-tenant-id", tenant),
            None => request,
        })
        .await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}
