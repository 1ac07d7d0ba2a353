//! The link of an invitation: finds the invitation, and checks whether it can be accepted.

use domain::{
    ids::{InvitationId, TenantId},
    time::Timestamp,
};

use crate::{
    identity::link_token::lookup_hash,
    service::{LinkError, ServiceError},
    store::{
        Connection,
        tenant::invitations::{Invitation, InvitationState, LinkDelivery},
    },
};

/// Returns the invitation of a link, and how the link was delivered.
pub(super) async fn find_by_token(
    link: &mut Connection<'_>,
    token: &str,
) -> Result<(TenantId, InvitationId, LinkDelivery), ServiceError> {
    let hash = lookup_hash(token).ok_or(LinkError::Unknown)?;
    Ok(link.find_invitation_token(&hash).await?.ok_or(LinkError::Unknown)?)
}

/// Fails unless the invitation can be accepted now.
pub(super) fn ensure_open(invitation: &Invitation, now: Timestamp) -> Result<(), LinkError> {
    match invitation.state {
        InvitationState::Open if invitation.expires_at > now => Ok(()),
        InvitationState::Open => Err(LinkError::Expired),
        InvitationState::Accepted => Err(LinkError::Used),
        InvitationState::Withdrawn => Err(LinkError::Withdrawn),
        InvitationState::Replaced => Err(LinkError::Replaced),
    }
}
