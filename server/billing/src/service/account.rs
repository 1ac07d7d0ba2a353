//! Sign-up and new passwords.

pub mod address_verification;
pub mod deletion;
pub mod elsewhere;
pub mod firebase;
mod hand_over;
mod language;
mod log_in;
pub mod mail_preferences;
pub mod mailed_link;
mod notice;
pub mod password_reset;
pub mod second_factor;
mod session_user;
pub mod settings;

use domain::{
    account::{
        Account, Email, Role,
        names::{check_name, name_for_mail},
    },
    entitlement::overrides::Overrides,
    ids::{TenantId, UserId},
    tenant::audit::{AuditAction, AuditActor},
    time::Timestamp,
};

pub use self::session_user::SessionUser;
use super::{
    Accounts, FieldErrors, ServiceError, base::core::new_id, tenant::audit::member_entry,
    webhook::endpoint::TenantChange,
};
use crate::{
    identity::{
        ClientAddress,
        client::Client,
        password::{
            HashPermit, Purpose, QueueClient,
            new_password::{NewPassword, PasswordMistake, ProposedPassword},
        },
        throttle::Throttle,
    },
    store::{StoreError, StoreResult, Tx, account::users::User, tenant::tenants::Tenant},
};

/// Limit of a workspace's name.
pub const WORKSPACE_NAME_MAX_CHARS: usize = 80;

/// A request for an account with a new workspace.
#[derive(Clone, Debug)]
pub struct SignUp {
    pub email: String,
    pub password: String,
    /// Derived from the address when missing.
    pub workspace: Option<String>,
}

/// Outcome of a sign-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpOutcome {
    pub user: UserId,
    /// `false` when the account existed before: the sign-up was a login.
    pub created: bool,
    /// When the user signed in at the issuer of their ID token; `None` after a sign-up by password.
    pub confirmed_at: Option<Timestamp>,
}

