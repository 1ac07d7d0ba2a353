//! The user and workspace that a form was rendered for. The form carries both in the URL that it posts to. It is
//! refused when another tab has since opened another workspace or signed in as another user.

use billing::service::tenant::installation::portal::PortalViewer;
use domain::account::{Account, Viewer};
use http::Extensions;
use url::form_urlencoded;

use crate::request::{
    PageRequest,
    local_path::{local_path, with_query},
    portal,
};

/// The page that explains a refusal.
pub(crate) const REFUSED: &str = "/form-refused";
const TENANT: &str = "tenant";
const USER: &str = "user";
const BACK: &str = "back";
/// Prefix of the user that a portal session's form carries. The session's handle follows.
const PORTAL: &str = "portal-";

/// What must be the same at submission as when the form was rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// Nothing: the form signs in or out, or changes the appearance of pages.
    Anyone,
    /// The user and workspace, if a user was signed in when the form was rendered.
    Sender,
    /// The user alone: the form is about an account or the desk, or has the id of its workspace in a field.
    Person,
    /// The user and the open workspace.
    Workspace,
}

/// Forms with another subject than [`Subject::Workspace`], which is the subject of every form that is not listed.
const ABOUT_NO_WORKSPACE: [(&str, Subject); 51] = [
    ("accept-invitation", Subject::Person),
    ("begin-second-factor", Subject::Person),
    ("change-address", Subject::Person),
    ("change-password", Subject::Person),
    ("confirm", Subject::Person),
    ("delete-account", Subject::Person),
    ("enable-second-factor", Subject::Person),
    ("end-session", Subject::Person),
    ("end-sessions", Subject::Person),
    ("enterprise-signup", Subject::Sender),
    ("forgot-password", Subject::Anyone),
    ("join", Subject::Anyone),
    ("language", Subject::Anyone),
    ("login", Subject::Anyone),
    ("login-code", Subject::Anyone),
    ("logout", Subject::Anyone),
    ("make-installation-key", Subject::Person),
    ("open-workspace", Subject::Person),
    ("operator-add-note", Subject::Person),
    ("operator-add-webhook", Subject::Person),
    ("operator-adopt-import", Subject::Person),
    ("operator-cancel-import", Subject::Person),
    ("operator-change-webhook", Subject::Person),
    ("operator-correct", Subject::Person),
    ("operator-delete-note", Subject::Person),
    ("operator-delete-webhook", Subject::Person),
    ("operator-key", Subject::Person),
    ("operator-limit", Subject::Person),
    ("operator-plan", Subject::Person),
    ("operator-request", Subject::Person),
    ("operator-resend-webhook", Subject::Person),
    ("operator-rotate-webhook", Subject::Person),
    ("operator-send-mail", Subject::Person),
    ("operator-start-import", Subject::Person),
    ("operator-switch-webhook", Subject::Person),
    ("operator-sync", Subject::Person),
    ("operator-test-webhook", Subject::Person),
    ("operator-try-again", Subject::Person),
    ("operator-upload-import", Subject::Person),
    ("prove-address", Subject::Person),
    ("remove-second-factor", Subject::Person),
    ("remove-sign-in", Subject::Person),
    ("renew-recovery-codes", Subject::Person),
    ("revoke-installation-key", Subject::Person),
    ("send-address-proof", Subject::Person),
    ("set-password", Subject::Anyone),
    ("signup", Subject::Anyone),
    ("take-address", Subject::Person),
    ("theme", Subject::Anyone),
    ("withdraw-address-change", Subject::Person),
    ("workspace", Subject::Anyone),
];

/// Forms that change the credentials of an account, show them, or end the account. They require a session.
const ABOUT_OWN_ACCOUNT: [&str; 15] = [
    "accept-invitation",
    "begin-second-factor",
    "change-address",
    "change-password",
    "confirm",
    "delete-account",
    "enable-second-factor",
    "end-session",
    "end-sessions",
    "prove-address",
    "remove-second-factor",
    "remove-sign-in",
    "renew-recovery-codes",
    "take-address",
    "withdraw-address-change",
];

