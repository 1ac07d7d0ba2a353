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
    address_proof::HandedOver,
    second_factor::has_second_factor,
};
pub use crate::store::firebase_users::LinkedSignIn;
use crate::{
    identity::{
        ClientAddress,
        factors::{Confirmed, LastConfirmed},
        firebase::{FirebaseVerifier, IdToken, IdTokenError},
        new_password::ProposedPassword,
    },
    security_event::SecurityEvent,
    store::{Link, StoreError, Tx, jobs::AccountNotice, tenants::Tenant, users::User},
};

/// How often a sign-up looks again when others were faster: by then one of them has made everything.
const LOOKS: usize = 4;
/// How often it is written down that a linked sign-in is used.
const NOTED_EVERY_SECS: i64 = 3600;
/// As many linked sign-ins are listed.
const MOST_LISTED: i64 = 50;
/// As the log names the issuer.
pub(super) const FIREBASE: &str = "firebase";

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

/// Who sends an ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBearer {
    pub user: UserId,
    /// When they signed in at Firebase.
    pub signed_in_at: Timestamp,
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

    /// Whose ID token this is. Links nothing: whoever is not here yet signs up. A second factor is still to be shown.
    pub async fn log_in_by_token(&self, id_token: &str) -> Result<TokenBearer, ServiceError> {
        let (user, signed_in_at) = self.bearer_of(id_token).await?;
        Ok(TokenBearer { user: user.id, signed_in_at })
    }

    /// The account of an ID token, and when its bearer signed in at Firebase. Refused when the account has ended its tokens since.
    async fn bearer_of(&self, id_token: &str) -> Result<(User, Timestamp), ServiceError> {
        let verifier = self.firebase()?;
        let token = verifier.believed(id_token).await?;
        let mut reader = self.store().read().await?;
        let known = reader.link().find_firebase_user(verifier.project_id(), &token.subject).await?;
        let (user, used_at) = known.ok_or(ServiceError::NotSignedUp)?;
        let user = not_ended(&mut reader.link(), &user, &token).await?;
        drop(reader);
        self.note_use(verifier.project_id(), &token.subject, used_at).await;
        Ok((user, token.signed_in_at))
    }

    /// Writes down that a linked sign-in was used, about once an hour.
    async fn note_use(&self, project_id: &str, subject: &str, used_at: Option<Timestamp>) {
        let now = self.wall_now();
        if used_at.is_some_and(|used_at| now.secs_since(used_at) < NOTED_EVERY_SECS) {
            return;
        }
        let write = async {
            let mut tx = self.store().begin().await?;
            tx.link().update_firebase_use(project_id, subject, now).await?;
            tx.commit().await
        };
        if let Err(error) = write.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to write when a linked sign-in was last used"
            );
        }
    }

    /// The sign-ins of other issuers that open an account, the oldest first.
    pub async fn linked_sign_ins(&self, account: &Account) -> Result<Vec<LinkedSignIn>, ServiceError> {
        Ok(self.store().read().await?.link().list_firebase_users_of(&account.user_id, MOST_LISTED).await?)
    }

    /// Has a sign-in of another issuer open the account no more. Safe to repeat.
    pub async fn remove_linked_sign_in(
        &self,
        account: &Account,
        _: &Confirmed,
        project_id: &str,
        subject: &str,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        let was_there = tx.link().delete_firebase_user(&account.user_id, project_id, subject).await?;
        tx.commit().await?;
        if was_there {
            SecurityEvent::AccountUnlinked { user: &account.user_id, issuer: FIREBASE }.write();
        }
        Ok(())
    }

    /// Who calls with a token as a bearer token, in the workspace `wanted`; `unnamed` says what holds without that. `None`
    /// where Firebase is not configured: there a JWT is as good as any other made-up bearer token.
    ///
    /// [`ServiceError::TokenLacksSecondFactor`] for an account with a second factor, which a token does not show.
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
        let User { id, email, password_hash: _, has_proven_address: _ } = user;
        if has_second_factor(&mut link, &id).await? {
            return Err(ServiceError::TokenLacksSecondFactor);
        }
        let memberships = self.memberships(&mut link, &id).await?;
        let account = Account { user_id: id, email };
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
                Ok(SignedUp { user, created: false, confirmed_at: Some(arrival.token.signed_in_at) })
            }
            Known::Address(_) if !arrival.token.email_verified => Err(ServiceError::EmailNotVerified),
            Known::Address(User { id, email: _, password_hash: _, has_proven_address }) => {
                if has_proven_address {
                    self.may_link(&id, arrival.token).await?;
                }
                let password = self.hashed(arrival).await?;
                let mut tx = self.store().begin().await?;
                // Whoever made the account may not be whose address it is: then her password is not left either.
                let handed = if password.is_some() || !has_proven_address {
                    self.hand_over_by_token(&mut tx, &id, password.as_deref(), arrival.token).await?
                } else {
                    HandedOver::default()
                };
                arrival.link(&mut tx, &id, self.wall_now()).await?;
                if !handed.was_first_proof {
                    self.notify_owner(&mut tx, &id, AccountNotice::SignInLinked).await?;
                    if password.is_some() {
                        self.notify_owner(&mut tx, &id, AccountNotice::PasswordSetByToken).await?;
                    }
                }
                tx.commit().await?;
                self.finish_hand_over(&id, &handed);
                SecurityEvent::AccountLinked { user: &id, issuer: FIREBASE }.write();
                self.open_first_workspace(&id, &arrival.workspace).await?;
                Ok(SignedUp { user: id, created: false, confirmed_at: Some(arrival.token.signed_in_at) })
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
                arrival.link(&mut tx, &user.id, self.wall_now()).await?;
                if !has_proven_address {
                    self.want_proof_mail(&mut tx, &user.id, &user.email).await?;
                }
                tx.commit().await?;
                self.jobs_written().notify_one();
                SecurityEvent::AccountLinked { user: &user.id, issuer: FIREBASE }.write();
                Ok(SignedUp { user: user.id, created: true, confirmed_at: Some(arrival.token.signed_in_at) })
            }
        }
    }

    async fn known(&self, arrival: &Arrival<'_>) -> Result<Known, ServiceError> {
        let mut reader = self.store().read().await?;
        // The address first: account and subject are written together, so that whoever sees the one then sees the other.
        let by_address = reader.link().find_user_by_email(&arrival.email).await?;
        let by_subject = reader.link().find_firebase_user(arrival.project_id, &arrival.token.subject).await?;
        Ok(match (by_subject, by_address) {
            (Some((user, _)), _) => Known::Subject(user),
            (None, Some(user)) => Known::Address(user),
            (None, None) => Known::Nobody,
        })
    }

    /// What a token of a subject that is linked already does to the account. It speaks for the token's address, so that it
    /// changes nothing of an account whose address is another.
    ///
    /// The first token that says that the account's address is verified hands the account over: the subject may have been made
    /// by a stranger, who lost it to the owner of the address at Firebase. Any other is refused as [`Services::may_link`] says.
    async fn meet_again(&self, user: &UserId, arrival: &mut Arrival<'_>) -> Result<(), ServiceError> {
        // Outside the `if`: the connection must be given back before a turn at hashing is waited for.
        let found = self.store().read().await?.link().find_user(user).await?;
        let found = found.ok_or(ServiceError::NotSignedUp)?;
        let is_its_address = found.email == arrival.email;
        if is_its_address && arrival.token.email_verified && !found.has_proven_address {
            let password = self.hashed(arrival).await?;
            let mut tx = self.store().begin().await?;
            let handed = self.hand_over_by_token(&mut tx, user, password.as_deref(), arrival.token).await?;
            arrival.link(&mut tx, user, self.wall_now()).await?;
            tx.commit().await?;
            self.finish_hand_over(user, &handed);
            SecurityEvent::AccountLinked { user, issuer: FIREBASE }.write();
            return Ok(());
        }
        self.may_link(user, arrival.token).await?;
        if is_its_address
            && found.password_hash.is_none()
            && let Some(hash) = self.hashed(arrival).await?
        {
            let mut tx = self.store().begin().await?;
            if tx.link().update_first_password(user, &hash).await? {
                self.notify_owner(&mut tx, user, AccountNotice::PasswordSetByToken).await?;
            }
            tx.commit().await?;
            self.jobs_written().notify_one();
        }
        Ok(())
    }

    /// Refuses a token for an account with a second factor, which it does not show, and one of a sign-in before the account has
    /// ended its tokens. Before anything is written.
    async fn may_link(&self, user: &UserId, token: &IdToken) -> Result<(), ServiceError> {
        let mut reader = self.store().read().await?;
        if has_second_factor(&mut reader.link(), user).await? {
            return Err(ServiceError::TokenLacksSecondFactor);
        }
        not_ended(&mut reader.link(), user, token).await.map(drop)
    }

    /// Hands an account over by a token, which goes on to hold: it ends those of earlier sign-ins.
    async fn hand_over_by_token(
        &self,
        tx: &mut Tx,
        user: &UserId,
        password_hash: Option<&str>,
        token: &IdToken,
    ) -> Result<HandedOver, ServiceError> {
        let handed = self.hand_over(tx, user, password_hash).await?;
        tx.link().update_tokens_since(user, token.signed_in_at).await?;
        Ok(handed)
    }

    async fn hashed(&self, arrival: &mut Arrival<'_>) -> Result<Option<String>, ServiceError> {
        let Some(proposed) = arrival.password.clone() else { return Ok(None) };
        self.count_arrival(arrival).await?;
        let Arrival { email, workspace, from, .. } = &*arrival;
        let password = self.judged_password(proposed, email, workspace, *from).await?;
        self.hashed_password(&password, Some(*from)).await.map(Some)
    }

    /// Counts what makes an account or judges and hashes a password, once a request. A token of somebody who is here already is a login, and
    /// free: a product may send each of its users by here.
    async fn count_arrival(&self, arrival: &mut Arrival<'_>) -> Result<(), ServiceError> {
        if !arrival.is_counted {
            self.count_sign_up(arrival.from).await?;
            arrival.is_counted = true;
        }
        Ok(())
    }
}

/// The account of a token, unless it has ended tokens of sign-ins as old as this one's.
async fn not_ended(link: &mut Link<'_>, user: &UserId, token: &IdToken) -> Result<User, ServiceError> {
    let found = link.find_user_of_token(user, token.signed_in_at).await?;
    found.ok_or_else(|| {
        SecurityEvent::SignInFailed { user: Some(user), email: None, reason: "id_token_ended" }.write();
        ServiceError::IdTokenEnded
    })
}

/// Somebody who signs up with a token that is believed.
struct Arrival<'a> {
    project_id: &'a str,
    token: &'a IdToken,
    email: Email,
    password: Option<ProposedPassword>,
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
