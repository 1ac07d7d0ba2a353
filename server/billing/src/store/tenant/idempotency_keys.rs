//! Requests with an idempotency key, and their responses.

use domain::{ids::TenantId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    // A lapsed claim can be taken over, but only for the same request: it is unknown how far the first attempt came.
    CLAIM_IDEMPOTENCY_KEY = "INSERT INTO idempotency_keys (key_hash, request_hash, claim, locked_until, created_at, tenant_id) \
         VALUES ($1, $2, $3, $4, $5, $7) ON CONFLICT (key_hash) DO UPDATE SET \
         request_hash = $2, claim = $3, locked_until = $4, answer = NULL, created_at = $5, tenant_id = $7 \
         WHERE idempotency_keys.created_at <= $6 OR (idempotency_keys.answer IS NULL \
         AND idempotency_keys.locked_until <= $5 AND idempotency_keys.request_hash = $2)";
    FIND_IDEMPOTENCY_KEY = "SELECT request_hash, locked_until, answer FROM idempotency_keys \
         WHERE key_hash = $1 AND created_at > $2";
    RENEW_IDEMPOTENCY_KEY = "UPDATE idempotency_keys SET locked_until = $3 WHERE key_hash = $1 AND claim = $2";
    ANSWER_IDEMPOTENCY_KEY = "UPDATE idempotency_keys SET answer = $3 WHERE key_hash = $1 AND claim = $2";
    UPDATE_IDEMPOTENCY_KEY_TENANT = "UPDATE idempotency_keys SET tenant_id = $3 WHERE key_hash = $1 AND claim = $2";
    DELETE_IDEMPOTENCY_KEY = "DELETE FROM idempotency_keys WHERE key_hash = $1 AND claim = $2";
}

/// The request stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRequest {
    pub request_hash: String,
    /// The claim on the request holds until then.
    pub locked_until: Timestamp,
    /// Sealed; `None` while the request is in progress.
    pub answer: Option<String>,
}

/// The right to process a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub key_hash: String,
    /// Random. A claim that was taken over no longer matches.
    pub claim: String,
}

#[derive(sqlx::FromRow)]
struct KnownRequestRow {
    request_hash: String,
    locked_until: i64,
    answer: Option<String>,
}

impl Connection<'_> {
    /// Claims a key for a request, which may be about a tenant. `false` unless the key is unused, was claimed at
    /// `stale` or earlier, or has a lapsed claim for the same request without a response.
    pub async fn claim_idempotency_key(
        &mut self,
        claim: &Claim,
        request_hash: &str,
        about: Option<&TenantId>,
        locked_until: Timestamp,
        (now, stale): (Timestamp, Timestamp),
    ) -> StoreResult<bool> {
        let claimed = on_backend!(self, connection => sqlx::query(CLAIM_IDEMPOTENCY_KEY)
            .bind(&claim.key_hash)
            .bind(request_hash)
            .bind(&claim.claim)
            .bind(locked_until.as_micros())
            .bind(now.as_micros())
            .bind(stale.as_micros())
            .bind(about.map(TenantId::as_str))
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(claimed == 1)
    }

    /// Finds the request under a key, unless the key was claimed at `stale` or earlier.
    pub async fn find_idempotency_key(
        &mut self,
        key_hash: &str,
        stale: Timestamp,
    ) -> StoreResult<Option<KnownRequest>> {
        let row: Option<KnownRequestRow> = on_backend!(self, connection => sqlx::query_as(FIND_IDEMPOTENCY_KEY)
            .bind(key_hash)
            .bind(stale.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|KnownRequestRow { request_hash, locked_until, answer }| KnownRequest {
            request_hash,
            locked_until: Timestamp::from_micros(locked_until),
            answer,
        }))
    }

    /// Extends a claim until `locked_until`. No-op if it was taken over.
    pub async fn renew_idempotency_key(&mut self, claim: &Claim, locked_until: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(RENEW_IDEMPOTENCY_KEY)
            .bind(&claim.key_hash)
            .bind(&claim.claim)
            .bind(locked_until.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Stores the sealed response, for repeats of the request. No-op if the claim was taken over.
    pub async fn answer_idempotency_key(&mut self, claim: &Claim, answer: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(ANSWER_IDEMPOTENCY_KEY)
            .bind(&claim.key_hash)
            .bind(&claim.claim)
            .bind(answer)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Stores which tenant the request is about.
    pub async fn update_idempotency_key_tenant(&mut self, claim: &Claim, tenant: &TenantId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_IDEMPOTENCY_KEY_TENANT)
            .bind(&claim.key_hash)
            .bind(&claim.claim)
            .bind(tenant.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Releases the key as if it had never been used.
    pub async fn delete_idempotency_key(&mut self, claim: &Claim) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_IDEMPOTENCY_KEY)
            .bind(&claim.key_hash)
            .bind(&claim.claim)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
