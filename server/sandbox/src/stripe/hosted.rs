//! Stripe's hosted pages: checkout, customer portal, invoices. They are plain forms without scripts.

mod invoice;
mod invoice_pdf;
mod pay;
mod portal;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::{page::hosted::PageError, storage::World, stripe::error::StripeError};

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/pay/{session}", get(pay::open).post(pay::submit))
        .route("/pay/{session}/choices", post(pay::choose))
        .route("/pay/{session}/authenticate", get(pay::show_authentication).post(pay::authenticate))
        .route("/portal/{page}", get(portal::show))
        .route("/portal/{page}/change", get(portal::review_change).post(portal::change))
        .route("/portal/{page}/cancel", get(portal::review_cancel).post(portal::cancel))
        .route("/portal/{page}/resume", post(portal::resume))
        .route("/portal/{page}/code", post(portal::redeem))
        .route("/portal/{page}/card", get(portal::card).post(portal::update_card))
        .route("/invoice/{page}", get(invoice::show))
        .route("/invoice/{page}/pdf", get(invoice_pdf::show))
        .route("/invoice/{page}/pay", post(invoice::pay))
}

impl From<StripeError> for PageError {
    fn from(error: StripeError) -> Self {
        Self(error.status, error.message)
    }
}
