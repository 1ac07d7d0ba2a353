//! Requests under an idempotency key: worked on once, and answered alike however often they are sent.
//!
//! Whoever comes first claims the key for a short while and renews the claim as long as it works, so that a node that dies is
//! missed soon. Everybody else waits a little for the answer. Only what succeeded is kept: what was refused has changed nothing
//! and may be tried again under the same key.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use domain::time::Timestamp;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument;

use super::{ServiceError, Services};
use crate::store::{
    StoreResult,
    idempotency_keys::{Claim, KnownRequest},
    sealed::SealedColumn,
};

const KEPT_SECS: i64 = 86_400;
/// A node that has died is missed after this long at most.
const LEASE_SECS: i64 = 10;
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How long to wait for the answer to the same request before saying that there is none yet.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A request as it is known: hashes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    key_hash: String,
    request_hash: String,
}

impl KeyedRequest {
    /// `scope` is who asks, where, and the key: only there does the key mean this request. `content` is what must be the same
    /// when it comes again, byte for byte.
    pub fn new(scope: &[&[u8]], content: &[&[u8]]) -> Self {
        Self { key_hash: hash(scope), request_hash: hash(content) }
    }

    /// What this request is called elsewhere, where it makes something: under the same key, another content is another.
    pub fn attempt(&self) -> String {
        hash(&[self.key_hash.as_bytes(), self.request_hash.as_bytes()])
    }

    /// A key that nobody has used, for a page to put into a form.
    pub fn fresh_key() -> String {
        hex::encode(rand::random::<[u8; 16]>())
    }
}

/// Each part with its length, so that no two lists of parts are hashed alike.
fn hash(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    hex::encode(context.finish())
}

/// What is answered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub status: u16,
    /// Empty for an answer without one.
    pub content_type: String,
    pub body: Vec<u8>,
    /// Whether the person had to confirm who they are.
    pub asked_confirmation: bool,
}

/// Behind the status of an answer that took a confirmation.
const CONFIRMED: char = 'c';

impl KeptAnswer {
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

/// What is to be done with a request.
#[derive(Debug)]
pub enum Turn {
    /// Work on it, then say how it went with [`Services::keep_answer`] or [`Services::give_back`].
    Ours(Held),
    /// It was worked on before.
    Answered(KeptAnswer),
}

/// A claim that is renewed until this is dropped.
#[derive(Debug)]
pub struct Held {
    claim: Claim,
    _renewing: DropGuard,
}

impl Services {
    /// Claims a request, or finds what it was answered. While somebody else works on it this waits, a few seconds at most.
    pub async fn take_turn(&self, request: &KeyedRequest) -> Result<Turn, ServiceError> {
        let began = Instant::now();
        loop {
            let now = self.wall_now();
            let known = self.store().read().await?.link().find_idempotency_key(&request.key_hash, stale(now)).await?;
            let mut retry_after_secs = 1;
            match known {
                Some(KnownRequest { request_hash, .. }) if request_hash != request.request_hash => {
                    return Err(ServiceError::IdempotencyKeyReused);
                }
                Some(KnownRequest { answer: Some(sealed), .. }) => {
                    return self.opened(request, &sealed).map(Turn::Answered);
                }
                Some(KnownRequest { locked_until, .. }) if locked_until > now => {
                    retry_after_secs = locked_until.secs_since(now);
                }
                _ => {
                    if let Some(held) = self.claim(request, now).await? {
                        return Ok(Turn::Ours(held));
                    }
                }
            }
            if began.elapsed() > PATIENCE {
                return Err(ServiceError::IdempotencyInProgress { retry_after_secs });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// `None` when somebody else was faster.
    async fn claim(&self, request: &KeyedRequest, now: Timestamp) -> Result<Option<Held>, ServiceError> {
        let claim = Claim { key_hash: request.key_hash.clone(), claim: hex::encode(rand::random::<[u8; 16]>()) };
        let mut tx = self.store().begin().await?;
        let until = now.plus_secs(LEASE_SECS);
        if !tx.link().claim_idempotency_key(&claim, &request.request_hash, until, now, stale(now)).await? {
            return Ok(None);
        }
        tx.commit().await?;
        let over = CancellationToken::new();
        let renewing = renew_regularly(self.clone(), claim.clone(), over.clone());
        tokio::spawn(renewing.in_current_span());
        Ok(Some(Held { claim, _renewing: over.drop_guard() }))
    }

    /// Keeps what a request was answered, sealed: it may show a secret this once.
    pub async fn keep_answer(&self, held: &Held, answer: &KeptAnswer) -> Result<(), ServiceError> {
        let sealed = self.sealing_key().seal(&place(&held.claim.key_hash), &answer.to_bytes());
        let sealed = sealed.map_err(|_| ServiceError::Internal("an answer can be sealed"))?;
        let mut tx = self.store().begin().await?;
        tx.link().answer_idempotency_key(&held.claim, &sealed).await?;
        Ok(tx.commit().await?)
    }

    /// The request was refused: its key is as good as new.
    pub async fn give_back(&self, held: &Held) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.link().delete_idempotency_key(&held.claim).await?;
        Ok(tx.commit().await?)
    }

    fn opened(&self, request: &KeyedRequest, sealed: &str) -> Result<KeptAnswer, ServiceError> {
        let opened = self.sealing_key().open(&place(&request.key_hash), sealed);
        opened.ok().and_then(|bytes| KeptAnswer::read(&bytes)).ok_or(ServiceError::IdempotencyAnswerLost)
    }
}

/// In a task of its own: the work may hold the database, and must not wait for this to be written.
async fn renew_regularly(services: Services, claim: Claim, over: CancellationToken) {
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
        if let Err(error) = renew(&services, &claim).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the claim of an idempotency key can't be renewed"
            );
        }
    }
}

async fn renew(services: &Services, claim: &Claim) -> StoreResult<()> {
    let mut tx = services.store().begin().await?;
    tx.link().renew_idempotency_key(claim, services.wall_now().plus_secs(LEASE_SECS)).await?;
    tx.commit().await
}

fn place(key_hash: &str) -> String {
    SealedColumn::ANSWERS.place(key_hash)
}

/// Keys that are from then or before mean nothing any more.
pub fn stale(now: Timestamp) -> Timestamp {
    now.plus_secs(-KEPT_SECS)
}

#[cfg(test)]
mod tests;
