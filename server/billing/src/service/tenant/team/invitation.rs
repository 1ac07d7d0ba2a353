//! Invitations to a workspace: created by admins, mailed or passed on as a link, accepted once.

mod accept;
mod link;

use std::collections::HashMap;

use domain::{
    account::{Email, Role, Viewer, WorkspaceViewer},
    ids::{InvitationId, TenantId},
    tenant::audit::AuditAction,
    time::Timestamp,
    wire::{FailedDelivery, InvitationView, PendingInvitation},
};

use self::link::{ensure_open, find_by_token};
use crate::{
    identity::{factors::Confirmed, link_token::FreshToken},
    mail::{Letter, can_be_mailed, letters},
    service::{
        Invitations, LinkError, ServiceError,
        base::{
            core::new_id,
            internal_features::TEAM_MEMBERS,
            limits::mail_budget::{MailBudget, RequestedMail},
            permission::{lock_viewer_role, lock_workspace_role},
        },
        tenant::audit::{by, by_person, member_entry},
    },
    store::{
        job::jobs::Task,
        tenant::invitations::{Invitation, InvitationState, LinkDelivery},
    },
};

pub use accept::{Accepted, Joined};

const VALID_SECS: i64 = 7 * 86_400;

/// A new invitation with its link, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    pub id: InvitationId,
    pub email: Email,
    pub role: Role,
    /// URL of the page that accepts the invitation. Only the hash of its token is stored.
    pub url: String,
    /// Whether a mail is enqueued; `false` where no mail is sent or the address has reached its limit of invitation
    /// mails.
    pub is_mailed: bool,
    pub expires_at: Timestamp,
}

