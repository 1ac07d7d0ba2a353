//! Firebase, as far as Dues sees of it: tokens that say who somebody is, and the keys that they are signed with.

use billing::identity::firebase::testing::{Draft, KeyServer, PROJECT};
use domain::time::{Clock, SystemClock};
use serde_json::json;

use super::{TestApp, app::TestAppBuilder};

impl TestAppBuilder {
    /// Takes the tokens of a project. The source of its keys is there as long as it is held.
    pub(crate) async fn with_firebase(self) -> (Self, KeyServer) {
        let keys = KeyServer::start().await;
        (self.with("FIREBASE_PROJECT_ID", PROJECT).with("FIREBASE_JWKS_URL", keys.url.as_str()), keys)
    }
}

/// The token of whoever has this address.
pub(crate) fn id_token(email: &str) -> String {
    Draft::new(SystemClock.now()).of(email, email).signed()
}

impl TestApp {
    /// The token of somebody who has an account already, and has come with it before.
    pub(crate) async fn known_id_token(&self, email: &str) -> String {
        let token = id_token(email);
        let wish = json!({ "idToken": token, "email": email });
        self.visitor().post("/api/v1/auth/signup", &wish).await.expect(200);
        token
    }
}
