//! Polar's hosted pages: checkout and customer portal. They are plain forms without scripts.

mod pay;
mod portal;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::storage::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/pay/polar/{secret}", get(pay::open).post(pay::submit))
        .route("/pay/polar/{secret}/choices", post(pay::choose))
        .route("/pay/polar/{secret}/authenticate", get(pay::show_authentication).post(pay::authenticate))
        .route("/portal/polar/{token}", get(portal::show))
        .route("/portal/polar/{token}/change", get(portal::review_change).post(portal::change))
        .route("/portal/polar/{token}/seats", post(portal::change_seats))
        .route("/portal/polar/{token}/cancel", get(portal::review_cancel).post(portal::cancel))
        .route("/portal/polar/{token}/resume", post(portal::resume))
        .route("/portal/polar/{token}/card", get(portal::card).post(portal::update_card))
}
