//! The mails about a workspace that a person turns on and off: in the settings, or by the link in each of these mails.

#[cfg(test)]
mod tests;

use domain::{
    account::{Email, OptionalMail, Viewer},
    entitlement::calendar_month,
    ids::{TenantId, UserId},
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
    wire::Member,
};
use locales::Locale;
use serde_json::json;

pub use crate::store::tenant::mail_preferences::MailPreference;
use crate::{
    identity::{
        ClientAddress,
        unsubscribe::{MailSubscription, UnsubscribeKey},
    },
    mail::{content::MailContent, letters},
    service::{Accounts, Core, LinkError, ServiceError},
    store::{Connection, StoreResult, Tx, tenant::tenants::Tenant},
};

/// Path of the page that a link in a mail leads to. The token follows.
pub const UNSUBSCRIBE_LINKS: &str = "/unsubscribe/";
/// The purpose of the key that signs the links.
const PURPOSE: &str = "unsubscribe-link";

/// The one mail that a link turns off, and whether it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscription {
    pub workspace: String,
    pub email: Email,
    pub mail: OptionalMail,
    pub is_on: bool,
}

/// Where a person made a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChosenBy {
    Settings,
    Link,
}

impl ChosenBy {
    /// The name in audit entries.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Link => "link",
        }
    }
}

impl Accounts {
    /// Returns the mails about the open workspace that the viewer's role can get, and whether they get each.
    pub async fn mail_preferences(&self, viewer: &Viewer) -> Result<Vec<MailPreference>, ServiceError> {
        let membership = &viewer.current_membership;
        let mut reader = self.store().read().await?;
        let all = reader.connection().list_mail_preferences(&membership.tenant_id, &viewer.user_id).await?;
        Ok(all.into_iter().filter(|choice| choice.mail.is_for(membership.role)).collect())
    }

    /// Makes `on` the mails about the open workspace that the viewer gets. Fails for a role that gets none. Idempotent.
    pub async fn change_mail_preferences(&self, viewer: &Viewer, on: &[OptionalMail]) -> Result<(), ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        let mut tx = self.store().begin().await?;
        let member = lock_member(&mut tx, tenant, &viewer.user_id).await?.ok_or(ServiceError::TenantNotFound)?;
        let choices: Vec<_> = OptionalMail::ALL
            .into_iter()
            .filter(|mail| mail.is_for(member.role))
            .map(|mail| MailPreference { mail, is_on: on.contains(&mail) })
            .collect();
        if choices.is_empty() {
            return Err(ServiceError::AdminRequired);
        }
        if self.store_choices(&mut tx, tenant, &member.user_id, &choices, ChosenBy::Settings).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Finds what a link turns off. [`LinkError::Unknown`] for a token that this installation did not sign, a person who
    /// left the workspace, and a deleted workspace.
    pub async fn find_unsubscription(&self, token: &str) -> Result<Unsubscription, ServiceError> {
        let MailSubscription { tenant, user, mail } = self.read_token(token).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let found = find_recipient(&mut link, &tenant, &user).await?;
        let (workspace, member) = found.ok_or(LinkError::Unknown)?;
        let is_on = gets_mail(&mut link, &tenant, &user, mail).await?;
        Ok(Unsubscription { workspace: workspace.name, email: member.email, mail, is_on })
    }

