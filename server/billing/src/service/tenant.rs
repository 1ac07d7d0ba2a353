//! Tenants, members and accounts that operators and the demo create.

pub mod audit;
mod customer;
pub mod import;
pub mod installation;
pub mod key;
pub mod profile;
pub mod secret;
pub mod team;
pub mod white_label;

#[cfg(test)]
mod tests;

use domain::{
    account::{Email, Role},
    entitlement::overrides::{Overrides, PlanGrant},
    ids::{PlanId, TenantId, UserId},
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use serde_json::json;

use super::{
    ServiceError, Tenants,
    account::{CheckedSignUp, SignUp, validate_operator_sign_up},
    base::core::new_id,
    tenant::audit::member_entry,
    usage::limit_check::enqueue_limit_check,
    webhook::endpoint::TenantChange,
};
use crate::{
    identity::password::new_password::NewPassword,
    store::{StoreError, account::users::User, tenant::tenants::Tenant},
};

/// A tenant that an operator created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTenant {
    pub tenant: TenantId,
    pub owner: UserId,
}

impl Tenants {
    /// Creates a tenant with its owner, and grants it `plan` unless that is `None`.
    ///
    /// An existing account with a verified address becomes the owner and keeps its password. One with an unverified
    /// address is handed over: it gets this password, and what was created with it before is revoked.
    pub async fn create_tenant(
        &self,
        name: &str,
        email: &str,
        password: &str,
        plan: Option<&str>,
    ) -> Result<CreatedTenant, ServiceError> {
        let request =
            SignUp { email: email.to_owned(), password: password.to_owned(), workspace: Some(name.to_owned()) };
        let CheckedSignUp { email, workspace: name, password } = validate_operator_sign_up(&request)?;
        let plan = plan.map(|plan| self.plan_to_grant(plan)).transpose()?.map(PlanGrant::permanent);
        let now = self.billing_now();
        let overrides = Overrides { plan, ..Overrides::default() };
        let tenant = Tenant::new(new_id()?, name, overrides, now);
        let owner = self.user_for(&email, &password).await?;
        let mut tx = self.store().begin().await?;
        tx.connection().insert_tenant(&tenant).await?;
        tx.connection().insert_member(&tenant.id, &owner, Role::Owner, now).await?;
        let joins = member_entry(AuditActor::Operator, AuditAction::MemberJoined, &email, Role::Owner);
        self.record_audit(&mut tx, &tenant.id, joins).await?;
        if let Some(grant) = &tenant.overrides.plan {
            let target = grant.plan.to_string();
            let entry = NewAuditEntry {
                by: AuditActor::Operator,
                action: AuditAction::PlanGranted,
                target,
                details: json!({}),
            };
            self.record_audit(&mut tx, &tenant.id, entry).await?;
        }
        self.endpoints().announce_tenant(&mut tx, TenantChange::Created, &tenant).await?;
        tx.commit().await?;
        Ok(CreatedTenant { tenant: tenant.id, owner })
    }

    /// Adds a member to a tenant. Idempotent; an existing member keeps their role.
    pub async fn add_member(
        &self,
        tenant: &TenantId,
        email: &str,
        password: &str,
        role: Role,
    ) -> Result<UserId, ServiceError> {
        let request = SignUp { email: email.to_owned(), password: password.to_owned(), workspace: None };
        let CheckedSignUp { email, workspace: _, password } = validate_operator_sign_up(&request)?;
        let user = self.user_for(&email, &password).await?;
        let mut tx = self.store().begin().await?;
        match tx.connection().insert_member(tenant, &user, role, self.billing_now()).await {
            Ok(()) => {
                let joins = member_entry(AuditActor::Operator, AuditAction::MemberJoined, &email, role);
                self.record_audit(&mut tx, tenant, joins).await?;
                enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
                tx.commit().await?;
                self.0.views.invalidate(tenant);
                self.jobs_written().notify_one();
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(user)
    }

    /// Creates an account without a tenant. An existing account with a verified address is returned unchanged.
    pub async fn create_account(&self, email: &str, password: &str) -> Result<UserId, ServiceError> {
        let request = SignUp { email: email.to_owned(), password: password.to_owned(), workspace: None };
        let CheckedSignUp { email, workspace: _, password } = validate_operator_sign_up(&request)?;
        self.user_for(&email, &password).await
    }

    pub(super) fn plan_to_grant(&self, plan: &str) -> Result<PlanId, ServiceError> {
        self.catalog().plan(plan).map(|plan| plan.id.clone()).ok_or_else(|| {
            let known: Vec<_> = self.catalog().plans.iter().map(|plan| plan.id.as_str()).collect();
            ServiceError::field("plan", format!("There is no plan {plan:?}; the catalog has {}.", known.join(", ")))
        })
    }

    async fn user_for(&self, email: &Email, password: &NewPassword) -> Result<UserId, ServiceError> {
        let find = async || self.store().read().await?.connection().find_user_by_email(email).await;
        match find().await? {
            Some(user) if user.has_verified_address => return Ok(user.id),
            Some(user) => return self.take_account(&user.id, password).await,
            None => {}
        }
        let user = User {
            id: new_id()?,
            email: email.clone(),
            password_hash: Some(self.accounts().hashed_password(password, None).await?),
            // The operator vouches for the address.
            has_verified_address: true,
        };
        let mut tx = self.store().begin().await?;
        match tx.connection().insert_user(&user, self.billing_now()).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                drop(tx);
                // A concurrent command created the account.
                return find().await?.map(|user| user.id).ok_or(StoreError::Conflict.into());
            }
            Err(error) => return Err(error.into()),
        }
        tx.commit().await?;
        Ok(user.id)
    }

    /// Hands an account with an unverified address over to the user for whom the operator vouches. Another person may
    /// have created it: what was created with it before is revoked.
    async fn take_account(&self, user: &UserId, password: &NewPassword) -> Result<UserId, ServiceError> {
        let hash = self.accounts().hashed_password(password, None).await?;
        let mut tx = self.store().begin().await?;
        let handed = self.accounts().hand_over(&mut tx, user, Some(&hash)).await?;
        tx.commit().await?;
        self.accounts().finish_hand_over(user, &handed);
        Ok(user.clone())
    }
}
