//! Links to verify the address of an account or to reset its password: mailed to it, or passed on by an operator.

use domain::time::Timestamp;

use crate::{
    identity::link_token::{FreshToken, lookup_hash},
    service::{LinkError, ServiceError},
    store::{
        Connection, Store,
        account::{
            mailed_links::{LinkPurpose, MailedLink},
            users::User,
        },
    },
};

/// A link in plain text. Only the hash of its token is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLink {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Stores a new link for the user and their current address. Returns the link's token.
pub(super) async fn insert_link(
    store: &Store,
    purpose: LinkPurpose,
    user: &User,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<String, ServiceError> {
    let FreshToken { token, hash } = FreshToken::new();
    let link = MailedLink { user: user.id.clone(), email: user.email.clone(), expires_at };
    let mut tx = store.begin().await?;
    tx.connection().insert_mailed_link(purpose, &hash, &link, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Finds an unexpired link whose account still has the address that the link was made for. Fails with a [`LinkError`]
/// otherwise.
pub(super) async fn find_valid_link(
    connection: &mut Connection<'_>,
    purpose: LinkPurpose,
    token: &str,
    now: Timestamp,
) -> Result<MailedLink, ServiceError> {
    let hash = lookup_hash(token).ok_or(LinkError::Unknown)?;
    let link = connection.find_mailed_link(purpose, &hash).await?.ok_or(LinkError::Unknown)?;
    ensure_valid(connection, &link, now).await?;
    Ok(link)
}

/// Fails with a [`LinkError`] if the link has expired or the account no longer has the address that the link is for.
pub(super) async fn ensure_valid(
    connection: &mut Connection<'_>,
    link: &MailedLink,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let MailedLink { user, email, expires_at } = link;
    let user = connection.find_user(user).await?.ok_or(LinkError::Unknown)?;
    if *expires_at > now && user.email == *email { Ok(()) } else { Err(LinkError::Expired.into()) }
}