/// Whether the form that posts to `path` concerns credentials of the account. Bearer tokens are not accepted for it.
pub fn changes_account_access(path: &str) -> bool {
    path.strip_prefix("/rpc/").is_some_and(|form| ABOUT_OWN_ACCOUNT.contains(&form))
}

impl Subject {
    /// Returns the subject of the form that posts to `path`.
    fn of(path: &str) -> Self {
        let form = path.strip_prefix("/rpc/").unwrap_or_default();
        ABOUT_NO_WORKSPACE.iter().find(|(name, _)| *name == form).map_or(Self::Workspace, |(_, subject)| *subject)
    }

    const fn names_workspace(self) -> bool {
        matches!(self, Self::Workspace | Self::Sender)
    }
}

/// User and workspace, as the URL of a form carries them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DrawnFor {
    pub(crate) tenant: Option<String>,
    pub(crate) user: Option<String>,
}

impl DrawnFor {
    /// Returns the user and workspace of an authenticated request. The user of a portal session is named by its handle.
    fn now(extensions: &Extensions) -> Self {
        if let Some(portal) = extensions.get::<PortalViewer>() {
            let tenant = &portal.viewer().current_membership.tenant_id;
            return Self { tenant: Some(tenant.to_string()), user: Some(format!("{PORTAL}{}", portal.handle())) };
        }
        let viewer = extensions.get::<Viewer>();
        let account = extensions.get::<Account>().map(|account| &account.user_id);
        Self {
            tenant: viewer.map(|viewer| viewer.current_membership.tenant_id.to_string()),
            user: viewer.map(|viewer| &viewer.user_id).or(account).map(ToString::to_string),
        }
    }

    /// Returns what the form that posts to `path` carries when it is rendered for `req`.
    pub(crate) fn of_form(path: &str, req: &PageRequest) -> Self {
        Self::now(&req.0.extensions).limited_to(Subject::of(path))
    }

    /// Returns the current user, as forms name them.
    pub(super) fn user_now(req: &PageRequest) -> Option<String> {
        Self::now(&req.0.extensions).user
    }

    /// Returns what the submitted form was rendered for: the current user and workspace, because any other form is
    /// refused; without a session, what the URL carries.
    pub(crate) fn of_sent(req: &PageRequest) -> Self {
        if Self::user_now(req).is_some() {
            return Self::of_form(req.path(), req);
        }
        Self::read(req.raw_query()).limited_to(Subject::of(req.path()))
    }

    fn limited_to(self, subject: Subject) -> Self {
        match subject {
            Subject::Anyone => Self::default(),
            Subject::Person => Self { tenant: None, ..self },
            Subject::Sender | Subject::Workspace => self,
        }
    }

    fn read(query: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        Self { tenant: value(TENANT), user: value(USER) }
    }