impl Invitations {
    /// Invites an address to the viewer's current workspace. Replaces an open invitation to the address; its links stop
    /// working.
    ///
    /// Requires an admin with a verified address, and an owner to invite an owner. Inviting anyone but a plain
    /// member requires a re-authentication. [`ServiceError::LimitReached`] when the workspace has no free seat, though an invitation
    /// takes none.
    pub async fn invite(
        &self,
        viewer: &Viewer,
        email: &str,
        role: Role,
        confirmed: Option<&Confirmed>,
    ) -> Result<NewInvitation, ServiceError> {
        if !viewer.current_membership.role.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        self.accounts().ensure_may_act(viewer).await?;
        let email = email.parse::<Email>().ok().filter(can_be_mailed);
        let email = email
            .ok_or_else(|| ServiceError::field("email", "E-mail: write an e-mail address, as ada@example.com."))?;
        if role.may_bill() && confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        let (tenant, now) = (&viewer.current_membership.tenant_id, self.wall_now());
        let budget = self.count_mail(RequestedMail::Invitation { tenant, user: &viewer.user_id, to: &email }).await?;
        let is_mailed = budget == MailBudget::Available && self.mailer().is_some();
        let mut tx = self.store().begin().await?;
        let viewer_role = lock_viewer_role(&mut tx, viewer).await?;
        if !viewer_role.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let former = tx.connection().find_open_invitation(tenant, &email).await?;
        // An expired invitation does not restrict who may replace it.
        let in_force = former.as_ref().filter(|former| former.expires_at > now);
        if !viewer_role.may_manage(role) || in_force.is_some_and(|former| !viewer_role.may_manage(former.role)) {
            return Err(ServiceError::OwnerRequired);
        }
        if tx.connection().find_member_by_email(tenant, &email).await?.is_some() {
            return Err(ServiceError::AlreadyMember(email));
        }
        self.tenants().ensure_room_for_one(&mut tx.connection(), tenant, TEAM_MEMBERS).await?;
        if let Some(former) = former {
            tx.connection().update_invitation_state(tenant, &former.id, InvitationState::Replaced).await?;
        }
        let invitation = Invitation {
            id: new_id()?,
            email,
            role,
            state: InvitationState::Open,
            invited_by: viewer.user_id.clone(),
            created_at: now,
            expires_at: now.plus_secs(VALID_SECS),
        };
        let FreshToken { token, hash } = FreshToken::new();
        tx.connection().insert_invitation(tenant, &invitation).await?;
        tx.connection().insert_invitation_token(tenant, &hash, &invitation.id, LinkDelivery::Shown, now).await?;
        let entry = member_entry(by(viewer), AuditAction::MemberInvited, &invitation.email, role);
        self.record_audit(&mut tx, tenant, entry).await?;
        if is_mailed {
            let task = Task::MailInvitation { tenant: tenant.clone(), invitation: invitation.id.clone() };
            tx.connection().insert_job(&task, now, now).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        let Invitation { id, email, role, expires_at, state: _, invited_by: _, created_at: _ } = invitation;
        Ok(NewInvitation { id, email, role, url: self.invitation_page(&token), is_mailed, expires_at })
    }

    /// Lists the invitations that can be accepted, the oldest first.
    pub async fn open_invitations(&self, tenant: &TenantId) -> Result<Vec<PendingInvitation>, ServiceError> {
        let mut reader = self.store().read().await?;
        let open = reader.connection().list_open_invitations(tenant, self.wall_now()).await?;
        let mut failing = HashMap::new();
        for job in reader.connection().list_failed_jobs(tenant, &[]).await? {
            let next_try = (!job.is_given_up()).then_some(job.next_try);
            if let Some(Task::MailInvitation { invitation, .. }) = job.task {
                failing.insert(invitation, FailedDelivery { reason: job.error, next_try });
            }
        }
        let mut to_pending = |Invitation { id, email, role, created_at, expires_at, state: _, invited_by: _ }| {
            let undelivered = failing.remove(&id);
            PendingInvitation { id, email, role, created_at, expires_at, undelivered }
        };
        Ok(open.into_iter().map(&mut to_pending).collect())
    }

    /// Withdraws an open invitation; its links stop working. Admins only; invitations of owners require an owner.
    pub async fn withdraw_invitation(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        id: &InvitationId,
    ) -> Result<(), ServiceError> {
        let viewer = &viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let mut tx = self.store().begin().await?;
        let viewer_role = lock_workspace_role(&mut tx, viewer).await?;
        if !viewer_role.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let found = tx.connection().find_invitation(tenant, id).await?;
        let found = found.filter(|found| found.state == InvitationState::Open);
        let invitation = found.ok_or(ServiceError::NotFound("invitation"))?;
        if !viewer_role.may_manage(invitation.role) {
            return Err(ServiceError::OwnerRequired);
        }
        tx.connection().update_invitation_state(tenant, id, InvitationState::Withdrawn).await?;
        let entry =
            member_entry(by_person(viewer), AuditAction::InvitationWithdrawn, &invitation.email, invitation.role);
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Returns the invitation of a link. [`ServiceError::InvalidLink`] for an unknown link, and for an
    /// invitation that can't be accepted.
    pub async fn find_invitation(&self, token: &str) -> Result<InvitationView, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let (tenant, id, _) = find_by_token(&mut link, token).await?;
        let invitation = link.find_invitation(&tenant, &id).await?.ok_or(LinkError::Unknown)?;
        ensure_open(&invitation, self.wall_now())?;
        let tenant = link.find_tenant(&tenant).await?.ok_or(LinkError::Unknown)?;
        let invited_by = link.find_member(&tenant.id, &invitation.invited_by).await?;
        Ok(InvitationView {
            tenant_name: tenant.name,
            invited_by: invited_by.map(|member| member.email),
            email: invitation.email,
            role: invitation.role,
            expires_at: invitation.expires_at,
        })
    }

    /// Mails an invitation with a new link. No-op for an invitation that is no longer open, and for one into a deleted
    /// tenant.
    pub(crate) async fn mail_invitation(&self, tenant: &TenantId, id: &InvitationId) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let now = self.wall_now();
        let FreshToken { token, hash } = FreshToken::new();
        let mut tx = self.store().begin().await?;
        let Some(invitation) = tx.connection().find_invitation(tenant, id).await? else { return Ok(()) };
        if ensure_open(&invitation, now).is_err() {
            return Ok(());
        }
        let workspace = tx.connection().find_tenant(tenant).await?;
        let Some(workspace) = workspace.filter(|tenant| tenant.deleted_at.is_none()) else { return Ok(()) };
        let invited_by = tx.connection().find_member(tenant, &invitation.invited_by).await?;
        tx.connection().insert_invitation_token(tenant, &hash, id, LinkDelivery::Mailed, now).await?;
        let invited = tx.connection().find_user_by_email(&invitation.email).await?;
        tx.commit().await?;
        // An invited person without an account has no language of their own.
        let language_of = invited.as_ref().map_or(&invitation.invited_by, |user| &user.id);
        let language = self.mail_language(language_of).await?;
        let content = letters::invitation(
            language,
            &workspace.name,
            invited_by.as_ref().map(|member| member.email.as_str()),
            invitation.role,
            &self.invitation_page(&token),
            invitation.expires_at,
        );
        mailer.send(&Letter::new(&invitation.email, &content)?).await?;
        Ok(())
    }

    fn invitation_page(&self, token: &str) -> String {
        self.page_url(&format!("invitations/{token}"))
    }
}

#[cfg(test)]
mod tests;
