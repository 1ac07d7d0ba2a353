//! The desk of whoever runs this installation: every tenant, what fails, what is asked for, and what is earned.
//!
//! Nothing here is done for anybody who can't show an [`Operator`], and only [`Services::operator`] makes one.

mod requests;
mod revenue;
mod tenant;
mod tenants;
#[cfg(test)]
mod tests;
mod work;

use domain::{
    account::{Account, Email},
    audit::By,
    ids::UserId,
};

pub use self::{
    requests::{NOTE_MAX_CHARS, RequestsPage},
    tenant::TenantDesk,
    tenants::{ListedTenant, TenantsPage, TenantsWish, Which},
    work::Work,
};
use super::{ServiceError, Services};
pub use crate::store::{
    desk_tenants::{DESK_PAGE, DeskCounts},
    desk_work::{FailingJob, Owner, WaitingEvent, WorkCounts},
    operators::ListedOperator,
    place::Place,
};

/// Proof that somebody was an operator when this request began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    account: Account,
}

impl Operator {
    pub const fn email(&self) -> &Email {
        &self.account.email
    }

    const fn user(&self) -> &UserId {
        &self.account.user_id
    }

    /// As an entry of a tenant's log names her.
    fn by(&self) -> By {
        By::Desk(self.user().clone())
    }
}

impl Services {
    /// Whether somebody who is signed in is an operator now: asked anew at each request, so that it can be taken back at once.
    pub async fn operator(&self, account: &Account) -> Result<Option<Operator>, ServiceError> {
        let is_one = self.store().read().await?.link().is_operator(&account.user_id).await?;
        Ok(is_one.then(|| Operator { account: account.clone() }))
    }

    /// Makes the owner of an account an operator. Safe to repeat.
    pub async fn add_operator(&self, email: &str) -> Result<Email, ServiceError> {
        let (user, email) = self.account_of(email).await?;
        let mut tx = self.store().begin().await?;
        let is_new = tx.link().insert_operator(&user, self.wall_now()).await?;
        tx.commit().await?;
        if is_new {
            tracing::info!(%user, "somebody is an operator now");
        }
        Ok(email)
    }

    /// Takes an operator's rights; `false` where she had none. They are gone with her next request.
    pub async fn remove_operator(&self, email: &str) -> Result<bool, ServiceError> {
        let (user, _) = self.account_of(email).await?;
        let mut tx = self.store().begin().await?;
        let was_one = tx.link().delete_operator(&user).await?;
        tx.commit().await?;
        if was_one {
            tracing::info!(%user, "somebody is no operator any more");
        }
        Ok(was_one)
    }

    /// Who became one first stands first.
    pub async fn operators(&self) -> Result<Vec<ListedOperator>, ServiceError> {
        Ok(self.store().read().await?.link().list_operators().await?)
    }

    async fn account_of(&self, email: &str) -> Result<(UserId, Email), ServiceError> {
        let email = email.parse::<Email>().map_err(|error| ServiceError::field("email", format!("email: {error}.")))?;
        let known = self.store().read().await?.link().find_user_by_email(&email).await?;
        let user = known.ok_or_else(|| ServiceError::field("email", format!("No account has the address {email}.")))?;
        Ok((user.id, email))
    }
}
