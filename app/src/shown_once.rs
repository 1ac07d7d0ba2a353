//! What was just made and is seen this once, on its way from a form's answer to the page that shows it.
//!
//! It travels in a cookie that only that page is sent, that no script can read, and that is gone with the showing or after a
//! minute: so it stands in no address, log or database.

use crate::request::{Asked, drop_cookie, keep_cookie};

const KEPT_SECS: u32 = 60;

/// Which thing, and the page that shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownOnce {
    cookie: &'static str,
    path: &'static str,
}

/// An API key in the clear.
pub(crate) const KEY: ShownOnce = ShownOnce { cookie: "fresh_key", path: "/settings/keys" };
/// A key that an operator gave a workspace.
pub(crate) const DESK_KEY: ShownOnce = ShownOnce { cookie: "fresh_desk_key", path: "/operator" };
/// An invitation's id, a dot, and the token of its link.
pub(crate) const INVITATION: ShownOnce = ShownOnce { cookie: "fresh_invitation", path: "/settings/team" };
/// An endpoint's id, a dot, and the secret that signs what it is told.
pub(crate) const WEBHOOK_SECRET: ShownOnce = ShownOnce { cookie: "fresh_webhook_secret", path: "/settings/webhooks" };

impl ShownOnce {
    pub(crate) fn keep(self, value: &str) {
        keep_cookie(self.cookie, value, self.path, KEPT_SECS);
    }

    pub(crate) fn take(self, asked: &Asked) -> Option<String> {
        let value = asked.cookie(self.cookie)?;
        drop_cookie(self.cookie, self.path);
        Some(value)
    }
}
