//! Extractors that require a caller and scope a handler to a workspace. A handler runs only if all of its extractors
//! succeed.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
};
use billing::{
    Services,
    identity::{
        ClientAddress,
        factors::{Confirmed, LastConfirmed},
    },
    service::{
        ServiceError,
        base::permission::{Biller, InstallationPrincipal, KeyKind, KeyPrincipal, Merchant},
        operator::enterprise::Sender,
        tenant::secret::SecretsAuthority,
    },
};
use domain::{
    account::{Account, Viewer},
    error_code::ErrorCode,
    ids::TenantId,
    tenant::scope::Scope,
};

use super::ApiError;

/// Request extension: why authentication failed. Extractors that need a caller return it; public and unknown paths
/// ignore it, so that they answer as they do to all callers.
#[derive(Clone, Debug)]
pub struct AuthFailure(pub ApiError);

/// Request extension: why no tenant was resolved for an installation key. Extractors that need a tenant return it.
#[derive(Clone, Debug)]
pub struct NoTenant(pub ApiError);

/// The authenticated caller, for middlewares.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    Person(&'a Viewer),
    /// Signed in, without a workspace.
    AccountOnly(&'a Account),
    /// A workspace key, or an installation key that names a workspace.
    Key(&'a KeyPrincipal),
    /// An installation key that names no workspace.
    Installation(&'a InstallationPrincipal),
}

/// Returns the authenticated caller; `None` for an anonymous request.
pub fn authenticated_caller(extensions: &Extensions) -> Option<Caller<'_>> {
    let key = extensions.get::<KeyPrincipal>().map(Caller::Key);
    let installation = || extensions.get::<InstallationPrincipal>().map(Caller::Installation);
    let person = || extensions.get::<Viewer>().map(Caller::Person);
    let account = || extensions.get::<Account>().map(Caller::AccountOnly);
    key.or_else(installation).or_else(person).or_else(account)
}

/// Returns the authenticated caller; an error for an anonymous request.
pub(in crate::api) fn caller(parts: &Parts) -> Result<Caller<'_>, ApiError> {
    if let Some(AuthFailure(error)) = parts.extensions.get::<AuthFailure>() {
        return Err(error.clone());
    }
    authenticated_caller(&parts.extensions).ok_or_else(ApiError::unauthenticated)
}

/// The caller on a route about a workspace.
pub(in crate::api) enum TenantCaller<'a> {
    Person(&'a Viewer),
    Key(&'a KeyPrincipal),
}

/// Returns the caller on a route about a workspace; an error for a caller who has no workspace or names none.
pub(in crate::api) fn tenant_caller(parts: &Parts) -> Result<TenantCaller<'_>, ApiError> {
    match caller(parts)? {
        Caller::Person(viewer) => Ok(TenantCaller::Person(viewer)),
        Caller::AccountOnly(_) => Err(ServiceError::TenantNotFound.into()),
        Caller::Key(holder) => Ok(TenantCaller::Key(holder)),
        Caller::Installation(_) => {
            let why = parts.extensions.get::<NoTenant>().cloned();
            Err(why.map_or_else(ApiError::installation_key_needs_tenant, |NoTenant(error)| error))
        }
    }
}

/// A signed-in owner or admin of the workspace.
#[derive(Clone, Debug)]
pub struct TenantAdmin(pub Viewer);

/// A signed-in member of the workspace.
#[derive(Clone, Debug)]
pub struct TenantMember(pub Viewer);

/// Any authenticated caller: signed in, or the holder of a key.
#[derive(Clone, Debug)]
pub enum AnyCaller {
    Person(Viewer),
    /// Signed in, without a workspace.
    AccountOnly(Account),
    /// A workspace key, or an installation key that names a workspace.
    Key(KeyPrincipal),
    /// An installation key that names no workspace.
    Installation(InstallationPrincipal),
}

