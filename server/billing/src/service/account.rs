//! Signing up and in, and who a signed-in person is.

use std::time::Duration;

use domain::{
    account::{Account, Email, Membership, Role, Viewer},
    audit::{AuditAction, AuditActor},
    ids::{TenantId, UserId},
    names::{check_name, name_for_mail},
    overrides::Overrides,
    subscription::current_subscription,
    time::Timestamp,
};
use rand::Rng;

use super::{FieldErrors, ServiceError, Services, audit::of_member};
use crate::{
    identity::{
        ClientAddress,
        client::Client,
        device::DeviceKey,
        login_throttle::{Admission, LoginThrottle},
        new_password::{NewPassword, PasswordMistake, ProposedPassword, SENT_MAX_BYTES, composed},
        password::{Asker, Purpose, Turn},
        session::SignedIn,
        throttle::Throttle,
    },
    security_event::SecurityEvent,
    store::{Link, StoreError, StoreResult, Tx, tenants::Tenant, users::User},
};

const WORKSPACE_NAME_MAX_CHARS: usize = 80;

/// A wish for an account and a workspace of one's own.
#[derive(Clone, Debug)]
pub struct SignUp {
    pub email: String,
    pub password: String,
    /// Taken from the address when missing.
    pub workspace: Option<String>,
}

/// What a sign-up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUp {
    pub user: UserId,
    /// `false` when the address had an account with this very password: then it is a login.
    pub created: bool,
    /// When the person signed in at the issuer of their ID token; `None` for who has just shown the password.
    pub confirmed_at: Option<Timestamp>,
}

