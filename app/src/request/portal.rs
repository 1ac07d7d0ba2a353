//! The portal session of a browser: its cookie, and the forms that it may send.

use billing::service::tenant::installation::portal::PortalViewer;
use domain::tenant::portal::{PortalPermission, WayBack};
use http::HeaderMap;

use crate::request::{
    PageRequest,
    cookie::{PageCookie, cookie_in},
    local_path::with_query,
};

/// The beginning of a portal link's path. The token follows.
pub const PORTAL_LINKS: &str = "/portal/";
/// The cookie of a portal session. A session of an account has another cookie.
pub(crate) const COOKIE: PageCookie = PageCookie::in_frames("dues_portal");
/// Path of the page that shows why a form was refused.
const REFUSED: &str = "/membership";

/// Request extension: the browser's portal session has ended, and no account is signed in.
#[derive(Clone, Debug)]
pub struct PortalEnded(pub WayBack);

/// What a portal session needs to send a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormAccess {
    Open,
    Needs(PortalPermission),
}

/// The forms that a portal session may send. Every other form needs an account.
///
/// The list includes the forms that sign in, which end the portal session.
const OPEN_FORMS: [(&str, FormAccess); 24] = [
    ("cancel-subscription", FormAccess::Open),
    ("change-role", FormAccess::Open),
    ("change-seats", FormAccess::Open),
    ("checkout", FormAccess::Open),
    ("delete-secret", FormAccess::Needs(PortalPermission::Secrets)),
    ("enterprise-signup", FormAccess::Open),
    ("forgot-password", FormAccess::Open),
    ("join", FormAccess::Open),
    ("language", FormAccess::Open),
    ("login", FormAccess::Open),
    ("login-code", FormAccess::Open),
    ("make-key", FormAccess::Needs(PortalPermission::Keys)),
    ("portal", FormAccess::Open),
    ("remove-member", FormAccess::Open),
    ("resume-subscription", FormAccess::Open),
    ("revoke-key", FormAccess::Needs(PortalPermission::Keys)),
    ("set-limit", FormAccess::Open),
    ("set-password", FormAccess::Open),
    ("set-secret", FormAccess::Needs(PortalPermission::Secrets)),
    ("signup", FormAccess::Open),
    ("sync", FormAccess::Open),
    ("theme", FormAccess::Open),
    ("try-again", FormAccess::Open),
    ("withdraw-invitation", FormAccess::Open),
];

/// The value of the portal session's cookie.
pub fn session_cookie(headers: &HeaderMap, is_https: bool) -> Option<String> {
    cookie_in(headers, &COOKIE.name(is_https))
}

/// Whether the session may send the form that posts to `path`.
pub(super) fn may_send(portal: &PortalViewer, path: &str) -> bool {
    let form = path.strip_prefix("/rpc/").unwrap_or_default();
    match OPEN_FORMS.iter().find(|(name, _)| *name == form) {
        Some((_, FormAccess::Open)) => true,
        Some((_, FormAccess::Needs(permission))) => portal.may(*permission),
        None => false,
    }
}

/// Returns the URL of the notice that a form needs an account.
pub(crate) fn refused_form() -> String {
    with_query(REFUSED, &[("code", "not_in_portal")])
}

impl PageRequest {
    /// Returns the browser's portal session.
    pub(crate) fn portal(&self) -> Option<&PortalViewer> {
        self.0.extensions.get::<PortalViewer>()
    }

    /// Returns the link back to the product if the browser's portal session has ended and no account is signed in.
    pub(crate) fn ended_portal(&self) -> Option<&WayBack> {
        self.0.extensions.get::<PortalEnded>().map(|PortalEnded(back)| back)
    }
}
