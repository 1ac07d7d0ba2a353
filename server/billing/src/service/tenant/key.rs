//! API keys of a tenant: creation, listing, revocation. Authentication of keys, also of the installation's.

pub(in crate::service) mod known;
mod networks;
mod record;
mod terms;
mod uses;

use std::sync::Arc;

use domain::{
    account::Viewer,
    ids::{TenantId, UserId},
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        portal::PortalPermission,
        scope::Scope,
    },
    time::Timestamp,
};
use ipnet::IpNet;
use serde_json::json;

use self::known::{KeyNetworks, KnownKey};
pub use self::terms::{NewKey, parse_sources};
pub(in crate::service) use self::{networks::NewNetworks, uses::KeyUses};
use crate::{
    identity::{
        ClientAddress,
        api_key::{FreshKey, PresentedKey, is_key_id},
        factors::Confirmed,
    },
    service::{
        ApiKeys, ServiceError,
        base::permission::{AuthenticatedKey, InstallationPrincipal, PortalGrant, lock_viewer_role, require_admin},
        operator::ConfirmedOperator,
    },
    store::{Tx, tenant::api_keys::ApiKey},
};

/// The names of the scopes, for the text of a validation error.
const KNOWN_SCOPES: &str = "read, usage, billing and secrets";
/// Limit of keys per tenant. Expired keys count: they are listed until they are revoked.
pub const MAX_KEYS: u64 = 100;

/// A request for a new key of a tenant.
pub type NewApiKey = NewKey<Scope>;

/// On whose authority keys are created and revoked.
#[derive(Clone, Copy, Debug)]
pub enum KeyAuthority<'a> {
    /// A signed-in user, who must be an owner or admin of their current workspace.
    Person(&'a Viewer),
    /// An admin in a portal session whose link allows them to manage keys.
    Portal(&'a PortalGrant),
    /// The operator of the installation, on the command line.
    Operator(&'a TenantId),
    /// An operator who is signed in at the operator desk.
    Desk(&'a ConfirmedOperator, &'a TenantId),
    /// The product's back end, with an installation key.
    Installation(&'a InstallationPrincipal, &'a TenantId),
}

/// A new key with its plain text, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedKey<S = Scope> {
    pub id: String,
    pub name: String,
    pub scopes: Vec<S>,
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
    /// The member who created the key, on whose membership it depends; `None` if no signed-in member created it.
    pub maker: Option<UserId>,
    /// The address of that member; `None` if no signed-in member created the key.
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
            Self::Portal(grant) => grant.tenant_for(PortalPermission::Keys),
            Self::Operator(tenant) | Self::Desk(_, tenant) | Self::Installation(_, tenant)
                if tenant.is_installation() =>
            {
                Err(ServiceError::TenantNotFound)
            }
            Self::Operator(tenant) | Self::Desk(_, tenant) | Self::Installation(_, tenant) => Ok(tenant),
        }
    }

    /// Locks the tenant's row and checks the authority again: the user may have been removed since authentication.
    async fn lock_and_check(self, tx: &mut Tx) -> Result<(), ServiceError> {
        let tenant = match self {
            Self::Person(viewer) if lock_viewer_role(tx, viewer).await?.is_admin() => return Ok(()),
            Self::Person(_) => return Err(ServiceError::AdminRequired),
            Self::Portal(grant) => grant.tenant_for(PortalPermission::Keys)?,
            Self::Operator(tenant) | Self::Desk(_, tenant) | Self::Installation(_, tenant) => tenant,
        };
        tx.connection().lock_tenant(tenant).await?;
        // A deleted tenant gets no keys.
        let tenant = tx.connection().find_tenant(tenant).await?;
        tenant.filter(|tenant| tenant.deleted_at.is_none()).map(drop).ok_or(ServiceError::TenantNotFound)
    }

    fn actor(self) -> AuditActor {
        match self {
            Self::Person(viewer) => AuditActor::from(&viewer.actor()),
            Self::Portal(grant) => AuditActor::from(&grant.actor()),
            Self::Operator(_) => AuditActor::Operator,
            Self::Desk(operator, _) => operator.by(),
            Self::Installation(principal, _) => principal.actor(),
        }
    }

    /// Returns the signed-in user who creates the key; `None` for every other authority.
    fn person(self) -> Option<&'a Viewer> {
        match self {
            Self::Person(viewer) => Some(viewer),
            Self::Portal(_) | Self::Operator(_) | Self::Desk(..) | Self::Installation(..) => None,
        }
    }

    /// Whether this authority may create keys with the scope `usage`. The metered party must not control the meter.
    const fn may_issue_meters(self) -> bool {
        match self {
            Self::Person(_) | Self::Portal(_) => false,
            Self::Operator(_) | Self::Desk(..) | Self::Installation(..) => true,
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
        if let Some(viewer) = by.person() {
            self.accounts().ensure_may_act(viewer).await?;
        }
        if request.scopes.contains(&Scope::Usage) && !by.may_issue_meters() {
            return Err(ServiceError::UsageKeysAreIssued);
        }
        let now = self.wall_now();
        let NewApiKey { name, scopes, expires_at, sources } = request.validated(now, KNOWN_SCOPES)?;
        let FreshKey { id, secret_hash, key } = FreshKey::new();
        let row = ApiKey {
            tenant: tenant.clone(),
            id,
            name,
            scopes,
            secret_hash,
            created_at: now,
            created_by: by.person().map(|viewer| viewer.user_id.clone()),
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

    /// Lists the keys that the authority may change. See [`Self::list_keys`].
    pub async fn list_keys_of(&self, by: KeyAuthority<'_>) -> Result<Vec<ListedKey>, ServiceError> {
        self.list_keys(by.tenant()?).await
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

    /// Authenticates a key of a tenant or of the installation; `None` when it is unknown, revoked, expired, or not
    /// allowed from this network.
    ///
    /// Keys are cached until their tenant changes: a revocation holds at once on this node and within a second on every
    /// other. For keys of the installation, the tenant is the installation.
    pub async fn authenticate_key(
        &self,
        token: &str,
        from: ClientAddress,
    ) -> Result<Option<AuthenticatedKey>, ServiceError> {
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
        self.record_network(&known, from);
        Ok(Some(known.principal.clone()))
    }

    async fn find_key(&self, id: &str) -> Result<Option<Arc<KnownKey>>, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let now = self.wall_now();
        let known = if let Some((key, revision)) = link.find_key(id, now).await? {
            let networks = link.list_key_networks(&key.tenant, &key.id, known::MAX_NETWORKS).await?;
            KnownKey::of_workspace(key, revision, KeyNetworks::new(networks))
        } else if let Some((key, revision)) = link.find_installation_key(id, now).await? {
            let networks = link.list_installation_key_networks(&key.id, known::MAX_NETWORKS).await?;
            KnownKey::of_installation(key, revision, KeyNetworks::new(networks))
        } else {
            return Ok(None);
        };
        drop(reader);
        // Cache the tenant's limits for the call that follows; for the installation, its revision.
        self.usage().view_of_key(&known.key.tenant).await?;
        Ok(Some(self.0.views.remember_key(known)))
    }
}

pub(in crate::service) fn key_revoked(by: AuditActor, id: String, name: &str) -> NewAuditEntry {
    NewAuditEntry { by, action: AuditAction::ApiKeyRevoked, target: id, details: json!({ "name": name }) }
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
