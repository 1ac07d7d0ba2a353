//! API keys of a tenant: creation, listing, revocation, authentication.

pub(in crate::service) mod known;
mod networks;
mod record;
mod uses;

use std::{net::IpAddr, sync::Arc};

use domain::{
    account::{Viewer, names::has_hidden_characters},
    ids::{TenantId, UserId},
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        scope::Scope,
    },
    time::Timestamp,
};
use ipnet::IpNet;
use serde_json::json;

use self::known::{KeyNetworks, KnownKey};
pub(in crate::service) use self::{networks::NewNetworks, uses::KeyUses};
use crate::{
    identity::{
        ClientAddress,
        api_key::{FreshKey, PresentedKey, is_key_id},
        factors::Confirmed,
    },
    service::{
        ApiKeys, FieldErrors, ServiceError,
        base::permission::{KeyPrincipal, lock_viewer_role, require_admin},
        operator::ConfirmedOperator,
    },
    store::{Tx, tenant::api_keys::ApiKey},
};

const NAME_MAX_CHARS: usize = 80;
/// Limit of networks that a key is restricted to.
const MAX_SOURCES: usize = 20;
/// Limit of keys per tenant. Expired keys count: they are listed until they are revoked.
pub const MAX_KEYS: u64 = 100;

/// On whose authority keys are created and revoked.
#[derive(Clone, Copy, Debug)]
pub enum KeyAuthority<'a> {
    /// A signed-in user, who must be an owner or admin of their current workspace.
    Person(&'a Viewer),
    /// The operator of the installation, on the command line.
    Operator(&'a TenantId),
    /// An operator who is signed in at the operator desk.
    Desk(&'a ConfirmedOperator, &'a TenantId),
}

/// A request for a new key.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub name: String,
    /// At least one, without duplicates.
    pub scopes: Vec<Scope>,
    /// Expiry, truncated to whole seconds; `None` for a key without one.
    pub expires_at: Option<Timestamp>,
    /// Networks that may use the key; empty for all.
    pub sources: Vec<IpNet>,
}

/// A new key with its plain text, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub key: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub sources: Vec<IpNet>,
}

/// A key as listed, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// The user whose membership the key depends on; `None` for a key of the operator.
    pub maker: Option<UserId>,
    /// The address of the user who created it; `None` for a key of the operator.
    pub created_by: Option<String>,
    /// Whether a member created it with the scope `usage`. Only operators can create such keys now; older ones still
    /// work.
    pub is_self_issued_meter: bool,
    pub expires_at: Option<Timestamp>,
    pub is_expired: bool,
    /// Exact to about a minute; `None` for an unused key.
    pub last_used_at: Option<Timestamp>,
    /// Networks that may use the key; empty for all.
    pub sources: Vec<IpNet>,
}

impl<'a> KeyAuthority<'a> {
    fn tenant(self) -> Result<&'a TenantId, ServiceError> {
        match self {
            Self::Person(viewer) => require_admin(viewer).map(|()| &viewer.current_membership.tenant_id),
            Self::Operator(tenant) | Self::Desk(_, tenant) => Ok(tenant),
        }
    }

    /// Locks the tenant's row and checks the authority again: the user may have been removed since authentication.
    async fn lock_and_check(self, tx: &mut Tx) -> Result<(), ServiceError> {
        match self {
            Self::Person(viewer) if lock_viewer_role(tx, viewer).await?.is_admin() => Ok(()),
            Self::Person(_) => Err(ServiceError::AdminRequired),
            Self::Operator(tenant) | Self::Desk(_, tenant) if tx.connection().lock_tenant(tenant).await? => Ok(()),
            Self::Operator(_) | Self::Desk(..) => Err(ServiceError::TenantNotFound),
        }
    }

    fn actor(self) -> AuditActor {
        match self {
            Self::Person(viewer) => AuditActor::User(viewer.user_id.clone()),
            Self::Operator(_) => AuditActor::Operator,
            Self::Desk(operator, _) => operator.by(),
        }
    }

    /// The user whose membership a new key depends on; `None` for the operator.
    fn user(self) -> Option<&'a UserId> {
        match self {
            Self::Person(viewer) => Some(&viewer.user_id),
            Self::Operator(_) | Self::Desk(..) => None,
        }
    }
}

impl ApiKeys {
    /// Creates a key. [`ServiceError::TooManyKeys`] when the tenant has [`MAX_KEYS`].
    ///
    /// A user needs a verified address and can't create keys with the scope `usage`: the metered party must not control
    /// the meter.
    pub async fn create_key(
        &self,
        by: KeyAuthority<'_>,
        _: &Confirmed,
        request: NewApiKey,
    ) -> Result<CreatedKey, ServiceError> {
        let tenant = by.tenant()?;
        if let Some(user) = by.user() {
            self.accounts().ensure_verified_address(user).await?;
            if request.scopes.contains(&Scope::Usage) {
                return Err(ServiceError::UsageKeysAreIssued);
            }
        }
        let now = self.wall_now();
        let NewApiKey { name, scopes, expires_at, sources } = validate(request, now)?;
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
        by.lock_and_check(&mut tx).await?;
        if tx.connection().count_keys(tenant).await? >= MAX_KEYS {
            return Err(ServiceError::TooManyKeys { most: MAX_KEYS });
        }
        tx.connection().insert_key(&row).await?;
        let from: Vec<_> = row.sources.iter().map(ToString::to_string).collect();
        let details = json!({ "name": row.name, "scopes": row.scopes, "from": from });
        let entry =
            NewAuditEntry { by: by.actor(), action: AuditAction::ApiKeyCreated, target: row.id.clone(), details };
        self.record_audit(&mut tx, tenant, entry).await?;
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
        Ok(CreatedKey { id, name, scopes, key, created_at, expires_at, sources })
    }

