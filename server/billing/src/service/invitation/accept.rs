//! Accepting an invitation, with an account or by making one.

use domain::{
    account::{Account, Email, Role},
    audit::{AuditAction, AuditActor},
    ids::{TenantId, UserId},
    wire::InvitationView,
};

use super::{led_to, still_open};
use crate::{
    identity::{ClientAddress, new_password::NewPassword},
    service::{
        LinkEnd, ServiceError, Services,
        audit::of_member,
        usage::{TEAM_MEMBERS, alerts::want_a_look},
    },
    store::{
        StoreError, Tx,
        invitations::{Invitation, InvitationState, LinkWay},
        users::User,
    },
};

/// The workspace that somebody belongs to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub tenant: TenantId,
    pub tenant_name: String,
    pub role: Role,
}

/// What came of accepting by a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    Joined(UserId, Joined),
    /// The account has a second factor: nothing was accepted yet. The person shows it and accepts while they are signed in.
    NeedsCode(UserId),
}

impl Services {
    /// Accepts an invitation for the person who is signed in, who must have the address that it is for. A link that was mailed
    /// proves that address. Exact under concurrency: as many
    /// join as have a place. Whoever repeats it, or belongs already, stays what she is.
    pub async fn accept_invitation(&self, account: &Account, token: &str) -> Result<Joined, ServiceError> {
        let (tenant, id, way) = led_to(&mut self.store().read().await?.link(), token).await?;
        let mut tx = self.store().begin().await?;
        tx.link().lock_tenant(&tenant).await?;
        let invitation = tx.link().find_invitation(&tenant, &id).await?.ok_or(LinkEnd::Unknown)?;
        if invitation.email != account.email {
            still_open(&invitation, self.wall_now())?;
            return Err(ServiceError::OtherAddress);
        }
        let belongs = tx.link().find_member(&tenant, &account.user_id).await?;
        if let (InvitationState::Accepted, Some(member)) = (invitation.state, &belongs) {
            return joined(&mut tx, tenant, member.role).await;
        }
        still_open(&invitation, self.wall_now())?;
        let role = if let Some(member) = belongs {
            member.role
        } else {
            self.join(&mut tx, &tenant, &account.user_id, &invitation).await?;
            invitation.role
        };
        if way == LinkWay::Mailed {
            tx.link().update_proven_address(&account.user_id).await?;
        }
        tx.link().update_invitation_state(&tenant, &id, InvitationState::Accepted).await?;
        let joined = joined(&mut tx, tenant, role).await?;
        tx.commit().await?;
        self.0.views.doubt(&joined.tenant);
        self.jobs_written().notify_one();
        Ok(joined)
    }

    /// Makes an account for the address of an invitation and accepts: no other workspace is made. An address that has an account
    /// accepts by the account's password; every other password is [`ServiceError::InvalidCredentials`], so that a link's holder
    /// learns no more of an address than signing up tells. A link that was mailed proves the address.
    pub async fn accept_by_password(
        &self,
        token: &str,
        password: &str,
        from: ClientAddress,
    ) -> Result<Accepted, ServiceError> {
        let InvitationView { email, tenant_name, .. } = self.find_invitation(token).await?;
        // Checked whether or not the address has an account, so that the answer does not tell.
        let chosen = self.new_password(password, &email, &tenant_name, from).await?;
        // Outside the `if`: the connection must be given back before a turn at hashing is waited for.
        let known = self.store().read().await?.link().find_user_by_email(&email).await?;
        if known.is_none() {
            match self.accept_as_new(token, &chosen, &email, from).await {
                // The address got an account in the same moment.
                Err(ServiceError::Store(StoreError::Conflict)) => {}
                settled => return settled.map(|(user, joined)| Accepted::Joined(user, joined)),
            }
        }
        let user_id = self.log_in(email.as_str(), password, from).await?;
        if self.has_second_factor(&user_id).await? {
            return Ok(Accepted::NeedsCode(user_id));
        }
        let joined = self.accept_invitation(&Account { user_id: user_id.clone(), email }, token).await?;
        Ok(Accepted::Joined(user_id, joined))
    }

    /// [`StoreError::Conflict`] when the address has an account by now.
    async fn accept_as_new(
        &self,
        token: &str,
        password: &NewPassword,
        email: &Email,
        from: ClientAddress,
    ) -> Result<(UserId, Joined), ServiceError> {
        let (tenant, id, way) = led_to(&mut self.store().read().await?.link(), token).await?;
        self.count_sign_up(from).await?;
        let turn = self.turn_to_hash(Some(from)).await?;
        let password_hash = Some(turn.hash(password).await?);
        let has_proven_address = way == LinkWay::Mailed;
        let user = User { id: Self::new_id()?, email: email.clone(), password_hash, has_proven_address };
        let mut tx = self.store().begin().await?;
        tx.link().lock_tenant(&tenant).await?;
        let invitation = tx.link().find_invitation(&tenant, &id).await?.ok_or(LinkEnd::Unknown)?;
        still_open(&invitation, self.wall_now())?;
        tx.link().insert_user(&user, self.billing_now()).await?;
        self.join(&mut tx, &tenant, &user.id, &invitation).await?;
        if !has_proven_address {
            self.want_proof_mail(&mut tx, &user.id, email).await?;
        }
        tx.link().update_invitation_state(&tenant, &id, InvitationState::Accepted).await?;
        let joined = joined(&mut tx, tenant, invitation.role).await?;
        tx.commit().await?;
        drop(turn);
        self.0.views.doubt(&joined.tenant);
        self.jobs_written().notify_one();
        Ok((user.id, joined))
    }

    /// Adds a member if there is a place; the tenant's row is held.
    async fn join(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        invitation: &Invitation,
    ) -> Result<(), ServiceError> {
        let Invitation { email, role, .. } = invitation;
        self.room_for_one_more(&mut tx.link(), tenant, TEAM_MEMBERS).await?;
        tx.link().insert_member(tenant, user, *role, self.billing_now()).await?;
        let deed = of_member(AuditActor::User(user.clone()), AuditAction::MemberJoined, email, *role);
        self.write_down(tx, tenant, deed).await?;
        Ok(want_a_look(tx, tenant, self.wall_now()).await?)
    }
}

async fn joined(tx: &mut Tx, tenant: TenantId, role: Role) -> Result<Joined, ServiceError> {
    let found = tx.link().find_tenant(&tenant).await?.ok_or(ServiceError::TenantNotFound)?;
    Ok(Joined { tenant, tenant_name: found.name, role })
}
