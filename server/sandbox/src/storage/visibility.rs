//! Visibility of rows: a unit scoped to a Stripe account sees only the rows of that account.

use std::sync::Arc;

use super::{Record, Unit};
use crate::storage::stripe_account::{ObjectOwner, StripeAccount};

/// Kinds of rows that belong to one Stripe account.
const SCOPED_KINDS: [&str; 16] = [
    "idempotency_key",
    "customer",
    "coupon",
    "product",
    "price",
    "payment_method",
    "payment_intent",
    "refund",
    "subscription",
    "subscription_schedule",
    "invoice",
    "checkout_session",
    "portal_configuration",
    "portal_session",
    "webhook_endpoint",
    "event",
];

impl Unit<'_> {
    pub(super) fn is_visible<R: Record>(&self, id: &str) -> bool {
        let Some(account) = &self.account else { return true };
        !SCOPED_KINDS.contains(&R::KIND) || account.owns(self.owner_row(id))
    }

    /// The mapping to store with a new row. `None` for rows of the installation's account.
    pub(super) fn new_owner_row(&self, kind: &str, id: &str) -> Option<ObjectOwner> {
        let account = self.account.as_ref().filter(|_| SCOPED_KINDS.contains(&kind))?;
        account.owner_row(id)
    }

    /// Whether any account has a row with this id.
    pub(crate) fn is_taken<R: Record>(&self, id: &str) -> bool {
        R::table(self.tables).get(id).is_some()
    }

    /// Scopes the unit to the Stripe account that owns the object.
    pub(crate) fn enter_account_of(&mut self, id: &str) {
        self.account = Some(StripeAccount::of_object(self.owner_row(id)));
    }

    fn owner_row(&self, id: &str) -> Option<&ObjectOwner> {
        self.tables.stripe_object_owners.get(id).map(Arc::as_ref)
    }
}
