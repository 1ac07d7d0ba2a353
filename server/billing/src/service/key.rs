//! API keys of a tenant.

mod networks;
mod uses;

use std::{net::IpAddr, sync::Arc};

use domain::{
    account::Viewer,
    audit::{AuditAction, AuditActor, NewAuditEntry},
    ids::{TenantId, UserId},
    names::has_hidden_characters,
    scope::Scope,
    time::Timestamp,
};
use ipnet::IpNet;
use serde_json::json;

pub(super) use self::{
    networks::{KeyNetworks, NewNetworks},
    uses::KeyUses,
};
use super::{
    FieldErrors, ServiceError, Services, operator::ConfirmedOperator, reconcile::admin, team::own_role, usage::KnownKey,
};
use crate::{
    identity::{
        ClientAddress,
        api_key::{FreshKey, SentKey, is_key_id},
        factors::Confirmed,
    },
    store::{Tx, api_keys::ApiKey},
};

const NAME_MAX_CHARS: usize = 80;
/// How many networks a key may be bound to.
const MOST_SOURCES: usize = 20;
/// How many keys a tenant may have at once. Those that have expired count: they are listed until they are revoked.
pub const MOST_KEYS: u64 = 100;

/// On whose word keys are made and revoked.
#[derive(Clone, Copy, Debug)]
pub enum KeyAuthority<'a> {
    /// Somebody signed in, who must be an owner or admin of the open workspace.
    Person(&'a Viewer),
    /// The person who runs this installation, on the command line.
    Operator(&'a TenantId),
    /// The same at the operator's desk.
    Desk(&'a ConfirmedOperator, &'a TenantId),
}

/// What a key is to be.
#[derive(Clone, Debug)]
pub struct KeyWish {
    pub name: String,
    /// At least one, each once.
    pub scopes: Vec<Scope>,
    /// When it stops to work, cut to whole seconds; `None` for a key that lasts until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// The networks that it may be used from; empty for everywhere.
    pub sources: Vec<IpNet>,
}

/// A new key, with the one sight of it in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub key: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub sources: Vec<IpNet>,
}

/// A key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// The person whose membership the key depends on; `None` for one that the installation gave.
    pub maker: Option<UserId>,
    /// The address of the person who made it; `None` for one that the installation gave.
    pub created_by: Option<String>,
    /// Whether it has `usage` though an admin made it: such keys were made before the installation gave them, and go on.
    pub is_self_issued_meter: bool,
    pub expires_at: Option<Timestamp>,
    pub is_expired: bool,
    /// To about a minute; `None` when it never was.
    pub last_used_at: Option<Timestamp>,
    /// The networks that it may be used from; empty for everywhere.
    pub sources: Vec<IpNet>,
}

/// Whoever holds a key: one tenant, and what the key may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    pub key: Arc<str>,
    pub tenant: TenantId,
    pub scopes: Arc<[Scope]>,
}

impl<'a> KeyAuthority<'a> {
    fn tenant(self) -> Result<&'a TenantId, ServiceError> {
        match self {
            Self::Person(viewer) => admin(viewer).map(|()| &viewer.current_membership.tenant_id),
            Self::Operator(tenant) | Self::Desk(_, tenant) => Ok(tenant),
        }
    }

    /// Holds the tenant's row, and looks again: who asks may have been removed since she was recognised.
    async fn holds(self, tx: &mut Tx) -> Result<(), ServiceError> {
        match self {
            Self::Person(viewer) if own_role(tx, viewer).await?.is_admin() => Ok(()),
            Self::Person(_) => Err(ServiceError::AdminRequired),
            Self::Operator(tenant) | Self::Desk(_, tenant) if tx.link().lock_tenant(tenant).await? => Ok(()),
            Self::Operator(_) | Self::Desk(..) => Err(ServiceError::TenantNotFound),
        }
    }

    fn by(self) -> AuditActor {
        match self {
            Self::Person(viewer) => AuditActor::User(viewer.user_id.clone()),
            Self::Operator(_) => AuditActor::Operator,
            Self::Desk(operator, _) => operator.by(),
        }
    }

    /// The person who makes a key, whose membership the key depends on; `None` for the installation.
    fn user(self) -> Option<&'a UserId> {
        match self {
            Self::Person(viewer) => Some(&viewer.user_id),
            Self::Operator(_) | Self::Desk(..) => None,
        }
    }
}

