//! Changes that jobs mail to admins and to account owners, as stored in the job.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A change to a secret, as mailed to admins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretNotice {
    pub secret: String,
    pub is_deleted: bool,
    /// The actor, in the store's notation.
    pub by: String,
    /// The client's IP address; `None` if unknown.
    pub from: Option<String>,
    pub at: Timestamp,
}

/// A change to an account's sign-in methods, as mailed to the account's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountNotice {
    PasswordChanged,
    /// By a link that was mailed or that the installation printed.
    PasswordReset,
    /// By an ID token.
    PasswordSetByToken,
    SecondFactorEnabled,
    SecondFactorRemoved,
    RecoveryCodesRenewed,
    SignInLinked,
}

domain::all_variants!(AccountNotice {
    PasswordChanged,
    PasswordReset,
    PasswordSetByToken,
    SecondFactorEnabled,
    SecondFactorRemoved,
    RecoveryCodesRenewed,
    SignInLinked,
});
