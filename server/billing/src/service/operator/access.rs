//! The proof that a user is an operator.

use domain::{
    account::{Account, Email},
    ids::UserId,
    tenant::audit::AuditActor,
};

use crate::identity::factors::Confirmed;

/// Proof that the user was an operator when the request began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    pub(super) account: Account,
}

impl Operator {
    pub const fn email(&self) -> &Email {
        &self.account.email
    }

    pub const fn user(&self) -> &UserId {
        &self.account.user_id
    }

    /// Returns the operator as [`ConfirmedOperator`]. The argument proves the recent re-authentication.
    pub fn confirmed(self, _: &Confirmed) -> ConfirmedOperator {
        ConfirmedOperator(self)
    }
}

/// An operator with a recent re-authentication, which every change requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedOperator(Operator);

impl std::ops::Deref for ConfirmedOperator {
    type Target = Operator;

    fn deref(&self) -> &Operator {
        &self.0
    }
}

impl ConfirmedOperator {
    /// The operator as an actor of the audit log.
    pub(in crate::service) fn by(&self) -> AuditActor {
        AuditActor::OperatorUser(self.user().clone())
    }
}