    /// Lists the tenant's keys that are not revoked, the newest first. Open to every member.
    pub async fn list_keys(&self, tenant: &TenantId) -> Result<Vec<ListedKey>, ServiceError> {
        let now = self.wall_now();
        let keys = self.store().read().await?.connection().list_keys(tenant).await?;
        Ok(keys.into_iter().map(|(key, created_by)| to_listed(key, created_by, now)).collect())
    }

    /// Revokes a key, at once on this node and within a second on every other. Idempotent. A key of another tenant is
    /// [`ServiceError::NotFound`] like an unknown one.
    ///
    /// Other nodes find the tenant's raised revision with [`Usage::refresh_views_regularly`].
    ///
    /// [`Usage::refresh_views_regularly`]: crate::service::Usage::refresh_views_regularly
    pub async fn revoke_key(&self, by: KeyAuthority<'_>, id: &str) -> Result<(), ServiceError> {
        const UNKNOWN: ServiceError = ServiceError::NotFound("API key");
        let tenant = by.tenant()?;
        if !is_key_id(id) {
            return Err(UNKNOWN);
        }
        let mut tx = self.store().begin().await?;
        by.lock_and_check(&mut tx).await?;
        match tx.connection().find_key_name(tenant, id).await?.ok_or(UNKNOWN)? {
            (_, true) => Ok(()),
            (name, false) => {
                tx.connection().revoke_key(tenant, id, self.wall_now()).await?;
                self.record_audit(&mut tx, tenant, key_revoked(by.actor(), id.to_owned(), &name)).await?;
                tx.commit().await?;
                self.0.views.invalidate(tenant);
                Ok(())
            }
        }
    }

    /// Authenticates an API key; `None` when it is unknown, revoked, expired, or not allowed from this network.
    ///
    /// Keys are cached until their tenant changes: a revocation holds at once on this node and within a second on every
    /// other.
    pub async fn authenticate_key(
        &self,
        token: &str,
        from: ClientAddress,
    ) -> Result<Option<KeyPrincipal>, ServiceError> {
        let Some(sent) = PresentedKey::parse(token) else { return Ok(None) };
        let now = self.wall_now();
        let known = match self.0.views.key(sent.id) {
            Some(known) => Some(known),
            None => Box::pin(self.find_key(sent.id)).await?,
        };
        let known = known.filter(|known| known.key.expires_at.is_none_or(|end| now < end));
        let is_right = sent.matches(known.as_ref().map(|known| known.key.secret_hash.as_str()));
        let known = known.filter(|known| is_right && known.key.may_come_from(from));
        let Some(known) = known else { return Ok(None) };
        self.0.key_uses.record(&known, now);
        Ok(Some(known.holder.clone()))
    }

    async fn find_key(&self, id: &str) -> Result<Option<Arc<KnownKey>>, ServiceError> {
        let mut reader = self.store().read().await?;
        let Some((key, revision)) = reader.connection().find_key(id, self.wall_now()).await? else { return Ok(None) };
        let networks = reader.connection().list_key_networks(&key.tenant, &key.id, known::MAX_NETWORKS).await?;
        drop(reader);
        // Cache the tenant's limits for the call that follows.
        self.usage().view(&key.tenant).await?;
        Ok(Some(self.0.views.remember_key(key, revision, KeyNetworks::new(networks))))
    }
}

impl ApiKey {
    /// Returns whether the key may be used from an address.
    fn may_come_from(&self, from: ClientAddress) -> bool {
        let address = from.0.to_canonical();
        self.sources.is_empty() || self.sources.iter().any(|network| network.contains(&address))
    }
}

/// Parses networks in CIDR notation or as single addresses. Anything else is a validation error of the field `from`.
pub fn parse_sources<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<IpNet>, ServiceError> {
    let parse = |text: &str| {
        let network = text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.to_canonical().into()));
        network.map(|network| network.trunc())
    };
    let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
    let parsed: Option<Vec<_>> = texts.map(parse).collect();
    parsed.ok_or_else(|| ServiceError::field("from", "from must name networks as 203.0.113.0/24 or 2001:db8::/32."))
}

pub(in crate::service) fn key_revoked(by: AuditActor, id: String, name: &str) -> NewAuditEntry {
    NewAuditEntry { by, action: AuditAction::ApiKeyRevoked, target: id, details: json!({ "name": name }) }
}

/// Validates a request and reports all mistakes together.
fn validate(request: NewApiKey, now: Timestamp) -> Result<NewApiKey, ServiceError> {
    let NewApiKey { name, mut scopes, expires_at, mut sources } = request;
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
    // Responses show whole seconds, so the key must expire at a whole second.
    let expires_at = expires_at.map(|end| Timestamp::from_secs(end.as_secs()));
    if expires_at.is_some_and(|end| end <= now) {
        fields.insert("expiresAt", "expiresAt must be in the future.".to_owned());
    }
    sources.sort_unstable();
    sources.dedup();
    if sources.len() > MAX_SOURCES {
        fields.insert("from", format!("from may name at most {MAX_SOURCES} networks."));
    }
    if fields.is_empty() {
        return Ok(NewApiKey { name, scopes, expires_at, sources });
    }
    Err(ServiceError::invalid(fields))
}

fn to_listed(key: ApiKey, created_by: Option<String>, now: Timestamp) -> ListedKey {
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
