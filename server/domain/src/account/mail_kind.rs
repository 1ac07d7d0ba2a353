//! Mails about a workspace that each person can turn on and off.

use super::Role;

/// A kind of mail about a workspace that a person can turn off. Mails about an account, its security and its invitations
/// are of no such kind: they are always sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionalMail {
    /// Usage is near a limit, has reached it, or is below it again.
    UsageLimits,
    /// A payment failed, was received or is about to be charged, or the plan is suspended.
    Payments,
    /// Usage of the last month, the plan and the next payment.
    MonthlyReport,
}

/// The text is not the name of a kind of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mail is usage_limits, payments or monthly_report")]
pub struct UnknownOptionalMail;

crate::all_variants!(OptionalMail { UsageLimits, Payments, MonthlyReport });

impl OptionalMail {
    /// The name in the database, in forms and in links.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsageLimits => "usage_limits",
            Self::Payments => "payments",
            Self::MonthlyReport => "monthly_report",
        }
    }

    /// Whether people get the mail who have chosen nothing.
    pub const fn is_on_by_default(self) -> bool {
        match self {
            Self::UsageLimits | Self::Payments => true,
            Self::MonthlyReport => false,
        }
    }

    /// Whether people of this role can get the mail.
    pub const fn is_for(self, role: Role) -> bool {
        match self {
            Self::UsageLimits => role.is_admin(),
            Self::Payments | Self::MonthlyReport => role.may_bill(),
        }
    }
}

impl std::str::FromStr for OptionalMail {
    type Err = UnknownOptionalMail;

    fn from_str(text: &str) -> Result<Self, UnknownOptionalMail> {
        Self::ALL.into_iter().find(|mail| mail.as_str() == text).ok_or(UnknownOptionalMail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_members_get_none() {
        for mail in OptionalMail::ALL {
            assert_eq!(mail.as_str().parse(), Ok(mail));
            assert!(mail.is_for(Role::Owner) && mail.is_for(Role::Admin) && !mail.is_for(Role::Member));
            assert_eq!(mail.is_for(Role::Billing), mail != OptionalMail::UsageLimits);
        }
        assert_eq!("invitation".parse::<OptionalMail>(), Err(UnknownOptionalMail));
    }
}
