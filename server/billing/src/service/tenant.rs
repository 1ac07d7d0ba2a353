//! What operators and the demo do with tenants, beside what people do themselves.

#[cfg(test)]
mod tests;

use domain::{
    account::{Email, Role},
    audit::{AuditAction, AuditActor, NewAuditEntry},
    ids::{PlanId, TenantId, UserId},
    overrides::{Overrides, PlanGrant},
};
use serde_json::json;

use super::{
    ServiceError, Services,
    account::{CheckedSignUp, SignUp, checked},
    audit::of_member,
    usage::alerts::want_a_look,
};
use crate::{
    identity::new_password::NewPassword,
    store::{StoreError, tenants::Tenant, users::User},
};

/// A tenant made by an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeTenant {
    pub tenant: TenantId,
    pub owner: UserId,
}

impl Services {
    /// Makes a tenant with its owner, on `plan` if one is granted. An account with a proven address becomes the owner and keeps
    /// its password; one whose address is not proven is handed over: it gets this password, and what was made with it before
    /// ends.
    pub async fn create_tenant(
        &self,
        name: &str,
        email: &str,
        password: &str,
        plan: Option<&str>,
    ) -> Result<MadeTenant, ServiceError> {
        let wish = SignUp { email: email.to_owned(), password: password.to_owned(), workspace: Some(name.to_owned()) };
        let CheckedSignUp { email, workspace: name, password } = checked(&wish)?;
        let plan = plan.map(|plan| self.plan_to_grant(plan)).transpose()?.map(PlanGrant::permanent);
        let now = self.billing_now();
        let overrides = Overrides { plan, ..Overrides::default() };
        let tenant = Tenant { id: Self::new_id()?, name, overrides, created_at: now };
        let owner = self.user_for(&email, &password).await?;
        let mut tx = self.store().begin().await?;
        tx.link().insert_tenant(&tenant).await?;
        tx.link().insert_member(&tenant.id, &owner, Role::Owner, now).await?;
        let joins = of_member(AuditActor::Operator, AuditAction::MemberJoined, &email, Role::Owner);
        self.write_down(&mut tx, &tenant.id, joins).await?;
        if let Some(grant) = &tenant.overrides.plan {
            let target = grant.plan.to_string();
            let deed = NewAuditEntry {
                by: AuditActor::Operator,
                action: AuditAction::PlanGranted,
                target,
                details: json!({}),
            };
            self.write_down(&mut tx, &tenant.id, deed).await?;
        }
        tx.commit().await?;
        Ok(MadeTenant { tenant: tenant.id, owner })
    }

    /// Adds a person to a tenant; safe to repeat.
    pub async fn add_member(
        &self,
        tenant: &TenantId,
        email: &str,
        password: &str,
        role: Role,
    ) -> Result<UserId, ServiceError> {
        let wish = SignUp { email: email.to_owned(), password: password.to_owned(), workspace: None };
        let CheckedSignUp { email, workspace: _, password } = checked(&wish)?;
        let user = self.user_for(&email, &password).await?;
        let mut tx = self.store().begin().await?;
        match tx.link().insert_member(tenant, &user, role, self.billing_now()).await {
            Ok(()) => {
                let joins = of_member(AuditActor::Operator, AuditAction::MemberJoined, &email, role);
                self.write_down(&mut tx, tenant, joins).await?;
                want_a_look(&mut tx, tenant, self.wall_now()).await?;
                tx.commit().await?;
                self.0.views.doubt(tenant);
                self.jobs_written().notify_one();
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(user)
    }

    /// Makes an account that belongs to no tenant; an address that has one keeps it, and its password.
    pub async fn create_account(&self, email: &str, password: &str) -> Result<UserId, ServiceError> {
        let wish = SignUp { email: email.to_owned(), password: password.to_owned(), workspace: None };
        let CheckedSignUp { email, workspace: _, password } = checked(&wish)?;
        self.user_for(&email, &password).await
    }

    pub(super) fn plan_to_grant(&self, plan: &str) -> Result<PlanId, ServiceError> {
        self.catalog().plan(plan).map(|plan| plan.id.clone()).ok_or_else(|| {
            let known: Vec<_> = self.catalog().plans.iter().map(|plan| plan.id.as_str()).collect();
            ServiceError::field("plan", format!("There is no plan {plan:?}; the catalog has {}.", known.join(", ")))
        })
    }

    async fn user_for(&self, email: &Email, password: &NewPassword) -> Result<UserId, ServiceError> {
        let find = async || self.store().read().await?.link().find_user_by_email(email).await;
        match find().await? {
            Some(user) if user.has_proven_address => return Ok(user.id),
            Some(user) => return self.take_account(&user.id, password).await,
            None => {}
        }
        let user = User {
            id: Self::new_id()?,
            email: email.clone(),
            password_hash: Some(self.hashed_password(password, None).await?),
            // On the word of whoever runs this installation.
            has_proven_address: true,
        };
        let mut tx = self.store().begin().await?;
        match tx.link().insert_user(&user, self.billing_now()).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                drop(tx);
                // Another command was quicker.
                return find().await?.map(|user| user.id).ok_or(StoreError::Conflict.into());
            }
            Err(error) => return Err(error.into()),
        }
        tx.commit().await?;
        Ok(user.id)
    }

    /// Gives an account whose address nobody has proven to the person for whom the operator vouches: a stranger may have made
    /// it. What was made with it before ends.
    async fn take_account(&self, user: &UserId, password: &NewPassword) -> Result<UserId, ServiceError> {
        let hash = self.hashed_password(password, None).await?;
        let mut tx = self.store().begin().await?;
        let handed = self.hand_over(&mut tx, user, Some(&hash)).await?;
        tx.commit().await?;
        self.finish_hand_over(user, &handed);
        Ok(user.clone())
    }
}