    /// Returns the refused form's user and workspace and the path back, from the query of the refusal page.
    pub(crate) fn refused(req: &PageRequest) -> (Self, Option<String>) {
        let back = req.query(BACK).and_then(|back| local_path(&back).map(ToOwned::to_owned));
        (Self { tenant: req.query(TENANT), user: req.query(USER) }, back)
    }

    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let pairs = [(TENANT, self.tenant.as_deref()), (USER, self.user.as_deref())];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Returns the URL that a form posts to, with the user and workspace that it is rendered for. Every form uses it.
pub(crate) fn form_address(path: &'static str) -> String {
    let carried = PageRequest::now().map(|req| DrawnFor::of_form(path, &req)).unwrap_or_default();
    with_query(path, &carried.pairs())
}

/// Returns the redirect for a refused form, or `None` if the form may be handled. `from` is the page that held the
/// form.
///
/// Without a session, a form that requires one may be handled: its handler redirects to sign-in. A portal session sends
/// only the forms that are open to it.
pub fn refusal(path: &str, query: &str, extensions: &Extensions, from: Option<&str>) -> Option<String> {
    if extensions.get::<PortalViewer>().is_some_and(|portal| !portal::may_send(portal, path)) {
        return Some(portal::refused_form());
    }
    let subject = Subject::of(path);
    let carried = DrawnFor::read(query);
    let now = DrawnFor::now(extensions);
    let is_exempt = match subject {
        Subject::Anyone => true,
        Subject::Sender => carried == DrawnFor::default(),
        Subject::Person => now.user.is_none(),
        // A user who has left every workspace passes: the page says that they have none.
        Subject::Workspace => now.tenant.is_none() && (now.user.is_none() || carried.user == now.user),
    };
    let is_same = carried.user == now.user && (carried.tenant == now.tenant || !subject.names_workspace());
    if is_exempt || is_same {
        return None;
    }
    let mut pairs = carried.pairs();
    pairs.extend(from.and_then(local_path).filter(|from| !from.starts_with(REFUSED)).map(|from| (BACK, from)));
    Some(with_query(REFUSED, &pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn viewer(user: &str, tenant: &str) -> Viewer {
        let mut viewer = fixture::view(None, fixture::TODAY, &[]).viewer.account_viewer().unwrap();
        viewer.user_id = user.parse().unwrap();
        viewer.current_membership.tenant_id = tenant.parse().unwrap();
        viewer
    }

    fn sent(form: &str, query: &str, by: Option<&Viewer>) -> Option<String> {
        let mut extensions = Extensions::new();
        if let Some(viewer) = by {
            extensions.insert(viewer.clone());
        }
        refusal(&format!("/rpc/{form}"), query, &extensions, Some("/settings/secrets?x=1"))
    }

    #[test]
    fn a_form_is_acted_on_for_whom_and_what_it_was_drawn_for_and_no_other() {
        let ada = viewer("ada", "acme");
        assert_eq!(sent("set-secret", "tenant=acme&user=ada", Some(&ada)), None);
        for other in ["", "tenant=zenith&user=ada", "tenant=acme&user=eve", "user=ada", "tenant=acme"] {
            let to = sent("set-secret", other, Some(&ada)).expect("refused");
            assert!(to.starts_with("/form-refused?") && to.ends_with("back=%2Fsettings%2Fsecrets%3Fx%3D1"), "{to}");
        }
        assert_eq!(sent("set-secret", "tenant=acme&user=ada", None), None, "signing in is asked for elsewhere");
    }

    #[test]
    fn a_person_who_belongs_to_no_workspace_sends_no_form_of_another() {
        let mut extensions = Extensions::new();
        extensions.insert(viewer("ada", "acme").account().unwrap());
        let sent = |form: &str, query: &str| refusal(&format!("/rpc/{form}"), query, &extensions, None);
        for carried in ["tenant=acme&user=ada", "user=ada"] {
            assert_eq!(sent("leave", carried), None, "{carried}: the page says that there is no workspace");
            assert_eq!(sent("end-sessions", carried), None, "{carried}");
        }
        for others in ["tenant=acme&user=eve", "user=eve", ""] {
            assert!(sent("leave", others).is_some() && sent("end-sessions", others).is_some(), "{others}");
        }
    }

    #[test]
    fn a_form_that_is_not_listed_is_about_the_open_workspace() {
        assert_eq!(Subject::of("/rpc/made-tomorrow"), Subject::Workspace);
        let ada = viewer("ada", "acme");
        assert!(sent("made-tomorrow", "", Some(&ada)).is_some());
        for anyones in ["login", "theme", "workspace"] {
            assert_eq!(sent(anyones, "", Some(&ada)), None, "{anyones}");
        }
        assert_eq!(sent("operator-plan", "user=ada", Some(&ada)), None);
        assert!(sent("operator-plan", "user=eve", Some(&ada)).is_some());
        assert_eq!(sent("enterprise-signup", "", Some(&ada)), None, "drawn before signing in");
        assert!(sent("enterprise-signup", "tenant=zenith&user=ada", Some(&ada)).is_some());
    }
}
