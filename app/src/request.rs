//! What a page or a server function knows of the request that it answers, and what it may say beside the page.

use billing::{
    Services,
    identity::{
        ClientAddress,
        factors::{Confirmed, LastConfirmed},
    },
    service::{
        Breakdown, ServiceError,
        operator::{DeskIsClosed, Operator},
    },
};
use domain::{
    account::{Account, Viewer},
    catalog::Cycle,
    time::Timestamp,
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

use crate::{
    cookie::PageCookie,
    local_path::{local_path, with_query},
};

pub(crate) const THEME: PageCookie = PageCookie::everywhere("theme");
/// What an address says of the action that led to it, and nothing of the page.
const ANSWERS: [&str; 5] = ["code", "wrong", "wait", "request", CONFIRMED];
/// In the address of the page on which a form has to be sent again.
const CONFIRMED: &str = "confirmed";

/// The address of the page to which a person returns after they have shown a factor again.
pub(crate) fn with_confirmed(path: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{CONFIRMED}=1")
}

/// How the page is to look, as the reader chose; without a choice the system decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// The request that is being answered.
#[derive(Clone)]
pub(crate) struct Asked(Parts);

impl Asked {
    pub(crate) const fn of(request: Parts) -> Self {
        Self(request)
    }

    /// `None` only while the routes are listed, when nobody asks.
    pub(crate) fn now() -> Option<Self> {
        use_context::<Parts>().map(Self)
    }

    pub(crate) fn viewer(&self) -> Option<Viewer> {
        self.0.extensions.get::<Viewer>().cloned()
    }

    /// Whoever is signed in, in a workspace or in none.
    pub(crate) fn account(&self) -> Option<Account> {
        self.viewer().map(|viewer| viewer.account()).or_else(|| self.0.extensions.get::<Account>().cloned())
    }

    /// Whoever is signed in, where she is an operator.
    pub(crate) fn operator(&self) -> Option<Operator> {
        self.0.extensions.get::<Operator>().cloned()
    }

    /// Whether an operator asks who has no second factor.
    pub(crate) fn desk_is_closed(&self) -> bool {
        self.0.extensions.get::<DeskIsClosed>().is_some()
    }

    /// That the person has shown a factor a short while ago.
    pub(crate) fn confirmed(&self, now: Timestamp) -> Result<Confirmed, ServiceError> {
        let last = self.0.extensions.get::<LastConfirmed>().ok_or(ServiceError::ConfirmationRequired)?;
        Ok(last.at(now)?)
    }

    /// Whether the person has just shown a factor again, and their form is still to be sent.
    pub(crate) fn is_back_from_confirming(&self) -> bool {
        self.query(CONFIRMED).as_deref() == Some("1")
    }

    /// The last part of the address, without the query.
    pub(crate) fn last_segment(&self) -> &str {
        self.0.uri.path().rsplit('/').next().unwrap_or_default()
    }

    /// Why nothing can be shown, if so.
    pub(crate) fn breakdown(&self) -> Option<Breakdown> {
        self.0.extensions.get::<Breakdown>().cloned()
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

    /// A value of the query; the first, if it is given twice.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.queries(name).into_iter().next()
    }

    /// Every value of the query under a name.
    pub(crate) fn queries(&self, name: &str) -> Vec<String> {
        let query = self.0.uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// The billing cycle that the query names, if it names one.
    pub(crate) fn cycle(&self) -> Option<Cycle> {
        self.query("cycle")?.parse().ok()
    }

    /// The page that the form which was sent stands on, to come back to: what its last answer was is left out.
    pub(crate) fn form_page(&self) -> Option<String> {
        let referer = url::Url::parse(self.0.headers.get(header::REFERER)?.to_str().ok()?).ok()?;
        let pairs: Vec<_> = referer.query_pairs().filter(|(name, _)| !ANSWERS.contains(&&**name)).collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        local_path(&with_query(referer.path(), &pairs)).map(ToOwned::to_owned)
    }

    /// Path and query, to come back to.
    pub(crate) fn here(&self) -> String {
        self.0.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
    }

    /// The number under which the logs know this request.
    pub(crate) fn id(&self) -> Option<String> {
        self.0.headers.get("x-request-id")?.to_str().ok().map(ToOwned::to_owned)
    }

    pub(crate) fn theme(&self) -> Theme {
        THEME.value(self).and_then(|value| Theme::named(&value)).unwrap_or(Theme::System)
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.0
            .headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }
}

pub(crate) fn services() -> Option<Services> {
    use_context::<Services>()
}

/// When whoever asks may ask again.
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

/// Has the browser load the page again, with JavaScript and without.
pub(crate) fn refresh_after(secs: u32) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(header::REFRESH, HeaderValue::from(secs));
    }
}

/// 303: the browser asks for `to` with a GET, whatever it asked with before.
///
/// `leptos_axum::redirect` leaves the status to the `Accept` header; a client that takes anything would see an empty 200.
pub(crate) fn redirect(to: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(to)) {
        response.insert_header(header::LOCATION, value);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

/// To signing in, as the session is over: nothing was saved. Afterwards back to where the form was.
///
/// A person who is signed in and belongs to no workspace any more is led to the page that says so.
pub(crate) fn redirect_to_login_from_form(asked: Option<&Asked>) {
    if asked.is_some_and(|asked| asked.account().is_some()) {
        return redirect("/membership");
    }
    let page = asked.and_then(Asked::form_page);
    let next = page.as_deref().map(|page| ("next", page));
    let pairs: Vec<_> = [("code", "session_over")].into_iter().chain(next).collect();
    redirect(&with_query("/login", &pairs));
}

/// To signing in, and afterwards back to here.
pub(crate) fn redirect_to_login(asked: Option<&Asked>) {
    let here = asked.map(Asked::here).filter(|here| here != "/membership");
    match here {
        Some(here) => redirect(&with_query("/login", &[("next", &here)])),
        None => redirect("/login"),
    }
}
