//! Limits on actions that send mail and on other costly actions. Logins: see `login_throttle`.

use std::num::NonZeroU32;

use domain::{
    account::Email,
    ids::{TenantId, UserId},
    time::Timestamp,
};

use super::ClientAddress;
use crate::store::{Store, StoreResult, Tx};

/// The window of each limit below whose comment names no other.
const WINDOW_SECS: i64 = 15 * 60;
const HOUR_SECS: i64 = 3600;
const DAY_SECS: i64 = 86_400;
/// Password resets for one account, and those requested from one client address.
const MOST_RESETS_PER_ACCOUNT: i64 = 5;
const MOST_RESETS_PER_ADDRESS: i64 = 30;
/// Default limits on sign-ups: from one client address, which a whole office may share, and in total.
const MOST_SIGN_UPS_PER_ADDRESS: u32 = 60;
const MOST_SIGN_UPS: u32 = 1000;
/// New passwords set by users with an account or a link, from one client address.
const MOST_NEW_PASSWORDS_PER_ADDRESS: i64 = 60;
/// URLs of webhook endpoints submitted by one workspace.
const MOST_ENDPOINT_ADDRESSES: i64 = 60;
/// Pings of webhook endpoints and manual retries by one workspace, within [`SHORT_WINDOW_SECS`].
const MOST_MESSAGES_BY_HAND: i64 = 20;
const SHORT_WINDOW_SECS: i64 = 60;
/// Verification links for one account, and those requested from one client address.
const MOST_VERIFICATION_LINKS_PER_ACCOUNT: i64 = 5;
const MOST_VERIFICATION_LINKS_PER_ADDRESS: i64 = 30;
/// Samples of mails to one operator, and those requested from one client address.
const MOST_SAMPLES_PER_OPERATOR: i64 = 20;
const MOST_SAMPLES_PER_ADDRESS: i64 = 30;
/// Invitations by one workspace, invitations by one workspace to one mail address, and invitation mails to one mail
/// address by all workspaces.
const MOST_INVITATIONS_PER_TENANT: i64 = 50;
const MOST_INVITATIONS_PER_ACCOUNT: i64 = 10;
const MOST_INVITATION_MAILS_PER_ADDRESSEE: i64 = 10;
/// Mails to one mail address that users request in a day, of all kinds but password resets. Resets have a separate
/// limit: the owner of the address may need a reset after other users have used up this limit.
const MOST_MAILS_A_DAY_PER_ADDRESSEE: i64 = 50;
const MOST_RESETS_A_DAY_PER_ACCOUNT: i64 = 50;
/// Address change links: by one account in a day, to one mail address in a day, and from one client address.
const MOST_ADDRESS_CHANGES_A_DAY_PER_ACCOUNT: i64 = 5;
const MOST_ADDRESS_CHANGES_A_DAY_PER_ADDRESSEE: i64 = 5;
const MOST_ADDRESS_CHANGES_PER_ADDRESS: i64 = 30;
/// Notices of changed secrets to one admin in an hour: for one secret, and in total. Further changes are combined in
/// one later mail.
const MOST_SECRET_NOTICES_PER_SECRET: i64 = 1;
const MOST_SECRET_NOTICES: i64 = 20;
/// Invitations in a day by one workspace, and by one user over all workspaces, so that no account becomes a mail relay.
const MOST_INVITATIONS_A_DAY_PER_TENANT: i64 = 200;
const MOST_INVITATIONS_A_DAY_PER_PERSON: i64 = 100;
/// Requests for an enterprise plan in an hour: from one client address, and in total.
const MOST_ENTERPRISE_REQUESTS_PER_ADDRESS: i64 = 5;
const MOST_ENTERPRISE_REQUESTS: i64 = 200;

/// How many sign-ups are allowed within fifteen minutes; `None` for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignUpLimits {
    pub per_address: Option<NonZeroU32>,
    pub in_all: Option<NonZeroU32>,
}

impl Default for SignUpLimits {
    fn default() -> Self {
        Self { per_address: NonZeroU32::new(MOST_SIGN_UPS_PER_ADDRESS), in_all: NonZeroU32::new(MOST_SIGN_UPS) }
    }
}

/// The counters of an action, each with its maximum.
#[derive(Clone, Debug)]
pub struct Throttle {
    subjects: Vec<(String, i64)>,
    window_secs: i64,
}

impl Throttle {
    /// For password resets.
    pub fn of_resets(email: &Email, from: ClientAddress) -> Self {
        Self {
            subjects: vec![
                (format!("reset:{email}"), MOST_RESETS_PER_ACCOUNT),
                (format!("resets-from:{}", from.network()), MOST_RESETS_PER_ADDRESS),
            ],
            window_secs: WINDOW_SECS,
        }
    }

