//! Who belongs to a workspace, as what, and how many may.
//!
//! Every change holds the tenant's row, and looks again at the role of whoever makes it: of two owners who leave at once, one
//! stays.

use domain::{
    account::{Role, Viewer},
    catalog::Feature,
    entitlement::{FeatureUsage, check::check, refusal::Refusal},
    ids::{TenantId, UserId},
    subscription::{Entitled, current},
    wire::{Member, TeamView},
};

use super::{
    ServiceError, Services,
    usage::{TEAM_MEMBERS, alerts::want_a_look, told},
};
use crate::store::{Link, Tx};

impl Services {
    /// Everything that the page about the people of the open workspace shows. Invitations only for those who may make them.
    pub async fn team(&self, viewer: &Viewer) -> Result<TeamView, ServiceError> {
        let tenant = &viewer.here.tenant_id;
        let invitations = if viewer.here.role.is_admin() { self.open_invitations(tenant).await? } else { Vec::new() };
        let mut reader = self.store().read().await?;
        let places = self.places(&mut reader.link(), tenant).await?.map(|(_, _, places)| places);
        Ok(TeamView {
            viewer: viewer.clone(),
            catalog: self.catalog().clone(),
            members: reader.link().list_members(tenant).await?,
            invitations,
            places,
            sends_mail: self.mailer().is_some(),
        })
    }

    /// Everybody who belongs, oldest membership first.
    pub async fn members(&self, tenant: &TenantId) -> Result<Vec<Member>, ServiceError> {
        Ok(self.store().read().await?.link().list_members(tenant).await?)
    }

    /// Makes a member something else. Admins only; owners are made and changed by owners. Safe to repeat.
    pub async fn change_role(&self, viewer: &Viewer, user: &UserId, role: Role) -> Result<Member, ServiceError> {
        let tenant = &viewer.here.tenant_id;
        let mut tx = self.store().begin().await?;
        let own = own_role(&mut tx, viewer).await?;
        if !own.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let member = tx.link().find_member(tenant, user).await?.ok_or(ServiceError::NotFound("member"))?;
        if !own.may_manage(member.role) || !own.may_manage(role) {
            return Err(ServiceError::OwnerRequired);
        }
        if role != Role::Owner {
            keep_an_owner(&mut tx.link(), tenant, &member).await?;
        }
        tx.link().update_role(tenant, user, role).await?;
        withdraw_beyond(&mut tx, tenant, user, Some(role)).await?;
        tx.commit().await?;
        Ok(Member { role, ..member })
    }

    /// Removes a member, who loses access at once on every node; her open invitations are withdrawn. Whoever removes herself
    /// leaves, which a plain member may do too, and leaves her invitations behind.
    pub async fn remove_member(&self, viewer: &Viewer, user: &UserId) -> Result<(), ServiceError> {
        let tenant = &viewer.here.tenant_id;
        let leaves = *user == viewer.user_id;
        let mut tx = self.store().begin().await?;
        let own = own_role(&mut tx, viewer).await?;
        if !leaves && !own.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let member = tx.link().find_member(tenant, user).await?.ok_or(ServiceError::NotFound("member"))?;
        if !leaves && !own.may_manage(member.role) {
            return Err(ServiceError::OwnerRequired);
        }
        keep_an_owner(&mut tx.link(), tenant, &member).await?;
        tx.link().delete_member(tenant, user).await?;
        if !leaves {
            withdraw_beyond(&mut tx, tenant, user, None).await?;
        }
        want_a_look(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.doubt(tenant);
        self.jobs_written().notify_one();
        Ok(())
    }

    /// How many belong and how many may; `None` where the catalog does not count them.
    async fn places(
        &self,
        link: &mut Link<'_>,
        tenant: &TenantId,
    ) -> Result<Option<(&Feature, Entitled, FeatureUsage)>, ServiceError> {
        let Some(feature) = self.catalog().feature(TEAM_MEMBERS) else { return Ok(None) };
        let tenant = link.find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = link.list_subscriptions(&tenant.id).await?;
        let held = self.entitled(&tenant, current(&subscriptions));
        let members = link.count_members(&tenant.id).await?;
        let places = told(feature, held.limit(self.catalog(), &feature.key), None, members);
        Ok(Some((feature, held, places)))
    }

    /// Refuses when there is no place for one more. Exact while the tenant's row is held.
    pub(super) async fn room_for_one_more(&self, link: &mut Link<'_>, tenant: &TenantId) -> Result<(), ServiceError> {
        let Some((feature, held, places)) = self.places(link, tenant).await? else { return Ok(()) };
        if check(self.catalog(), feature, &held, &places, 1, self.billing_now()).failure.is_none() {
            return Ok(());
        }
        let refusal = Refusal::of(self.catalog(), feature, places.limit, places.used.saturating_add(1));
        Err(ServiceError::LimitReached(Box::new(refusal)))
    }
}

/// Holds the tenant's row, and what the viewer is now: her role may have changed since she was recognised.
pub(super) async fn own_role(tx: &mut Tx, viewer: &Viewer) -> Result<Role, ServiceError> {
    let tenant = &viewer.here.tenant_id;
    tx.link().lock_tenant(tenant).await?;
    let own = tx.link().find_member(tenant, &viewer.user_id).await?;
    own.map(|own| own.role).ok_or(ServiceError::TenantNotFound)
}

/// Refuses when this member is the last owner.
async fn keep_an_owner(link: &mut Link<'_>, tenant: &TenantId, member: &Member) -> Result<(), ServiceError> {
    if member.role == Role::Owner && link.count_owners(tenant).await? <= 1 {
        return Err(ServiceError::LastOwner);
    }
    Ok(())
}

/// Withdraws those open invitations of somebody's that she could not make any more.
async fn withdraw_beyond(tx: &mut Tx, tenant: &TenantId, user: &UserId, now: Option<Role>) -> Result<(), ServiceError> {
    for role in [Role::Owner, Role::Admin, Role::Member] {
        if !now.is_some_and(|now| now.may_manage(role)) {
            tx.link().withdraw_invitations_by(tenant, user, role).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
