//! The language of an account: that of its mails, and of its pages in a new browser.

use domain::ids::UserId;
use locales::{Locale, installed};

use crate::{
    service::{Accounts, Core},
    store::{Connection, StoreResult},
};

impl Accounts {
    /// Returns the account's language; `None` if it has none yet, or one that the installation no longer has.
    pub async fn language(&self, user: &UserId) -> StoreResult<Option<Locale>> {
        let tag = self.store().read().await?.connection().find_user_language(user).await?;
        Ok(tag.and_then(|tag| installed().get(&tag)))
    }

    /// Sets the account's language.
    pub async fn set_language(&self, user: &UserId, language: Locale) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        tx.connection().update_user_language(user, language.tag()).await?;
        tx.commit().await
    }
}

impl Core {
    /// Returns the language of mails to an account: its own, else the installation's default.
    pub(in crate::service) async fn mail_language(&self, user: &UserId) -> StoreResult<Locale> {
        let mut reader = self.store().read().await?;
        find_mail_language(&mut reader.connection(), user).await
    }
}

/// Like [`Core::mail_language`], within a transaction.
pub(super) async fn find_mail_language(link: &mut Connection<'_>, user: &UserId) -> StoreResult<Locale> {
    let tag = link.find_user_language(user).await?;
    Ok(tag.and_then(|tag| installed().get(&tag)).unwrap_or_else(|| installed().default()))
}

#[cfg(test)]
mod tests;
