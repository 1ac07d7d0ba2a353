//! Who belongs to a workspace, as what, and how many may.
//!
//! Every change holds the tenant's row, and looks again at the role of whoever makes it: of two owners who leave at once, one
//! stays.

use domain::{
    account::{Role, Viewer},
    audit::{AuditAction, NewAuditEntry},
    catalog::Feature,
    entitlement::{FeatureUsage, check::check, refusal::Refusal},
    ids::{TenantId, UserId},
    subscription::{Entitlements, current_subscription},
    wire::{Member, TeamView},
};
use serde_json::json;

use super::{
    ServiceError, Services,
    audit::{by, of_member},
    key::key_revoked,
    usage::{SECRETS, TEAM_MEMBERS, alerts::want_a_look, told},
};
use crate::{
    identity::factors::Confirmed,
    store::{Link, Tx},
};

/// What becomes of the keys that a person has made who is no admin any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeysOfMember {
    /// They end within a second, on every node.
    #[default]
    End,
    /// They become the keys of the admin who removes or demotes the person, and go on.
    TakeOver,
}

impl KeysOfMember {
    pub const fn taken_over(are_taken_over: bool) -> Self {
        if are_taken_over { Self::TakeOver } else { Self::End }
    }
}

impl Services {
    /// Everything that the page about the people of the open workspace shows. Addresses and invitations are for owners and
    /// admins, as in the API.
    pub async fn team(&self, viewer: &Viewer) -> Result<TeamView, ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        let invitations =
            if viewer.current_membership.role.is_admin() { self.open_invitations(tenant).await? } else { Vec::new() };
        let keys = if viewer.current_membership.role.is_admin() { self.list_keys(tenant).await? } else { Vec::new() };
        let keys = keys.into_iter().filter_map(|key| Some((key.maker?, key.name))).collect();
        let unverified = self.unproven_address(&viewer.account()).await?;
        let mut reader = self.store().read().await?;
        let seats = self.internal_usage(&mut reader.link(), tenant, TEAM_MEMBERS).await?.map(|(_, _, seats)| seats);
        let mut members = reader.link().list_members(tenant).await?;
        let member_count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if !viewer.current_membership.role.is_admin() {
            members.retain(|member| member.user_id == viewer.user_id);
        }
        Ok(TeamView {
            viewer: viewer.clone(),
            catalog: self.catalog().clone(),
            member_count,
            members,
            invitations,
            seats,
            sends_mail: self.mailer().is_some(),
            unverified,
            keys,
        })
    }

    /// Everybody who belongs, oldest membership first.
    pub async fn members(&self, tenant: &TenantId) -> Result<Vec<Member>, ServiceError> {
        Ok(self.store().read().await?.link().list_members(tenant).await?)
    }

    /// Makes a member something else. Admins only; owners are made and changed by owners. Safe to repeat. A person who is no admin
    /// any more loses the keys that they made, unless the viewer takes them over. To make an admin or owner, and to demote an owner,
    /// asks for a confirmation.
    pub async fn change_role(
        &self,
        viewer: &Viewer,
        user: &UserId,
        (role, keys): (Role, KeysOfMember),
        confirmed: Option<&Confirmed>,
    ) -> Result<Member, ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        let mut tx = self.store().begin().await?;
        let own = own_role(&mut tx, viewer).await?;
        if !own.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let member = tx.link().find_member(tenant, user).await?.ok_or(ServiceError::NotFound("member"))?;
        if !own.may_manage(member.role) || !own.may_manage(role) {
            return Err(ServiceError::OwnerRequired);
        }
        if role != member.role && (role.is_admin() || member.role == Role::Owner) && confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        if role != Role::Owner {
            keep_an_owner(&mut tx.link(), tenant, &member).await?;
        }
        if role != member.role {
            tx.link().update_role(tenant, user, role).await?;
            let (target, details) = (member.email.to_string(), json!({ "role": role, "before": member.role }));
            let deed = NewAuditEntry { by: by(viewer), action: AuditAction::MemberRoleChanged, target, details };
            self.write_down(&mut tx, tenant, deed).await?;
        }
        self.withdraw_beyond(&mut tx, viewer, user, Some(role)).await?;
        if !role.is_admin() {
            self.settle_keys(&mut tx, viewer, &member, keys).await?;
        }
        tx.commit().await?;
        self.0.views.doubt(tenant);
        Ok(Member { role, ..member })
    }

    /// Removes a member, who loses access at once on every node, with the keys that they made, unless the viewer takes them over;
    /// their open invitations are withdrawn. A viewer who removes themself leaves, which a plain member may do too: the keys end,
    /// and the invitations stay. To remove another owner asks for a confirmation.
    pub async fn remove_member(
        &self,
        viewer: &Viewer,
        user: &UserId,
        keys: KeysOfMember,
        confirmed: Option<&Confirmed>,
    ) -> Result<(), ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
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
        if !leaves && member.role == Role::Owner && confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        keep_an_owner(&mut tx.link(), tenant, &member).await?;
        tx.link().delete_member(tenant, user).await?;
        let action = if leaves { AuditAction::MemberLeft } else { AuditAction::MemberRemoved };
        self.write_down(&mut tx, tenant, of_member(by(viewer), action, &member.email, member.role)).await?;
        if !leaves {
            self.withdraw_beyond(&mut tx, viewer, user, None).await?;
        }
        self.settle_keys(&mut tx, viewer, &member, keys).await?;
        want_a_look(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.doubt(tenant);
        self.jobs_written().notify_one();
        self.session_ends().notify(user);
        Ok(())
    }

    /// Ends the keys that a member has made, or makes them the viewer's: the member is no admin any more. A viewer has nothing to
    /// take over from themself.
    async fn settle_keys(
        &self,
        tx: &mut Tx,
        viewer: &Viewer,
        member: &Member,
        keys: KeysOfMember,
    ) -> Result<(), ServiceError> {
        let (tenant, now) = (&viewer.current_membership.tenant_id, self.wall_now());
        if keys == KeysOfMember::TakeOver && member.user_id != viewer.user_id {
            let taken = tx.link().take_over_keys(tenant, &member.user_id, &viewer.user_id).await?;
            if !taken.is_empty()
                && !tx.link().find_user(&viewer.user_id).await?.is_some_and(|own| own.has_proven_address)
            {
                return Err(ServiceError::AddressNotProven);
            }
            for (id, name) in taken {
                let details = json!({ "name": name, "from": member.email });
                let deed = NewAuditEntry { by: by(viewer), action: AuditAction::ApiKeyTakenOver, target: id, details };
                self.write_down(tx, tenant, deed).await?;
            }
            return Ok(());
        }
        for (id, name) in tx.link().revoke_keys_made_by(tenant, &member.user_id, now).await? {
            self.write_down(tx, tenant, key_revoked(by(viewer), id, &name)).await?;
        }
        Ok(())
    }

    /// Withdraws those open invitations of somebody's that she could not make any more.
    async fn withdraw_beyond(
        &self,
        tx: &mut Tx,
        viewer: &Viewer,
        user: &UserId,
        now: Option<Role>,
    ) -> Result<(), ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        for role in [Role::Owner, Role::Admin, Role::Member] {
            if now.is_some_and(|now| now.may_manage(role)) {
                continue;
            }
            for email in tx.link().withdraw_invitations_by(tenant, user, role).await? {
                let deed = of_member(by(viewer), AuditAction::InvitationWithdrawn, &email, role);
                self.write_down(tx, tenant, deed).await?;
            }
        }
        Ok(())
    }

    /// The usage and entitlements for a feature that Dues itself counts; `None` if the catalog does not have it.
    async fn internal_usage(
        &self,
        link: &mut Link<'_>,
        tenant: &TenantId,
        feature: &str,
    ) -> Result<Option<(&Feature, Entitlements, FeatureUsage)>, ServiceError> {
        let Some(feature) = self.catalog().feature(feature) else { return Ok(None) };
        let tenant = link.find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = link.list_subscriptions(&tenant.id).await?;
        let held = self.entitlements(&tenant, current_subscription(&subscriptions));
        let used = match feature.key.as_str() {
            SECRETS => link.count_secrets(&tenant.id).await?,
            _ => link.count_members(&tenant.id).await?,
        };
        let usage = told(feature, held.limit(self.catalog(), &feature.key), None, used);
        Ok(Some((feature, held, usage)))
    }

    /// Refuses when there is no place for one more. Exact while the tenant's row is held.
    pub(super) async fn room_for_one_more(
        &self,
        link: &mut Link<'_>,
        tenant: &TenantId,
        feature: &str,
    ) -> Result<(), ServiceError> {
        let Some((feature, held, usage)) = self.internal_usage(link, tenant, feature).await? else { return Ok(()) };
        if check(self.catalog(), feature, &held, &usage, 1, self.billing_now()).failure.is_none() {
            return Ok(());
        }
        let refusal = Refusal::of(self.catalog(), feature, &held, usage.limit, usage.used.saturating_add(1));
        Err(ServiceError::LimitReached(Box::new(refusal)))
    }
}

/// Holds the tenant's row, and what the viewer is now: her role may have changed since she was recognised.
pub(super) async fn own_role(tx: &mut Tx, viewer: &Viewer) -> Result<Role, ServiceError> {
    let tenant = &viewer.current_membership.tenant_id;
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

#[cfg(test)]
mod tests;
