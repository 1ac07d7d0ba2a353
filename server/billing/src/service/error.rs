//! Errors of the services and their stable codes.

use std::{collections::BTreeMap, sync::Arc};

use domain::{account::Email, entitlement::refusal::Refusal, subscription::Provider};
use tower_sessions::session_store;

use super::usage::SECRETS;
use crate::{
    identity::{factors::NotConfirmed, password::PasswordError, session::SessionError},
    mail::MailError,
    payment::{InvalidInputField, ProviderError, WebhookError},
    store::StoreError,
};

/// Messages by input field.
pub type FieldErrors = BTreeMap<&'static str, String>;

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The input is invalid; nothing was changed.
    #[error("{message}")]
    Validation { message: String, fields: FieldErrors },
    #[error("The e-mail address or the password is not right.")]
    InvalidCredentials,
    /// The account has a second factor and no code was sent. The session records that the first factor was shown.
    #[error("This account has a second factor. Send the code of the authenticator, or a recovery code, as code.")]
    SecondFactorRequired,
    #[error("The code is not right, or was used already. Wait for the next one, or use a recovery code.")]
    InvalidCode,
    /// The action requires a recent re-authentication; nothing was changed.
    #[error(
        "Confirm that it is you first: POST /api/v1/auth/confirm with the password or a code. Nothing was changed."
    )]
    ConfirmationRequired,
    #[error("This account has neither a password nor a second factor to confirm with. Sign in again.")]
    NothingToConfirmWith,
    /// The only message for an invalid token: the reason is logged and not returned.
    #[error("The ID token does not hold. Get a fresh one from Firebase and send that.")]
    IdTokenRefused,
    /// The account has revoked tokens of sign-ins as old as this one.
    #[error(
        "The ID token is of a sign-in that the account has ended since. Sign in at Firebase again and send a fresh one."
    )]
    IdTokenRevoked,
    /// An ID token shows one factor, and the account requires two.
    #[error(
        "This account has a second factor, which an ID token does not show. Sign in at Dues with POST /api/v1/auth/login and the code, and call with the session."
    )]
    TokenLacksSecondFactor,
    #[error("This Firebase account has no account here yet. Sign up with POST /api/v1/auth/signup.")]
    NotSignedUp,
    #[error(
        "The address has an account here already. Verify it at Firebase and sign up again with a fresh ID token, or log in with the password."
    )]
    EmailNotVerified,
    #[error(
        "The account's address is not proven yet. Open the link that was mailed to it; the pages of the team and of API keys send it again."
    )]
    AddressNotProven,
    #[error("Firebase is not configured here. Set FIREBASE_PROJECT_ID.")]
    FirebaseNotConfigured,
    #[error("Firebase's keys can't be fetched, so no ID token can be judged. Try again in a minute.")]
    FirebaseUnavailable,
    #[error("Too many tries. Wait {} before the next try.", minutes(*retry_after_secs))]
    Throttled { retry_after_secs: i64 },
    /// The queue for this resource is full; nothing was changed.
    #[error("Too much is asked at once. Nothing was changed. Try again in a few seconds.")]
    Busy { retry_after_secs: i64 },
    #[error("Only an owner or admin of the workspace can do this.")]
    AdminRequired,
    #[error("Only an owner of the workspace can make, change or remove an owner.")]
    OwnerRequired,
    #[error("The last owner can neither go nor become something else. Make somebody else an owner first.")]
    LastOwner,
    #[error("{0} belongs to this workspace already.")]
    AlreadyMember(Email),
    /// The link of an invitation, a password reset or an address is unknown, used or expired.
    #[error("{0}")]
    InvalidLink(#[from] LinkError),
    #[error("The invitation is for another address. Log in with the address that it was sent to.")]
    OtherAddress,
    #[error("No mail is sent here, as SMTP_URL is not set.")]
    MailNotConfigured,
    #[error("There is no such workspace among yours.")]
    TenantNotFound,
    #[error("Say in X-Tenant-ID which workspace this is about.")]
    TenantRequired,
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
        "{wanted} is no upgrade: this workspace is on {held}. Choose a larger plan. An admin can choose a smaller one, or another billing cycle, on the membership page."
    )]
    NotAnUpgrade { wanted: String, held: String },
    #[error(
        "This workspace has {most} API keys, as many as there may be. Revoke one that is not needed; those that have expired count too."
    )]
    TooManyKeys { most: u64 },
    #[error("This workspace has {most} webhook endpoints, as many as there may be. Delete one that is not needed.")]
    TooManyEndpoints { most: u64 },
    #[error(
        "This workspace has no account of its own yet. Store its key as the secret polar_api_key or stripe_secret_key."
    )]
    TenantBillingNotConfigured,
    #[error("Billing is not configured here. Set PAYMENT_PROVIDER and the provider's keys.")]
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
    /// The provider no longer knows an object. It does not count as ended: operators have to resolve this.
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
    /// A concurrent change conflicts with the request.
    #[error("{0}")]
    Conflict(&'static str),
    #[error("This idempotency key was sent with another request. Use a new key for a new request.")]
    IdempotencyKeyReused,
    /// Another call processes the same request.
    #[error("The first request with this Idempotency-Key is still being worked on. Send it again in a moment.")]
    IdempotencyInProgress { retry_after_secs: i64 },
    /// The request has succeeded, and its stored response is sealed under a key that is not configured.
    #[error(
        "This was done under this Idempotency-Key already, but the answer can't be shown again: SECRETS_KEY is another by now, \
         or is not set. Look at what was made before you use a new key."
    )]
    IdempotencyAnswerLost,
    #[error(
        "There is nothing to manage yet: this workspace has not paid for a plan. POST /api/v1/billing/checkout starts one."
    )]
    NoCustomer,
    #[error("This workspace pays for no plan, so there is nothing to cancel or to keep.")]
    NoSubscription,
    #[error("The signature does not match. Check the webhook secret.")]
    InvalidSignature(#[source] WebhookError),
    /// The webhook's signature is valid and its body can't be parsed.
    #[error("The signature holds, but the body is no event. Send an event of the provider, as it was signed.")]
    NotAnEvent,
    /// The usage queue is full; nothing was counted.
    #[error("Usage can't be counted now. Nothing was counted. Try again in a moment.")]
    UsageBusy,
    /// The outcome of a usage commit is unknown.
    #[error("Whether this was counted is not known. Send it again with the same idempotency key: it then counts once.")]
    UsageUnknown,
    /// The correction exceeds the counted usage; nothing was written.
    #[error(
        "The correction takes off more than was counted in this period. Nothing was changed. Send a smaller amount."
    )]
    CorrectionBelowZero,
    /// Members can't create keys with the scope `usage`: the workspace must not control its own metering.
    #[error(
        "Keys with the scope usage are given by the installation: ask the person who runs it. Choose among read, billing and secrets."
    )]
    UsageKeysAreIssued,
    /// Only a gauge can be released or set.
    #[error("{0} is no gauge: only what goes up and down can be released or set.")]
    NotAGauge(String),
    #[error("{0} is counted by Dues itself: add and remove {what} instead.", what = counted_noun(.0))]
    CountedInternally(String),
    #[error("No secrets are kept here, as SECRETS_KEY is not set. Whoever runs this installation can set it.")]
    SecretsNotConfigured,
    /// Stored secrets are sealed under a key that is not configured.
    #[error(
        "What this workspace keeps was sealed under another SECRETS_KEY. Whoever runs this installation can add that one to the setting."
    )]
    SecretsKeyLost,
    /// The database is unreachable. Nothing was written or the outcome is unknown; a retry is safe.
    #[error("The database can't be reached. Try again in a moment.")]
    Unavailable,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("passwords can't be worked with")]
    Password(#[source] PasswordError),
    #[error("the session can't be read or written")]
    Session(#[source] SessionError),
    #[error("the mail was not sent")]
    Mail(#[from] MailError),
    #[error("this can't be: {0}")]
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

    /// Returns the stable code for clients and redirects.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Validation { .. } => "validation_error",
            Self::InvalidCredentials => "invalid_credentials",
            Self::SecondFactorRequired | Self::TokenLacksSecondFactor => "second_factor_required",
            Self::InvalidCode => "invalid_code",
            Self::ConfirmationRequired => "confirmation_required",
            Self::NothingToConfirmWith => "sign_in_again",
            Self::IdTokenRefused | Self::IdTokenRevoked | Self::NotSignedUp => "unauthenticated",
            Self::EmailNotVerified => "email_not_verified",
            Self::AddressNotProven => "address_not_proven",
            Self::FirebaseNotConfigured => "firebase_not_configured",
            Self::FirebaseUnavailable => "firebase_unavailable",
            Self::Throttled { .. } => "throttled",
            Self::Busy { .. } => "busy",
            Self::AdminRequired => "admin_required",
            Self::OwnerRequired => "owner_required",
            Self::LastOwner => "last_owner",
            Self::AlreadyMember(_) => "already_member",
            Self::InvalidLink(LinkError::Unknown) => "link_unknown",
            Self::InvalidLink(_) => "link_over",
            Self::OtherAddress => "other_address",
            Self::MailNotConfigured => "mail_not_configured",
            Self::TenantNotFound => "tenant_not_found",
            Self::TenantRequired => "tenant_required",
            Self::LimitReached(refusal) => refusal.reason.as_str(),
            Self::NotFound(_) => "not_found",
            Self::UnknownFeature(_) => "unknown_feature",
            Self::NotAnUpgrade { .. } => "not_an_upgrade",
            Self::TooManyKeys { .. } => "too_many_keys",
            Self::TooManyEndpoints { .. } => "too_many_webhook_endpoints",
            Self::TenantBillingNotConfigured => "tenant_billing_not_configured",
            Self::BillingNotConfigured => "billing_not_configured",
            Self::ProviderRejected { .. } | Self::CustomerGone { .. } => "provider_rejected",
            Self::UnknownAtProvider { .. } => "unknown_at_provider",
            Self::ProviderAccountChanged { .. } => "provider_account_changed",
            Self::ProviderUnavailable { .. } => "provider_unavailable",
            Self::Conflict(_) => "conflict",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::IdempotencyInProgress { .. } => "idempotency_in_progress",
            Self::IdempotencyAnswerLost => "idempotency_answer_lost",
            Self::UsageBusy => "usage_unavailable",
            Self::UsageUnknown => "outcome_unknown",
            Self::CorrectionBelowZero => "correction_below_zero",
            Self::UsageKeysAreIssued => "scope_required",
            Self::NotAGauge(_) => "not_a_gauge",
            Self::CountedInternally(_) => "counted_by_dues",
            Self::SecretsNotConfigured => "secrets_not_configured",
            Self::SecretsKeyLost => "secrets_key_lost",
            Self::NoCustomer => "no_customer",
            Self::NoSubscription => "no_subscription",
            Self::Unavailable => "store_unavailable",
            Self::Store(error) if error.is_transient() => "store_unavailable",
            Self::InvalidSignature(_) => "invalid_signature",
            Self::NotAnEvent => "invalid_event",
            Self::Store(_) | Self::Password(_) | Self::Session(_) | Self::Mail(_) | Self::Internal(_) => "internal",
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
            ProviderError::Unsupported => Self::BillingNotConfigured,
            ProviderError::Unavailable(_) | ProviderError::Decode(_) => {
                Self::ProviderUnavailable { provider, cause: error }
            }
        }
    }
}

/// Why a link is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("There is no such link. Check that it was copied whole.")]
    Unknown,
    #[error("The link was used already. It works once.")]
    Used,
    #[error("The invitation was withdrawn. Ask whoever invited you for another.")]
    Withdrawn,
    #[error("A newer invitation took this one's place. Use the link of the newer one.")]
    Replaced,
    #[error("The link has expired. Ask for another.")]
    Expired,
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
