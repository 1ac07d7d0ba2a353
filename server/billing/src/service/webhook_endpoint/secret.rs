//! What endpoints' messages are signed with: kept sealed, shown once.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{ids::TenantId, time::Timestamp};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::Webhook;

use super::super::{ServiceError, Services};
use crate::store::{sealed::SealedColumn, webhook_endpoints::Endpoint};

/// As many as the standard asks for at least, and more than anybody guesses.
const SECRET_BYTES: usize = 32;

/// A new secret.
pub(super) struct FreshSecret {
    pub(super) sealed: String,
    pub(super) clear: String,
}

/// A secret that is there and can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The endpoint's secret can't be opened, as SECRETS_KEY is another by now. Rotate the secret.")]
pub(super) struct LostSecret;

impl Services {
    pub(super) fn fresh_secret(&self, tenant: &TenantId, endpoint: &str) -> Result<FreshSecret, ServiceError> {
        let clear = format!("whsec_{}", STANDARD.encode(rand::rng().random::<[u8; SECRET_BYTES]>()));
        let sealed = self.sealing_key().seal(&place(tenant, endpoint), clear.as_bytes());
        let sealed = sealed.map_err(|_| ServiceError::Internal("a short text can be sealed"))?;
        Ok(FreshSecret { sealed, clear })
    }

    /// The `webhook-signature` of a message: one by each secret that is in force (Standard Webhooks: "Signature scheme").
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
        // One that is lost beside one that is not is not missed.
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
