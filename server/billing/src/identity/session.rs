//! Browser sessions: kept in the store, over after 7 idle days and after 30 days in any case.

mod ends;

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use aws_lc_rs::digest;
use domain::{
    ids::{TenantId, UserId},
    time::{Clock, Timestamp},
};
use serde::{Deserialize, Serialize};
use tower_sessions::{
    Session,
    session::{Id, Record},
    session_store::{self, SessionStore},
};

use super::{
    client::Client,
    factors::{Authenticated, LastConfirmed},
};
use crate::{
    security_event::SecurityEvent,
    store::{Store, StoreError},
};

pub use ends::{EndsOfPerson, SessionEnds};

pub const IDLE_SECS: i64 = 7 * 86_400;
pub const ABSOLUTE_SECS: i64 = 30 * 86_400;
/// Being seen again is written down this often at most.
const SEEN_AGAIN_SECS: i64 = 300;
const KEY: &str = "signed_in";
/// Under which a browser is known that has shown one factor of two.
const HALF_KEY: &str = "awaits_code";
/// How long a code may be typed after the password.
const HALF_SECS: i64 = 10 * 60;

/// What a session knows. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub user: UserId,
    /// The workspace that is open; `None` means the first.
    pub tenant: Option<TenantId>,
    began_at: Timestamp,
    seen_at: Timestamp,
    /// When the person last showed a factor; missing in sessions that began before it was written down.
    #[serde(default)]
    confirmed_at: Option<Timestamp>,
    /// The header of the browser that signed in.
    #[serde(default)]
    user_agent: String,
    /// Where it signed in from.
    #[serde(default)]
    address: Option<IpAddr>,
}

/// A person who has shown the first factor, and whose account asks for a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitsCode {
    pub user: UserId,
    pub at: Timestamp,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// The hash of its id, by which it is ended.
    pub handle: String,
    pub began_at: Timestamp,
    pub seen_at: Timestamp,
    pub user_agent: String,
    pub address: Option<IpAddr>,
}

impl SignedIn {
    /// When the person signed in, in wall time.
    pub fn began_at(&self) -> Timestamp {
        self.began_at
    }

    /// When the person last showed a factor, in wall time.
    pub fn last_confirmed(&self) -> LastConfirmed {
        LastConfirmed(self.confirmed_at.unwrap_or(self.began_at))
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.secs_since(self.began_at) >= ABSOLUTE_SECS || now.secs_since(self.seen_at) >= IDLE_SECS
    }
}

pub type SessionError = tower_sessions::session::Error;

/// Signs a person in under a new id: one that was known before the login must not become theirs.
pub async fn begin(session: &Session, who: &Authenticated, client: &Client) -> Result<(), SessionError> {
    session.cycle_id().await?;
    session.remove_value(HALF_KEY).await?;
    let now = who.at();
    let signed_in = SignedIn {
        user: who.user().clone(),
        tenant: None,
        began_at: now,
        seen_at: now,
        confirmed_at: Some(who.confirmed_at()),
        user_agent: client.user_agent.clone(),
        address: Some(client.address.0),
    };
    session.insert(KEY, signed_in).await?;
    // At once, so that whoever can't be written down is told why.
    session.save().await?;
    SecurityEvent::SignedIn { user: who.user() }.write();
    Ok(())
}

/// Remembers, for a short while and for this browser alone, that a person has shown the first factor.
pub async fn await_code(session: &Session, user: &UserId, at: Timestamp) -> Result<(), SessionError> {
    session.cycle_id().await?;
    session.remove_value(KEY).await?;
    session.insert(HALF_KEY, AwaitsCode { user: user.clone(), at }).await?;
    session.save().await
}

/// Who has shown the first factor here, if that was a short while ago.
pub async fn awaits_code(session: &Session, now: Timestamp) -> Result<Option<AwaitsCode>, SessionError> {
    let half = session.get::<AwaitsCode>(HALF_KEY).await?;
    Ok(half.filter(|half| now.secs_since(half.at) < HALF_SECS))
}

/// Writes down that the person has shown a factor again.
pub async fn confirm(session: &Session, now: Timestamp) -> Result<(), SessionError> {
    if let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? {
        signed_in.confirmed_at = Some(now);
        session.insert(KEY, signed_in).await?;
        session.save().await?;
    }
    Ok(())
}

/// By what the session is known in a list; `None` for one that was never stored.
pub fn handle(session: &Session) -> Option<String> {
    session.id().map(|id| hash(&id))
}

/// Reads a session as it is stored; `None` for one of nobody, or that ended.
pub(crate) fn listed(handle: String, data: &str, sessions_since: Timestamp, now: Timestamp) -> Option<ListedSession> {
    let mut data: serde_json::Map<String, serde_json::Value> = serde_json::from_str(data).ok()?;
    let signed_in: SignedIn = serde_json::from_value(data.remove(KEY)?).ok()?;
    if signed_in.is_over(now) || signed_in.began_at < sessions_since {
        return None;
    }
    let SignedIn { user: _, tenant: _, began_at, seen_at, confirmed_at: _, user_agent, address } = signed_in;
    Some(ListedSession { handle, began_at, seen_at, user_agent, address })
}

