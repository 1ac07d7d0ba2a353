//! People of a workspace.

use std::ops::Deref;

use domain::ids::TenantId;
use serde_json::json;

use super::Browser;

/// Somebody of a workspace, in her browser.
pub(crate) struct Colleague {
    pub(crate) browser: Browser,
    pub(crate) email: String,
}

/// The owner of a workspace, in her browser.
pub(crate) struct Owner {
    pub(super) browser: Browser,
    pub(crate) email: String,
    pub(crate) tenant: TenantId,
}

impl Owner {
    /// Starts a checkout and answers the hosted page.
    pub(crate) async fn checkout(&self, plan: &str) -> String {
        let answer = self.post("/api/v1/billing/checkout", &json!({ "plan": plan })).await.expect(200);
        answer["url"].as_str().unwrap().to_owned()
    }
}

impl Deref for Colleague {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Deref for Owner {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}
