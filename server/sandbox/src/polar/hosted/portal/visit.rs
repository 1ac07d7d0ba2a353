//! A customer's visit to the portal: finds the session that a portal page's URL names.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::{
    page::hosted::{Outcome, PageError, PageResult, not_found_page},
    polar::objects::{
        customer::Customer, customer_session::CustomerSession, find, product::Product, subscription::Subscription,
    },
    storage::{Transaction, World},
};

/// A customer's visit to their portal.
pub(super) struct Visit {
    pub(super) session: CustomerSession,
    pub(super) customer: Customer,
    /// The merchant's name.
    pub(super) merchant: String,
}

impl Visit {
    pub(super) fn path(&self, to: &str) -> String {
        format!("/portal/polar/{}{to}", self.session.token)
    }

    pub(super) fn home(&self) -> Outcome {
        Outcome::GoTo(self.path(""))
    }

    /// The customer's subscription with this id. Fails if there is none, or if it has ended.
    pub(super) fn subscription(&self, tx: &Transaction<'_>, id: &str) -> Result<Subscription, PageError> {
        let found = find::<Subscription>(tx, &self.customer.account, id).ok();
        let subscription =
            found.filter(|subscription| subscription.customer == self.customer.id && !subscription.is_over());
        subscription.ok_or_else(|| PageError(StatusCode::NOT_FOUND, "There is no such subscription here.".to_owned()))
    }

    pub(super) fn product(&self, tx: &Transaction<'_>, id: &str) -> Result<Product, PageError> {
        let found = find::<Product>(tx, &self.customer.account, id).ok().filter(|product| !product.is_archived);
        found.ok_or_else(|| PageError(StatusCode::NOT_FOUND, "There is no such product here.".to_owned()))
    }
}

/// Runs `act` in one transaction with the visit that `token` names. Responds "not found" if the session is unknown or
/// has expired, or if the customer is deleted.
pub(super) async fn visit(
    world: Arc<World>,
    token: String,
    act: impl FnOnce(&mut Transaction<'_>, Visit) -> PageResult + Send + 'static,
) -> PageResult {
    world
        .transact(move |tx| {
            let session = tx.all::<CustomerSession>().find(|session| session.token == token).cloned();
            let Some(session) = session.filter(|session| session.expires_at > tx.now) else {
                return Ok(not_found_page("portal page"));
            };
            let Ok(customer) = find::<Customer>(tx, &session.account, &session.customer) else {
                return Ok(not_found_page("portal page"));
            };
            let merchant = tx.merchant.to_owned();
            act(tx, Visit { session: CustomerSession::clone(&session), customer, merchant })
        })
        .await
}
