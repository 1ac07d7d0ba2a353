//! What the account page shows.

use billing::{
    identity::session::ListedSession,
    service::account::{
        firebase::LinkedSignIn,
        second_factor::SecondFactorState,
        settings::{ConfirmationMethods, PendingAddressChange},
    },
};
use domain::{account::Account, wire::UnverifiedAddress};

/// What the page shows.
pub(in crate::pages) struct AccountView {
    pub(in crate::pages) account: Account,
    /// `None` where the address is proven.
    pub(in crate::pages) unproven: Option<UnverifiedAddress>,
    /// The address that the account asked for and does not have yet.
    pub(in crate::pages) waiting: Option<PendingAddressChange>,
    pub(in crate::pages) proofs: ConfirmationMethods,
    pub(in crate::pages) second_factor: SecondFactorState,
    pub(in crate::pages) sessions: Vec<ListedSession>,
    /// Sign-ins of other issuers that open the account.
    pub(in crate::pages) linked: Vec<LinkedSignIn>,
    /// The one that asks.
    pub(in crate::pages) here: Option<String>,
    pub(in crate::pages) sends_mail: bool,
    pub(in crate::pages) can_store_secrets: bool,
    /// Shown this once.
    pub(in crate::pages) recovery_codes: Option<String>,
}
