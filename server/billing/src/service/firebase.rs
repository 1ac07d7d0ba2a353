//! People who come with a Firebase ID token: signing up, logging in, and calling with it as a bearer token.

use domain::{
    account::{Account, Email, Viewer},
    ids::UserId,
    overrides::Overrides,
    time::Timestamp,
};

use super::{
    ServiceError, Services,
    account::{CheckedSignUp, SignedUp, check, choose},
};
use crate::{
    identity::{
        ClientAddress,
        factors::LastConfirmed,
        firebase::{FirebaseVerifier, IdToken, IdTokenError},
        new_password::NewPassword,
    },
    security_event::SecurityEvent,
    store::{StoreError, Tx, tenants::Tenant, users::User},
};

/// How often a sign-up looks again when others were faster: by then one of them has made everything.
const LOOKS: usize = 4;
/// As the log names the issuer.
const FIREBASE: &str = "firebase";

/// A wish for an account and a workspace of one's own, with the ID token that says whose.
#[derive(Clone, Debug)]
pub struct TokenSignUp {
    pub id_token: String,
    /// Must be the token's own.
    pub email: String,
    pub password: Option<String>,
    /// Taken from the address when missing.
    pub workspace: Option<String>,
}

/// Which workspace is open to the bearer of a token who names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// None: it must be named.
    Refused,
    /// The only one; one of several must be named.
    IfSole,
    /// The first: this is not about a workspace.
    First,
}

/// Whose bearer token it is.
#[derive(Clone, Debug)]
pub enum Bearer {
    Viewer(Viewer),
    /// Somebody who belongs to no workspace.
    Nowhere(Account),
}

/// What a sign-up found of whoever sends the token.
enum Known {
    /// The token's subject is one of us.
    Subject(UserId),
    /// Somebody has an account with the token's address.
    Address(User),
    Nobody,
}

impl Services {
    /// Makes user, workspace and ownership in one go, and lets the token's subject in from now on.
    ///
    /// Safe to repeat, also at the same time and on several nodes: whoever is here already gets what is here, and a workspace
    /// only if there is none. An account that
    /// has the address but not the subject is linked only when Firebase says that the address is verified; else
    /// [`ServiceError::EmailNotVerified`].
    ///
    /// The password becomes the account's when the subject first comes to it, in the place of any that it had, whose sessions
    /// end; and later only where it has none: a token that leaks must not take the place of a password.
    pub async fn sign_up_by_token(&self, wish: TokenSignUp, from: ClientAddress) -> Result<SignedUp, ServiceError> {
        let TokenSignUp { id_token, email, password, workspace } = wish;
        let CheckedSignUp { email, workspace, password } = check(&email, password.as_deref(), workspace.as_deref())?;
        let verifier = self.firebase()?;
        let token = verifier.believed(&id_token).await?;
        if token.address().as_ref() != Some(&email) {
            return Err(ServiceError::field("email", "E-mail: use the address that the ID token is for."));
        }
        let project_id = verifier.project_id();
        let mut arrival = Arrival { project_id, token: &token, email, password, workspace, from, is_counted: false };
        for _ in 0..LOOKS {
            match self.arrive(&mut arrival).await {
                // Somebody came with the same token or address in the same moment.
                Err(ServiceError::Store(StoreError::Conflict)) => {}
                settled => return settled,
            }
        }
        Err(ServiceError::Store(StoreError::Conflict))
    }

    /// Whose ID token this is. Links nothing: whoever is not here yet signs up.
    pub async fn log_in_by_token(&self, id_token: &str) -> Result<UserId, ServiceError> {
        Ok(self.bearer_of(id_token).await?.0)
    }