/// A person with an account, with or without a workspace. Product users are refused.
#[derive(Clone, Debug)]
pub struct Person(pub Account);

/// A caller who may read the workspace: a member, or a key with the scope `read`.
#[derive(Clone, Debug)]
pub struct TenantReader(pub TenantId);

/// A caller who may check limits: a member, a workspace key with any scope, or an installation key with `read` or
/// `usage`.
#[derive(Clone, Debug)]
pub struct TenantChecker(pub TenantId);

/// A key with the scope `usage`. Users are refused: a workspace must not record the usage that it is billed for.
#[derive(Clone, Debug)]
pub struct TenantUsageKey(pub KeyPrincipal);

/// A caller who may change what the workspace pays: an owner, an admin, a member with the role billing, or a key with the
/// scope `billing`.
#[derive(Clone, Debug)]
pub struct TenantBiller(pub Biller);

/// A caller who may work on the workspace's own provider account: an owner or admin, or a workspace key with the scope
/// `billing`. Installation keys are refused.
#[derive(Clone, Debug)]
pub struct TenantMerchant(pub Merchant);

/// A caller who may manage the workspace's secrets: an owner or admin, or a key with the scope `secrets`.
#[derive(Clone, Debug)]
pub struct TenantSecretsManager(pub SecretsAuthority);

/// A caller with a recent confirmation of their identity, or an API key, which needs none.
#[derive(Clone, Debug)]
pub struct ConfirmedCaller(pub Confirmed);

impl FromRequestParts<Services> for ConfirmedCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let confirmed = confirmation(parts, services)?;
        ConfirmationNeeded::of(parts).mark();
        Ok(Self(confirmed))
    }
}

fn confirmation(parts: &Parts, services: &Services) -> Result<Confirmed, ApiError> {
    if let Caller::Key(_) | Caller::Installation(_) = caller(parts)? {
        return Ok(Confirmed::not_asked());
    }
    let last = parts.extensions.get::<LastConfirmed>().copied().ok_or(ServiceError::ConfirmationRequired)?;
    Ok(last.at(services.wall_now()).map_err(ServiceError::from)?)
}

/// The caller's confirmation, if any, for handlers that need one only in some cases.
#[derive(Clone, Debug)]
pub struct MaybeConfirmed {
    confirmed: Option<Confirmed>,
    needed: ConfirmationNeeded,
}

impl MaybeConfirmed {
    /// The confirmation, if there is one.
    pub const fn get(&self) -> Option<&Confirmed> {
        self.confirmed.as_ref()
    }

    /// Records that this request needed a confirmation, so that a replay of its response needs one too.
    pub fn mark_needed(&self) {
        self.needed.mark();
    }
}

/// Request extension: whether handling the request needed a confirmation. Replaying its response then needs one too.
#[derive(Clone, Debug, Default)]
pub struct ConfirmationNeeded(Arc<AtomicBool>);

impl ConfirmationNeeded {
    fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_needed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl FromRequestParts<Services> for MaybeConfirmed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let confirmed = confirmation(parts, services).ok();
        Ok(Self { confirmed, needed: ConfirmationNeeded::of(parts) })
    }
}

/// Any caller, also an anonymous one. A failed authentication counts as anonymous.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Sender);

impl<S: Sync> FromRequestParts<S> for MaybeCaller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(match authenticated_caller(&parts.extensions) {
            Some(Caller::Person(viewer)) => viewer.clone().into(),
            Some(Caller::AccountOnly(account)) => account.clone().into(),
            Some(Caller::Key(_) | Caller::Installation(_)) | None => Sender::default(),
        }))
    }
}

