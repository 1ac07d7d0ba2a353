//! Members of a tenant: roles, removal, and the member limit.
//!
//! Every change locks the tenant's row and checks the viewer's role again. If the last two owners leave
//! concurrently, one of them is refused.

pub mod invitation;

use domain::{
    account::{Role, WorkspaceViewer},
    catalog::Feature,
    entitlement::{FeatureUsage, check::check, refusal::Refusal},
    ids::{TenantId, UserId},
    subscription::{Entitlements, current_subscription},
    tenant::audit::{AuditAction, NewAuditEntry},
    wire::{Member, TeamView},
};
use serde_json::json;

use super::{
    audit::{by_person, member_entry},
    key::key_revoked,
};
use crate::{
    identity::factors::Confirmed,
    service::{
        ServiceError, Tenants,
        base::{
            internal_features::{SECRETS, TEAM_MEMBERS},
            permission::lock_workspace_role,
        },
        usage::{limit_check::enqueue_limit_check, reading::feature_usage},
    },
    store::{Connection, Tx},
};

/// What happens to the API keys of a member who stops being an admin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeysOfMember {
    /// They are revoked, within a second on every node.
    #[default]
    End,
    /// They are transferred to the admin who removes or demotes the member, and stay valid.
    TakeOver,
}

impl KeysOfMember {
    pub const fn taken_over(are_taken_over: bool) -> Self {
        if are_taken_over { Self::TakeOver } else { Self::End }
    }
}

impl Tenants {
    /// Returns the content of the team page. Only owners and admins get other members' addresses and invitations, as in
    /// the API.
    pub async fn team(&self, viewer: impl Into<WorkspaceViewer>) -> Result<TeamView, ServiceError> {
        let viewer = &viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let invitations = if viewer.current_membership.role.is_admin() {
            self.invitations().open_invitations(tenant).await?
        } else {
            Vec::new()
        };
        let keys = if viewer.current_membership.role.is_admin() {
            self.api_keys().list_keys(tenant).await?
        } else {
            Vec::new()
        };
        let keys = keys.into_iter().filter_map(|key| Some((key.maker?, key.name))).collect();
        let unverified = match viewer.account() {
            Some(account) => self.accounts().unverified_address(account).await?,
            None => None,
        };
        let mut reader = self.store().read().await?;
        let seats =
            self.internal_usage(&mut reader.connection(), tenant, TEAM_MEMBERS).await?.map(|(_, _, seats)| seats);
        let mut members = reader.connection().list_members(tenant).await?;
        let member_count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if !viewer.current_membership.role.is_admin() {
            members.retain(|member| Some(&member.user_id) == viewer.user_id());
        }
        drop(reader);
        let full = seats.as_ref().filter(|seats| viewer.current_membership.role.is_admin() && seats.left() == Some(0));
        let remedy = match full {
            Some(seats) => Some(self.subscriptions().limit_remedy(tenant, seats).await?),
            None => None,
        };
        Ok(TeamView {
            viewer: viewer.clone(),
            catalog: self.catalog().clone(),
            member_count,
            members,
            invitations,
            seats,
            remedy,
            sends_mail: self.mailer().is_some(),
            unverified,
            keys,
        })
    }

    /// Lists the members of a tenant, the oldest membership first.
    pub async fn members(&self, tenant: &TenantId) -> Result<Vec<Member>, ServiceError> {
        Ok(self.store().read().await?.connection().list_members(tenant).await?)
    }

    /// Changes a member's role. Idempotent.
    ///
    /// Admins only; only owners create and change owners. Giving a role that may change the plan and demoting an owner
    /// require a re-authentication. The API keys of a demoted admin are revoked or transferred, as `keys` says.
    pub async fn change_role(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        user: &UserId,
        (role, keys): (Role, KeysOfMember),
        confirmed: Option<&Confirmed>,
    ) -> Result<Member, ServiceError> {
        let viewer = &viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let mut tx = self.store().begin().await?;
        let viewer_role = lock_workspace_role(&mut tx, viewer).await?;
        if !viewer_role.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let member = tx.connection().find_member(tenant, user).await?.ok_or(ServiceError::NotFound("member"))?;
        if !viewer_role.may_manage(member.role) || !viewer_role.may_manage(role) {
            return Err(ServiceError::OwnerRequired);
        }
        if role != member.role && (role.may_bill() || member.role == Role::Owner) && confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        if role != Role::Owner {
            ensure_another_owner(&mut tx.connection(), tenant, &member).await?;
        }
        if role != member.role {
            tx.connection().update_role(tenant, user, role).await?;
            let (target, details) = (member.email.to_string(), json!({ "role": role, "before": member.role }));
            let entry =
                NewAuditEntry { by: by_person(viewer), action: AuditAction::MemberRoleChanged, target, details };
            self.record_audit(&mut tx, tenant, entry).await?;
        }
        self.withdraw_unmanageable_invitations(&mut tx, viewer, user, Some(role)).await?;
        if !role.is_admin() {
            self.revoke_or_transfer_keys(&mut tx, viewer, &member, keys).await?;
        }
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        Ok(Member { role, ..member })
    }