impl Accounts {
    /// Creates user, workspace and ownership in one transaction.
    ///
    /// If the address has an account, the sign-up is a login by password, and opens a workspace only if the account has
    /// none. A wrong password is [`ServiceError::InvalidCredentials`] and takes the same time as a right one.
    pub async fn sign_up(&self, request: SignUp, client: impl Into<Client>) -> Result<SignUpOutcome, ServiceError> {
        let client: &Client = &client.into();
        self.ensure_passwords()?;
        let checked = validate_sign_up(&request.email, Some(&request.password), request.workspace.as_deref())?;
        let CheckedSignUp { email, workspace: name, password } = checked;
        self.ensure_hashing_capacity(client.address)?;
        self.count_sign_up(client.address).await?;
        // Judged whether or not the address has an account, so that the response does not reveal it.
        let password = password.ok_or(ServiceError::Internal("sign-up by password without a password"))?;
        let password = self.judged_password(password, &email, &name, client.address).await?;
        // A separate statement, so that the connection is released before the wait for a hashing permit.
        let known = self.store().read().await?.connection().find_user_by_email(&email).await?;
        if let Some(user) = known {
            let id = self.verify_password(&email, &request.password, Some(user), Purpose::Other, client).await?;
            // Nothing is written before the second factor is shown.
            if !self.has_second_factor(&id).await? {
                self.open_first_workspace(&id, &name).await?;
            }
            return Ok(SignUpOutcome { user: id, created: false, confirmed_at: None });
        }
        match self.new_owner(&email, &password, &name, client).await {
            Ok((user, _)) => Ok(SignUpOutcome { user, created: true, confirmed_at: None }),
            // A concurrent sign-up created the account.
            Err(ServiceError::Store(StoreError::Conflict)) => {
                let user = self.store().read().await?.connection().find_user_by_email(&email).await?;
                let user = self.verify_password(&email, &request.password, user, Purpose::Other, client).await?;
                Ok(SignUpOutcome { user, created: false, confirmed_at: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Creates a workspace for a signed-in user without one. No-op for a user who has a workspace.
    pub async fn open_workspace(&self, account: &Account, name: &str) -> Result<(), ServiceError> {
        let name = match name.trim() {
            "" => default_name(account.email.as_str()),
            name => name.to_owned(),
        };
        if let Some(mistake) = workspace_mistake(&name) {
            return Err(ServiceError::field("workspace", mistake));
        }
        self.open_first_workspace(&account.user_id, &name).await
    }

    pub(super) async fn open_first_workspace(&self, user: &UserId, name: &str) -> Result<(), ServiceError> {
        let now = self.billing_now();
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(user).await?;
        if tx.connection().list_tenants_of_user(user).await?.is_empty() {
            let tenant = Tenant::new(new_id()?, name.to_owned(), Overrides::default(), now);
            let known = tx.connection().find_user(user).await?.ok_or(ServiceError::InvalidCredentials)?;
            self.insert_workspace(&mut tx, &tenant, user, &known.email).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Inserts a tenant with `user` as its owner, and enqueues the webhook messages about it.
    pub(super) async fn insert_workspace(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        user: &UserId,
        email: &Email,
    ) -> StoreResult<()> {
        tx.connection().insert_tenant(tenant).await?;
        tx.connection().insert_member(&tenant.id, user, Role::Owner, tenant.created_at).await?;
        let entry = member_entry(AuditActor::User(user.clone()), AuditAction::MemberJoined, email, Role::Owner);
        self.record_audit(tx, &tenant.id, entry).await?;
        self.endpoints().announce_tenant(tx, TenantChange::Created, tenant).await
    }

    pub(crate) async fn new_owner(
        &self,
        email: &Email,
        password: &NewPassword,
        workspace: &str,
        client: &Client,
    ) -> Result<(UserId, TenantId), ServiceError> {
        let permit = self.acquire_hash_permit(Some(client.address)).await?;
        let user = User {
            id: new_id()?,
            email: email.clone(),
            password_hash: Some(permit.hash(password).await?),
            has_verified_address: false,
        };
        let now = self.billing_now();
        let tenant = Tenant::new(new_id()?, workspace.to_owned(), Overrides::default(), now);
        let mut tx = self.store().begin().await?;
        self.insert_account(&mut tx, &user, client.language).await?;
        self.insert_workspace(&mut tx, &tenant, &user.id, email).await?;
        self.enqueue_verification_mail(&mut tx, &user.id, email).await?;
        tx.commit().await?;
        drop(permit);
        self.jobs_written().notify_one();
        Ok((user.id, tenant.id))
    }

    /// Counts a sign-up. [`ServiceError::Throttled`] when the client address, or all addresses together, sent too many.
    pub(super) async fn count_sign_up(&self, from: ClientAddress) -> Result<(), ServiceError> {
        let _permit = self.anonymous_writes.permit(from).await?;
        let throttle = Throttle::of_sign_ups(self.settings().limits.sign_ups, from);
        match throttle.record_attempt(self.store(), self.wall_now()).await? {
            Some(retry_after_secs) => Err(ServiceError::Throttled { retry_after_secs }),
            None => Ok(()),
        }
    }

    /// Validates a new password for the account of `email`. Counts the attempt for the client's network, even if the
    /// password is too weak; [`ServiceError::Throttled`] after too many. Hold no connection across this call.
    pub(super) async fn new_password(
        &self,
        password: &str,
        email: &Email,
        workspace: &str,
        from: ClientAddress,
    ) -> Result<NewPassword, ServiceError> {
        let proposed = ProposedPassword::read(password).map_err(invalid_password)?;
        self.ensure_hashing_capacity(from)?;
        let permit = self.anonymous_writes.permit(from).await?;
        let throttle = Throttle::of_new_passwords(from);
        if let Some(retry_after_secs) = throttle.record_attempt(self.store(), self.wall_now()).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
        drop(permit);
        self.judged_password(proposed, email, workspace, from).await
    }

    /// Rates the strength of a password. The caller has counted the attempt. [`ServiceError::Busy`] when too many
    /// callers wait. Hold no connection across this call.
    pub(super) async fn judged_password(
        &self,
        proposed: ProposedPassword,
        email: &Email,
        workspace: &str,
        from: ClientAddress,
    ) -> Result<NewPassword, ServiceError> {
        let permit = self.0.passwords.acquire(Purpose::Other, QueueClient::Network(Some(from.network()))).await?;
        permit.judge(proposed, email.as_str(), workspace).await?.map_err(invalid_password)
    }

    /// [`ServiceError::Busy`] when the queue for hashing is full. Called before anything is written.
    pub(super) fn ensure_hashing_capacity(&self, from: ClientAddress) -> Result<(), ServiceError> {
        Ok(self.0.passwords.check_capacity(Purpose::Other, &QueueClient::Network(Some(from.network())))?)
    }

    /// Waits for a permit to hash a new password. [`ServiceError::Busy`] when too many callers wait.
    ///
    /// Hold the permit until the account is written: account writers then queue here instead of in front of other
    /// writers. Hold no connection across this call.
    pub(super) async fn acquire_hash_permit(&self, from: Option<ClientAddress>) -> Result<HashPermit, ServiceError> {
        let asker = QueueClient::Network(from.map(ClientAddress::network));
        Ok(self.0.passwords.acquire(Purpose::Other, asker).await?)
    }

    /// Hashes a new password. [`ServiceError::Busy`] when too many callers wait. Hold no connection across this call.
    pub(super) async fn hashed_password(
        &self,
        password: &NewPassword,
        from: Option<ClientAddress>,
    ) -> Result<String, ServiceError> {
        Ok(self.acquire_hash_permit(from).await?.hash(password).await?)
    }
}

/// A sign-up whose fields are valid.
#[derive(Debug)]
pub(crate) struct CheckedSignUp<Password> {
    pub(crate) email: Email,
    pub(crate) workspace: String,
    pub(crate) password: Password,
}

/// Validates a sign-up that an operator enters. Rates the password's strength without waiting in the hashing queue.
pub(crate) fn validate_operator_sign_up(request: &SignUp) -> Result<CheckedSignUp<NewPassword>, ServiceError> {
    let checked = validate_sign_up(&request.email, Some(&request.password), request.workspace.as_deref())?;
    let CheckedSignUp { email, workspace, password } = checked;
    let password = password.ok_or(ServiceError::Internal("sign-up by password without a password"))?;
    let password = password.judged(email.as_str(), &workspace).map_err(invalid_password)?;
    Ok(CheckedSignUp { email, workspace, password })
}

/// Validates the fields of a sign-up and reports all mistakes together. The caller still has to rate the password's
/// strength.
pub(super) fn validate_sign_up(
    email: &str,
    password: Option<&str>,
    workspace: Option<&str>,
) -> Result<CheckedSignUp<Option<ProposedPassword>>, ServiceError> {
    let mut fields = FieldErrors::new();
    let name = match workspace.map(str::trim) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => default_name(email),
    };
    let password = password.map(ProposedPassword::read).transpose();
    let email = email.parse::<Email>();
    if let Err(error) = email {
        fields.insert("email", format!("E-mail: {error}."));
    }
    if let Err(mistake) = &password {
        fields.insert("password", mistake.to_string());
    }
    fields.extend(workspace_mistake(&name).map(|mistake| ("workspace", mistake)));
    match (email, password) {
        (Ok(email), Ok(password)) if fields.is_empty() => Ok(CheckedSignUp { email, workspace: name, password }),
        _ => Err(ServiceError::invalid(fields)),
    }
}

fn invalid_password(mistake: PasswordMistake) -> ServiceError {
    ServiceError::field("password", mistake.to_string())
}

/// Describes what is wrong with a workspace's name; `None` for a valid name. Mails to invited people contain the
/// name.
pub(super) fn workspace_mistake(name: &str) -> Option<String> {
    if name.chars().count() > WORKSPACE_NAME_MAX_CHARS {
        return Some(format!("Workspace: use at most {WORKSPACE_NAME_MAX_CHARS} characters."));
    }
    check_name(name).err().map(|mistake| format!("Workspace: {mistake}."))
}

fn default_name(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default().trim();
    // The local part of `evil.example@…` must not become a link in a mail.
    let local = name_for_mail(&local.chars().take(60).collect::<String>());
    format!("{local}'s workspace")
}
