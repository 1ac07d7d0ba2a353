//! Errors of the services.
//!
//! Messages name no header, path or setting: the crate `server` adds those for callers of the API.

mod code;
mod link;

use std::{collections::BTreeMap, sync::Arc};

use domain::{account::Email, entitlement::refusal::Refusal, error_code::ErrorCode, subscription::Provider};
use tower_sessions::session_store;

use crate::{
    identity::{factors::NotConfirmed, password::PasswordError, session::SessionError},
    mail::MailError,
    payment::{InvalidInputField, ProviderError, WebhookError},
    service::base::internal_features::SECRETS,
    store::StoreError,
};

pub use self::link::LinkError;

/// Messages by input field.
pub type FieldErrors = BTreeMap<&'static str, String>;

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The input is invalid; nothing was changed.
    #[error("{message}")]
    Validation { message: String, fields: FieldErrors },
    #[error("{}", ErrorCode::InvalidCredentials.message())]
    InvalidCredentials,
    /// The account has a second factor and no code was sent. The session records that the first factor was verified.
    #[error("{}", ErrorCode::SecondFactorRequired.message())]
    SecondFactorRequired,
    #[error("{}", ErrorCode::InvalidCode.message())]
    InvalidCode,
    /// The action requires a recent re-authentication; nothing was changed.
    #[error("{}", ErrorCode::ConfirmationRequired.message())]
    ConfirmationRequired,
    #[error("{}", ErrorCode::SignInAgain.message())]
    NothingToConfirmWith,
    /// The only message for an invalid token: the reason is logged and not returned.
    #[error("The ID token is invalid. Get a new one from Firebase and send it.")]
    IdTokenRefused,
    /// The account has ended the sign-in at Firebase that this token comes from.
    #[error(
        "The account has ended the sign-in that this ID token is from. Sign in at Firebase again and send a new ID token."
    )]
    IdTokenRevoked,
    /// An ID token shows one factor, and the account requires two.
    #[error(
        "This account has a second factor, which an ID token does not prove. Sign in to Dues with both factors and call with the session."
    )]
    TokenLacksSecondFactor,
    #[error("This Firebase account has no account here yet. Sign up first.")]
    NotSignedUp,
    #[error("{}", ErrorCode::EmailNotVerified.message())]
    EmailNotVerified,
    #[error("{}", ErrorCode::AddressNotVerified.message())]
    AddressNotVerified,
    #[error("{}", ErrorCode::FirebaseNotConfigured.message())]
    FirebaseNotConfigured,
    #[error("{}", ErrorCode::FirebaseUnavailable.message())]
    FirebaseUnavailable,
    /// The only message for an invalid token: the reason is logged and not returned.
    #[error("The token of this issuer is invalid. Get a new one and send it.")]
    IssuedTokenRefused,
    #[error("{}", ErrorCode::IssuerUnavailable.message())]
    IssuerUnavailable,
    #[error("{}", ErrorCode::ProviderSignInFailed.message())]
    ProviderSignInFailed,
    #[error("{}", ErrorCode::AddressTaken.message())]
    AddressTaken,
    #[error("{}", ErrorCode::ProviderWithoutAddress.message())]
    ProviderWithoutAddress,
    #[error("{}", ErrorCode::LastSignIn.message())]
    LastSignIn,
    #[error("{}", ErrorCode::PasswordsOff.message())]
    PasswordsOff,
    #[error("Too many attempts. Wait {} before the next one.", minutes(*retry_after_secs))]
    Throttled { retry_after_secs: i64 },
    /// The queue for this resource is full; nothing was changed.
    #[error("{}", ErrorCode::Busy.message())]
    Busy { retry_after_secs: i64 },
    #[error("{}", ErrorCode::AdminRequired.message())]
    AdminRequired,
    /// The role may not see payments or change the plan. Callers get the code of [`Self::AdminRequired`].
    #[error("Only an owner, an admin or a member with the role billing can do this.")]
    BillerRequired,
    #[error("{}", ErrorCode::OwnerRequired.message())]
    OwnerRequired,
    #[error("{}", ErrorCode::LastOwner.message())]
    LastOwner,
    #[error("{0} is a member of this workspace already.")]
    AlreadyMember(Email),
    /// The link of an invitation, a password reset or an address is invalid. [`LinkError`] says why.
    #[error("{0}")]
    InvalidLink(#[from] LinkError),
    #[error("{}", ErrorCode::OtherAddress.message())]
    OtherAddress,
    #[error("{}", ErrorCode::MailNotConfigured.message())]
    MailNotConfigured,
    #[error("{}", ErrorCode::TenantNotFound.message())]
    TenantNotFound,
    #[error("{}", ErrorCode::TenantRequired.message())]
    TenantRequired,
    #[error("{}", ErrorCode::TenantDeleted.message())]
    TenantDeleted,
    #[error("{}", ErrorCode::ExternalIdTaken.message())]
    ExternalIdTaken,
    #[error("{}", ErrorCode::CustomerTaken.message())]
    CustomerTaken,
    #[error("{}", ErrorCode::SubscriptionLive.message())]
    SubscriptionLive,
    /// The plan's limit of a feature is reached; nothing was changed.
    #[error("{}", .0.message)]
    LimitReached(Box<Refusal>),
    /// The workspace has no such object. Objects of other workspaces get the same error.
    #[error("There is no such {0} in this workspace.")]
    NotFound(&'static str),
    #[error("The catalog has no feature {0:?}. Check the spelling of its key.")]
    UnknownFeature(String),
    /// The requested plan equals the current plan or is smaller.
    #[error(
        "{wanted} is not an upgrade: this workspace is on {held}. Choose a larger plan. An admin can choose a smaller plan or another billing cycle on the membership page."
    )]
    NotAnUpgrade { wanted: String, held: String },
    #[error(
        "This workspace has {most} API keys, which is the maximum. Revoke one that is not needed; expired keys count too."
    )]
    TooManyKeys { most: u64 },
    #[error(
        "The installation has {most} keys, which is the maximum. Revoke one that is not needed; expired keys count too."
    )]
    TooManyInstallationKeys { most: u64 },
    #[error("This workspace has {most} webhook endpoints, which is the maximum. Delete one that is not needed.")]
    TooManyEndpoints { most: u64 },
    #[error(
        "This workspace has no account of its own at a provider yet. Store its key as the secret polar_api_key or stripe_secret_key."
    )]
    TenantBillingNotConfigured,
    #[error("{}", ErrorCode::BillingNotConfigured.message())]
    BillingNotConfigured,
    /// The provider rejected the request; `reason` is the provider's message.
    #[error("{provider} refused: {reason}")]
    ProviderRejected { provider: &'static str, reason: String },
    /// The provider reports the workspace's customer as deleted.
    #[error("{} does not know this workspace's customer any more. Start a new checkout.", .provider.title())]
    CustomerGone {
        provider: Provider,
        #[source]
        cause: ProviderError,
    },
    /// The provider no longer knows a customer or subscription. Dues does not treat it as ended: an operator must act.
    #[error(
        "{provider} does not know this workspace's {what} now. Nothing was changed or charged. The operator of this installation has to look into it."
    )]
    UnknownAtProvider {
        provider: &'static str,
        what: &'static str,
        #[source]
        cause: ProviderError,
    },
    /// The provider's key is for another account, or its account can't be determined. No request was sent.
    #[error(
        "{} can't be used now: its key does not open the account that this installation uses. Nothing was changed or charged. Try again when the operator of this installation has set the right key.",
        .provider.title()
    )]
    ProviderAccountChanged {
        provider: Provider,
        /// The cause and the remedy, for operators.
        reason: String,
    },
    #[error("{provider} {}. Nothing was charged. Try again in a minute.", unavailability(.cause))]
    ProviderUnavailable {
        provider: &'static str,
        #[source]
        cause: ProviderError,
    },
    /// The answer to a change was lost, and the subscription can't be fetched.
    #[error(
        "{provider} {}, and it is not known whether the change was made. Look at the subscription before you try again: a repeat makes the change once.",
        unavailability(.cause)
    )]
    ChangeUnconfirmed {
        provider: &'static str,
        #[source]
        cause: ProviderError,
    },
    /// Fewer seats are wanted than are in use; nothing was changed.
    #[error("{in_use} seats are in use. Free some first, or take at least as many.")]
    SeatsInUse { in_use: u64 },
    /// A concurrent change conflicts with the request.
    #[error("{0}")]
    Conflict(&'static str),
    #[error("{}", ErrorCode::IdempotencyKeyReused.message())]
    IdempotencyKeyReused,
    /// Another call processes the same request.
    #[error("{}", ErrorCode::IdempotencyInProgress.message())]
    IdempotencyInProgress { retry_after_secs: i64 },
    /// The request has succeeded, and its stored response is sealed under a key that is not configured.
    #[error("{}", ErrorCode::IdempotencyAnswerLost.message())]
    IdempotencyAnswerLost,
    #[error("{}", ErrorCode::NoCustomer.message())]
    NoCustomer,
    #[error("{}", ErrorCode::NoSubscription.message())]
    NoSubscription,
    #[error("{}", ErrorCode::InvalidSignature.message())]
    InvalidSignature(#[source] WebhookError),
    /// The webhook's signature is valid and its body can't be parsed.
    #[error("The signature is valid, but the body is not an event. Send the provider's event as it was signed.")]
    NotAnEvent,
    /// The usage queue is full; nothing was counted.
    #[error("{}", ErrorCode::UsageUnavailable.message())]
    UsageBusy,
    /// The outcome of a usage commit is unknown.
    #[error("{}", ErrorCode::OutcomeUnknown.message())]
    UsageUnknown,
    /// The correction exceeds the counted usage; nothing was written.
    #[error("{}", ErrorCode::CorrectionBelowZero.message())]
    CorrectionBelowZero,
    /// Members can't create keys with the scope `usage`: the workspace must not control its own metering.
    #[error(
        "Keys with the scope usage are given by the installation: ask its operator. Choose among read, billing and secrets."
    )]
    UsageKeysAreIssued,
    /// Only a gauge can be released or set.
    #[error("{0} is not a gauge. Only gauges can be released or set.")]
    NotAGauge(String),
    #[error("{0} is counted by Dues itself. Add or remove {what} instead.", what = counted_noun(.0))]
    CountedInternally(String),
    #[error("{}", ErrorCode::SecretsNotConfigured.message())]
    SecretsNotConfigured,
    /// Stored secrets are sealed under a key that is not configured.
    #[error("{}", ErrorCode::SecretsKeyLost.message())]
    SecretsKeyLost,
    /// The database is unreachable. Nothing was written or the outcome is unknown; a retry is safe.
    #[error("The database can't be reached. Try again in a moment.")]
    Unavailable,
    #[error("failed to access the database")]
    Store(#[from] StoreError),
    #[error("failed to hash or verify a password")]
    Password(#[source] PasswordError),
    #[error("failed to read or write the session")]
    Session(#[source] SessionError),
    #[error("failed to send the mail")]
    Mail(#[from] MailError),
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl From<PasswordError> for ServiceError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy { retry_after_secs } => Self::Busy { retry_after_secs },
            error => Self::Password(error),
        }
    }
}

impl From<NotConfirmed> for ServiceError {
    fn from(_: NotConfirmed) -> Self {
        Self::ConfirmationRequired
    }
}

impl From<SessionError> for ServiceError {
    fn from(error: SessionError) -> Self {
        match error {
            // The session store has logged the cause.
            SessionError::Store(session_store::Error::Backend(_)) => Self::Unavailable,
            error => Self::Session(error),
        }
    }
}

impl ServiceError {
    /// Validation error with a message for each field.
    pub fn invalid(fields: FieldErrors) -> Self {
        let message = fields.values().map(String::as_str).collect::<Vec<_>>().join(" ");
        Self::Validation { message, fields }
    }

    /// Validation error of one field.
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(FieldErrors::from([(field, message.into())]))
    }

    /// Renames `field` of a validation error to the name that the caller uses.
    #[must_use]
    pub fn with_field_name(mut self, field: &'static str, name: &'static str) -> Self {
        if let Self::Validation { fields, .. } = &mut self
            && let Some(message) = fields.remove(field)
        {
            fields.insert(name, message);
        }
        self
    }

    /// Describes the cause without a remedy, for jobs, which are retried automatically.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::ProviderUnavailable { provider, cause } => format!("{provider} {}.", unavailability(cause)),
            Self::UnknownAtProvider { provider, what, .. } => {
                format!("{provider} does not know this workspace's {what} now.")
            }
            Self::ProviderAccountChanged { reason, .. } => reason.clone(),
            Self::Mail(error) => error.reason(),
            other => other.to_string(),
        }
    }

    /// Converts a provider's error.
    pub(crate) fn from_provider(provider: &'static str, error: ProviderError) -> Self {
        match error {
            ProviderError::Rejected { reason, .. } => Self::ProviderRejected { provider, reason },
            ProviderError::UnknownCustomer(_) => Self::UnknownAtProvider { provider, what: "customer", cause: error },
            ProviderError::UnknownSubscription(_) => {
                Self::UnknownAtProvider { provider, what: "subscription", cause: error }
            }
            ProviderError::AccountChanged { provider, reason } => Self::ProviderAccountChanged { provider, reason },
            ProviderError::InvalidInput { field: InvalidInputField::Price, reason } => {
                Self::field("productPriceId", reason)
            }
            ProviderError::InvalidInput { field: InvalidInputField::Prices, reason } => Self::field("prices", reason),
            ProviderError::InvalidInput { field: InvalidInputField::Cursor, reason } => Self::field("cursor", reason),
            ProviderError::InvalidInput { field: InvalidInputField::Coupon, reason } => Self::field("coupon", reason),
            ProviderError::InvalidInput { field: InvalidInputField::PromotionCode, reason } => {
                Self::field("promotionCode", reason)
            }
            ProviderError::Unsupported => Self::BillingNotConfigured,
            ProviderError::Unavailable(_) | ProviderError::Decode(_) => {
                Self::ProviderUnavailable { provider, cause: error }
            }
        }
    }
}

/// Request extension of a page: the error that prevents its rendering.
#[derive(Clone, Debug)]
pub struct PageFailure(pub Arc<ServiceError>);

/// Returns the plural noun of a feature that Dues counts.
fn counted_noun(feature: &str) -> &'static str {
    if feature == SECRETS { "secrets" } else { "members" }
}

/// Describes why a provider is unavailable, to follow the provider's name.
fn unavailability(cause: &ProviderError) -> &'static str {
    match cause {
        ProviderError::Decode(_) => "answered, but its answer can't be read",
        cause if cause.is_too_many_requests() => "takes no more requests for the moment",
        _ => "does not answer",
    }
}

fn minutes(secs: i64) -> String {
    match secs.div_euclid(60) + i64::from(secs.rem_euclid(60) > 0) {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests;
