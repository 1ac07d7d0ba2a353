//! Idempotency keys: a request is processed once, and repeats get the stored response.
//!
//! The first call claims the key with a short lease and renews it while it works, so that the claim of a crashed node
//! expires soon. Concurrent calls wait briefly for the response. Only successful responses are stored: a rejected
//! request has changed nothing and may be sent again under the same key.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use domain::{ids::TenantId, time::Timestamp};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument;

use crate::{
    service::{Idempotency, ServiceError},
    store::{
        StoreResult,
        tenant::{
            idempotency_keys::{Claim, KnownRequest},
            sealed::SealedColumn,
        },
    },
};

/// The claim of a crashed node expires after this time.
const LEASE_SECS: i64 = 10;
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How long a call waits for the response of a concurrent call with the same key.
const MAX_WAIT: Duration = Duration::from_secs(5);
const POLL_EVERY: Duration = Duration::from_millis(100);

/// The hashes that identify a request and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    key_hash: String,
    request_hash: String,
    /// The tenant that the request is about. The stored response is erased when this tenant's data is.
    tenant: Option<TenantId>,
}

impl KeyedRequest {
    /// Hashes a request. `scope` is caller, endpoint and key: a key is unique only for its caller and endpoint.
    /// `content` is what a repeat must send again, byte for byte.
    pub fn new(scope: &[&[u8]], content: &[&[u8]]) -> Self {
        Self { key_hash: hash(scope), request_hash: hash(content), tenant: None }
    }

    /// Sets the tenant that the request is about.
    #[must_use]
    pub fn about(self, tenant: Option<TenantId>) -> Self {
        Self { tenant, ..self }
    }

    /// Returns an id for the object that the request creates. It depends on both the key and the content.
    pub fn attempt(&self) -> String {
        hash(&[self.key_hash.as_bytes(), self.request_hash.as_bytes()])
    }

    /// Generates an unused key for a form.
    pub fn fresh_key() -> String {
        hex::encode(rand::random::<[u8; 16]>())
    }
}

/// Hashes parts with their lengths, so that different lists of parts have different hashes.
fn hash(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    hex::encode(context.finish())
}

/// A stored response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    pub status: u16,
    /// Empty for a response without a content type.
    pub content_type: String,
    pub body: Vec<u8>,
    /// Whether the request required a re-authentication.
    pub asked_confirmation: bool,
}

/// Suffix of the status of a response whose request required a re-authentication.
const CONFIRMED: char = 'c';

impl StoredResponse {
    fn to_bytes(&self) -> Vec<u8> {
        let Self { status, content_type, body, asked_confirmation } = self;
        let confirmed = if *asked_confirmation { CONFIRMED.to_string() } else { String::new() };
        [format!("{status}{confirmed} {content_type}\n").as_bytes(), body].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (line, body) = bytes.split_at_checked(end)?;
        let (status, content_type) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        let body = body.get(1..)?.to_vec();
        let bare = status.trim_end_matches(CONFIRMED);
        let asked_confirmation = bare.len() < status.len();
        Some(Self { status: bare.parse().ok()?, content_type: content_type.to_owned(), body, asked_confirmation })
    }
}

/// How to proceed with a request.
#[derive(Debug)]
pub enum IdempotencyClaim {
    /// Process it, then call [`Idempotency::store_response`] or [`Idempotency::release_claim`].
    New(ClaimGuard),
    /// The request was processed before: send its response again.
    Replay(StoredResponse),
}

/// A claim whose lease is renewed until the guard is dropped.
#[derive(Debug)]
pub struct ClaimGuard {
    claim: Claim,
    _renewing: DropGuard,
}

