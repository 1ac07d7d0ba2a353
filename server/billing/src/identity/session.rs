//! Browser sessions in the store. A session ends after a time without activity, and at the latest after a fixed time
//! ([`SessionLifetime`]).

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
    store::{
        Connection, Store, StoreError,
        account::{
            session_accounts::{SessionAccount, StoredSession},
            sessions::OpenSession,
        },
    },
};

pub use ends::{SessionEndListener, SessionEnds};

/// How many seconds pass at least between two updates of the stored time of the last request.
const SEEN_AGAIN_SECS: i64 = 300;
const KEY: &str = "signed_in";
/// The session's entry for a user who passed the first of two factors.
const HALF_KEY: &str = "awaits_code";
/// How long a code may be entered after the password.
const HALF_SECS: i64 = 10 * 60;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLifetime {
    /// How long a session lasts without activity.
    pub idle_secs: i64,
    /// How long a session lasts at most.
    pub absolute_secs: i64,
}

impl Default for SessionLifetime {
    fn default() -> Self {
        Self { idle_secs: 7 * 86_400, absolute_secs: 30 * 86_400 }
    }
}

/// The data of a session. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub user: UserId,
    /// The selected workspace; `None` for the user's first workspace.
    pub tenant: Option<TenantId>,
    began_at: Timestamp,
    seen_at: Timestamp,
    /// When the user last passed a factor; missing in sessions from versions that did not store it.
    #[serde(default)]
    confirmed_at: Option<Timestamp>,
    /// The `User-Agent` of the sign-in.
    #[serde(default)]
    user_agent: String,
    /// The client's address at sign-in.
    #[serde(default)]
    address: Option<IpAddr>,
}

/// A user who passed the first factor and whose account requires a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitsCode {
    pub user: UserId,
    pub at: Timestamp,
}

/// A session as listed to its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// The hash of the session's id, by which the session can be ended.
    pub handle: String,
    pub began_at: Timestamp,
    pub seen_at: Timestamp,
    pub user_agent: String,
    pub address: Option<IpAddr>,
}

impl SignedIn {
    /// When the user signed in, in wall time.
    pub fn began_at(&self) -> Timestamp {
        self.began_at
    }

    /// When the user last passed a factor, in wall time.
    pub fn last_confirmed(&self) -> LastConfirmed {
        LastConfirmed(self.confirmed_at.unwrap_or(self.began_at))
    }

    fn is_over(&self, now: Timestamp, lifetime: SessionLifetime) -> bool {
        let SessionLifetime { idle_secs, absolute_secs } = lifetime;
        now.secs_since(self.began_at) >= absolute_secs || now.secs_since(self.seen_at) >= idle_secs
    }
}

pub type SessionError = tower_sessions::session::Error;

/// Signs a user in under a new session id, so that an id planted before the login is worthless.
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
    // Saved at once, so that a failure is reported to the user.
    session.save().await?;
    SecurityEvent::SignedIn { user: who.user() }.write();
    Ok(())
}

/// Stores for ten minutes that the user of this browser passed the first factor.
pub async fn await_code(session: &Session, user: &UserId, at: Timestamp) -> Result<(), SessionError> {
    session.cycle_id().await?;
    session.remove_value(KEY).await?;
    session.insert(HALF_KEY, AwaitsCode { user: user.clone(), at }).await?;
    session.save().await
}

/// Returns the user who passed the first factor in this browser in the last ten minutes.
pub async fn awaits_code(session: &Session, now: Timestamp) -> Result<Option<AwaitsCode>, SessionError> {
    let half = session.get::<AwaitsCode>(HALF_KEY).await?;
    Ok(half.filter(|half| now.secs_since(half.at) < HALF_SECS))
}

/// Stores that the user passed a factor again.
pub async fn confirm(session: &Session, now: Timestamp) -> Result<(), SessionError> {
    if let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? {
        signed_in.confirmed_at = Some(now);
        session.insert(KEY, signed_in).await?;
        session.save().await?;
    }
    Ok(())
}

/// Returns the hash of the session's id, which identifies it in lists; `None` if the session was never stored.
pub fn handle(session: &Session) -> Option<String> {
    session.id().map(|id| hash(&id))
}

