//! The kinds of mail that an installation sends.

use serde::{Deserialize, Serialize};

/// What a mail is about. Each letter names its kind, and each kind has a sample (`letters/samples.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    Invitation,
    PasswordReset,
    AddressVerification,
    AddressChange,
    /// To the current address of an account whose address is to change.
    AddressChangeNotice,
    /// To the owner of an address that another account asked for.
    AddressTaken,
    PasswordChanged,
    PasswordSetByLink,
    PasswordSetByToken,
    SecondFactorEnabled,
    SecondFactorRemoved,
    RecoveryCodesRenewed,
    SignInLinked,
    LimitNear,
    LimitReached,
    LimitCleared,
    /// A payment that is charged failed.
    PaymentFailed,
    /// An invoice that was sent is overdue.
    PaymentOverdue,
    GraceEnds,
    PlanSuspended,
    PaymentReceived,
    TrialEnds,
    MonthlyReport,
    EndpointDisabled,
    SecretSet,
    SecretDeleted,
    EnterpriseRequest,
}

domain::all_variants!(
    /// In the order in which they are listed, those of an area together.
    LetterKind {
        Invitation,
        PasswordReset,
        AddressVerification,
        AddressChange,
        AddressChangeNotice,
        AddressTaken,
        PasswordChanged,
        PasswordSetByLink,
        PasswordSetByToken,
        SecondFactorEnabled,
        SecondFactorRemoved,
        RecoveryCodesRenewed,
        SignInLinked,
        LimitNear,
        LimitReached,
        LimitCleared,
        PaymentFailed,
        PaymentOverdue,
        GraceEnds,
        PlanSuspended,
        PaymentReceived,
        TrialEnds,
        MonthlyReport,
        EndpointDisabled,
        SecretSet,
        SecretDeleted,
        EnterpriseRequest,
    }
);

/// The subject area of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterArea {
    /// Accounts and how people sign in.
    Accounts,
    Limits,
    Payments,
    Reports,
    /// Webhook endpoints and secrets of a workspace.
    Integration,
    /// Requests of prospects.
    Sales,
}

domain::all_variants!(LetterArea { Accounts, Limits, Payments, Reports, Integration, Sales });

impl LetterArea {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Limits => "limits",
            Self::Payments => "payments",
            Self::Reports => "reports",
            Self::Integration => "integration",
            Self::Sales => "sales",
        }
    }
}

impl LetterKind {
    pub const fn area(self) -> LetterArea {
        match self {
            Self::Invitation
            | Self::PasswordReset
            | Self::AddressVerification
            | Self::AddressChange
            | Self::AddressChangeNotice
            | Self::AddressTaken
            | Self::PasswordChanged
            | Self::PasswordSetByLink
            | Self::PasswordSetByToken
            | Self::SecondFactorEnabled
            | Self::SecondFactorRemoved
            | Self::RecoveryCodesRenewed
            | Self::SignInLinked => LetterArea::Accounts,
            Self::LimitNear | Self::LimitReached | Self::LimitCleared => LetterArea::Limits,
            Self::PaymentFailed
            | Self::PaymentOverdue
            | Self::GraceEnds
            | Self::PlanSuspended
            | Self::PaymentReceived
            | Self::TrialEnds => LetterArea::Payments,
            Self::MonthlyReport => LetterArea::Reports,
            Self::EndpointDisabled | Self::SecretSet | Self::SecretDeleted => LetterArea::Integration,
            Self::EnterpriseRequest => LetterArea::Sales,
        }
    }

    /// The name in paths, jobs and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
            Self::AddressVerification => "address_verification",
            Self::AddressChange => "address_change",
            Self::AddressChangeNotice => "address_change_notice",
            Self::AddressTaken => "address_taken",
            Self::PasswordChanged => "password_changed",
            Self::PasswordSetByLink => "password_set_by_link",
            Self::PasswordSetByToken => "password_set_by_token",
            Self::SecondFactorEnabled => "second_factor_enabled",
            Self::SecondFactorRemoved => "second_factor_removed",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::SignInLinked => "sign_in_linked",
            Self::LimitNear => "limit_near",
            Self::LimitReached => "limit_reached",
            Self::LimitCleared => "limit_cleared",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentOverdue => "payment_overdue",
            Self::GraceEnds => "grace_ends",
            Self::PlanSuspended => "plan_suspended",
            Self::PaymentReceived => "payment_received",
            Self::TrialEnds => "trial_ends",
            Self::MonthlyReport => "monthly_report",
            Self::EndpointDisabled => "endpoint_disabled",
            Self::SecretSet => "secret_set",
            Self::SecretDeleted => "secret_deleted",
            Self::EnterpriseRequest => "enterprise_request",
        }
    }
}

/// The text is not the name of a kind of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such mail")]
pub struct UnknownLetter;

impl std::str::FromStr for LetterKind {
    type Err = UnknownLetter;

    fn from_str(text: &str) -> Result<Self, UnknownLetter> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownLetter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_that_of_one_kind_and_stored_alike() {
        for kind in LetterKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("newsletter".parse::<LetterKind>(), Err(UnknownLetter));
    }

    #[test]
    fn kinds_of_an_area_follow_one_another() {
        let mut areas = LetterKind::ALL.map(LetterKind::area).to_vec();
        areas.dedup();
        assert_eq!(areas, LetterArea::ALL);
    }
}