    /// The same, with when the bearer signed in at Firebase.
    async fn bearer_of(&self, id_token: &str) -> Result<(UserId, Timestamp), ServiceError> {
        let verifier = self.firebase()?;
        let token = verifier.believed(id_token).await?;
        let mut reader = self.store().read().await?;
        let user = reader.link().find_firebase_user(verifier.project_id(), &token.subject).await?;
        Ok((user.ok_or(ServiceError::NotSignedUp)?, token.signed_in_at))
    }

    /// Who calls with a token as a bearer token, in the workspace `wanted`; `unnamed` says what holds without that. `None`
    /// where Firebase is not configured: there a JWT is as good as any other made-up bearer token.
    pub async fn bearer(
        &self,
        id_token: &str,
        wanted: Option<&str>,
        unnamed: Unnamed,
    ) -> Result<Option<(Bearer, LastConfirmed)>, ServiceError> {
        let (user, signed_in_at) = match self.bearer_of(id_token).await {
            Err(ServiceError::FirebaseNotConfigured) => return Ok(None),
            user => user?,
        };
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let found = link.find_user(&user).await?.ok_or(ServiceError::NotSignedUp)?;
        let User { id, email, password_hash: _, has_proven_address: _ } = found;
        let (account, memberships) = (Account { user_id: id, email }, self.memberships(&mut link, &user).await?);
        let must_be_named = match unnamed {
            Unnamed::Refused => true,
            Unnamed::IfSole => memberships.len() > 1,
            Unnamed::First => false,
        };
        if wanted.is_none() && must_be_named {
            return Err(ServiceError::TenantRequired);
        }
        let viewer = choose(account.clone(), memberships, wanted, None)?;
        Ok(Some((viewer.map_or(Bearer::Nowhere(account), Bearer::Viewer), LastConfirmed(signed_in_at))))
    }

    fn firebase(&self) -> Result<&FirebaseVerifier, ServiceError> {
        self.0.parts.firebase.as_ref().ok_or(ServiceError::FirebaseNotConfigured)
    }

    /// One look at who is here, and what follows from it. Conflict when that has changed in between.
    async fn arrive(&self, arrival: &mut Arrival<'_>) -> Result<SignedUp, ServiceError> {
        match self.known(arrival).await? {
            Known::Subject(user) => {
                self.meet_again(&user, arrival).await?;
                self.open_first_workspace(&user, &arrival.workspace).await?;
                Ok(SignedUp { user, created: false })
            }
            Known::Address(_) if !arrival.token.email_verified => Err(ServiceError::EmailNotVerified),
            Known::Address(User { id, email: _, password_hash: _, has_proven_address }) => {
                let password = self.hashed(arrival).await?;
                let mut tx = self.store().begin().await?;
                // Whoever made the account may not be whose address it is: then her password is not left either.
                let mut changed = Vec::new();
                if password.is_some() || !has_proven_address {
                    changed = self.hand_over(&mut tx, &id, password.as_deref()).await?;
                }
                arrival.link(&mut tx, &id, self.billing_now()).await?;
                tx.commit().await?;
                self.forget(&changed);
                SecurityEvent::AccountLinked { user: &id, issuer: FIREBASE }.write();
                self.open_first_workspace(&id, &arrival.workspace).await?;
                Ok(SignedUp { user: id, created: false })
            }
            Known::Nobody => {
                self.count_arrival(arrival).await?;
                let password_hash = self.hashed(arrival).await?;
                let has_proven_address = arrival.token.email_verified;
                let user =
                    User { id: Self::new_id()?, email: arrival.email.clone(), password_hash, has_proven_address };
                let now = self.billing_now();
                let name = arrival.workspace.clone();
                let tenant = Tenant { id: Self::new_id()?, name, overrides: Overrides::default(), created_at: now };
                let mut tx = self.store().begin().await?;
                tx.link().insert_user(&user, now).await?;
                self.opens(&mut tx, &tenant, &user.id, &arrival.email).await?;
                arrival.link(&mut tx, &user.id, now).await?;
                if !has_proven_address {
                    self.want_proof_mail(&mut tx, &user.id, &user.email).await?;
                }
                tx.commit().await?;
                self.jobs_written().notify_one();
                SecurityEvent::AccountLinked { user: &user.id, issuer: FIREBASE }.write();
                Ok(SignedUp { user: user.id, created: true })
            }
        }
    }

