//! The language of an account: that of its mails and, if the user chose it, of its pages in a new browser.

use domain::ids::UserId;
use locales::{Locale, installed};

use crate::{
    service::{Accounts, Core},
    store::{Connection, StoreResult, Tx, account::users::User},
};

impl Accounts {
    /// Returns the language that the user chose; `None` if they chose none, or one that the installation no longer has.
    pub async fn chosen_language(&self, user: &UserId) -> StoreResult<Option<Locale>> {
        let tag = self.store().read().await?.connection().find_chosen_language(user).await?;
        Ok(tag.and_then(|tag| installed().get(&tag)))
    }

    /// Makes `language` the one of the account's mails and pages.
    pub async fn choose_language(&self, user: &UserId, language: Locale) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        tx.connection().update_chosen_language(user, language.tag()).await?;
        tx.commit().await
    }

    /// Inserts an account with the language of its first page: a mail may be sent before the first sign-in notes it.
    /// Conflict if the address has an account.
    pub(in crate::service) async fn insert_account(
        &self,
        tx: &mut Tx,
        user: &User,
        language: Option<Locale>,
    ) -> StoreResult<()> {
        tx.connection().insert_user(user, self.billing_now()).await?;
        match language {
            Some(language) => tx.connection().update_seen_language(&user.id, language.tag()).await,
            None => Ok(()),
        }
    }

    /// Makes the language of a page that the user signed in on the one of the account's mails, unless they chose one.
    pub async fn note_language(&self, user: &UserId, language: Locale) -> StoreResult<()> {
        let known = self.store().read().await?.connection().find_user_language(user).await?;
        if known.as_deref() == Some(language.tag()) {
            return Ok(());
        }
        let mut tx = self.store().begin().await?;
        tx.connection().update_seen_language(user, language.tag()).await?;
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
