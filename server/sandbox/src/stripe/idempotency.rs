//! Idempotency keys ("Idempotent requests" in Stripe's API reference): a repeated request gets the first response.

use aws_lc_rs::digest;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::StripeError;
use crate::storage::Transaction;

const KEPT_SECS: i64 = 24 * 3600;
const MAX_KEY_LEN: usize = 255;

/// A stored response to a request with an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Replay {
    /// The key, made unique across accounts.
    pub(crate) id: String,
    fingerprint: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
    kept_at: Timestamp,
}

/// The stored response for `key`. `None` if there is none, or if it has expired. Fails if the key was used with a
/// different request.
pub(crate) fn find(tx: &Transaction<'_>, key: &str, fingerprint: &str) -> Result<Option<Replay>, StripeError> {
    if key.len() > MAX_KEY_LEN {
        return Err(StripeError::refused(format!("Idempotency keys can have up to {MAX_KEY_LEN} characters.")));
    }
    match tx.get::<Replay>(&scoped(tx, key)) {
        Some(replay) if tx.wall.secs_since(replay.kept_at) > KEPT_SECS => Ok(None),
        Some(replay) if replay.fingerprint == fingerprint => Ok(Some(Replay::clone(&replay))),
        Some(_) => Err(StripeError::idempotency(key)),
        None => Ok(None),
    }
}

pub(crate) fn store(tx: &mut Transaction<'_>, key: &str, fingerprint: String, status: u16, body: Value) {
    tx.put(Replay { id: scoped(tx, key), fingerprint, status, body, kept_at: tx.wall });
}

fn scoped(tx: &Transaction<'_>, key: &str) -> String {
    tx.account.as_ref().map_or_else(|| key.to_owned(), |account| account.scoped_key(key))
}

/// A hash of the request that ignores the order of parameters, since clients may shuffle metadata.
pub(crate) fn fingerprint(method: &str, path: &str, encoded: &[u8]) -> String {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(encoded).collect();
    pairs.sort();
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [method, path].into_iter().chain(pairs.iter().flat_map(|(name, value)| [&**name, &**value])) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex::encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_ignores_order_and_depends_on_values() {
        let of = |body: &str| fingerprint("POST", "/v1/customers", body.as_bytes());
        assert_eq!(of("metadata[a]=1&metadata[b]=2"), of("metadata[b]=2&metadata[a]=1"));
        assert_ne!(of("a=1&b=2"), of("a=2&b=1"));
        assert_ne!(of("ab=c"), of("a=bc"));
    }
}
