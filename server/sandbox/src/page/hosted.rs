//! Responses of the hosted pages of both providers.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;

use crate::{
    page::{self, Page},
    storage::StorageError,
};

pub(crate) type PageResult = Result<Outcome, PageError>;

/// A hosted page's response.
pub(crate) enum Outcome {
    Show(Box<Page>),
    GoTo(String),
}

impl Outcome {
    pub(crate) fn show(page: Page) -> Self {
        Self::Show(Box::new(page))
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Self::Show(page) => page.into_response(),
            Self::GoTo(url) => Redirect::to(&url).into_response(),
        }
    }
}

/// An error that is shown as a page.
pub(crate) struct PageError(pub(crate) StatusCode, pub(crate) String);

impl From<StorageError> for PageError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "failed to write the sandbox state");
        Self(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The sandbox could not keep this change; nothing was done. Its log says why.".to_owned(),
        )
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let more = html! { p { "Nothing was charged or changed. " (self.1) } };
        page::message(self.0, "This did not work.", more).into_response()
    }
}

/// The page for a link that is unknown or no longer valid. `what` names what the link opens, such as `payment page`.
pub(crate) fn not_found_page(what: &str) -> Outcome {
    let more = html! { p { "Open it again from where you came from: each address works for one visit." } };
    Outcome::show(page::message(StatusCode::NOT_FOUND, &format!("There is no such {what}."), more))
}