impl<S: Sync> FromRequestParts<S> for TenantMember {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match caller(parts)? {
            Caller::Person(viewer) => Ok(Self(viewer.clone())),
            Caller::AccountOnly(_) => Err(ServiceError::TenantNotFound.into()),
            Caller::Key(_) | Caller::Installation(_) => Err(ApiError::session_required()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let TenantMember(viewer) = TenantMember::from_request_parts(parts, state).await?;
        if viewer.current_membership.role.is_admin() {
            Ok(Self(viewer))
        } else {
            Err(ServiceError::AdminRequired.into())
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match caller(parts)? {
            Caller::Person(viewer) => viewer.account().map(Self).ok_or_else(account_required),
            Caller::AccountOnly(account) => Ok(Self(account.clone())),
            Caller::Key(_) | Caller::Installation(_) => Err(ApiError::session_required()),
        }
    }
}

/// The error for a person without an account on a route about an account.
fn account_required() -> ApiError {
    let message = "This is about an account, and a person whose token another issuer signed has none here.";
    ApiError::new(ErrorCode::SessionRequired, message)
}

impl<S: Sync> FromRequestParts<S> for AnyCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(match caller(parts)? {
            Caller::Person(viewer) => Self::Person(viewer.clone()),
            Caller::AccountOnly(account) => Self::AccountOnly(account.clone()),
            Caller::Key(holder) => Self::Key(holder.clone()),
            Caller::Installation(principal) => Self::Installation(principal.clone()),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for TenantReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match tenant_caller(parts)? {
            TenantCaller::Person(viewer) => Ok(Self(viewer.current_membership.tenant_id.clone())),
            TenantCaller::Key(holder) if holder.scopes.contains(&Scope::Read) => Ok(Self(holder.tenant.clone())),
            TenantCaller::Key(_) => Err(ApiError::scope_required(Scope::Read)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantChecker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let may_check = |holder: &KeyPrincipal| match holder.kind {
            KeyKind::Workspace => true,
            KeyKind::Installation => holder.scopes.contains(&Scope::Read) || holder.scopes.contains(&Scope::Usage),
        };
        match tenant_caller(parts)? {
            TenantCaller::Person(viewer) => Ok(Self(viewer.current_membership.tenant_id.clone())),
            TenantCaller::Key(holder) if may_check(holder) => Ok(Self(holder.tenant.clone())),
            TenantCaller::Key(_) => Err(ApiError::scope_required(Scope::Read)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantUsageKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match tenant_caller(parts)? {
            TenantCaller::Person(_) => Err(ApiError::usage_key_required()),
            TenantCaller::Key(holder) if holder.scopes.contains(&Scope::Usage) => Ok(Self(holder.clone())),
            TenantCaller::Key(_) => Err(ApiError::scope_required(Scope::Usage)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantBiller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match tenant_caller(parts)? {
            TenantCaller::Person(viewer) => Ok(Self(Biller::person(viewer)?)),
            TenantCaller::Key(holder) => {
                Biller::key(holder).map(Self).ok_or_else(|| ApiError::scope_required(Scope::Billing))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantMerchant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match tenant_caller(parts)? {
            TenantCaller::Key(KeyPrincipal { kind: KeyKind::Installation, .. }) => {
                let message =
                    "This needs an API key of the workspace with the scope billing. Installation keys can't do it.";
                Err(ApiError::new(ErrorCode::ScopeRequired, message))
            }
            TenantCaller::Person(viewer) => Ok(Self(Merchant::admin(viewer)?)),
            TenantCaller::Key(holder) => {
                Merchant::key(holder).map(Self).ok_or_else(|| ApiError::scope_required(Scope::Billing))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantSecretsManager {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let from = parts.extensions.get::<ClientAddress>().copied().unwrap_or(ClientAddress::UNKNOWN);
        match tenant_caller(parts)? {
            TenantCaller::Person(viewer) => Ok(Self(SecretsAuthority::admin(viewer)?.calling_from(from))),
            TenantCaller::Key(holder) => {
                let keeper = SecretsAuthority::key(holder).ok_or_else(|| ApiError::scope_required(Scope::Secrets))?;
                Ok(Self(keeper.calling_from(from)))
            }
        }
    }
}
