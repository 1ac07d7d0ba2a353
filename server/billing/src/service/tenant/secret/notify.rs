//! Mails about changed secrets that select the provider account. They go to each admin with a verified address.
//!
//! Why: with a stolen API key, an attacker could redirect payments to another account unnoticed.

use domain::{
    ids::{TenantId, UserId},
    tenant::{actor::Actor, secret::SecretName},
};

use super::SecretsAuthority;
use crate::{
    identity::throttle::Throttle,
    mail::{
        Letter,
        letters::{self, Changer, SecretChange},
    },
    service::{Secrets, ServiceError},
    store::{
        Connection, StoreResult, Tx,
        job::jobs::{JobRequest, SecretNotice, Task},
    },
};

/// Prefixes of the names of secrets that select the provider account.
const DIRECTS_MONEY: [&str; 2] = ["stripe_", "polar_"];

impl Secrets {
    /// Enqueues a notice to the tenant's admins, in the transaction that changes the secret. The caller wakes the
    /// worker.
    ///
    /// No-op if the installation sends no mail or the secret does not select the provider account.
    pub(super) async fn notify_admins(
        &self,
        tx: &mut Tx,
        authority: &SecretsAuthority,
        name: &SecretName,
        change: SecretChange,
    ) -> StoreResult<()> {
        let directs_money = DIRECTS_MONEY.iter().any(|prefix| name.as_str().starts_with(prefix));
        if !directs_money || self.mailer().is_none() {
            return Ok(());
        }
        let now = self.wall_now();
        let notice = SecretNotice {
            secret: name.to_string(),
            is_deleted: change == SecretChange::Deleted,
            by: authority.by.to_string(),
            from: authority.from.map(|from| from.0.to_string()),
            at: now,
        };
        let task = Task::NotifySecretChanged { tenant: authority.tenant.clone(), notice };
        tx.connection().insert_job(&task, now, now).await.map(drop)
    }

    /// Enqueues one mail for each admin with a verified address, so that a failing address does not block the others.
    ///
    /// The first change of a secret in an hour is mailed at once; further changes are collected in one mail at the end
    /// of the hour.
    pub(crate) async fn notify_secret_changed(
        &self,
        tenant: &TenantId,
        notice: &SecretNotice,
    ) -> Result<(), ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let members = tx.connection().list_members(tenant).await?;
        let mut jobs = Vec::new();
        for admin in members.into_iter().filter(|member| member.role.is_admin()) {
            let to = admin.user_id;
            if !tx.connection().find_user(&to).await?.is_some_and(|found| found.has_verified_address) {
                continue;
            }
            let of_all = Throttle::of_all_secret_notices(tenant, &to).count_in(&mut tx, now).await?;
            let of_one = Throttle::of_secret_notices(tenant, &notice.secret, &to).count_in(&mut tx, now).await?;
            // Above the limit for all secrets, one mail covers all of them.
            let which = if of_all.is_some() { "" } else { notice.secret.as_str() };
            let wait_secs = of_all.max(of_one).unwrap_or_default();
            let when = if wait_secs > 0 { "later" } else { "now" };
            jobs.push(JobRequest {
                id: format!("secret {tenant} {which} {when} to {to}"),
                task: Task::MailSecretChanged { tenant: tenant.clone(), notice: notice.clone(), to },
                run_at: now.plus_secs(wait_secs),
            });
        }
        tx.connection().upsert_jobs(&jobs, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Mails the notice to one admin. No-op unless they are still an admin with a verified address.
    pub(crate) async fn mail_secret_changed(
        &self,
        tenant: &TenantId,
        notice: &SecretNotice,
        to: &UserId,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let SecretNotice { secret, is_deleted, by, from, at } = notice;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let workspace = link.find_tenant(tenant).await?;
        let member = link.find_member(tenant, to).await?.filter(|member| member.role.is_admin());
        if !link.find_user(to).await?.is_some_and(|found| found.has_verified_address) {
            return Ok(());
        }
        let (Some(workspace), Some(member)) = (workspace, member) else { return Ok(()) };
        let who = name_of(&mut link, tenant, by).await?;
        drop(reader);
        let language = self.mail_language(to).await?;
        let change = if *is_deleted { SecretChange::Deleted } else { SecretChange::Set };
        let page = self.page_url("settings/team");
        let by = (who.changer(), from.as_deref());
        let content = letters::secret_changed(language, &workspace.name, (secret, change), by, *at, &page);
        mailer.send(&Letter::new(&member.email, &content)?).await?;
        Ok(())
    }
}

/// The actor's name.
enum ActorName {
    Person(String),
    Key(String),
}

impl ActorName {
    fn changer(&self) -> Changer<'_> {
        match self {
            Self::Person(name) => Changer::Person(name),
            Self::Key(name) => Changer::Key(name),
        }
    }
}

/// Returns an actor's display name, such as a user's address or a key's name; `by` itself if none is found.
async fn name_of(link: &mut Connection<'_>, tenant: &TenantId, by: &str) -> Result<ActorName, ServiceError> {
    let person = ActorName::Person;
    Ok(match by.parse() {
        Ok(Actor::User(user)) => {
            person(link.find_user(&user).await?.map_or_else(|| by.to_owned(), |user| user.email.into()))
        }
        Ok(Actor::Key(key)) => match link.find_key_name(tenant, &key).await? {
            Some((name, _)) => ActorName::Key(name),
            None => person(by.to_owned()),
        },
        Ok(Actor::TokenUser(user)) => person(user.subject().to_owned()),
        Ok(Actor::PortalUser(user)) => person(user.into()),
        // An installation key has no scope for secrets.
        Ok(Actor::InstallationKey(_)) | Err(_) => person(by.to_owned()),
    })
}
