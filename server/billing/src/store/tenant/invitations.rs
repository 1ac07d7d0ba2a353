//! Invitations into a tenant, and the hashes of their links' tokens. Times are wall time.

use std::str::FromStr;

use domain::{
    account::{Email, Role},
    ids::{InvitationId, TenantId, UserId},
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_INVITATION = "INSERT INTO invitations (tenant_id, invitation_id, email, role, state, invited_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LIST_OPEN_INVITATIONS = "SELECT invitation_id, email, role, state, invited_by, created_at, expires_at FROM invitations \
         WHERE tenant_id = $1 AND state = 'open' AND expires_at > $2 ORDER BY created_at, invitation_id";
    FIND_INVITATION = "SELECT invitation_id, email, role, state, invited_by, created_at, expires_at FROM invitations \
         WHERE tenant_id = $1 AND invitation_id = $2";
    FIND_OPEN_INVITATION = "SELECT invitation_id, email, role, state, invited_by, created_at, expires_at FROM invitations \
         WHERE tenant_id = $1 AND email = $2 AND state = 'open'";
    UPDATE_INVITATION_STATE = "UPDATE invitations SET state = $3 WHERE tenant_id = $1 AND invitation_id = $2";
    WITHDRAW_INVITATIONS_BY = "UPDATE invitations SET state = 'withdrawn' \
         WHERE tenant_id = $1 AND invited_by = $2 AND role = $3 AND state = 'open' RETURNING email";
    INSERT_INVITATION_TOKEN = "INSERT INTO invitation_tokens (tenant_id, token_hash, invitation_id, is_mailed, created_at) \
         VALUES ($1, $2, $3, $4, $5)";
    FIND_INVITATION_TOKEN = "SELECT tenant_id, invitation_id, is_mailed FROM invitation_tokens WHERE token_hash = $1 \
         AND NOT EXISTS (SELECT 1 FROM tenants WHERE tenants.tenant_id = invitation_tokens.tenant_id AND deleted_at IS NOT NULL)";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// Can be accepted unless it has expired.
    Open,
    Accepted,
    Withdrawn,
    /// Replaced by a newer invitation to the same address.
    Replaced,
}

impl InvitationState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }
}

domain::all_variants!(InvitationState { Open, Accepted, Withdrawn, Replaced });

impl FromStr for InvitationState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// How a link reached its recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDelivery {
    /// The inviting admin saw the link and may have opened it.
    Shown,
    /// Only a reader of the invited address's mail has the link, so the use of the link verifies the address.
    Mailed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: Email,
    pub role: Role,
    pub state: InvitationState,
    pub invited_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    invitation_id: String,
    email: String,
    role: String,
    state: String,
    invited_by: String,
    created_at: i64,
    expires_at: i64,
}

impl InvitationRow {
    fn read(self) -> StoreResult<Invitation> {
        let Self { invitation_id, email, role, state, invited_by, created_at, expires_at } = self;
        Ok(Invitation {
            id: parse(&invitation_id, "invitations.invitation_id")?,
            email: Email::from_stored(email),
            role: parse(&role, "invitations.role")?,
            state: parse(&state, "invitations.state")?,
            invited_by: parse(&invited_by, "invitations.invited_by")?,
            created_at: Timestamp::from_micros(created_at),
            expires_at: Timestamp::from_micros(expires_at),
        })
    }
}

impl Connection<'_> {
    /// Inserts an invitation. Conflict if the address has an open invitation into the tenant.
    pub async fn insert_invitation(&mut self, tenant: &TenantId, invitation: &Invitation) -> StoreResult<()> {
        let Invitation { id, email, role, state, invited_by, created_at, expires_at } = invitation;
        on_backend!(self, connection => sqlx::query(INSERT_INVITATION)
            .bind(tenant.as_str())
            .bind(id.as_str())
            .bind(email.as_str())
            .bind(role.as_str())
            .bind(state.as_str())
            .bind(invited_by.as_str())
            .bind(created_at.as_micros())
            .bind(expires_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists invitations that can still be accepted at `now`, oldest first.
    pub async fn list_open_invitations(&mut self, tenant: &TenantId, now: Timestamp) -> StoreResult<Vec<Invitation>> {
        let rows: Vec<InvitationRow> = on_backend!(self, connection => sqlx::query_as(LIST_OPEN_INVITATIONS)
            .bind(tenant.as_str())
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(InvitationRow::read).collect()
    }

    pub async fn find_invitation(&mut self, tenant: &TenantId, id: &InvitationId) -> StoreResult<Option<Invitation>> {
        self.one_invitation(FIND_INVITATION, tenant, id.as_str()).await
    }

    /// Finds the open invitation to an address, expired or not.
    pub async fn find_open_invitation(&mut self, tenant: &TenantId, email: &Email) -> StoreResult<Option<Invitation>> {
        self.one_invitation(FIND_OPEN_INVITATION, tenant, email.as_str()).await
    }

    async fn one_invitation(
        &mut self,
        statement: &'static str,
        tenant: &TenantId,
        which: &str,
    ) -> StoreResult<Option<Invitation>> {
        let row: Option<InvitationRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(which)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(InvitationRow::read).transpose()
    }

    pub async fn update_invitation_state(
        &mut self,
        tenant: &TenantId,
        id: &InvitationId,
        state: InvitationState,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_INVITATION_STATE)
            .bind(tenant.as_str())
            .bind(id.as_str())
            .bind(state.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Withdraws the open invitations that `user` made for the role `role`. Returns the invited addresses.
    pub async fn withdraw_invitations_by(
        &mut self,
        tenant: &TenantId,
        user: &UserId,
        role: Role,
    ) -> StoreResult<Vec<Email>> {
        let emails: Vec<String> = on_backend!(self, connection => sqlx::query_scalar(WITHDRAW_INVITATIONS_BY)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(role.as_str())
            .fetch_all(&mut **connection)
            .await?);
        emails.iter().map(|email| parse(email, "invitations.email")).collect()
    }

    /// Adds a link to an invitation.
    pub async fn insert_invitation_token(
        &mut self,
        tenant: &TenantId,
        hash: &str,
        invitation: &InvitationId,
        way: LinkDelivery,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_INVITATION_TOKEN)
            .bind(tenant.as_str())
            .bind(hash)
            .bind(invitation.as_str())
            .bind(way == LinkDelivery::Mailed)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Finds the invitation of a link. `None` if there is no such link or the tenant is deleted.
    pub async fn find_invitation_token(
        &mut self,
        hash: &str,
    ) -> StoreResult<Option<(TenantId, InvitationId, LinkDelivery)>> {
        let row: Option<(String, String, bool)> = on_backend!(self, connection => sqlx::query_as(FIND_INVITATION_TOKEN)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(tenant, invitation, is_mailed)| {
            let tenant = parse(&tenant, "invitation_tokens.tenant_id")?;
            let invitation = parse(&invitation, "invitation_tokens.invitation_id")?;
            Ok((tenant, invitation, if is_mailed { LinkDelivery::Mailed } else { LinkDelivery::Shown }))
        })
        .transpose()
    }
}
