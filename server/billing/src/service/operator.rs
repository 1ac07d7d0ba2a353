//! The operator desk: tenants, failing work, enterprise requests and revenue of the installation.
//!
//! Each function requires an [`Operator`], which only [`Operators::operator_access`] creates.

mod access;
pub mod enterprise;
pub mod invoices;
mod mails;
pub mod notes;
pub mod overrides;
mod requests;
mod revenue;
pub mod search;
mod tenant;
mod tenants;
#[cfg(test)]
mod tests;
pub mod timeline;
mod work;

use domain::{
    account::{Account, Email},
    ids::UserId,
    time::Timestamp,
};

pub(crate) use self::revenue::RevenueSnapshot;
pub use self::{
    access::{ConfirmedOperator, Operator},
    mails::{ListedMail, MailPreview},
    notes::NOTE_MAX_CHARS,
    requests::RequestsPage,
    revenue::DeskRevenue,
    tenant::OperatorTenantView,
    tenants::{ListedTenant, SEARCH_MAX_CHARS, TenantSelection, TenantsPage, TenantsQuery},
    work::{TenantFailingJob, Work},
};
use super::{Operators, ServiceError};
pub use crate::store::{
    account::operators::ListedOperator,
    job::operator_work::{Owner, PendingCounts, UnhandledEvent},
    subscription::unknown_objects::{ObjectKind, TenantUnknownObject, UnknownObject},
    tenant::tenants::{
        operator_tenants::{OPERATOR_PAGE_ROWS, OperatorCounts},
        page_position::PagePosition as Place,
    },
};
use crate::{security_event::SecurityEvent, store::account::users::User};

/// How the command line identifies an account.
#[derive(Clone, Copy, Debug)]
pub enum AccountName<'a> {
    Email(&'a str),
    Id(&'a UserId),
}

/// A new operator's account, for the caller to check that it is the intended one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedOperator {
    pub user: UserId,
    pub email: Email,
    /// When the account was created.
    pub made_at: Timestamp,
}

/// Request extension: the user is an operator without a second factor, so the desk is closed to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorAccessClosed;

/// A user's access to the operator desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorAccess {
    /// The user is not an operator.
    None,
    /// An operator without a second factor, who has to set one up first.
    NeedsSecondFactor,
    Granted(Operator),
}

impl Operators {
    /// Returns the proof that a signed-in user is an operator; `None` for any other user. Reads the database at each
    /// request, so that a removal takes effect at once.
    pub async fn operator(&self, account: &Account) -> Result<Option<Operator>, ServiceError> {
        match self.operator_access(account).await? {
            OperatorAccess::Granted(operator) => Ok(Some(operator)),
            OperatorAccess::None | OperatorAccess::NeedsSecondFactor => Ok(None),
        }
    }

    /// Returns the user's access to the desk. The demo requires no second factor.
    pub async fn operator_access(&self, account: &Account) -> Result<OperatorAccess, ServiceError> {
        if !self.store().read().await?.connection().is_operator(&account.user_id).await? {
            return Ok(OperatorAccess::None);
        }
        if self.demo().is_none() && !self.accounts().has_second_factor(&account.user_id).await? {
            return Ok(OperatorAccess::NeedsSecondFactor);
        }
        Ok(OperatorAccess::Granted(Operator { account: account.clone() }))
    }

    /// Whether the user is an operator who belongs to no workspace: the desk is the only place where they work.
    pub async fn works_at_desk_only(&self, user: &UserId) -> Result<bool, ServiceError> {
        Ok(self.store().read().await?.connection().is_operator_without_workspace(user).await?)
    }

    /// Makes an account an operator. Idempotent.
    ///
    /// [`ServiceError::AddressNotVerified`] for an account whose address is not verified: anyone can create an account
    /// with the address of an intended operator.
    pub async fn add_operator(&self, account: AccountName<'_>) -> Result<AddedOperator, ServiceError> {
        let User { id: user, email, has_verified_address, .. } = self.account_of(account).await?;
        if !has_verified_address {
            return Err(ServiceError::AddressNotVerified);
        }
        let mut tx = self.store().begin().await?;
        let made_at = tx.connection().find_user_created_at(&user).await?.ok_or(ServiceError::NotFound("account"))?;
        let is_new = tx.connection().insert_operator(&user, self.wall_now()).await?;
        tx.commit().await?;
        if is_new {
            SecurityEvent::OperatorAdded { user: &user }.write();
        }
        Ok(AddedOperator { user, email, made_at })
    }

    /// Removes an operator. Returns `false` if the account is not one. Takes effect at the account's next request.
    pub async fn remove_operator(&self, account: AccountName<'_>) -> Result<bool, ServiceError> {
        let user = self.account_of(account).await?.id;
        let mut tx = self.store().begin().await?;
        let was_one = tx.connection().delete_operator(&user).await?;
        tx.commit().await?;
        if was_one {
            SecurityEvent::OperatorRemoved { user: &user }.write();
        }
        Ok(was_one)
    }

    /// Lists the operators, the oldest first.
    pub async fn list(&self) -> Result<Vec<ListedOperator>, ServiceError> {
        Ok(self.store().read().await?.connection().list_operators().await?)
    }

    async fn account_of(&self, account: AccountName<'_>) -> Result<User, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        match account {
            AccountName::Email(email) => {
                let mistake = |error| ServiceError::field("email", format!("email: {error}."));
                let email = email.parse::<Email>().map_err(mistake)?;
                let unknown = || ServiceError::field("email", format!("No account has the address {email}."));
                link.find_user_by_email(&email).await?.ok_or_else(unknown)
            }
            AccountName::Id(id) => {
                let unknown = || ServiceError::field("user", format!("No account has the id {id}."));
                link.find_user(id).await?.ok_or_else(unknown)
            }
        }
    }
}
