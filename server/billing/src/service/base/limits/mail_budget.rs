//! Rate limits for mails to addresses that a user chooses. An account must not become a mail relay.
//!
//! Each feature that sends such a mail counts it here first.

use domain::{
    account::Email,
    ids::{TenantId, UserId},
};

use crate::{
    identity::{ClientAddress, throttle::Throttle},
    service::{Core, ServiceError},
};

/// A mail that a user requests, with its recipient.
#[derive(Clone, Copy, Debug)]
pub(in crate::service) enum RequestedMail<'a> {
    /// A link that resets a password.
    PasswordReset { to: &'a Email, from: ClientAddress },
    /// A link that verifies the address of an account.
    AddressVerification { to: &'a Email, from: ClientAddress },
    /// A link that confirms an account's new address.
    AddressChange { user: &'a UserId, to: &'a Email, from: ClientAddress },
    /// A sample of a mail to the operator who asks for it.
    Sample { to: &'a Email, from: ClientAddress },
    /// An invitation by a member of a workspace.
    Invitation { tenant: &'a TenantId, user: &'a UserId, to: &'a Email },
}

/// Whether a counted mail may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum MailBudget {
    Available,
    /// The recipient of an invitation has reached a limit that all senders share. The request succeeds without a mail.
    RecipientLimitReached,
}

impl Core {
    /// Counts a mail. [`ServiceError::Throttled`] when one of its limits is reached, except for those that
    /// [`MailBudget::RecipientLimitReached`] reports.
    pub(in crate::service) async fn count_mail(&self, mail: RequestedMail<'_>) -> Result<MailBudget, ServiceError> {
        let now = self.wall_now();
        let throttles = match mail {
            RequestedMail::PasswordReset { to, from } => {
                vec![Throttle::of_resets(to, from), Throttle::of_resets_a_day(to)]
            }
            RequestedMail::AddressVerification { to, from } => {
                vec![Throttle::of_verification_links(to, from), Throttle::of_mails_a_day(to)]
            }
            RequestedMail::AddressChange { user, to, from } => {
                let a_day = Throttle::of_address_changes_a_day(user, to);
                vec![Throttle::of_address_changes(from), a_day, Throttle::of_mails_a_day(to)]
            }
            RequestedMail::Sample { to, from } => vec![Throttle::of_samples(to, from), Throttle::of_mails_a_day(to)],
            RequestedMail::Invitation { tenant, user, to } => {
                vec![Throttle::of_invitations(tenant, to), Throttle::of_invitations_a_day(tenant, user)]
            }
        };
        for throttle in throttles {
            if let Some(retry_after_secs) = throttle.record_attempt(self.store(), now).await? {
                return Err(ServiceError::Throttled { retry_after_secs });
            }
        }
        let RequestedMail::Invitation { to, .. } = mail else { return Ok(MailBudget::Available) };
        for throttle in [Throttle::of_invitation_mails(to), Throttle::of_mails_a_day(to)] {
            if throttle.record_attempt(self.store(), now).await?.is_some() {
                return Ok(MailBudget::RecipientLimitReached);
            }
        }
        Ok(MailBudget::Available)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        service::base::test_env::{HERE, TestEnv},
        store::testing::Engine,
    };

    const A_WINDOW_SECS: i64 = 15 * 60 + 1;

    #[rstest]
    #[tokio::test]
    async fn mails_to_an_address_are_limited_per_day_across_kinds_except_password_resets(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let env = TestEnv::new(engine).await;
        let (to, other): (Email, Email) = ("ada@example.com".parse().unwrap(), "bob@example.com".parse().unwrap());
        let user: UserId = "eve".parse().unwrap();
        for window in 0..5 {
            for number in 0..10 {
                let tenant: TenantId = format!("tenant-{window}-{number}").parse().unwrap();
                let mail = RequestedMail::Invitation { tenant: &tenant, user: &user, to: &to };
                assert_eq!(env.services.count_mail(mail).await.unwrap(), MailBudget::Available, "{window} {number}");
            }
            env.clock.advance(A_WINDOW_SECS);
        }
        let tenant: TenantId = "another".parse().unwrap();
        let invitation = RequestedMail::Invitation { tenant: &tenant, user: &user, to: &to };
        assert_eq!(env.services.count_mail(invitation).await.unwrap(), MailBudget::RecipientLimitReached);
        let proof = env.services.count_mail(RequestedMail::AddressVerification { to: &to, from: HERE }).await;
        assert!(matches!(proof, Err(ServiceError::Throttled { .. })), "{proof:?}");
        env.services.count_mail(RequestedMail::PasswordReset { to: &to, from: HERE }).await.unwrap();
        let to_another = RequestedMail::Invitation { tenant: &tenant, user: &user, to: &other };
        assert_eq!(env.services.count_mail(to_another).await.unwrap(), MailBudget::Available);
        env.clock.advance(24 * 3600);
        assert_eq!(env.services.count_mail(invitation).await.unwrap(), MailBudget::Available, "the next day");
    }
}