    /// For address verification links.
    pub fn of_verification_links(email: &Email, from: ClientAddress) -> Self {
        Self {
            subjects: vec![
                (format!("proof:{email}"), MOST_VERIFICATION_LINKS_PER_ACCOUNT),
                (format!("proofs-from:{}", from.network()), MOST_VERIFICATION_LINKS_PER_ADDRESS),
            ],
            window_secs: WINDOW_SECS,
        }
    }

    /// For samples of mails.
    pub fn of_samples(email: &Email, from: ClientAddress) -> Self {
        Self {
            subjects: vec![
                (format!("samples:{email}"), MOST_SAMPLES_PER_OPERATOR),
                (format!("samples-from:{}", from.network()), MOST_SAMPLES_PER_ADDRESS),
            ],
            window_secs: WINDOW_SECS,
        }
    }

    /// For sign-ups. An address that reached its own limit uses up nothing of the overall limit.
    pub fn of_sign_ups(limits: SignUpLimits, from: ClientAddress) -> Self {
        let SignUpLimits { per_address, in_all } = limits;
        let per_address = per_address.map(|most| (format!("sign-ups-from:{}", from.network()), i64::from(most.get())));
        let in_all = in_all.map(|most| ("sign-ups".to_owned(), i64::from(most.get())));
        Self { subjects: per_address.into_iter().chain(in_all).collect(), window_secs: WINDOW_SECS }
    }

    /// For setting a password, successful or not.
    pub fn of_new_passwords(from: ClientAddress) -> Self {
        let subject = format!("new-passwords-from:{}", from.network());
        Self { subjects: vec![(subject, MOST_NEW_PASSWORDS_PER_ADDRESS)], window_secs: WINDOW_SECS }
    }

    /// For invitations.
    pub fn of_invitations(tenant: &TenantId, email: &Email) -> Self {
        Self {
            subjects: vec![
                (format!("invitations-by:{tenant}"), MOST_INVITATIONS_PER_TENANT),
                (format!("invitation:{tenant} {email}"), MOST_INVITATIONS_PER_ACCOUNT),
            ],
            window_secs: WINDOW_SECS,
        }
    }

    /// For invitation mails to one address, by any workspace.
    pub fn of_invitation_mails(email: &Email) -> Self {
        Self {
            subjects: vec![(format!("invitation-mails-to:{email}"), MOST_INVITATION_MAILS_PER_ADDRESSEE)],
            window_secs: WINDOW_SECS,
        }
    }

    /// For mails to one address that users request, by day.
    pub fn of_mails_a_day(email: &Email) -> Self {
        Self { subjects: vec![(format!("mails-to:{email}"), MOST_MAILS_A_DAY_PER_ADDRESSEE)], window_secs: DAY_SECS }
    }

    /// For password resets, by day.
    pub fn of_resets_a_day(email: &Email) -> Self {
        Self { subjects: vec![(format!("resets-a-day:{email}"), MOST_RESETS_A_DAY_PER_ACCOUNT)], window_secs: DAY_SECS }
    }

    /// For address changes, by client address.
    pub fn of_address_changes(from: ClientAddress) -> Self {
        Self {
            subjects: vec![(format!("address-changes-from:{}", from.network()), MOST_ADDRESS_CHANGES_PER_ADDRESS)],
            window_secs: WINDOW_SECS,
        }
    }

    /// For address changes, by day.
    pub fn of_address_changes_a_day(user: &UserId, email: &Email) -> Self {
        Self {
            subjects: vec![
                (format!("address-changes-of:{user}"), MOST_ADDRESS_CHANGES_A_DAY_PER_ACCOUNT),
                (format!("address-change-to:{email}"), MOST_ADDRESS_CHANGES_A_DAY_PER_ADDRESSEE),
            ],
            window_secs: DAY_SECS,
        }
    }

    /// For notices to one admin about one changed secret.
    pub fn of_secret_notices(tenant: &TenantId, secret: &str, to: &UserId) -> Self {
        Self {
            subjects: vec![(format!("secret-notice:{tenant} {secret} {to}"), MOST_SECRET_NOTICES_PER_SECRET)],
            window_secs: HOUR_SECS,
        }
    }

    /// For notices to one admin about any changed secret.
    pub fn of_all_secret_notices(tenant: &TenantId, to: &UserId) -> Self {
        Self { subjects: vec![(format!("secret-notices:{tenant} {to}"), MOST_SECRET_NOTICES)], window_secs: HOUR_SECS }
    }

    /// For invitations, by day.
    pub fn of_invitations_a_day(tenant: &TenantId, user: &UserId) -> Self {
        Self {
            subjects: vec![
                (format!("invitations-a-day-by:{tenant}"), MOST_INVITATIONS_A_DAY_PER_TENANT),
                (format!("invitations-a-day-of:{user}"), MOST_INVITATIONS_A_DAY_PER_PERSON),
            ],
            window_secs: DAY_SECS,
        }
    }

