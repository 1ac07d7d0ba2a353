//! The stable code of each error.

use domain::error_code::ErrorCode;

use super::{LinkError, ServiceError};

impl ServiceError {
    /// Returns the stable code for clients, logs and redirects.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Validation { .. } => ErrorCode::ValidationError,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::SecondFactorRequired | Self::TokenLacksSecondFactor => ErrorCode::SecondFactorRequired,
            Self::InvalidCode => ErrorCode::InvalidCode,
            Self::ConfirmationRequired => ErrorCode::ConfirmationRequired,
            Self::NothingToConfirmWith => ErrorCode::SignInAgain,
            Self::IdTokenRefused | Self::IdTokenRevoked | Self::IssuedTokenRefused | Self::NotSignedUp => {
                ErrorCode::Unauthenticated
            }
            Self::EmailNotVerified => ErrorCode::EmailNotVerified,
            Self::AddressNotVerified => ErrorCode::AddressNotVerified,
            Self::FirebaseNotConfigured => ErrorCode::FirebaseNotConfigured,
            Self::FirebaseUnavailable => ErrorCode::FirebaseUnavailable,
            Self::IssuerUnavailable => ErrorCode::IssuerUnavailable,
            Self::ProviderSignInFailed => ErrorCode::ProviderSignInFailed,
            Self::AddressTaken => ErrorCode::AddressTaken,
            Self::ProviderWithoutAddress => ErrorCode::ProviderWithoutAddress,
            Self::LastSignIn => ErrorCode::LastSignIn,
            Self::PasswordsOff => ErrorCode::PasswordsOff,
            Self::Throttled { .. } => ErrorCode::Throttled,
            Self::Busy { .. } => ErrorCode::Busy,
            Self::AdminRequired | Self::BillerRequired => ErrorCode::AdminRequired,
            Self::OwnerRequired => ErrorCode::OwnerRequired,
            Self::LastOwner => ErrorCode::LastOwner,
            Self::AlreadyMember(_) => ErrorCode::AlreadyMember,
            Self::InvalidLink(LinkError::Unknown) => ErrorCode::LinkUnknown,
            Self::InvalidLink(_) => ErrorCode::LinkOver,
            Self::OtherAddress => ErrorCode::OtherAddress,
            Self::MailNotConfigured => ErrorCode::MailNotConfigured,
            Self::TenantNotFound => ErrorCode::TenantNotFound,
            Self::TenantRequired => ErrorCode::TenantRequired,
            Self::TenantDeleted => ErrorCode::TenantDeleted,
            Self::ExternalIdTaken => ErrorCode::ExternalIdTaken,
            Self::CustomerTaken => ErrorCode::CustomerTaken,
            Self::SubscriptionLive => ErrorCode::SubscriptionLive,
            Self::LimitReached(refusal) => refusal.reason.code(),
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::UnknownFeature(_) => ErrorCode::UnknownFeature,
            Self::NotAnUpgrade { .. } => ErrorCode::NotAnUpgrade,
            Self::TooManyKeys { .. } | Self::TooManyInstallationKeys { .. } => ErrorCode::TooManyKeys,
            Self::TooManyEndpoints { .. } => ErrorCode::TooManyWebhookEndpoints,
            Self::TenantBillingNotConfigured => ErrorCode::TenantBillingNotConfigured,
            Self::SeatsInUse { .. } => ErrorCode::SeatsInUse,
            Self::BillingNotConfigured => ErrorCode::BillingNotConfigured,
            Self::ProviderRejected { .. } | Self::CustomerGone { .. } => ErrorCode::ProviderRejected,
            Self::UnknownAtProvider { .. } => ErrorCode::UnknownAtProvider,
            Self::ProviderAccountChanged { .. } => ErrorCode::ProviderAccountChanged,
            Self::ProviderUnavailable { .. } => ErrorCode::ProviderUnavailable,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::IdempotencyKeyReused => ErrorCode::IdempotencyKeyReused,
            Self::IdempotencyInProgress { .. } => ErrorCode::IdempotencyInProgress,
            Self::IdempotencyAnswerLost => ErrorCode::IdempotencyAnswerLost,
            Self::UsageBusy => ErrorCode::UsageUnavailable,
            Self::UsageUnknown | Self::ChangeUnconfirmed { .. } => ErrorCode::OutcomeUnknown,
            Self::CorrectionBelowZero => ErrorCode::CorrectionBelowZero,
            Self::UsageKeysAreIssued => ErrorCode::ScopeRequired,
            Self::NotAGauge(_) => ErrorCode::NotAGauge,
            Self::CountedInternally(_) => ErrorCode::CountedByDues,
            Self::SecretsNotConfigured => ErrorCode::SecretsNotConfigured,
            Self::SecretsKeyLost => ErrorCode::SecretsKeyLost,
            Self::NoCustomer => ErrorCode::NoCustomer,
            Self::NoSubscription => ErrorCode::NoSubscription,
            Self::Unavailable => ErrorCode::StoreUnavailable,
            Self::Store(error) if error.is_transient() => ErrorCode::StoreUnavailable,
            Self::InvalidSignature(_) => ErrorCode::InvalidSignature,
            Self::NotAnEvent => ErrorCode::InvalidEvent,
            Self::Store(_) | Self::Password(_) | Self::Session(_) | Self::Mail(_) | Self::Internal(_) => {
                ErrorCode::Internal
            }
        }
    }
}
