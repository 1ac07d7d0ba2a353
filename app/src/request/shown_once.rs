//! Values that are displayed once, on their way from a form's response to the page that shows them.
//!
//! A value is kept in a cookie, so it appears in no URL and no log. In the database it is only sealed, as the answer to a
//! repeat of the form (`actions/once.rs`). The cookie is limited to the path of that page, unreadable by scripts, and
//! deleted when the value is shown or after a minute. A page shows a value only to the user that the value was created
//! for, and only if the page is about the tenant of the value, if it has one.

use billing::service::tenant::installation::portal::PortalViewer;
use domain::{
    account::Viewer,
    ids::{TenantId, UserId},
};

use crate::request::{PageRequest, cookie::PageCookie};

const KEPT_SECS: u32 = 60;
/// Path of the page that leads out of a frame, to the payment provider's page.
pub(crate) const LEAVE_FRAME_PATH: &str = "/membership/provider";

/// A kind of value, with its cookie and page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownOnce(PageCookie);

/// The plain text of an API key.
pub(crate) const KEY: ShownOnce = ShownOnce(PageCookie::under("fresh_key", "/settings/keys"));
/// The plain text of a key that an operator created: an API key for a tenant, or a key of the installation.
pub(crate) const DESK_KEY: ShownOnce = ShownOnce(PageCookie::under("fresh_desk_key", "/operator"));
/// An invitation's id, its token, and `mailed` or `shown`, joined by dots.
pub(crate) const INVITATION: ShownOnce = ShownOnce(PageCookie::under("fresh_invitation", "/settings/team"));
/// A webhook endpoint's id, a dot, and its signing secret.
pub(crate) const WEBHOOK_SECRET: ShownOnce = ShownOnce(PageCookie::under("fresh_webhook_secret", "/settings/webhooks"));
/// Like [`WEBHOOK_SECRET`], for an endpoint of the installation.
pub(crate) const DESK_WEBHOOK_SECRET: ShownOnce =
    ShownOnce(PageCookie::under("fresh_desk_webhook_secret", "/operator/webhooks"));
/// Recovery codes, joined by dots.
pub(crate) const RECOVERY_CODES: ShownOnce = ShownOnce(PageCookie::under("fresh_codes", "/settings/account"));

/// The URL of a payment provider's page that replaces the window around a frame, as the query `?to=…`.
pub(crate) const PROVIDER_PAGE: ShownOnce = ShownOnce(PageCookie::under("provider_page", LEAVE_FRAME_PATH));

/// The cookies of every kind, to delete at sign-out.
pub(crate) const COOKIES: [PageCookie; 7] =
    [KEY.0, DESK_KEY.0, INVITATION.0, WEBHOOK_SECRET.0, DESK_WEBHOOK_SECRET.0, RECOVERY_CODES.0, PROVIDER_PAGE.0];

/// The only person who may see a value, and the tenant that the value is about, if any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipient<'a> {
    user: &'a str,
    tenant: Option<&'a TenantId>,
}

impl<'a> Recipient<'a> {
    /// The recipient of a value about the person's account.
    pub(crate) fn person(user: &'a UserId) -> Self {
        Self { user: user.as_str(), tenant: None }
    }

    /// The recipient of a value about the open workspace.
    pub(crate) fn workspace(viewer: &'a Viewer) -> Self {
        Self { user: viewer.user_id.as_str(), tenant: Some(&viewer.current_membership.tenant_id) }
    }

    /// The recipient of a value about the workspace of a portal session.
    pub(crate) fn portal(portal: &'a PortalViewer) -> Self {
        Self { user: portal.handle(), tenant: Some(&portal.viewer().current_membership.tenant_id) }
    }

    /// The recipient of a value about `tenant`: the operator `user`.
    pub(crate) fn desk(user: &'a UserId, tenant: &'a TenantId) -> Self {
        Self { user: user.as_str(), tenant: Some(tenant) }
    }

    pub(crate) const fn user(self) -> &'a str {
        self.user
    }

    pub(crate) const fn tenant(self) -> Option<&'a TenantId> {
        self.tenant
    }

    /// Returns what precedes the value in the cookie. Ids contain no dot.
    fn prefix(self) -> String {
        format!("{}.{}.", self.user, self.tenant.map(TenantId::as_str).unwrap_or_default())
    }
}

impl ShownOnce {
    pub(crate) fn keep(self, recipient: Recipient<'_>, value: &str) {
        self.0.keep(&format!("{}{value}", recipient.prefix()), KEPT_SECS);
    }

    /// Reads and deletes the value; `None` if it is another recipient's.
    pub(crate) fn take(self, req: &PageRequest, recipient: Recipient<'_>) -> Option<String> {
        let value = self.0.value(req)?;
        self.0.drop();
        value.strip_prefix(&recipient.prefix()).map(ToOwned::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_value_is_shown_to_its_recipient_alone() {
        let [ada, eve]: [UserId; 2] = ["ada", "eve"].map(|id| id.parse().unwrap());
        let [acme, zenith]: [TenantId; 2] = ["acme", "zenith"].map(|id| id.parse().unwrap());
        let taken = |by: Recipient<'_>, of: Recipient<'_>| {
            let line = format!("fresh_key={}dues_1_x", of.prefix());
            let (parts, ()) = Request::get("/settings/keys").header("cookie", line).body(()).unwrap().into_parts();
            KEY.take(&PageRequest::of(parts), by)
        };
        let recipients = [
            Recipient::person(&ada),
            Recipient::desk(&ada, &acme),
            Recipient::desk(&ada, &zenith),
            Recipient::person(&eve),
        ];
        for (at, by) in recipients.into_iter().enumerate() {
            for (of_at, of) in recipients.into_iter().enumerate() {
                assert_eq!(taken(by, of).as_deref(), (at == of_at).then_some("dues_1_x"), "{by:?} {of:?}");
            }
        }
    }
}