    /// For submitted URLs of webhook endpoints.
    pub fn of_endpoints(tenant: &TenantId) -> Self {
        Self { subjects: vec![(format!("endpoints-of:{tenant}"), MOST_ENDPOINT_ADDRESSES)], window_secs: WINDOW_SECS }
    }

    /// For manual messages: pings and retries.
    pub fn of_messages(tenant: &TenantId) -> Self {
        Self {
            subjects: vec![(format!("messages-of:{tenant}"), MOST_MESSAGES_BY_HAND)],
            window_secs: SHORT_WINDOW_SECS,
        }
    }

    /// For enterprise requests.
    pub fn of_enterprise_requests(from: ClientAddress) -> Self {
        let subject = format!("enterprise-requests-from:{}", from.network());
        Self {
            subjects: vec![
                (subject, MOST_ENTERPRISE_REQUESTS_PER_ADDRESS),
                ("enterprise-requests".to_owned(), MOST_ENTERPRISE_REQUESTS),
            ],
            window_secs: HOUR_SECS,
        }
    }

    /// Returns the subjects (names of counters) that contain only a mail address, or the mail address and `tenant`.
    /// Leaves out counters of failed logins by mail address and network: they are stored as hashes and expire.
    pub fn subjects_of_address(email: &Email, tenant: Option<&TenantId>) -> Vec<String> {
        let kinds =
            ["reset", "resets-a-day", "proof", "invitation-mails-to", "mails-to", "address-change-to", "account"];
        let mut subjects: Vec<_> = kinds.iter().map(|kind| format!("{kind}:{email}")).collect();
        subjects.extend(tenant.map(|tenant| format!("invitation:{tenant} {email}")));
        subjects
    }

    /// Returns the subjects that name only a user.
    pub fn subjects_of_user(user: &UserId) -> Vec<String> {
        ["address-changes-of", "invitations-a-day-of", "code-account"]
            .iter()
            .map(|kind| format!("{kind}:{user}"))
            .collect()
    }

    /// Returns the subjects that name only a tenant.
    pub fn subjects_of_tenant(tenant: &TenantId) -> Vec<String> {
        ["invitations-by", "invitations-a-day-by", "endpoints-of", "messages-of"]
            .iter()
            .map(|kind| format!("{kind}:{tenant}"))
            .collect()
    }

    /// Counts an attempt, and returns for how many seconds it is refused; `None` if it is allowed.
    pub async fn record_attempt(&self, store: &Store, now: Timestamp) -> StoreResult<Option<i64>> {
        // A refused attempt costs a read and no write.
        if let Some(wait) = self.wait_secs(store, now).await? {
            return Ok(Some(wait));
        }
        let mut tx = store.begin().await?;
        let wait = self.count_in(&mut tx, now).await?;
        tx.commit().await?;
        Ok(wait)
    }

    /// Like [`Self::record_attempt`] within a transaction: a rollback undoes the count.
    pub async fn count_in(&self, tx: &mut Tx, now: Timestamp) -> StoreResult<Option<i64>> {
        let mut wait = None;
        for (subject, most) in &self.subjects {
            tx.connection().count_failure(subject, now, self.window_secs).await?;
            if let Some((tries, since)) = tx.connection().find_failures(subject).await?
                && tries > *most
            {
                wait = wait.max(Some(since.plus_secs(self.window_secs).secs_since(now).max(1)));
            }
        }
        Ok(wait)
    }

    /// Returns for how many seconds attempts are refused; `None` if an attempt is allowed. Counts nothing.
    pub async fn wait_secs(&self, store: &Store, now: Timestamp) -> StoreResult<Option<i64>> {
        let mut reader = store.read().await?;
        let mut wait = None;
        for (subject, most) in &self.subjects {
            if let Some((failures, since)) = reader.connection().find_failures(subject).await? {
                let left = since.plus_secs(self.window_secs).secs_since(now);
                if failures >= *most && left > 0 {
                    wait = wait.max(Some(left));
                }
            }
        }
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn an_erasure_knows_each_subject_that_names_an_address() {
        let email: Email = "ada@acme.test".parse().unwrap();
        let (tenant, user) = ("t".parse().unwrap(), "u".parse().unwrap());
        let here = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let known = Throttle::subjects_of_address(&email, Some(&tenant));
        for throttle in [
            Throttle::of_resets(&email, here),
            Throttle::of_resets_a_day(&email),
            Throttle::of_verification_links(&email, here),
            Throttle::of_invitations(&tenant, &email),
            Throttle::of_invitation_mails(&email),
            Throttle::of_mails_a_day(&email),
            Throttle::of_address_changes_a_day(&user, &email),
        ] {
            let naming: Vec<_> = throttle.subjects.iter().filter(|(name, _)| name.contains(email.as_str())).collect();
            assert!(!naming.is_empty(), "{throttle:?}");
            assert!(naming.iter().all(|(name, _)| known.contains(name)), "{throttle:?}");
        }
    }
}
