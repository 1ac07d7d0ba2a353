//! `GET /api/v1/auth/me`: the caller, their workspaces, and their role in the current one.

use axum::{Extension, Json, extract::State};
use billing::{
    Services,
    identity::session,
    service::{
        ServiceError,
        base::permission::{InstallationPrincipal, KeyPrincipal},
        subscription::membership::TenantPlan,
    },
};
use domain::account::{Account, Identity, Membership, Role, Viewer};
use serde::Serialize;
use tower_sessions::Session;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::AnyCaller};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// `null` for an API key, as are `email` and every `role`. For a token of one of the configured issuers, its subject;
    /// `email` is then `null` where the token has none.
    user_id: Option<String>,
    email: Option<String>,
    /// `null`, as is `tenantName`, for a person without a workspace and for an installation key that names none.
    tenant_id: Option<String>,
    tenant_name: Option<String>,
    role: Option<Role>,
    /// The scopes of an API key or an installation key; left out for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    scopes: Option<Vec<&'static str>>,
    tenants: Vec<MyTenant>,
}

#[derive(Debug, Serialize, ToSchema)]
struct MyTenant {
    id: String,
    name: String,
    role: Option<Role>,
    plan: String,
}

/// The caller, their workspaces, and their role in the current one.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    operation_id = "getMe",
    tag = "auth",
    security(("session" = []), ("firebase" = []), ("api_key" = [])),
    responses((status = 200, description = "The caller.", body = Me))
)]
pub async fn me(
    State(services): State<Services>,
    installation: Option<Extension<InstallationPrincipal>>,
    caller: AnyCaller,
) -> Result<Json<Me>, ApiError> {
    match caller {
        AnyCaller::Person(viewer) => Ok(Json(viewer.into())),
        AnyCaller::AccountOnly(account) => Ok(Json(account.into())),
        AnyCaller::Key(holder) => {
            let mut me = Me::of_key(&services, holder).await?;
            if let Some(Extension(principal)) = installation {
                me.scopes = Some(principal.scopes.iter().map(|scope| scope.as_str()).collect());
            }
            Ok(Json(me))
        }
        AnyCaller::Installation(principal) => Ok(Json(principal.into())),
    }
}

impl Me {
    async fn of_key(services: &Services, holder: KeyPrincipal) -> Result<Self, ApiError> {
        let TenantPlan { tenant, entitlements, .. } = services.subscriptions().tenant_plan(&holder.tenant).await?;
        let id = String::from(tenant.id);
        let my_tenant =
            MyTenant { id: id.clone(), name: tenant.name.clone(), role: None, plan: entitlements.plan.into() };
        Ok(Self {
            user_id: None,
            email: None,
            tenant_id: Some(id),
            tenant_name: Some(tenant.name),
            role: None,
            scopes: Some(holder.scopes.iter().map(|scope| scope.as_str()).collect()),
            tenants: vec![my_tenant],
        })
    }

    /// Builds the response for a session that has just begun in this request.
    pub async fn of_session(services: &Services, session: &Session) -> Result<Self, ApiError> {
        let (now, lifetime) = (services.wall_now(), services.settings().limits.sessions);
        let signed_in = session::current(session, services.store(), now, lifetime).await.map_err(ServiceError::from)?;
        let signed_in = signed_in.ok_or_else(ApiError::unauthenticated)?;
        if let Some(viewer) = services.accounts().viewer(&signed_in, None).await? {
            return Ok(viewer.into());
        }
        let account = services.accounts().account(&signed_in).await?;
        account.map(Self::from).ok_or_else(ApiError::unauthenticated)
    }
}

impl From<Viewer> for Me {
    fn from(viewer: Viewer) -> Self {
        let Viewer { user_id, identity, current_membership, other_memberships } = viewer;
        let (user_id, email) = match identity {
            Identity::Account(email) => (user_id.into(), Some(email)),
            Identity::Token { user, email } => (user.subject().to_owned(), email),
        };
        let tenants = std::iter::once(&current_membership).chain(&other_memberships).map(MyTenant::from).collect();
        Self {
            user_id: Some(user_id),
            email: email.map(Into::into),
            tenant_id: Some(current_membership.tenant_id.into()),
            tenant_name: Some(current_membership.tenant_name),
            role: Some(current_membership.role),
            scopes: None,
            tenants,
        }
    }
}

impl From<Account> for Me {
    fn from(account: Account) -> Self {
        let Account { user_id, email } = account;
        Self {
            user_id: Some(user_id.into()),
            email: Some(email.into()),
            tenant_id: None,
            tenant_name: None,
            role: None,
            scopes: None,
            tenants: Vec::new(),
        }
    }
}

impl From<InstallationPrincipal> for Me {
    fn from(principal: InstallationPrincipal) -> Self {
        let InstallationPrincipal { key: _, scopes } = principal;
        Self {
            user_id: None,
            email: None,
            tenant_id: None,
            tenant_name: None,
            role: None,
            scopes: Some(scopes.iter().map(|scope| scope.as_str()).collect()),
            tenants: Vec::new(),
        }
    }
}

impl From<&Membership> for MyTenant {
    fn from(membership: &Membership) -> Self {
        let Membership { tenant_id, tenant_name, role, plan } = membership;
        Self { id: tenant_id.to_string(), name: tenant_name.clone(), role: Some(*role), plan: plan.to_string() }
    }
}
