//! The request that a page or a server function answers, and helpers for its response.

pub(crate) mod cookie;
pub(crate) mod draft;
pub mod drawn_for;
pub mod language;
pub(crate) mod local_path;
mod outcome;
pub mod portal;
pub(crate) mod shown_once;
pub mod sign_out;
pub(crate) mod theme;

use std::sync::Arc;

use billing::{
    Services,
    identity::{
        ClientAddress,
        factors::{Confirmed, LastConfirmed},
    },
    service::{
        PageFailure, ServiceError,
        operator::{Operator, OperatorAccessClosed},
    },
};
use domain::{
    account::{Account, Viewer, WorkspaceViewer},
    catalog::Cycle,
    money::Currency,
    time::Timestamp,
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

pub(crate) use self::outcome::Outcome;
use crate::request::local_path::{local_path, with_query};

/// Query parameters about the last action, not about the page.
const ANSWERS: [&str; 5] = ["code", "wrong", "wait", "request", CONFIRMED];
/// Query parameter of a page whose form must be submitted again after a confirmation.
const CONFIRMED: &str = "confirmed";

/// Returns `path` with [`CONFIRMED`], which marks the return to a page after a confirmation.
pub(crate) fn with_confirmed(path: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{CONFIRMED}=1")
}

/// The current request. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PageRequest(Arc<Parts>);

impl PageRequest {
    pub(crate) fn of(request: Parts) -> Self {
        Self(Arc::new(request))
    }

    /// Returns the current request. A server function has its parts as a context, a page the request itself.
    pub(crate) fn now() -> Option<Self> {
        use_context::<Parts>().map(Self::of).or_else(use_context::<Self>)
    }

    pub(crate) fn viewer(&self) -> Option<Viewer> {
        self.0.extensions.get::<Viewer>().cloned()
    }

    /// Returns the person that pages of the workspace are rendered for: the user of the portal session, or the
    /// signed-in user.
    pub(crate) fn workspace_viewer(&self) -> Option<WorkspaceViewer> {
        let portal = self.portal().map(|portal| portal.viewer().clone());
        portal.or_else(|| self.viewer().map(WorkspaceViewer::from))
    }

    /// Returns the signed-in user's account, with or without a workspace.
    pub(crate) fn account(&self) -> Option<Account> {
        self.viewer().and_then(|viewer| viewer.account()).or_else(|| self.0.extensions.get::<Account>().cloned())
    }

    /// Returns the signed-in user if they are an operator.
    pub(crate) fn operator(&self) -> Option<Operator> {
        self.0.extensions.get::<Operator>().cloned()
    }

    /// Whether the user is an operator without a second factor, who may not use the desk.
    pub(crate) fn desk_is_closed(&self) -> bool {
        self.0.extensions.get::<OperatorAccessClosed>().is_some()
    }

    /// Returns proof that the user confirmed with a factor recently; [`ServiceError::ConfirmationRequired`]
    /// otherwise.
    pub(crate) fn confirmed(&self, now: Timestamp) -> Result<Confirmed, ServiceError> {
        let last = self.0.extensions.get::<LastConfirmed>().ok_or(ServiceError::ConfirmationRequired)?;
        Ok(last.at(now)?)
    }

    /// Whether the user just confirmed with a factor, and the form must be submitted again.
    pub(crate) fn is_back_from_confirming(&self) -> bool {
        self.query(CONFIRMED).as_deref() == Some("1")
    }

    /// Returns the path without the query.
    pub(crate) fn path(&self) -> &str {
        self.0.uri.path()
    }

    /// Returns the query as it was sent.
    pub(crate) fn raw_query(&self) -> &str {
        self.0.uri.query().unwrap_or_default()
    }

    /// The path's last segment.
    pub(crate) fn last_segment(&self) -> &str {
        self.0.uri.path().rsplit('/').next().unwrap_or_default()
    }

    /// The page for a signed-in user who named no other: the desk for an operator without a workspace.
    pub(crate) fn landing(&self) -> &'static str {
        let is_operator = self.operator().is_some() || self.desk_is_closed();
        if is_operator && self.viewer().is_none() { "/operator" } else { "/membership" }
    }

    /// The path's segment before the last.
    pub(crate) fn segment_before_last(&self) -> &str {
        self.0.uri.path().rsplit('/').nth(1).unwrap_or_default()
    }

    /// Returns the error that prevents every page from rendering, if any.
    pub(crate) fn breakdown(&self) -> Option<PageFailure> {
        self.0.extensions.get::<PageFailure>().cloned()
    }

    /// Whether the request is a HEAD.
    pub(crate) fn is_head(&self) -> bool {
        self.0.method == Method::HEAD
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.0.extensions.get::<Session>().cloned()
    }

    pub(crate) fn client_address(&self) -> Option<ClientAddress> {
        self.0.extensions.get::<ClientAddress>().copied()
    }

    pub(crate) fn user_agent(&self) -> Option<String> {
        self.0.headers.get(header::USER_AGENT)?.to_str().ok().map(ToOwned::to_owned)
    }

    /// Returns a query parameter; the first value if it is repeated.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.queries(name).into_iter().next()
    }

    /// Returns all values of a query parameter.
    pub(crate) fn queries(&self, name: &str) -> Vec<String> {
        let query = self.0.uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// Returns the billing cycle in the query; `None` if absent or invalid.
    pub(crate) fn cycle(&self) -> Option<Cycle> {
        self.query("cycle")?.parse().ok()
    }

    /// Returns the currency in the query; `None` if absent or invalid.
    pub(crate) fn currency(&self) -> Option<Currency> {
        self.query("currency")?.parse().ok()
    }

    /// Returns path and query of the form's page from the `Referer`, without [`ANSWERS`]; `None` without a valid one.
    pub(crate) fn form_page(&self) -> Option<String> {
        let referer = url::Url::parse(self.0.headers.get(header::REFERER)?.to_str().ok()?).ok()?;
        let pairs: Vec<_> = referer.query_pairs().filter(|(name, _)| !ANSWERS.contains(&&**name)).collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        local_path(&with_query(referer.path(), &pairs)).map(ToOwned::to_owned)
    }

    /// Whether the page is loaded into a frame. Browsers send `Sec-Fetch-Dest` over https and to localhost only.
    pub(crate) fn is_framed(&self) -> bool {
        const FRAMES: [&str; 4] = ["iframe", "frame", "embed", "object"];
        self.0.headers.get("sec-fetch-dest").is_some_and(|dest| FRAMES.iter().any(|frame| dest == frame))
    }

    /// Returns path and query.
    pub(crate) fn here(&self) -> String {
        self.0.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
    }

    /// Returns the request id that the logs carry.
    pub(crate) fn id(&self) -> Option<String> {
        self.0.headers.get("x-request-id")?.to_str().ok().map(ToOwned::to_owned)
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        cookie::cookie_in(&self.0.headers, name)
    }
}

