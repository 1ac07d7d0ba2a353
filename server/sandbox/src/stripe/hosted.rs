//! Stripe's hosted pages: checkout, customer portal, invoices. Plain forms, no scripts.

mod invoice;
mod invoice_pdf;
mod pay;
mod portal;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::html;

use crate::{
    page::{self, Page},
    storage::{StorageError, World},
    stripe::error::StripeError,
};

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/pay/{session}", get(pay::show).post(pay::submit))
        .route("/pay/{session}/authenticate", get(pay::show_authentication).post(pay::authenticate))
        .route("/portal/{page}", get(portal::show))
        .route("/portal/{page}/change", get(portal::review_change).post(portal::change))
        .route("/portal/{page}/cancel", get(portal::review_cancel).post(portal::cancel))
        .route("/portal/{page}/resume", post(portal::resume))
        .route("/portal/{page}/card", get(portal::card).post(portal::update_card))
        .route("/invoice/{page}", get(invoice::show))
        .route("/invoice/{page}/pdf", get(invoice_pdf::show))
        .route("/invoice/{page}/pay", post(invoice::pay))
}

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

impl From<StripeError> for PageError {
    fn from(error: StripeError) -> Self {
        Self(error.status, error.message)
    }
}

impl From<StorageError> for PageError {
    fn from(error: StorageError) -> Self {
        StripeError::from(error).into()
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let more = html! { p { "Nothing was charged or changed. " (self.1) } };
        page::message(self.0, "This did not work.", more).into_response()
    }
}

/// The page for a link that is unknown or no longer valid.
pub(crate) fn not_found_page(what: &str) -> Outcome {
    let more = html! { p { "Open it again from where you came from: each address works for one visit." } };
    Outcome::show(page::message(StatusCode::NOT_FOUND, &format!("There is no such {what}."), more))
}