    /// Turns the mail of a link off, for its person and workspace alone. Needs no session: the token authorizes it.
    /// Idempotent. Fails as [`Self::find_unsubscription`] does.
    pub async fn unsubscribe(&self, token: &str, from: ClientAddress) -> Result<(), ServiceError> {
        if !self.find_unsubscription(token).await?.is_on {
            return Ok(());
        }
        let MailSubscription { tenant, user, mail } = self.read_token(token).await?;
        let _permit = self.anonymous_writes.permit(from).await?;
        let mut tx = self.store().begin().await?;
        lock_member(&mut tx, &tenant, &user).await?.ok_or(LinkError::Unknown)?;
        let off = [MailPreference { mail, is_on: false }];
        if self.store_choices(&mut tx, &tenant, &user, &off, ChosenBy::Link).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Stores the choices that differ from what the member gets, with an audit entry. `false` if none differs.
    async fn store_choices(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        choices: &[MailPreference],
        by: ChosenBy,
    ) -> Result<bool, ServiceError> {
        let before = tx.connection().list_mail_preferences(tenant, user).await?;
        let changed: Vec<_> = choices.iter().filter(|choice| !before.contains(choice)).copied().collect();
        if changed.is_empty() {
            return Ok(false);
        }
        let (now, next_month) = (self.wall_now(), calendar_month(self.billing_now()).1);
        for choice in &changed {
            let is_report_on = choice.is_on && choice.mail == OptionalMail::MonthlyReport;
            let due_at = is_report_on.then_some(next_month);
            tx.connection().upsert_mail_preference(tenant, user, *choice, due_at, now).await?;
        }
        let turned = |on: bool| -> Vec<_> {
            changed.iter().filter(|choice| choice.is_on == on).map(|choice| choice.mail.as_str()).collect()
        };
        let entry = NewAuditEntry {
            by: AuditActor::User(user.clone()),
            action: AuditAction::MailPreferencesChanged,
            target: String::new(),
            details: json!({ "on": turned(true), "off": turned(false), "by": by.as_str() }),
        };
        tx.connection().insert_audit(tenant, &entry, now).await?;
        Ok(true)
    }

    async fn read_token(&self, token: &str) -> Result<MailSubscription, ServiceError> {
        Ok(self.unsubscribe_key().await?.read(token).ok_or(LinkError::Unknown)?)
    }

    /// Returns the key of the links, the same on every node. The first node that needs it creates it.
    async fn unsubscribe_key(&self) -> Result<&UnsubscribeKey, ServiceError> {
        self.0.unsubscribe_key.get_or_try_init(|| self.find_unsubscribe_key()).await
    }

    async fn find_unsubscribe_key(&self) -> Result<UnsubscribeKey, ServiceError> {
        Ok(UnsubscribeKey::from_bytes(&self.signing_key_bytes(PURPOSE).await?))
    }

    /// Adds to a mail the link that turns mails of this kind off for its recipient.
    pub(in crate::service) async fn with_unsubscribe(
        &self,
        content: MailContent,
        language: Locale,
        (tenant, user, mail): (&TenantId, &UserId, OptionalMail),
    ) -> Result<MailContent, ServiceError> {
        let subscription = MailSubscription { tenant: tenant.clone(), user: user.clone(), mail };
        let token = self.unsubscribe_key().await?.token(&subscription);
        let url = self.page_url(&format!("{}{token}", UNSUBSCRIBE_LINKS.trim_start_matches('/')));
        Ok(letters::with_unsubscribe(content, language, mail, &url))
    }
}

impl Core {
    /// Returns the member if their role can get this mail and they have not turned it off.
    pub(in crate::service) async fn find_mail_recipient(
        &self,
        tenant: &TenantId,
        user: &UserId,
        mail: OptionalMail,
    ) -> StoreResult<Option<Member>> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let member = link.find_member(tenant, user).await?.filter(|member| mail.is_for(member.role));
        Ok(if gets_mail(&mut link, tenant, user, mail).await? { member } else { None })
    }
}

async fn gets_mail(
    link: &mut Connection<'_>,
    tenant: &TenantId,
    user: &UserId,
    mail: OptionalMail,
) -> StoreResult<bool> {
    let all = link.list_mail_preferences(tenant, user).await?;
    Ok(all.contains(&MailPreference { mail, is_on: true }))
}

/// Finds a workspace that is not deleted, and its member.
async fn find_recipient(
    link: &mut Connection<'_>,
    tenant: &TenantId,
    user: &UserId,
) -> StoreResult<Option<(Tenant, Member)>> {
    let workspace = link.find_tenant(tenant).await?.filter(|workspace| workspace.deleted_at.is_none());
    Ok(workspace.zip(link.find_member(tenant, user).await?))
}

/// Locks the tenant's row and returns its member; `None` if the tenant is deleted or the user is no member.
async fn lock_member(tx: &mut Tx, tenant: &TenantId, user: &UserId) -> StoreResult<Option<Member>> {
    tx.connection().lock_tenant(tenant).await?;
    let found = find_recipient(&mut tx.connection(), tenant, user).await?;
    Ok(found.map(|(_, member)| member))
}