pub(crate) fn services() -> Option<Services> {
    use_context::<Services>()
}

/// Sets `Retry-After`.
pub(crate) fn set_retry_after(secs: u32) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(secs));
    }
}

pub(crate) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Makes the browser reload the page after `secs`, even without JavaScript.
pub(crate) fn refresh_after(secs: u32) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(header::REFRESH, HeaderValue::from(secs));
    }
}

/// Like [`refresh_after`], but the browser loads `path`.
pub(crate) fn refresh_to(secs: u32, path: &str) {
    let value = HeaderValue::from_str(&format!("{secs}; url={path}"));
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), value) {
        response.insert_header(header::REFRESH, value);
    }
}

/// Responds with 303: the browser fetches `to` with a GET.
///
/// `leptos_axum::redirect` chooses the status by the `Accept` header: a client that accepts anything would get an
/// empty 200.
pub(crate) fn redirect(to: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(to)) {
        response.insert_header(header::LOCATION, value);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

/// Redirects a form that was sent without a session to sign-in, which leads back to the form's page. Nothing was saved.
///
/// A portal session is redirected to the notice that the form needs an account. A signed-in user without a workspace,
/// and a browser whose portal session has ended, are redirected to `/membership`, which explains the reason.
pub(crate) fn redirect_to_login_from_form(req: Option<&PageRequest>) {
    if req.is_some_and(|req| req.portal().is_some()) {
        return redirect(&portal::refused_form());
    }
    if req.is_some_and(|req| req.ended_portal().is_some()) {
        return redirect("/membership");
    }
    if req.is_some_and(|req| req.account().is_some()) {
        return redirect("/membership");
    }
    let page = req.and_then(PageRequest::form_page);
    let next = page.as_deref().map(|page| ("next", page));
    let pairs: Vec<_> = [("code", "session_over")].into_iter().chain(next).collect();
    redirect(&with_query("/login", &pairs));
}

/// Redirects to sign-in, which leads back to this page.
pub(crate) fn redirect_to_login(req: Option<&PageRequest>) {
    let here = req.map(PageRequest::here).filter(|here| here != "/membership");
    match here {
        Some(here) => redirect(&with_query("/login", &[("next", &here)])),
        None => redirect("/login"),
    }
}