impl Services {
    /// Makes user, workspace and ownership in one go.
    ///
    /// An address that has an account already is only logged in, and only by its password: anything else is
    /// [`ServiceError::InvalidCredentials`], in the same time. It gets a workspace only if it has none.
    pub async fn sign_up(&self, wish: SignUp, client: impl Into<Client>) -> Result<SignedUp, ServiceError> {
        let client: &Client = &client.into();
        let checked = check(&wish.email, Some(&wish.password), wish.workspace.as_deref())?;
        let CheckedSignUp { email, workspace: name, password } = checked;
        self.place_to_hash(client.address)?;
        self.count_sign_up(client.address).await?;
        // Judged whether or not the address has an account, so that the answer does not tell.
        let password = password.ok_or(ServiceError::Internal("a sign-up by password has one"))?;
        let password = self.judged_password(password, &email, &name, client.address).await?;
        // Outside the `if`: the connection must be given back before a turn at hashing is waited for.
        let known = self.store().read().await?.link().find_user_by_email(&email).await?;
        if let Some(user) = known {
            let id = self.verified(&email, &wish.password, Some(user), Purpose::Other, client).await?;
            // The second factor comes first.
            if !self.has_second_factor(&id).await? {
                self.open_first_workspace(&id, &name).await?;
            }
            return Ok(SignedUp { user: id, created: false, confirmed_at: None });
        }
        match self.new_owner(&email, &password, &name, client.address).await {
            Ok((user, _)) => Ok(SignedUp { user, created: true, confirmed_at: None }),
            // Somebody signed up with the address in the same moment.
            Err(ServiceError::Store(StoreError::Conflict)) => {
                let user = self.store().read().await?.link().find_user_by_email(&email).await?;
                let user = self.verified(&email, &wish.password, user, Purpose::Other, client).await?;
                Ok(SignedUp { user, created: false, confirmed_at: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a workspace for somebody who is signed in and belongs to none; whoever belongs to one keeps to that.
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
        tx.link().lock_user(user).await?;
        if tx.link().list_tenants_of_user(user).await?.is_empty() {
            let tenant =
                Tenant { id: Self::new_id()?, name: name.to_owned(), overrides: Overrides::default(), created_at: now };
            let known = tx.link().find_user(user).await?.ok_or(ServiceError::InvalidCredentials)?;
            self.opens(&mut tx, &tenant, user, &known.email).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Makes somebody the owner of a workspace of her own making.
    pub(super) async fn opens(&self, tx: &mut Tx, tenant: &Tenant, user: &UserId, email: &Email) -> StoreResult<()> {
        tx.link().insert_tenant(tenant).await?;
        tx.link().insert_member(&tenant.id, user, Role::Owner, tenant.created_at).await?;
        let deed = of_member(AuditActor::User(user.clone()), AuditAction::MemberJoined, email, Role::Owner);
        self.write_down(tx, &tenant.id, deed).await
    }

    pub(crate) async fn new_owner(
        &self,
        email: &Email,
        password: &NewPassword,
        workspace: &str,
        from: ClientAddress,
    ) -> Result<(UserId, TenantId), ServiceError> {
        let turn = self.turn_to_hash(Some(from)).await?;
        let user = User {
            id: Self::new_id()?,
            email: email.clone(),
            password_hash: Some(turn.hash(password).await?),
            has_proven_address: false,
        };
        let now = self.billing_now();
        let tenant = Tenant {
            id: Self::new_id()?,
            name: workspace.to_owned(),
            overrides: Overrides::default(),
            created_at: now,
        };
        let mut tx = self.store().begin().await?;
        tx.link().insert_user(&user, now).await?;
        self.opens(&mut tx, &tenant, &user.id, email).await?;
        self.want_proof_mail(&mut tx, &user.id, email).await?;
        tx.commit().await?;
        drop(turn);
        self.jobs_written().notify_one();
        Ok((user.id, tenant.id))
    }

    /// Recognises a person by password. Neither answer nor time tells whether there is such an account.
    ///
    /// Where too many strangers have failed at the account, a try from a device that it does not know waits some seconds, or is
    /// [`ServiceError::Throttled`] for some.
    pub async fn log_in(&self, email: &str, password: &str, client: impl Into<Client>) -> Result<UserId, ServiceError> {
        // No account has a longer one; what is kept of a try must be short.
        let email = Email::for_lookup(email).ok_or(ServiceError::InvalidCredentials)?;
        let user = self.store().read().await?.link().find_user_by_email(&email).await?;
        self.verified(&email, password, user, Purpose::LogIn, &client.into()).await
    }

    /// Counts a wish for an account; [`ServiceError::Throttled`] when its address, or all of them, have asked for too many.
    pub(super) async fn count_sign_up(&self, from: ClientAddress) -> Result<(), ServiceError> {
        let _permit = self.anonymous_write(from).await?;
        let throttle = Throttle::of_sign_ups(self.settings().limits.sign_ups, from);
        match throttle.take_turn(self.store(), self.wall_now()).await? {
            Some(retry_after_secs) => Err(ServiceError::Throttled { retry_after_secs }),
            None => Ok(()),
        }
    }

    /// Checks a password that is to be the account's of an address. Each try of a network is counted, also one that is refused:
    /// [`ServiceError::Throttled`] when there were too many. Hold no connection over this.
    pub(super) async fn new_password(
        &self,
        password: &str,
        email: &Email,
        workspace: &str,
        from: ClientAddress,
    ) -> Result<NewPassword, ServiceError> {
        let proposed = ProposedPassword::read(password).map_err(mistaken)?;
        self.place_to_hash(from)?;
        let permit = self.anonymous_write(from).await?;
        let throttle = Throttle::of_new_passwords(from);
        if let Some(retry_after_secs) = throttle.take_turn(self.store(), self.wall_now()).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
        drop(permit);
        self.judged_password(proposed, email, workspace, from).await
    }

    /// Judges a password whose try was counted. [`ServiceError::Busy`] when too many wait for it. Hold no connection over this.
    pub(super) async fn judged_password(
        &self,
        proposed: ProposedPassword,
        email: &Email,
        workspace: &str,
        from: ClientAddress,
    ) -> Result<NewPassword, ServiceError> {
        let turn = self.0.passwords.turn(Purpose::Other, Asker::Network(Some(from.network()))).await?;
        turn.judge(proposed, email.as_str(), workspace).await?.map_err(mistaken)
    }

    /// [`ServiceError::Busy`] when too many wait to hash already: nothing need be written for one more.
    pub(super) fn place_to_hash(&self, from: ClientAddress) -> Result<(), ServiceError> {
        Ok(self.0.passwords.place(Purpose::Other, &Asker::Network(Some(from.network())))?)
    }

    /// A turn to hash a password that is to be an account's, held until the account is written: so accounts wait for each other here,
    /// and not in a long queue before other writers. [`ServiceError::Busy`] when too many wait. Hold no connection over this.
    pub(super) async fn turn_to_hash(&self, from: Option<ClientAddress>) -> Result<Turn, ServiceError> {
        let asker = Asker::Network(from.map(ClientAddress::network));
        Ok(self.0.passwords.turn(Purpose::Other, asker).await?)
    }

    /// The hash of a password that is to be an account's. [`ServiceError::Busy`] when too many wait for one. Hold no connection
    /// over this.
    pub(super) async fn hashed_password(
        &self,
        password: &NewPassword,
        from: Option<ClientAddress>,
    ) -> Result<String, ServiceError> {
        Ok(self.turn_to_hash(from).await?.hash(password).await?)
    }

    pub(super) async fn verified(
        &self,
        email: &Email,
        password: &str,
        user: Option<User>,
        purpose: Purpose,
        client: &Client,
    ) -> Result<UserId, ServiceError> {
        if password.len() > SENT_MAX_BYTES {
            return Err(ServiceError::InvalidCredentials);
        }
        let device = match &user {
            Some(user) => self.device_key().await?.known(&client.device_cookie, &user.id, self.wall_now()),
            None => None,
        };
        let device = user.as_ref().map(|user| &user.id).zip(device.as_ref());
        let throttle = LoginThrottle::new(email, client.address, device);
        let admission = self.admitted(&throttle).await?;
        let asker = match device {
            Some((user, _)) => Asker::KnownDevice(user.clone()),
            None => Asker::Network(Some(client.address.network())),
        };
        let turn = self.0.passwords.turn(purpose, asker).await?;
        // Others may have failed while this one waited.
        if let Some(retry_after_secs) = throttle.wait_secs(self.store(), self.wall_now(), admission).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
        let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let as_compared = composed(password);
        // Passwords that were set before they were composed are compared as they were written.
        let matches =
            turn.verify(&as_compared, hash).await? || (as_compared != password && turn.verify(password, hash).await?);
        match user {
            Some(user) if matches => Ok(user.id),
            user => {
                let user = user.as_ref().map(|user| &user.id);
                let reason = if user.is_some() { "wrong_password" } else { "unknown_address" };
                SecurityEvent::SignInFailed { user, email: Some(email), reason }.write();
                throttle.count_failure(self.store(), self.wall_now()).await?;
                Err(ServiceError::InvalidCredentials)
            }
        }
    }

    /// Waits for the slot of a try. Hold no connection and no permit over this.
    pub(super) async fn admitted(&self, throttle: &LoginThrottle) -> Result<Admission, ServiceError> {
        let admission = throttle.admit(self.store(), self.wall_now()).await?;
        match admission {
            Admission::Free | Admission::Now => {}
            Admission::After { wait_millis } => tokio::time::sleep(Duration::from_millis(wait_millis)).await,
            Admission::Refused { retry_after_secs } => return Err(ServiceError::Throttled { retry_after_secs }),
        }
        Ok(admission)
    }

    /// The cookie of the device on which `user` has just signed in.
    pub async fn device_cookie(&self, user: &UserId, client: &Client) -> Result<String, ServiceError> {
        Ok(self.device_key().await?.renewed(&client.device_cookie, user, self.wall_now()))
    }

    /// The same key on every node; the first that needs it makes it.
    pub(super) async fn device_key(&self) -> Result<&DeviceKey, ServiceError> {
        self.0.device_key.get_or_try_init(|| self.find_device_key()).await
    }

    async fn find_device_key(&self) -> Result<DeviceKey, ServiceError> {
        const PURPOSE: &str = "device-cookie";
        let known = self.store().read().await?.link().find_signing_key(PURPOSE).await?;
        let key = if let Some(key) = known {
            key
        } else {
            let fresh: [u8; 32] = rand::rng().random();
            let mut tx = self.store().begin().await?;
            tx.link().insert_signing_key(PURPOSE, &hex::encode(fresh), self.wall_now()).await?;
            let key = tx.link().find_signing_key(PURPOSE).await?;
            tx.commit().await?;
            key.ok_or(ServiceError::Internal("a signing key was inserted"))?
        };
        let bytes = hex::decode(key).map_err(|_| ServiceError::Internal("a signing key is hexadecimal"))?;
        Ok(DeviceKey::from_bytes(&bytes))
    }

    /// Who is signed in, in a workspace or in none. `None` when the account is gone or has ended the session.
    pub async fn account(&self, signed_in: &SignedIn) -> Result<Option<Account>, ServiceError> {
        account(&mut self.store().read().await?.link(), signed_in).await
    }

    /// Who is signed in and what is open. `wanted` (the `X-Tenant-ID` header) goes before the session's own choice and must be
    /// one of hers. `None` when the account or its last workspace is gone.
    pub async fn viewer(&self, signed_in: &SignedIn, wanted: Option<&str>) -> Result<Option<Viewer>, ServiceError> {
        // On one connection: every request of a browser comes by here.
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let Some(account) = account(&mut link, signed_in).await? else { return Ok(None) };
        let memberships = self.memberships(&mut link, &account.user_id).await?;
        choose(account, memberships, wanted, signed_in.tenant.as_ref())
    }

    /// Every workspace that somebody belongs to, oldest membership first.
    pub(super) async fn memberships(
        &self,
        link: &mut Link<'_>,
        user: &UserId,
    ) -> Result<Vec<Membership>, ServiceError> {
        let mut memberships = Vec::new();
        for (tenant, role) in link.list_tenants_of_user(user).await? {
            let plan = match self.remembered_plan(&tenant.id) {
                Some(plan) => plan,
                None => {
                    self.entitlements(&tenant, current_subscription(&link.list_subscriptions(&tenant.id).await?)).plan
                }
            };
            memberships.push(Membership { tenant_id: tenant.id, tenant_name: tenant.name, role, plan });
        }
        Ok(memberships)
    }
}

async fn account(link: &mut Link<'_>, signed_in: &SignedIn) -> Result<Option<Account>, ServiceError> {
    let user = link.find_user_of_session(&signed_in.user, signed_in.began_at()).await?;
    Ok(user.map(|User { id, email, password_hash: _, has_proven_address: _ }| Account { user_id: id, email }))
}

/// Opens one workspace of somebody's: the `wanted` one, which must be hers, else her `last`, else the first. `None` when
/// there is none.
pub(super) fn choose(
    account: Account,
    mut memberships: Vec<Membership>,
    wanted: Option<&str>,
    last: Option<&TenantId>,
) -> Result<Option<Viewer>, ServiceError> {
    let open = match wanted {
        Some(wanted) => memberships
            .iter()
            .position(|membership| membership.tenant_id.as_str() == wanted)
            .ok_or(ServiceError::TenantNotFound)?,
        None => memberships.iter().position(|membership| Some(&membership.tenant_id) == last).unwrap_or_default(),
    };
    if memberships.is_empty() {
        return Ok(None);
    }
    let current_membership = memberships.swap_remove(open);
    memberships.sort_by(|a, b| a.tenant_name.cmp(&b.tenant_name));
    let Account { user_id, email } = account;
    Ok(Some(Viewer { user_id, email, current_membership, other_memberships: memberships }))
}

/// A sign-up that can be.
#[derive(Debug)]
pub(crate) struct CheckedSignUp<Password> {
    pub(crate) email: Email,
    pub(crate) workspace: String,
    pub(crate) password: Password,
}

/// Checks a sign-up that an operator makes.
pub(crate) fn checked(wish: &SignUp) -> Result<CheckedSignUp<NewPassword>, ServiceError> {
    let checked = check(&wish.email, Some(&wish.password), wish.workspace.as_deref())?;
    let CheckedSignUp { email, workspace, password } = checked;
    let password = password.ok_or(ServiceError::Internal("a sign-up by password has one"))?;
    let password = password.judged(email.as_str(), &workspace).map_err(mistaken)?;
    Ok(CheckedSignUp { email, workspace, password })
}

/// Checks what costs little of a sign-up with a password or without one, every field at once. How hard the password is to guess has
/// still to be judged.
pub(super) fn check(
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

fn mistaken(mistake: PasswordMistake) -> ServiceError {
    ServiceError::field("password", mistake.to_string())
}

/// What is wrong with a workspace's name, which stands in mails to people who are invited.
fn workspace_mistake(name: &str) -> Option<String> {
    if name.chars().count() > WORKSPACE_NAME_MAX_CHARS {
        return Some(format!("Workspace: use at most {WORKSPACE_NAME_MAX_CHARS} characters."));
    }
    check_name(name).err().map(|mistake| format!("Workspace: {mistake}."))
}

fn default_name(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default().trim();
    // An address as `evil.example@…` makes no address of a name.
    let local = name_for_mail(&local.chars().take(60).collect::<String>());
    format!("{local}'s workspace")
}