impl Services {
    /// Makes a key. [`ServiceError::TooManyKeys`] when the tenant has [`MOST_KEYS`]. A person's address must be proven, and a person
    /// makes no key with `usage`: the metered party must not hold the meter.
    pub async fn create_key(
        &self,
        by: KeyAuthority<'_>,
        _: &Confirmed,
        wish: KeyWish,
    ) -> Result<MadeKey, ServiceError> {
        let tenant = by.tenant()?;
        if let Some(user) = by.user() {
            self.must_have_proven_address(user).await?;
            if wish.scopes.contains(&Scope::Usage) {
                return Err(ServiceError::UsageKeysAreIssued);
            }
        }
        let now = self.wall_now();
        let KeyWish { name, scopes, expires_at, sources } = checked(wish, now)?;
        let FreshKey { id, secret_hash, key } = FreshKey::new();
        let row = ApiKey {
            tenant: tenant.clone(),
            id,
            name,
            scopes,
            secret_hash,
            created_at: now,
            created_by: by.user().cloned(),
            expires_at,
            last_used_at: None,
            sources,
        };
        let mut tx = self.store().begin().await?;
        by.holds(&mut tx).await?;
        if tx.link().count_keys(tenant).await? >= MOST_KEYS {
            return Err(ServiceError::TooManyKeys { most: MOST_KEYS });
        }
        tx.link().insert_key(&row).await?;
        let from: Vec<_> = row.sources.iter().map(ToString::to_string).collect();
        let details = json!({ "name": row.name, "scopes": row.scopes, "from": from });
        let deed = NewAuditEntry { by: by.by(), action: AuditAction::ApiKeyCreated, target: row.id.clone(), details };
        self.write_down(&mut tx, tenant, deed).await?;
        tx.commit().await?;
        let ApiKey {
            tenant: _,
            id,
            name,
            scopes,
            secret_hash: _,
            created_at,
            created_by: _,
            expires_at,
            last_used_at: _,
            sources,
        } = row;
        Ok(MadeKey { id, name, scopes, key, created_at, expires_at, sources })
    }

    /// Every key of a tenant that was not revoked, the newest first. Everybody of the workspace may look.
    pub async fn list_keys(&self, tenant: &TenantId) -> Result<Vec<ListedKey>, ServiceError> {
        let now = self.wall_now();
        let keys = self.store().read().await?.link().list_keys(tenant).await?;
        Ok(keys.into_iter().map(|(key, made_by)| listed(key, made_by, now)).collect())
    }

    /// Ends a key, at once here and within a second on every other node. Safe to repeat; a key of another tenant is as unknown as
    /// one that never was.
    pub async fn revoke_key(&self, by: KeyAuthority<'_>, id: &str) -> Result<(), ServiceError> {
        const UNKNOWN: ServiceError = ServiceError::NotFound("API key");
        let tenant = by.tenant()?;
        if !is_key_id(id) {
            return Err(UNKNOWN);
        }
        let mut tx = self.store().begin().await?;
        by.holds(&mut tx).await?;
        match tx.link().find_key_name(tenant, id).await?.ok_or(UNKNOWN)? {
            (_, true) => Ok(()),
            (name, false) => {
                tx.link().revoke_key(tenant, id, self.wall_now()).await?;
                self.write_down(&mut tx, tenant, key_revoked(by.by(), id.to_owned(), &name)).await?;
                tx.commit().await?;
                self.0.views.doubt(tenant);
                Ok(())
            }
        }
    }

