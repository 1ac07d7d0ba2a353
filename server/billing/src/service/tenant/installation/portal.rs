//! Portal links and portal sessions: the product sends its users to the pages of one tenant, without an account in
//! Dues.

mod access;

use domain::{
    account::{Email, PortalUser, names::has_hidden_characters},
    catalog::Cycle,
    ids::TenantId,
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        external_id::ExternalId,
        portal::{PortalPage, PortalPermission, PortalRole, WayBack},
    },
    time::Timestamp,
};
use locales::{Locale, installed};
use serde_json::json;

pub use self::access::{PortalAccess, PortalActivity, PortalViewer, SESSION_SECS};
use crate::{
    identity::link_token::{FreshToken, lookup_hash},
    security_event::SecurityEvent,
    service::{FieldErrors, Portal, ServiceError},
    store::tenant::portal_sessions::{NewPortalSession, PortalLink},
};

/// Bounds of the time in which a link can be opened, in seconds.
pub const LINK_MIN_SECS: i64 = 10;
pub const LINK_MAX_SECS: i64 = 3600;
/// The time in which a link can be opened if the request states none, in seconds.
const LINK_SECS: i64 = 300;
/// Maximum length of a user's name and of the label of the return URL.
pub const NAME_MAX_CHARS: usize = 80;

/// A request for a portal link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPortalLink {
    pub user: ExternalId,
    pub email: Option<Email>,
    pub name: Option<String>,
    pub role: PortalRole,
    pub return_url: String,
    pub return_label: Option<String>,
    /// `None` for the checkout page if a plan is given, else for the membership page.
    pub page: Option<PortalPage>,
    /// The plan that is chosen on the checkout page.
    pub plan: Option<String>,
    pub cycle: Option<Cycle>,
    pub allow: Vec<PortalPermission>,
    pub expires_in_secs: Option<i64>,
    /// The tag of the language of the session's pages (BCP 47); `None` for the browser's.
    pub locale: Option<String>,
}

/// A link in plain text. Only the hash of its token is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedPortalLink {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Outcome of opening a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalOpening {
    /// The session began. `token` is the value of its cookie.
    Started {
        token: String,
        start_path: String,
    },
    /// The link was opened before.
    Used(WayBack),
    /// The link has expired or was revoked, or its tenant is deleted.
    Over(WayBack),
    Unknown,
}

impl Portal {
    /// Creates a link that starts one session in `tenant`. `by` is the installation key.
    pub async fn create_link(
        &self,
        tenant: &TenantId,
        by: AuditActor,
        wanted: NewPortalLink,
    ) -> Result<CreatedPortalLink, ServiceError> {
        let start_path = self.validate(&wanted)?;
        let NewPortalLink {
            user, email, name, role, return_url, return_label, expires_in_secs, locale, mut allow, ..
        } = wanted;
        let locale = locale.and_then(|tag| installed().nearest(&tag)).map(|language| language.tag().to_owned());
        let url = self.checkouts().return_url("returnUrl", Some(&return_url), "")?;
        let now = self.wall_now();
        let ends_at = now.plus_secs(expires_in_secs.unwrap_or(LINK_SECS));
        allow.sort_unstable();
        allow.dedup();
        let link = PortalLink {
            tenant: tenant.clone(),
            user: PortalUser { external_id: user, email, name },
            role,
            allow,
            back: WayBack { url, label: return_label },
            start_path,
            created_by: by.id().unwrap_or_default().to_owned(),
            created_at: now,
            ends_at,
            locale,
        };
        let details = json!({ "role": link.role, "allow": link.allow });
        let target = link.user.external_id.to_string();
        let entry = NewAuditEntry { by, action: AuditAction::PortalLinkCreated, target, details };
        let FreshToken { token, hash } = FreshToken::new();
        let mut tx = self.store().begin().await?;
        tx.connection().insert_portal_link(&hash, &link).await?;
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        Ok(CreatedPortalLink { url: self.page_url(&format!("portal/{token}")), expires_at: ends_at })
    }

