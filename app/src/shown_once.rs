//! Values that are displayed once, on their way from a form's response to the page that shows them.
//!
//! They travel in a cookie that is limited to that page's path, unreadable by scripts, and deleted when shown or
//! after a minute. So they appear in no URL, log or database.

use crate::{cookie::PageCookie, request::PageRequest};

const KEPT_SECS: u32 = 60;

/// A kind of value, with its cookie and page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownOnce(PageCookie);

/// The plain text of an API key.
pub(crate) const KEY: ShownOnce = ShownOnce(PageCookie::under("fresh_key", "/settings/keys"));
/// The plain text of an API key that an operator created for a tenant.
pub(crate) const DESK_KEY: ShownOnce = ShownOnce(PageCookie::under("fresh_desk_key", "/operator"));
/// An invitation's id, its token, and `mailed` or `shown`, joined by dots.
pub(crate) const INVITATION: ShownOnce = ShownOnce(PageCookie::under("fresh_invitation", "/settings/team"));
/// A webhook endpoint's id, a dot, and its signing secret.
pub(crate) const WEBHOOK_SECRET: ShownOnce = ShownOnce(PageCookie::under("fresh_webhook_secret", "/settings/webhooks"));
/// Recovery codes, joined by dots.
pub(crate) const RECOVERY_CODES: ShownOnce = ShownOnce(PageCookie::under("fresh_codes", "/settings/account"));

impl ShownOnce {
    pub(crate) fn keep(self, value: &str) {
        self.0.keep(value, KEPT_SECS);
    }

    pub(crate) fn take(self, req: &PageRequest) -> Option<String> {
        let value = self.0.value(req)?;
        self.0.drop();
        Some(value)
    }
}