impl Idempotency {
    /// Claims a request or finds its stored response. Waits some seconds while another call processes the request, then
    /// fails with [`ServiceError::IdempotencyInProgress`].
    pub async fn claim_request(&self, request: &KeyedRequest) -> Result<IdempotencyClaim, ServiceError> {
        let began = Instant::now();
        loop {
            let now = self.wall_now();
            let since = self.keys_kept_since(now);
            let known = self.store().read().await?.connection().find_idempotency_key(&request.key_hash, since).await?;
            let mut retry_after_secs = 1;
            match known {
                Some(KnownRequest { request_hash, .. }) if request_hash != request.request_hash => {
                    return Err(ServiceError::IdempotencyKeyReused);
                }
                Some(KnownRequest { answer: Some(sealed), .. }) => {
                    return self.open_answer(request, &sealed).map(IdempotencyClaim::Replay);
                }
                Some(KnownRequest { locked_until, .. }) if locked_until > now => {
                    retry_after_secs = locked_until.secs_since(now);
                }
                _ => {
                    if let Some(held) = self.claim(request, now).await? {
                        return Ok(IdempotencyClaim::New(held));
                    }
                }
            }
            if began.elapsed() > MAX_WAIT {
                return Err(ServiceError::IdempotencyInProgress { retry_after_secs });
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// Returns the time since which stored keys are valid at `now`. Older keys have expired.
    fn keys_kept_since(&self, now: Timestamp) -> Timestamp {
        self.settings().worker.retention.idempotency_keys_before(now)
    }

    /// Claims the key and starts to renew the lease; `None` when another call has claimed it.
    async fn claim(&self, request: &KeyedRequest, now: Timestamp) -> Result<Option<ClaimGuard>, ServiceError> {
        let claim = Claim { key_hash: request.key_hash.clone(), claim: hex::encode(rand::random::<[u8; 16]>()) };
        let mut tx = self.store().begin().await?;
        let until = now.plus_secs(LEASE_SECS);
        let since = self.keys_kept_since(now);
        let (hash, about) = (&request.request_hash, request.tenant.as_ref());
        if !tx.connection().claim_idempotency_key(&claim, hash, about, until, (now, since)).await? {
            return Ok(None);
        }
        tx.commit().await?;
        let over = CancellationToken::new();
        let renewing = renew_until(self.clone(), claim.clone(), over.clone());
        tokio::spawn(renewing.in_current_span());
        Ok(Some(ClaimGuard { claim, _renewing: over.drop_guard() }))
    }

    /// Stores which tenant a request has created: the response is erased with that tenant. Call it before
    /// [`Self::store_response`].
    pub async fn note_tenant(&self, held: &ClaimGuard, tenant: &TenantId) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().update_idempotency_key_tenant(&held.claim, tenant).await?;
        Ok(tx.commit().await?)
    }

    /// Stores the response of a request, sealed: it may contain a secret that is shown only once.
    pub async fn store_response(&self, held: &ClaimGuard, answer: &StoredResponse) -> Result<(), ServiceError> {
        let sealed = self.sealing_key().seal(&seal_context(&held.claim.key_hash), &answer.to_bytes());
        let sealed = sealed.map_err(|_| ServiceError::Internal("failed to seal an idempotent response"))?;
        let mut tx = self.store().begin().await?;
        tx.connection().answer_idempotency_key(&held.claim, &sealed).await?;
        Ok(tx.commit().await?)
    }

    /// Releases the claim of a rejected request: its key can be used again.
    pub async fn release_claim(&self, held: &ClaimGuard) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().delete_idempotency_key(&held.claim).await?;
        Ok(tx.commit().await?)
    }

    fn open_answer(&self, request: &KeyedRequest, sealed: &str) -> Result<StoredResponse, ServiceError> {
        let opened = self.sealing_key().open(&seal_context(&request.key_hash), sealed);
        opened.ok().and_then(|bytes| StoredResponse::read(&bytes)).ok_or(ServiceError::IdempotencyAnswerLost)
    }
}

/// Renews the lease until `over` is cancelled. Runs in a separate task: a renewal may have to wait for a transaction of
/// the request itself.
async fn renew_until(requests: Idempotency, claim: Claim, over: CancellationToken) {
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
        if let Err(error) = renew(&requests, &claim).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to renew the claim of an idempotency key");
        }
    }
}

async fn renew(requests: &Idempotency, claim: &Claim) -> StoreResult<()> {
    let mut tx = requests.store().begin().await?;
    tx.connection().renew_idempotency_key(claim, requests.wall_now().plus_secs(LEASE_SECS)).await?;
    tx.commit().await
}

fn seal_context(key_hash: &str) -> String {
    SealedColumn::ANSWERS.place(key_hash)
}

#[cfg(test)]
mod tests;
