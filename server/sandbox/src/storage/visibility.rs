//! Visibility of rows: a transaction scoped to a Stripe account sees only the rows of that account.

use std::sync::Arc;

use super::{
    stripe_account::{ObjectOwner, StripeAccount},
    table::{Record, Scope},
    transaction::Transaction,
};

impl Transaction<'_> {
    pub(super) fn is_visible<R: Record>(&self, id: &str) -> bool {
        let Some(account) = &self.account else { return true };
        R::SCOPE != Scope::StripeAccount || account.owns(self.owner_row(id))
    }

    /// Returns the row that maps a new row to its account. `None` if that is the installation's account, or if accounts
    /// do not own rows of this kind.
    pub(super) fn new_owner_row<R: Record>(&self, id: &str) -> Option<ObjectOwner> {
        let account = self.account.as_ref().filter(|_| R::SCOPE == Scope::StripeAccount)?;
        account.owner_row(id)
    }

    /// Whether any account has a row with this id.
    pub(crate) fn is_taken<R: Record>(&self, id: &str) -> bool {
        self.tables.table::<R>().get(id).is_some()
    }

    /// Scopes the transaction to the Stripe account that owns the object.
    pub(crate) fn enter_account_of(&mut self, id: &str) {
        self.account = Some(StripeAccount::of_object(self.owner_row(id)));
    }

    fn owner_row(&self, id: &str) -> Option<&ObjectOwner> {
        self.tables.table::<ObjectOwner>().get(id).map(Arc::as_ref)
    }
}
