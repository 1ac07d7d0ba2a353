//! What was just made and is seen this once, on its way from a form's answer to the page that shows it.
//!
//! It travels in a cookie that only that page is sent, that no script can read, and that is gone with the showing or after a
//! minute: so it stands in no address, log or database.

use crate::{cookie::PageCookie, request::Asked};

const KEPT_SECS: u32 = 60;

/// Which thing, and the page that shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownOnce(PageCookie);

/// An API key in the clear.
pub(crate) const KEY: ShownOnce = ShownOnce(PageCookie::under("fresh_key", "/settings/keys"));
/// A key that an operator gave a workspace.
pub(crate) const DESK_KEY: ShownOnce = ShownOnce(PageCookie::under("fresh_desk_key", "/operator"));
/// An invitation's id, the token of its link, and whether it was `mailed` or is only `shown`, with dots between them.
pub(crate) const INVITATION: ShownOnce = ShownOnce(PageCookie::under("fresh_invitation", "/settings/team"));
/// An endpoint's id, a dot, and the secret that signs what it is told.
pub(crate) const WEBHOOK_SECRET: ShownOnce = ShownOnce(PageCookie::under("fresh_webhook_secret", "/settings/webhooks"));
/// Recovery codes, with dots between them.
pub(crate) const RECOVERY_CODES: ShownOnce = ShownOnce(PageCookie::under("fresh_codes", "/settings/account"));

impl ShownOnce {
    pub(crate) fn keep(self, value: &str) {
        self.0.keep(value, KEPT_SECS);
    }

    pub(crate) fn take(self, asked: &Asked) -> Option<String> {
        let value = self.0.value(asked)?;
        self.0.drop();
        Some(value)
    }
}