    /// Validates the fields of a link except the return URL. Returns path and query of the session's first page.
    fn validate(&self, wanted: &NewPortalLink) -> Result<String, ServiceError> {
        let NewPortalLink { name, return_label, page, plan, cycle, expires_in_secs, locale, .. } = wanted;
        let mut fields = FieldErrors::new();
        for (field, text) in [("user.name", name), ("returnLabel", return_label)] {
            let fits =
                |text: &String| (1..=NAME_MAX_CHARS).contains(&text.chars().count()) && !has_hidden_characters(text);
            if !text.as_ref().is_none_or(fits) {
                fields.insert(field, format!("{field} has 1 to {NAME_MAX_CHARS} visible characters."));
            }
        }
        if !expires_in_secs.is_none_or(|secs| (LINK_MIN_SECS..=LINK_MAX_SECS).contains(&secs)) {
            let message = format!("expiresInSecs must be a whole number from {LINK_MIN_SECS} to {LINK_MAX_SECS}.");
            fields.insert("expiresInSecs", message);
        }
        if locale.as_ref().is_some_and(|tag| installed().nearest(tag).is_none()) {
            let tags = installed().iter().map(Locale::tag).collect::<Vec<_>>().join(", ");
            fields.insert("locale", format!("locale must be a language of this installation: {tags}."));
        }
        let page = page.unwrap_or(if plan.is_some() { PortalPage::Checkout } else { PortalPage::Membership });
        let is_checkout = page == PortalPage::Checkout;
        match plan {
            None if is_checkout => drop(fields.insert("plan", "plan is required for the page checkout.".to_owned())),
            Some(_) if !is_checkout => drop(fields.insert("plan", "plan is for the page checkout.".to_owned())),
            Some(plan) => {
                if let Err(error) = self.checkouts().validate_order(plan, cycle.unwrap_or(Cycle::Monthly)) {
                    match error {
                        ServiceError::Validation { fields: found, message } => {
                            let message = found.into_values().next().unwrap_or(message);
                            fields.insert("plan", message);
                        }
                        error => return Err(error),
                    }
                }
            }
            None => {}
        }
        if cycle.is_some() && !is_checkout {
            fields.insert("cycle", "cycle is for the page checkout.".to_owned());
        }
        if fields.is_empty() {
            Ok(start_path(page, plan.as_deref(), *cycle))
        } else {
            Err(ServiceError::invalid(fields))
        }
    }

    /// Opens a link and starts its session, exactly once on all nodes.
    ///
    /// `account_session` is the handle of the signed-in session that the browser has. The portal session is valid
    /// beside it, and ends when the browser signs in again.
    pub async fn open_link(&self, token: &str, account_session: Option<&str>) -> Result<PortalOpening, ServiceError> {
        let Some(link) = lookup_hash(token) else { return Ok(PortalOpening::Unknown) };
        let now = self.wall_now();
        let FreshToken { token, hash } = FreshToken::new();
        let session = NewPortalSession {
            session_hash: &hash,
            account_session,
            opened_at: now,
            ends_at: now.plus_secs(SESSION_SECS),
        };
        let mut tx = self.store().begin().await?;
        let Some(opened) = tx.connection().open_portal_link(&link, session).await? else {
            let found = tx.connection().find_portal_link(&link).await?;
            tx.rollback().await?;
            return Ok(match found {
                Some(found) if found.is_opened => PortalOpening::Used(found.back),
                Some(found) => PortalOpening::Over(found.back),
                None => PortalOpening::Unknown,
            });
        };
        let by = AuditActor::PortalUser(opened.user.clone());
        let target = opened.user.to_string();
        let entry = NewAuditEntry { by, action: AuditAction::PortalSessionStarted, target, details: json!({}) };
        self.record_audit(&mut tx, &opened.tenant, entry).await?;
        tx.commit().await?;
        SecurityEvent::PortalSessionStarted { tenant: &opened.tenant }.write();
        Ok(PortalOpening::Started { token, start_path: opened.start_path })
    }

    /// Ends all sessions and unopened links of a user. Idempotent.
    pub async fn end_sessions_of(
        &self,
        tenant: &TenantId,
        by: AuditActor,
        user: &ExternalId,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        if tx.connection().end_portal_sessions_of(tenant, user, self.wall_now()).await? > 0 {
            let (action, target) = (AuditAction::PortalSessionsEnded, user.to_string());
            self.record_audit(&mut tx, tenant, NewAuditEntry { by, action, target, details: json!({}) }).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn start_path(page: PortalPage, plan: Option<&str>, cycle: Option<Cycle>) -> String {
    match (page, plan) {
        (PortalPage::Checkout, Some(plan)) => {
            format!("/checkout?plan={plan}&cycle={}", cycle.unwrap_or(Cycle::Monthly).as_str())
        }
        (PortalPage::Membership | PortalPage::Checkout, _) => "/membership".to_owned(),
        (PortalPage::Usage, _) => "/usage".to_owned(),
        (PortalPage::Invoices, _) => "/membership/invoices".to_owned(),
        (PortalPage::Team, _) => "/settings/team".to_owned(),
    }
}

#[cfg(test)]
mod tests;