    /// Who holds the key; `None` for one that is unknown, revoked or expired. What was found is remembered as long as nothing
    /// about its tenant changes: a revocation holds at once on this node, and within a second on every other.
    ///
    /// A key that is bound to networks has no holder elsewhere.
    pub async fn key_holder(&self, token: &str, from: ClientAddress) -> Result<Option<KeyHolder>, ServiceError> {
        let Some(sent) = SentKey::parse(token) else { return Ok(None) };
        let now = self.wall_now();
        let known = match self.0.views.key(sent.id) {
            Some(known) => Some(known),
            None => Box::pin(self.find_key(sent.id)).await?,
        };
        let known = known.filter(|known| known.key.expires_at.is_none_or(|end| now < end));
        let is_right = sent.matches(known.as_ref().map(|known| known.key.secret_hash.as_str()));
        let known = known.filter(|known| is_right && known.key.may_come_from(from));
        let Some(known) = known else { return Ok(None) };
        self.0.key_uses.note(&known, now);
        Ok(Some(known.holder.clone()))
    }

    async fn find_key(&self, id: &str) -> Result<Option<Arc<KnownKey>>, ServiceError> {
        let mut reader = self.store().read().await?;
        let Some((key, revision)) = reader.link().find_key(id, self.wall_now()).await? else { return Ok(None) };
        let networks = reader.link().list_key_networks(&key.tenant, &key.id, networks::MOST_NETWORKS).await?;
        drop(reader);
        // So that the next call finds what the key is held to.
        self.view(&key.tenant).await?;
        Ok(Some(self.0.views.remember_key(key, revision, KeyNetworks::new(networks))))
    }
}

impl ApiKey {
    /// Whether it may be used from an address.
    fn may_come_from(&self, from: ClientAddress) -> bool {
        let address = from.0.to_canonical();
        self.sources.is_empty() || self.sources.iter().any(|network| network.contains(&address))
    }
}

/// Reads networks as they are written: CIDR, or a single address. One part that is neither is a mistake of the field `from`.
pub fn parse_sources<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<IpNet>, ServiceError> {
    let parse = |text: &str| {
        let network = text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.to_canonical().into()));
        network.map(|network| network.trunc())
    };
    let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
    let parsed: Option<Vec<_>> = texts.map(parse).collect();
    parsed.ok_or_else(|| ServiceError::field("from", "from must name networks as 203.0.113.0/24 or 2001:db8::/32."))
}

pub(super) fn key_revoked(by: AuditActor, id: String, name: &str) -> NewAuditEntry {
    NewAuditEntry { by, action: AuditAction::ApiKeyRevoked, target: id, details: json!({ "name": name }) }
}

/// Checks a wish, every field at once.
fn checked(wish: KeyWish, now: Timestamp) -> Result<KeyWish, ServiceError> {
    let KeyWish { name, mut scopes, expires_at, mut sources } = wish;
    let mut fields = FieldErrors::new();
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || has_hidden_characters(&name) {
        fields.insert("name", format!("name must have 1 to {NAME_MAX_CHARS} characters, on one line."));
    }
    let asked_for = scopes.len();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        fields.insert("scopes", "scopes must name at least one of read, usage, billing and secrets.".to_owned());
    } else if scopes.len() < asked_for {
        fields.insert("scopes", "scopes must name each scope once.".to_owned());
    }
    // Times are told in whole seconds: what is told is what holds.
    let expires_at = expires_at.map(|end| Timestamp::from_secs(end.as_secs()));
    if expires_at.is_some_and(|end| end <= now) {
        fields.insert("expiresAt", "expiresAt must be in the future.".to_owned());
    }
    sources.sort_unstable();
    sources.dedup();
    if sources.len() > MOST_SOURCES {
        fields.insert("from", format!("from may name at most {MOST_SOURCES} networks."));
    }
    if fields.is_empty() {
        return Ok(KeyWish { name, scopes, expires_at, sources });
    }
    Err(ServiceError::invalid(fields))
}

fn listed(key: ApiKey, created_by: Option<String>, now: Timestamp) -> ListedKey {
    let ApiKey {
        tenant: _,
        id,
        name,
        scopes,
        secret_hash: _,
        created_at,
        created_by: maker,
        expires_at,
        last_used_at,
        sources,
    } = key;
    let is_self_issued_meter = maker.is_some() && scopes.contains(&Scope::Usage);
    let is_expired = expires_at.is_some_and(|end| end <= now);
    ListedKey {
        id,
        name,
        scopes,
        created_at,
        maker,
        created_by,
        is_self_issued_meter,
        expires_at,
        is_expired,
        last_used_at,
        sources,
    }
}

#[cfg(test)]
mod tests;
