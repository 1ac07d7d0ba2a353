//! A stand-in for Firebase: ID tokens and the server of their signing keys.

use billing::identity::firebase::testing::{Draft, KeyServer, PROJECT};
use domain::time::{Clock, SystemClock};
use serde_json::json;

use super::{TestApp, TestAppBuilder};

impl TestAppBuilder {
    /// Makes the app accept ID tokens of the project [`PROJECT`]. The returned key server runs until it is dropped.
    pub(crate) async fn with_firebase(self) -> (Self, KeyServer) {
        let keys = KeyServer::start().await;
        (self.with("FIREBASE_PROJECT_ID", PROJECT).with("FIREBASE_JWKS_URL", keys.url.as_str()), keys)
    }
}

/// Returns a valid ID token of the user with this address.
pub(crate) fn id_token(email: &str) -> String {
    Draft::new(SystemClock.now()).of(email, email).signed()
}

impl TestApp {
    /// Signs up with an ID token and returns the token.
    pub(crate) async fn known_id_token(&self, email: &str) -> String {
        let token = id_token(email);
        let request_body = json!({ "idToken": token, "email": email });
        self.visitor().post("/api/v1/auth/signup", &request_body).await.expect(200);
        token
    }
}