/// Decodes a stored session; `None` if it has no user, has ended, or began before `sessions_since`.
pub(crate) fn listed(
    handle: String,
    (data, sessions_since): (&str, Timestamp),
    now: Timestamp,
    lifetime: SessionLifetime,
) -> Option<ListedSession> {
    let signed_in = decode(data, sessions_since, now, lifetime)?;
    let SignedIn { user: _, tenant: _, began_at, seen_at, confirmed_at: _, user_agent, address } = signed_in;
    Some(ListedSession { handle, began_at, seen_at, user_agent, address })
}

/// Returns the workspace that a stored session of `user` has open; `None` if the session has ended or belongs to
/// another user, or if the user has no workspace. Does not count as activity.
pub(crate) fn open_workspace(
    user: &UserId,
    stored: &OpenSession,
    now: Timestamp,
    lifetime: SessionLifetime,
) -> Option<TenantId> {
    let OpenSession { data, sessions_since, tenants } = stored;
    let signed_in = decode(data, *sessions_since, now, lifetime)?;
    if signed_in.user != *user {
        return None;
    }
    let selected = signed_in.tenant.filter(|selected| tenants.contains(selected));
    selected.or_else(|| tenants.first().cloned())
}

/// The entry [`KEY`] of a session's data.
#[derive(Deserialize)]
struct StoredData {
    signed_in: Option<SignedIn>,
}

fn decode(data: &str, sessions_since: Timestamp, now: Timestamp, lifetime: SessionLifetime) -> Option<SignedIn> {
    let signed_in = serde_json::from_str::<StoredData>(data).ok()?.signed_in?;
    let is_void = signed_in.is_over(now, lifetime) || signed_in.began_at < sessions_since;
    (!is_void).then_some(signed_in)
}

/// Signs out and deletes the session.
pub async fn end(session: &Session) -> Result<(), SessionError> {
    let signed_in = session.get::<SignedIn>(KEY).await?;
    session.flush().await?;
    if let Some(SignedIn { user, .. }) = &signed_in {
        SecurityEvent::SignedOut { user }.write();
    }
    Ok(())
}

/// Returns the signed-in user's session unless it has ended. Counts as activity.
pub async fn current(
    session: &Session,
    store: &Store,
    now: Timestamp,
    lifetime: SessionLifetime,
) -> Result<Option<SignedIn>, SessionError> {
    let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? else { return Ok(None) };
    if signed_in.is_over(now, lifetime) {
        session.flush().await?;
        return Ok(None);
    }
    if now.secs_since(signed_in.seen_at) >= SEEN_AGAIN_SECS && is_prolonged(session, store).await {
        signed_in.seen_at = now;
        session.insert(KEY, &signed_in).await?;
    }
    Ok(Some(signed_in))
}

/// Returns the signed-in user's session with the user's account, in one statement. `None` for a session that has ended,
/// that has no user or a user without tenants, or whose activity must be stored: [`current`] handles those.
pub(crate) async fn find_with_account(
    session: &Session,
    link: &mut Connection<'_>,
    now: Timestamp,
    lifetime: SessionLifetime,
) -> Result<Option<(SignedIn, SessionAccount)>, StoreError> {
    let Some(id) = session.id() else { return Ok(None) };
    let Some(stored) = link.find_stored_session(&hash(&id), now).await? else { return Ok(None) };
    let StoredSession { data, sessions_since, account } = stored;
    let signed_in = decode(&data, sessions_since, now, lifetime).filter(|signed_in| {
        signed_in.user == account.account.user_id && now.secs_since(signed_in.seen_at) < SEEN_AGAIN_SECS
    });
    Ok(signed_in.map(|signed_in| (signed_in, account)))
}

/// Like [`current`], for requests that an open page makes by itself: does not count as activity.
pub async fn current_of_open_page(
    session: &Session,
    now: Timestamp,
    lifetime: SessionLifetime,
) -> Result<Option<SignedIn>, SessionError> {
    Ok(session.get::<SignedIn>(KEY).await?.filter(|signed_in| !signed_in.is_over(now, lifetime)))
}

