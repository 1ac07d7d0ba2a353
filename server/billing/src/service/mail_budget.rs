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
            CausedMail::PasswordReset { to, from } => {
                vec![Throttle::of_resets(to, from), Throttle::of_resets_a_day(to)]
            }
            CausedMail::AddressProof { to, from } => vec![Throttle::of_proofs(to, from), Throttle::of_mails_a_day(to)],
            CausedMail::AddressChange { user, to, from } => {
                let a_day = Throttle::of_address_changes_a_day(user, to);
                vec![Throttle::of_address_changes(from), a_day, Throttle::of_mails_a_day(to)]
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
        let CausedMail::Invitation { to, .. } = mail else { return Ok(MailBudget::Left) };
        for throttle in [Throttle::of_invitation_mails(to), Throttle::of_mails_a_day(to)] {
            if throttle.take_turn(self.store(), now).await?.is_some() {
                return Ok(MailBudget::AddresseeHasEnough);
            }
        }
        Ok(MailBudget::Left)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        service::stage::{HERE, Stage},
        store::testing::Engine,
    };

    const A_WINDOW_SECS: i64 = 15 * 60 + 1;

    #[rstest]
    #[tokio::test]
    async fn one_address_gets_so_many_mails_a_day_whatever_they_are_and_its_owner_a_new_password(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let stage = Stage::new(engine).await;
        let (to, other): (Email, Email) = ("ada@example.com".parse().unwrap(), "bob@example.com".parse().unwrap());
        let user: UserId = "eve".parse().unwrap();
        for window in 0..5 {
            for number in 0..10 {
                let tenant: TenantId = format!("tenant-{window}-{number}").parse().unwrap();
                let mail = CausedMail::Invitation { tenant: &tenant, user: &user, to: &to };
                assert_eq!(stage.services.count_mail(mail).await.unwrap(), MailBudget::Left, "{window} {number}");
            }
            stage.clock.advance(A_WINDOW_SECS);
        }
        let tenant: TenantId = "another".parse().unwrap();
        let invitation = CausedMail::Invitation { tenant: &tenant, user: &user, to: &to };
        assert_eq!(stage.services.count_mail(invitation).await.unwrap(), MailBudget::AddresseeHasEnough);
        let proof = stage.services.count_mail(CausedMail::AddressProof { to: &to, from: HERE }).await;
        assert!(matches!(proof, Err(ServiceError::Throttled { .. })), "{proof:?}");
        stage.services.count_mail(CausedMail::PasswordReset { to: &to, from: HERE }).await.unwrap();
        let to_another = CausedMail::Invitation { tenant: &tenant, user: &user, to: &other };
        assert_eq!(stage.services.count_mail(to_another).await.unwrap(), MailBudget::Left);
        stage.clock.advance(24 * 3600);
        assert_eq!(stage.services.count_mail(invitation).await.unwrap(), MailBudget::Left, "the next day");
    }
}