/// Signs out and forgets the session everywhere.
pub async fn end(session: &Session) -> Result<(), SessionError> {
    let signed_in = session.get::<SignedIn>(KEY).await?;
    session.flush().await?;
    if let Some(SignedIn { user, .. }) = &signed_in {
        SecurityEvent::SignedOut { user }.write();
    }
    Ok(())
}

/// Who is signed in, if the session has not run out.
pub async fn current(session: &Session, store: &Store, now: Timestamp) -> Result<Option<SignedIn>, SessionError> {
    let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? else { return Ok(None) };
    if signed_in.is_over(now) {
        session.flush().await?;
        return Ok(None);
    }
    if now.secs_since(signed_in.seen_at) >= SEEN_AGAIN_SECS && is_prolonged(session, store).await {
        signed_in.seen_at = now;
        session.insert(KEY, &signed_in).await?;
    }
    Ok(Some(signed_in))
}

/// The same for a page that is left open, which is no sign of anybody's being there.
pub async fn listening(session: &Session, now: Timestamp) -> Result<Option<SignedIn>, SessionError> {
    Ok(session.get::<SignedIn>(KEY).await?.filter(|signed_in| !signed_in.is_over(now)))
}

/// Whoever can't be seen again, as where the disk is full, may read on until the session ends: what is left to be saved when the
/// request is over would turn her answer into a 500.
async fn is_prolonged(session: &Session, store: &Store) -> bool {
    let Some(id) = session.id() else { return true };
    let prolong = async {
        let mut tx = store.begin().await?;
        tx.link().prolong_session(&hash(&id), session.expiry_date().into()).await?;
        tx.commit().await
    };
    prolong.await.map_err(|error| backend(&error)).is_ok()
}

/// Opens another workspace. Whether the person belongs to it is checked at every request.
pub async fn switch_tenant(session: &Session, tenant: &TenantId) -> Result<(), SessionError> {
    if let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? {
        signed_in.tenant = Some(tenant.clone());
        session.insert(KEY, &signed_in).await?;
        session.save().await?;
    }
    Ok(())
}

/// Sessions in the database, under a hash of their id.
#[derive(Clone)]
pub struct StoredSessions {
    store: Store,
    wall: Arc<dyn Clock>,
    ends: SessionEnds,
}

impl StoredSessions {
    /// `ends` is notified of each session that is deleted.
    pub fn new(store: Store, wall: Arc<dyn Clock>, ends: SessionEnds) -> Self {
        Self { store, wall, ends }
    }
}

impl StoredSessions {
    /// Whether `data` is stored, and with an end that was reckoned a moment ago.
    async fn is_stored(&self, record: &Record, data: &str) -> Result<bool, StoreError> {
        let found = self.store.read().await?.link().find_session(&hash(&record.id), self.wall.now()).await?;
        let end = Timestamp::from(record.expiry_date);
        Ok(found.is_some_and(|(stored, ends)| stored == data && (0..SEEN_AGAIN_SECS).contains(&end.secs_since(ends))))
    }
}

impl std::fmt::Debug for StoredSessions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("StoredSessions").finish_non_exhaustive()
    }
}

fn hash(id: &Id) -> String {
    hex::encode(digest::digest(&digest::SHA256, &id.0.to_le_bytes()))
}

fn backend(error: &StoreError) -> session_store::Error {
    tracing::error!(error = error as &dyn std::error::Error, "sessions can't be reached");
    session_store::Error::Backend(error.to_string())
}

fn encode(record: &Record) -> session_store::Result<String> {
    serde_json::to_string(&record.data).map_err(|error| session_store::Error::Encode(error.to_string()))
}

/// Whose session it is.
fn owner(record: &Record) -> Option<&str> {
    record.data.get(KEY)?.get("user")?.as_str()
}

#[async_trait]
impl SessionStore for StoredSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let data = encode(record)?;
        loop {
            let mut tx = self.store.begin().await.map_err(|error| backend(&error))?;
            match tx.link().insert_session(&hash(&record.id), owner(record), &data, record.expiry_date.into()).await {
                Ok(()) => return tx.commit().await.map_err(|error| backend(&error)),
                Err(StoreError::Conflict) => record.id = Id::default(),
                Err(error) => return Err(backend(&error)),
            }
        }
    }

    /// What is stored like this already is not written again: a login is saved at once, and by the library when it is answered.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let data = encode(record)?;
        if self.is_stored(record, &data).await.map_err(|error| backend(&error))? {
            return Ok(());
        }
        let mut tx = self.store.begin().await.map_err(|error| backend(&error))?;
        tx.link()
            .update_session(&hash(&record.id), owner(record), &data, record.expiry_date.into())
            .await
            .map_err(|error| backend(&error))?;
        tx.commit().await.map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut reader = self.store.read().await.map_err(|error| backend(&error))?;
        let Some((data, expires_at)) =
            reader.link().find_session(&hash(id), self.wall.now()).await.map_err(|error| backend(&error))?
        else {
            return Ok(None);
        };
        let data = serde_json::from_str(&data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: expires_at.to_utc() }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut tx = self.store.begin().await.map_err(|error| backend(&error))?;
        let person = tx.link().delete_session(&hash(id)).await.map_err(|error| backend(&error))?;
        tx.commit().await.map_err(|error| backend(&error))?;
        if let Some(person) = person {
            self.ends.notify(&person);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
