//! How much mail a person may cause to other people. Whatever has a mail sent to an address of a person's choice asks here
//! first: an account must not become a relay.

use domain::{
    account::Email,
    ids::{TenantId, UserId},
};

use super::{ServiceError, Services};
use crate::identity::{ClientAddress, throttle::Throttle};

/// A mail that a person asks for, and to which address.
#[derive(Clone, Copy, Debug)]
pub(super) enum CausedMail<'a> {
    /// A link for a new password.
    PasswordReset { to: &'a Email, from: ClientAddress },
    /// A link that proves the address of an account.
    AddressProof { to: &'a Email, from: ClientAddress },
    /// A link that gives an account another address.
    AddressChange { user: &'a UserId, to: &'a Email, from: ClientAddress },
    /// An invitation by a person of a workspace.
    Invitation { tenant: &'a TenantId, user: &'a UserId, to: &'a Email },
}

/// Whether a mail may be sent that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MailBudget {
    Left,
    /// The address gets enough mail of this kind by others. What was asked for is done without a mail.
    AddresseeHasEnough,
}

impl Services {
    /// Counts a mail; [`ServiceError::Throttled`] when its sender has caused too many.
    pub(super) async fn count_mail(&self, mail: CausedMail<'_>) -> Result<MailBudget, ServiceError> {
        let now = self.wall_now();
        let throttles = match mail {
            CausedMail::PasswordReset { to, from } => vec![Throttle::of_resets(to, from)],
            CausedMail::AddressProof { to, from } => vec![Throttle::of_proofs(to, from)],
            CausedMail::AddressChange { user, to, from } => {
                vec![Throttle::of_address_changes(from), Throttle::of_address_changes_a_day(user, to)]
            }
            CausedMail::Invitation { tenant, user, to } => {
                vec![Throttle::of_invitations(tenant, to), Throttle::of_invitations_a_day(tenant, user)]
            }
        };
        for throttle in throttles {
            if let Some(retry_after_secs) = throttle.take_turn(self.store(), now).await? {
                return Err(ServiceError::Throttled { retry_after_secs });
            }
        }
        if let CausedMail::Invitation { to, .. } = mail
            && Throttle::of_invitation_mails(to).take_turn(self.store(), now).await?.is_some()
        {
            return Ok(MailBudget::AddresseeHasEnough);
        }
        Ok(MailBudget::Left)
    }
}
