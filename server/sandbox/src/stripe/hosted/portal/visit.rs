//! A customer's visit to the portal: finds the session that a portal page's URL names.

use std::sync::Arc;

use crate::{
    page::hosted::{PageResult, not_found_page},
    storage::{Transaction, World},
    stripe::{
        error::StripeError,
        objects::{
            Resource,
            customer::Customer,
            find,
            portal_configuration::PortalConfiguration,
            portal_session::{FlowKind, PortalSession},
            subscription::Subscription,
        },
    },
};

/// A customer's visit to their portal, with the configuration that limits it.
pub(super) struct Visit {
    pub(super) session: PortalSession,
    pub(super) configuration: PortalConfiguration,
    pub(super) customer: Customer,
    /// The merchant's name.
    pub(super) merchant: String,
}

impl Visit {
    /// Whether the configuration lets customers change this themselves: `price`, `quantity` or `promotion_code`.
    pub(super) fn allows(&self, update: &str) -> bool {
        self.configuration.features.update.allowed.iter().any(|allowed| allowed == update)
    }

    /// Whether the quantity may change: by the configuration, or by the flow that the merchant's program opened.
    pub(super) fn allows_quantity(&self) -> bool {
        let is_flow =
            matches!(&self.session.flow, Some(flow) if matches!(flow.kind, FlowKind::SubscriptionUpdateConfirm { .. }));
        is_flow || self.allows("quantity")
    }

    pub(super) fn path(&self, to: &str) -> String {
        format!("/portal/{}{to}", self.session.page)
    }

    /// The customer's subscription with this id. Fails if there is none, or if it is not live.
    pub(super) fn subscription(&self, tx: &Transaction<'_>, id: &str) -> Result<Subscription, StripeError> {
        let found = find::<Subscription>(tx, id)?;
        if found.customer == self.customer.id && found.status.is_live() {
            Ok(found)
        } else {
            Err(StripeError::not_found(Subscription::WHAT, id))
        }
    }
}

/// Runs `act` in one transaction with the visit that `page` names. Responds "not found" if the session is unknown or
/// its customer is deleted.
pub(super) async fn visit(
    world: Arc<World>,
    page: String,
    act: impl FnOnce(&mut Transaction<'_>, Visit) -> PageResult + Send + 'static,
) -> PageResult {
    world
        .transact(move |tx| {
            let session = tx
                .all::<PortalSession>()
                .find(|session| session.page == page)
                .map(|session| PortalSession::clone(session));
            let Some(session) = session else { return Ok(not_found_page("portal page")) };
            tx.enter_account_of(&session.id);
            let configuration = find::<PortalConfiguration>(tx, &session.configuration)?;
            let customer = find::<Customer>(tx, &session.customer)?;
            if customer.deleted {
                return Ok(not_found_page("portal page"));
            }
            let merchant = tx.merchant.to_owned();
            act(tx, Visit { session, configuration, customer, merchant })
        })
        .await
}
