//! The secrets that sign messages to endpoints. They are stored encrypted and shown once.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{ids::TenantId, time::Timestamp};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::Webhook;

use crate::{
    service::{Endpoints, ServiceError},
    store::{tenant::sealed::SealedColumn, webhook::webhook_endpoints::Endpoint},
};

/// The length of a secret. Standard Webhooks asks for 24 to 64 bytes.
const SECRET_BYTES: usize = 32;

/// A new secret, encrypted and in clear text.
pub(super) struct FreshSecret {
    pub(super) sealed: String,
    pub(super) clear: String,
}

/// A stored secret that can't be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The endpoint's secret can't be opened: it is sealed under another key. Rotate the secret.")]
pub(super) struct LostSecret;

impl Endpoints {
    /// Generates a secret for an endpoint. Stores nothing.
    pub(super) fn fresh_secret(&self, tenant: &TenantId, endpoint: &str) -> Result<FreshSecret, ServiceError> {
        let clear = format!("whsec_{}", STANDARD.encode(rand::rng().random::<[u8; SECRET_BYTES]>()));
        let sealed = self.sealing_key().seal(&place(tenant, endpoint), clear.as_bytes());
        let sealed = sealed.map_err(|_| ServiceError::Internal("failed to encrypt an endpoint's secret"))?;
        Ok(FreshSecret { sealed, clear })
    }

    /// Returns the `webhook-signature` of a message: one signature for each valid secret (Standard Webhooks: "Signature
    /// scheme").
    pub(super) fn signatures(
        &self,
        endpoint: &Endpoint,
        message: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<String, LostSecret> {
        let former = endpoint.former.as_ref().filter(|(_, until)| *until > now).map(|(sealed, _)| sealed);
        let sign = |sealed: &String| {
            let secret = self.open(endpoint, sealed).ok_or(LostSecret)?;
            let webhook = Webhook::new(secret.expose_secret()).map_err(|_| LostSecret)?;
            webhook.sign(message, now.as_secs(), body.as_bytes()).map_err(|_| LostSecret)
        };
        let newest = sign(&endpoint.secret)?;
        // A replaced secret that can't be decrypted is left out.
        let former = former.and_then(|sealed| sign(sealed).ok());
        Ok([Some(newest), former].into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    fn open(&self, endpoint: &Endpoint, sealed: &str) -> Option<SecretString> {
        let opened = self.sealing_key().open(&place(&endpoint.tenant, &endpoint.id), sealed).ok()?;
        String::from_utf8(opened).ok().map(SecretString::from)
    }
}

fn place(tenant: &TenantId, endpoint: &str) -> String {
    SealedColumn::ENDPOINT_SECRETS.place(&format!("{tenant} {endpoint}"))
}