    async fn known(&self, arrival: &Arrival<'_>) -> Result<Known, ServiceError> {
        let mut reader = self.store().read().await?;
        // The address first: account and subject are written together, so that whoever sees the one then sees the other.
        let by_address = reader.link().find_user_by_email(&arrival.email).await?;
        let by_subject = reader.link().find_firebase_user(arrival.project_id, &arrival.token.subject).await?;
        Ok(match (by_subject, by_address) {
            (Some(user), _) => Known::Subject(user),
            (None, Some(user)) => Known::Address(user),
            (None, None) => Known::Nobody,
        })
    }

    /// What a token of a subject that is linked already does to the account. It speaks for the token's address, so that it
    /// changes nothing of an account whose address is another.
    ///
    /// The first token that says that the account's address is verified hands the account over: the subject may have been made
    /// by a stranger, who lost it to the owner of the address at Firebase.
    async fn meet_again(&self, user: &UserId, arrival: &mut Arrival<'_>) -> Result<(), ServiceError> {
        // Outside the `if`: the connection must be given back before a turn at hashing is waited for.
        let found = self.store().read().await?.link().find_user(user).await?;
        let Some(found) = found.filter(|found| found.email == arrival.email) else { return Ok(()) };
        if arrival.token.email_verified && !found.has_proven_address {
            let password = self.hashed(arrival).await?;
            let mut tx = self.store().begin().await?;
            let changed = self.hand_over(&mut tx, user, password.as_deref()).await?;
            arrival.link(&mut tx, user, self.billing_now()).await?;
            tx.commit().await?;
            self.forget(&changed);
        } else if found.password_hash.is_none()
            && let Some(hash) = self.hashed(arrival).await?
        {
            let mut tx = self.store().begin().await?;
            tx.link().update_first_password(user, &hash).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn hashed(&self, arrival: &mut Arrival<'_>) -> Result<Option<String>, ServiceError> {
        if arrival.password.is_some() {
            self.count_arrival(arrival).await?;
        }
        match &arrival.password {
            Some(password) => self.hashed_password(password, Some(arrival.from)).await.map(Some),
            None => Ok(None),
        }
    }

    /// Counts what makes an account or hashes a password, once a request. A token of somebody who is here already is a login, and
    /// free: a product may send each of its users by here.
    async fn count_arrival(&self, arrival: &mut Arrival<'_>) -> Result<(), ServiceError> {
        if !arrival.is_counted {
            self.count_sign_up(arrival.from).await?;
            arrival.is_counted = true;
        }
        Ok(())
    }
}

/// Somebody who signs up with a token that is believed.
struct Arrival<'a> {
    project_id: &'a str,
    token: &'a IdToken,
    email: Email,
    password: Option<NewPassword>,
    workspace: String,
    from: ClientAddress,
    /// Whether it was counted as a sign-up.
    is_counted: bool,
}

impl Arrival<'_> {
    async fn link(&self, tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        tx.link().insert_firebase_user(self.project_id, &self.token.subject, user, now).await
    }
}

impl FirebaseVerifier {
    async fn believed(&self, token: &str) -> Result<IdToken, ServiceError> {
        self.verify(token).await.map_err(|error| match error {
            IdTokenError::Refused(refusal) => {
                tracing::info!(error = &refusal as &dyn std::error::Error, "an ID token was refused");
                SecurityEvent::SignInFailed { user: None, email: None, reason: "id_token_refused" }.write();
                ServiceError::IdTokenRefused
            }
            IdTokenError::Unavailable => ServiceError::FirebaseUnavailable,
        })
    }
}

#[cfg(test)]
mod tests;