    /// Removes a member, who loses access at once on every node. Their API keys are revoked or transferred, as `keys`
    /// says, and their open invitations withdrawn.
    ///
    /// A viewer who removes themself leaves. Every member may leave: the keys are revoked and the invitations stay.
    /// Removing another owner requires a re-authentication.
    pub async fn remove_member(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        user: &UserId,
        keys: KeysOfMember,
        confirmed: Option<&Confirmed>,
    ) -> Result<(), ServiceError> {
        let viewer = &viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let leaves = viewer.user_id() == Some(user);
        let mut tx = self.store().begin().await?;
        let viewer_role = lock_workspace_role(&mut tx, viewer).await?;
        if !leaves && !viewer_role.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let member = tx.connection().find_member(tenant, user).await?.ok_or(ServiceError::NotFound("member"))?;
        if !leaves && !viewer_role.may_manage(member.role) {
            return Err(ServiceError::OwnerRequired);
        }
        if !leaves && member.role == Role::Owner && confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        ensure_another_owner(&mut tx.connection(), tenant, &member).await?;
        tx.connection().delete_member(tenant, user).await?;
        let action = if leaves { AuditAction::MemberLeft } else { AuditAction::MemberRemoved };
        self.record_audit(&mut tx, tenant, member_entry(by_person(viewer), action, &member.email, member.role)).await?;
        if !leaves {
            self.withdraw_unmanageable_invitations(&mut tx, viewer, user, None).await?;
        }
        self.revoke_or_transfer_keys(&mut tx, viewer, &member, keys).await?;
        enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        self.jobs_written().notify_one();
        self.session_ends().notify(user);
        Ok(())
    }

    /// Revokes the API keys of a member who stops being an admin, or transfers them to the viewer. A viewer's keys are
    /// never transferred to themself.
    async fn revoke_or_transfer_keys(
        &self,
        tx: &mut Tx,
        viewer: &WorkspaceViewer,
        member: &Member,
        keys: KeysOfMember,
    ) -> Result<(), ServiceError> {
        let (tenant, now) = (&viewer.current_membership.tenant_id, self.wall_now());
        // A portal session takes over no keys: they belong to accounts.
        let heir = viewer.user_id().filter(|heir| keys == KeysOfMember::TakeOver && member.user_id != **heir);
        if let Some(heir) = heir {
            let taken = tx.connection().take_over_keys(tenant, &member.user_id, heir).await?;
            if !taken.is_empty()
                && !tx.connection().find_user(heir).await?.is_some_and(|found| found.has_verified_address)
            {
                return Err(ServiceError::AddressNotVerified);
            }
            for (id, name) in taken {
                let details = json!({ "name": name, "from": member.email });
                let entry =
                    NewAuditEntry { by: by_person(viewer), action: AuditAction::ApiKeyTakenOver, target: id, details };
                self.record_audit(tx, tenant, entry).await?;
            }
            return Ok(());
        }
        for (id, name) in tx.connection().revoke_keys_made_by(tenant, &member.user_id, now).await? {
            self.record_audit(tx, tenant, key_revoked(by_person(viewer), id, &name)).await?;
        }
        Ok(())
    }

    /// Withdraws a user's open invitations that their new role `now` may not create; all of them if `now` is `None`.
    async fn withdraw_unmanageable_invitations(
        &self,
        tx: &mut Tx,
        viewer: &WorkspaceViewer,
        user: &UserId,
        now: Option<Role>,
    ) -> Result<(), ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        for role in Role::ALL {
            if now.is_some_and(|now| now.may_manage(role)) {
                continue;
            }
            for email in tx.connection().withdraw_invitations_by(tenant, user, role).await? {
                let entry = member_entry(by_person(viewer), AuditAction::InvitationWithdrawn, &email, role);
                self.record_audit(tx, tenant, entry).await?;
            }
        }
        Ok(())
    }

    /// Returns usage and entitlements of a feature that Dues counts itself; `None` when the catalog does not have it.
    async fn internal_usage(
        &self,
        link: &mut Connection<'_>,
        tenant: &TenantId,
        feature: &str,
    ) -> Result<Option<(&Feature, Entitlements, FeatureUsage)>, ServiceError> {
        let Some(feature) = self.catalog().feature(feature) else { return Ok(None) };
        let tenant = link.find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = link.list_subscriptions(&tenant.id).await?;
        let held = self.entitlements(&tenant, current_subscription(self.catalog(), &subscriptions));
        let used = match feature.key.as_str() {
            SECRETS => link.count_secrets(&tenant.id).await?,
            _ => link.count_members(&tenant.id).await?,
        };
        let usage = feature_usage(feature, held.limit(self.catalog(), &feature.key), None, used);
        Ok(Some((feature, held, usage)))
    }

    /// [`ServiceError::LimitReached`] when the plan does not allow one more. Exact while the tenant's row is locked.
    pub(in crate::service) async fn ensure_room_for_one(
        &self,
        link: &mut Connection<'_>,
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

/// [`ServiceError::LastOwner`] when this member is the last owner.
pub(in crate::service) async fn ensure_another_owner(
    link: &mut Connection<'_>,
    tenant: &TenantId,
    member: &Member,
) -> Result<(), ServiceError> {
    if member.role == Role::Owner && link.count_owners(tenant).await? <= 1 {
        return Err(ServiceError::LastOwner);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
