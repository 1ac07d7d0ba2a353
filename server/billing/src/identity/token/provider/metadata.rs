//! The cached discovery document and keys of one identity provider.
//!
//! At most one fetch is in progress. An expired document is used while the provider is down. For [`REST`], a
//! failed fetch stops all fetches, and a fetch for a missing key stops further fetches for missing keys.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::{Duration, Instant},
};

use openidconnect::{HttpRequest, IssuerUrl, core::CoreProviderMetadata};
use tokio::sync::Mutex;

use super::{error::ProviderError, http::ProviderHttp};

/// How long a document is used before it is fetched again.
const FRESH: Duration = Duration::from_mins(5);
/// How long a document is used while it can't be fetched again.
const STALE: Duration = Duration::from_hours(24);
/// How long a failed fetch stops all fetches, and a fetch for a missing key stops further fetches for missing keys.
const REST: Duration = Duration::from_secs(10);

type Document = Arc<CoreProviderMetadata>;

#[derive(Default)]
pub(super) struct Metadata {
    cache: RwLock<Cache>,
    /// Held during a fetch.
    fetch_lock: Mutex<()>,
}

#[derive(Default)]
struct Cache {
    document: Option<(Document, Instant)>,
    failed_at: Option<Instant>,
    /// When a fetch was last made because the document lacked a key.
    key_missed_at: Option<Instant>,
}

impl Cache {
    fn younger_than(&self, age: Duration) -> Option<Document> {
        self.document.as_ref().filter(|(_, at)| at.elapsed() < age).map(|(document, _)| document.clone())
    }

    fn is_resting(&self) -> bool {
        self.failed_at.is_some_and(|at| at.elapsed() < REST)
    }

    fn has_missed_key(&self) -> bool {
        self.key_missed_at.is_some_and(|at| at.elapsed() < REST)
    }
}

impl Metadata {
    /// Returns the cached document, or fetches it if it is missing or expired. Waits for at most one fetch. Returns the
    /// expired document while another caller fetches, and after a failed fetch.
    pub(super) async fn current(&self, issuer: &str, http: &ProviderHttp) -> Result<Document, ProviderError> {
        if let Some(document) = self.read(|cache| cache.younger_than(FRESH)) {
            return Ok(document);
        }
        let stale = self.read(|cache| cache.younger_than(STALE));
        let _lock = match (&stale, self.fetch_lock.try_lock()) {
            (_, Ok(lock)) => lock,
            // Another caller fetches, and an expired document will do.
            (Some(stale), Err(_)) => return Ok(stale.clone()),
            (None, Err(_)) => self.fetch_lock.lock().await,
        };
        // Another caller may have fetched in the meantime.
        if let Some(document) = self.read(|cache| cache.younger_than(FRESH)) {
            return Ok(document);
        }
        if self.read(Cache::is_resting) {
            return stale.ok_or(ProviderError::Unavailable);
        }
        match (self.fetch(issuer, http).await, stale) {
            (Err(_), Some(stale)) => Ok(stale),
            (fetched, _) => fetched,
        }
    }

    /// Returns a document that is newer than `former`, which lacks a key. Returns `former` if the last fetch for a
    /// missing key is more recent than [`REST`], so that a provider that signs with unpublished keys does not cause a
    /// storm of fetches.
    pub(super) async fn fetch_newer(
        &self,
        former: &Document,
        issuer: &str,
        http: &ProviderHttp,
    ) -> Result<Document, ProviderError> {
        let _lock = self.fetch_lock.lock().await;
        let newer = self.read(|cache| cache.younger_than(FRESH)).filter(|newer| !Arc::ptr_eq(newer, former));
        if let Some(newer) = newer {
            return Ok(newer);
        }
        if self.read(Cache::is_resting) {
            return Err(ProviderError::Unavailable);
        }
        if self.read(Cache::has_missed_key) {
            return Ok(former.clone());
        }
        let fetched = self.fetch(issuer, http).await;
        self.write().key_missed_at = Some(Instant::now());
        fetched
    }

    fn read<T>(&self, of: impl FnOnce(&Cache) -> T) -> T {
        of(&self.cache.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self) -> RwLockWriteGuard<'_, Cache> {
        self.cache.write().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, issuer: &str, http: &ProviderHttp) -> Result<Document, ProviderError> {
        let http = http.clone();
        let send = move |request: HttpRequest| http.clone().send(request);
        let fetched = match IssuerUrl::new(issuer.to_owned()) {
            Ok(url) => CoreProviderMetadata::discover_async(url, &send).await.map_err(|error| log(issuer, &error)),
            Err(error) => Err(log(issuer, &error)),
        };
        let mut cache = self.write();
        match fetched {
            Ok(document) => {
                let document = Arc::new(document);
                cache.document = Some((document.clone(), Instant::now()));
                cache.failed_at = None;
                Ok(document)
            }
            Err(error) => {
                cache.failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }
}

fn log(issuer: &str, error: &(dyn std::error::Error + 'static)) -> ProviderError {
    tracing::warn!(issuer, error, "failed to fetch the discovery document or keys of an identity provider");
    ProviderError::Unavailable
}
