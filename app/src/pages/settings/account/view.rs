//! The data of the account page.

use billing::{
    identity::session::ListedSession,
    service::account::{
        deletion::DeletionObstacles,
        elsewhere::provider::LinkedIdentity,
        firebase::LinkedSignIn,
        mail_preferences::MailPreference,
        second_factor::SecondFactorState,
        settings::{ConfirmationMethods, PendingAddressChange},
    },
};
use domain::{account::Account, wire::UnverifiedAddress};

/// The data of the account page, for the signed-in user.
pub(in crate::pages) struct AccountView {
    pub(in crate::pages) account: Account,
    /// The unverified address; `None` if it is verified.
    pub(in crate::pages) unverified: Option<UnverifiedAddress>,
    /// The pending change of the address.
    pub(in crate::pages) waiting: Option<PendingAddressChange>,
    pub(in crate::pages) confirmation_methods: ConfirmationMethods,
    pub(in crate::pages) second_factor: SecondFactorState,
    pub(in crate::pages) sessions: Vec<ListedSession>,
    /// Firebase users that are linked to the account.
    pub(in crate::pages) linked: Vec<LinkedSignIn>,
    /// Linked users of identity providers.
    pub(in crate::pages) identities: Vec<LinkedIdentity>,
    /// Whether people sign in with passwords.
    pub(in crate::pages) has_passwords: bool,
    /// The handle of the current session.
    pub(in crate::pages) here: Option<String>,
    pub(in crate::pages) sends_mail: bool,
    pub(in crate::pages) can_store_secrets: bool,
    /// What prevents the deletion of the account.
    pub(in crate::pages) obstacles: DeletionObstacles,
    /// The mails about the open workspace; `None` if the user's role gets none, or the installation sends none.
    pub(in crate::pages) mails: Option<WorkspaceMails>,
    /// New recovery codes, which are displayed once.
    pub(in crate::pages) recovery_codes: Option<String>,
}

/// The mails about a workspace that a user's role can get, and whether they get each.
pub(in crate::pages) struct WorkspaceMails {
    pub(in crate::pages) workspace: String,
    pub(in crate::pages) preferences: Vec<MailPreference>,
}