/// Returns the handle of the browser's session if a user is signed in. Does not count as activity.
pub async fn signed_in_handle(
    session: &Session,
    now: Timestamp,
    lifetime: SessionLifetime,
) -> Result<Option<String>, SessionError> {
    let signed_in = current_of_open_page(session, now, lifetime).await?;
    Ok(signed_in.and_then(|_| handle(session)))
}

/// Stores the session's later end. Returns `false` on failure, for example on a full disk. The caller then leaves the
/// session unchanged, because the library fails a request whose changed session can't be saved: the user can read pages
/// until the session ends.
async fn is_prolonged(session: &Session, store: &Store) -> bool {
    let Some(id) = session.id() else { return true };
    let prolong = async {
        let mut tx = store.begin().await?;
        tx.connection().prolong_session(&hash(&id), session.expiry_date().into()).await?;
        tx.commit().await
    };
    prolong.await.map_err(|error| backend(&error)).is_ok()
}

/// Selects another workspace. Every request checks that the user is a member.
pub async fn switch_tenant(session: &Session, tenant: &TenantId) -> Result<(), SessionError> {
    if let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? {
        signed_in.tenant = Some(tenant.clone());
        session.insert(KEY, &signed_in).await?;
        session.save().await?;
    }
    Ok(())
}

/// Sessions in the database, by a hash of their id.
#[derive(Clone)]
pub struct StoredSessions {
    store: Store,
    wall: Arc<dyn Clock>,
    ends: SessionEnds,
}

impl StoredSessions {
    /// Makes a store that notifies `ends` of each session it deletes.
    pub fn new(store: Store, wall: Arc<dyn Clock>, ends: SessionEnds) -> Self {
        Self { store, wall, ends }
    }
}

impl StoredSessions {
    /// Whether `data` is stored already, with an end that is less than [`SEEN_AGAIN_SECS`] before that of `record`.
    async fn is_stored(&self, record: &Record, data: &str) -> Result<bool, StoreError> {
        let found = self.store.read().await?.connection().find_session(&hash(&record.id), self.wall.now()).await?;
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
    tracing::error!(error = error as &dyn std::error::Error, "failed to access stored sessions");
    session_store::Error::Backend(error.to_string())
}

fn encode(record: &Record) -> session_store::Result<String> {
    serde_json::to_string(&record.data).map_err(|error| session_store::Error::Encode(error.to_string()))
}

/// Returns the id of the user to whom the session belongs; `None` if no user is signed in.
fn owner(record: &Record) -> Option<&str> {
    record.data.get(KEY)?.get("user")?.as_str()
}

#[async_trait]
impl SessionStore for StoredSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let data = encode(record)?;
        loop {
            let mut tx = self.store.begin().await.map_err(|error| backend(&error))?;
            match tx
                .connection()
                .insert_session(&hash(&record.id), owner(record), &data, record.expiry_date.into())
                .await
            {
                Ok(()) => return tx.commit().await.map_err(|error| backend(&error)),
                Err(StoreError::Conflict) => record.id = Id::default(),
                Err(error) => return Err(backend(&error)),
            }
        }
    }

    /// Unchanged data is not written again: a login saves at once, and the library saves again with the response.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let data = encode(record)?;
        if self.is_stored(record, &data).await.map_err(|error| backend(&error))? {
            return Ok(());
        }
        let mut tx = self.store.begin().await.map_err(|error| backend(&error))?;
        tx.connection()
            .update_session(&hash(&record.id), owner(record), &data, record.expiry_date.into())
            .await
            .map_err(|error| backend(&error))?;
        tx.commit().await.map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut reader = self.store.read().await.map_err(|error| backend(&error))?;
        let Some((data, expires_at)) =
            reader.connection().find_session(&hash(id), self.wall.now()).await.map_err(|error| backend(&error))?
        else {
            return Ok(None);
        };
        let data = serde_json::from_str(&data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: expires_at.to_utc() }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut tx = self.store.begin().await.map_err(|error| backend(&error))?;
        let person = tx.connection().delete_session(&hash(id)).await.map_err(|error| backend(&error))?;
        tx.commit().await.map_err(|error| backend(&error))?;
        if let Some(person) = person {
            self.ends.notify(&person);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
