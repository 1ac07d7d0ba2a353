//! Acceptance of an invitation by an existing or a new account.

use domain::{
    account::{Account, Email, Role},
    ids::{TenantId, UserId},
    tenant::audit::{AuditAction, AuditActor},
    wire::InvitationView,
};

use super::link::{ensure_open, find_by_token};
use crate::{
    identity::{client::Client, password::new_password::NewPassword},
    service::{
        Invitations, LinkError, ServiceError,
        base::{core::new_id, internal_features::TEAM_MEMBERS},
        tenant::audit::member_entry,
        usage::limit_check::enqueue_limit_check,
    },
    store::{
        StoreError, Tx,
        account::users::User,
        tenant::invitations::{Invitation, InvitationState, LinkDelivery},
    },
};

/// The workspace that the user joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub tenant: TenantId,
    pub tenant_name: String,
    pub role: Role,
}

/// Outcome of accepting an invitation by password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    Joined(UserId, Joined),
    /// The account has a second factor: nothing was accepted. The user signs in with it, then accepts.
    NeedsCode(UserId),
}

impl Invitations {
    /// Accepts an invitation for the signed-in user, whose address must be the invited one. A mailed link verifies that
    /// address.
    ///
    /// The member limit is exact under concurrency. Idempotent; an existing member keeps their role.
    /// [`ServiceError::InvalidCredentials`] if the account was deleted since it signed in.
    pub async fn accept_invitation(&self, account: &Account, token: &str) -> Result<Joined, ServiceError> {
        let (tenant, id, way) = find_by_token(&mut self.store().read().await?.connection(), token).await?;
        let mut tx = self.store().begin().await?;
        tx.connection().lock_tenant(&tenant).await?;
        // Serializes with the deletion of the account, which ends the memberships that it finds.
        tx.connection().lock_user(&account.user_id).await?;
        tx.connection().find_user(&account.user_id).await?.ok_or(ServiceError::InvalidCredentials)?;
        let invitation = tx.connection().find_invitation(&tenant, &id).await?.ok_or(LinkError::Unknown)?;
        if invitation.email != account.email {
            ensure_open(&invitation, self.wall_now())?;
            return Err(ServiceError::OtherAddress);
        }
        let belongs = tx.connection().find_member(&tenant, &account.user_id).await?;
        if let (InvitationState::Accepted, Some(member)) = (invitation.state, &belongs) {
            return joined(&mut tx, tenant, member.role).await;
        }
        ensure_open(&invitation, self.wall_now())?;
        let role = if let Some(member) = belongs {
            member.role
        } else {
            self.join(&mut tx, &tenant, &account.user_id, &invitation).await?;
            invitation.role
        };
        if way == LinkDelivery::Mailed {
            tx.connection().update_verified_address(&account.user_id).await?;
        }
        tx.connection().update_invitation_state(&tenant, &id, InvitationState::Accepted).await?;
        let joined = joined(&mut tx, tenant, role).await?;
        tx.commit().await?;
        self.0.views.invalidate(&joined.tenant);
        self.jobs_written().notify_one();
        Ok(joined)
    }

    /// Creates an account for the invited address, without a workspace of its own, and accepts. A mailed link verifies
    /// the address.
    ///
    /// An address that has an account accepts by the account's password. A wrong password is
    /// [`ServiceError::InvalidCredentials`], so that the link reveals no more about the address than a sign-up does.
    pub async fn accept_by_password(
        &self,
        token: &str,
        password: &str,
        client: impl Into<Client>,
    ) -> Result<Accepted, ServiceError> {
        let client: Client = client.into();
        let from = client.address;
        self.accounts().ensure_passwords()?;
        let InvitationView { email, tenant_name, .. } = self.find_invitation(token).await?;
        // Checked whether or not the address has an account, so that the response does not reveal it.
        let chosen = self.accounts().new_password(password, &email, &tenant_name, from).await?;
        // Outside the `if`: release the connection before waiting for a hashing permit.
        let known = self.store().read().await?.connection().find_user_by_email(&email).await?;
        if known.is_none() {
            match self.accept_as_new(token, &chosen, &email, &client).await {
                // A concurrent request created the account.
                Err(ServiceError::Store(StoreError::Conflict)) => {}
                settled => return settled.map(|(user, joined)| Accepted::Joined(user, joined)),
            }
        }
        let user_id = self.accounts().log_in(email.as_str(), password, from).await?;
        if self.accounts().has_second_factor(&user_id).await? {
            return Ok(Accepted::NeedsCode(user_id));
        }
        let joined = self.accept_invitation(&Account { user_id: user_id.clone(), email }, token).await?;
        Ok(Accepted::Joined(user_id, joined))
    }

    /// Creates the account and accepts. [`StoreError::Conflict`] when the address got an account concurrently.
    async fn accept_as_new(
        &self,
        token: &str,
        password: &NewPassword,
        email: &Email,
        client: &Client,
    ) -> Result<(UserId, Joined), ServiceError> {
        let (tenant, id, way) = find_by_token(&mut self.store().read().await?.connection(), token).await?;
        self.accounts().count_sign_up(client.address).await?;
        let permit = self.accounts().acquire_hash_permit(Some(client.address)).await?;
        let password_hash = Some(permit.hash(password).await?);
        let has_verified_address = way == LinkDelivery::Mailed;
        let user = User { id: new_id()?, email: email.clone(), password_hash, has_verified_address };
        let mut tx = self.store().begin().await?;
        tx.connection().lock_tenant(&tenant).await?;
        let invitation = tx.connection().find_invitation(&tenant, &id).await?.ok_or(LinkError::Unknown)?;
        ensure_open(&invitation, self.wall_now())?;
        self.accounts().insert_account(&mut tx, &user, client.language).await?;
        self.join(&mut tx, &tenant, &user.id, &invitation).await?;
        if !has_verified_address {
            self.accounts().enqueue_verification_mail(&mut tx, &user.id, email).await?;
        }
        tx.connection().update_invitation_state(&tenant, &id, InvitationState::Accepted).await?;
        let joined = joined(&mut tx, tenant, invitation.role).await?;
        tx.commit().await?;
        drop(permit);
        self.0.views.invalidate(&joined.tenant);
        self.jobs_written().notify_one();
        Ok((user.id, joined))
    }

    /// Adds a member if the plan has a free seat. The caller holds the lock of the tenant's row.
    async fn join(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        invitation: &Invitation,
    ) -> Result<(), ServiceError> {
        let Invitation { email, role, .. } = invitation;
        self.tenants().ensure_room_for_one(&mut tx.connection(), tenant, TEAM_MEMBERS).await?;
        tx.connection().insert_member(tenant, user, *role, self.billing_now()).await?;
        let entry = member_entry(AuditActor::User(user.clone()), AuditAction::MemberJoined, email, *role);
        self.record_audit(tx, tenant, entry).await?;
        Ok(enqueue_limit_check(tx, tenant, self.wall_now()).await?)
    }
}

/// Returns the joined workspace. Fails if it was deleted after the link was found.
async fn joined(tx: &mut Tx, tenant: TenantId, role: Role) -> Result<Joined, ServiceError> {
    let found = tx.connection().find_tenant(&tenant).await?.filter(|tenant| tenant.deleted_at.is_none());
    let found = found.ok_or(ServiceError::TenantNotFound)?;
    Ok(Joined { tenant, tenant_name: found.name, role })
}
