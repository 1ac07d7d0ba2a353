//! Deletion of an account by its user.

use std::error::Error;

use domain::{
    account::{Account, Role},
    ids::{TenantId, UserId},
    tenant::audit::{AuditAction, AuditActor},
};
use tracing::Instrument;

use crate::{
    identity::factors::Confirmed,
    security_event::SecurityEvent,
    service::{
        Accounts, ServiceError,
        tenant::{audit::member_entry, key::key_revoked, team::ensure_another_owner},
        usage::limit_check::enqueue_limit_check,
    },
    store::Tx,
};

/// Number of rows that one slice erases.
const SLICE_ROWS: i64 = 500;
const IS_OPERATOR: ServiceError =
    ServiceError::Conflict("An operator of the installation can't delete their account. Remove the operator first.");
const HAS_WORKSPACE: ServiceError =
    ServiceError::Conflict("The account joined a workspace meanwhile. Delete the account again.");

/// What prevents the deletion of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionObstacles {
    /// Names of the workspaces whose last owner is the user.
    pub only_owner_of: Vec<String>,
    /// Whether the user is an operator of the installation. The command line removes operators.
    pub is_operator: bool,
}

impl Accounts {
    pub async fn deletion_obstacles(&self, account: &Account) -> Result<DeletionObstacles, ServiceError> {
        let user = &account.user_id;
        let mut reader = self.store().read().await?;
        let mut only_owner_of = Vec::new();
        for (tenant, role) in reader.connection().list_tenants_of_user(user).await? {
            if role == Role::Owner && reader.connection().count_owners(&tenant.id).await? <= 1 {
                only_owner_of.push(tenant.name);
            }
        }
        Ok(DeletionObstacles { only_owner_of, is_operator: reader.connection().is_operator(user).await? })
    }

    /// Deletes an account: its user leaves every workspace, then everything about them is erased. Safe to repeat after
    /// an interruption. `typed` is the account's address, which the user repeats.
    ///
    /// [`ServiceError::LastOwner`] while the user is the last owner of a workspace.
    pub async fn delete_account(&self, account: &Account, typed: &str, _: &Confirmed) -> Result<(), ServiceError> {
        if !typed.trim().eq_ignore_ascii_case(account.email.as_str()) {
            return Err(ServiceError::field("typed_address", "Write the address of the account as it is."));
        }
        self.leave_every_workspace(account).await?;
        let (accounts, user) = (self.clone(), account.user_id.clone());
        // Continues if the caller disconnects.
        let erasing = tokio::spawn(async move { accounts.erase_account(&user).await }.in_current_span());
        erasing.await.map_err(|_| ServiceError::Internal("failed to erase an account: the task panicked"))??;
        self.session_ends().notify(&account.user_id);
        SecurityEvent::AccountDeleted { user: &account.user_id }.write();
        Ok(())
    }

    /// Ends every membership of the user and revokes the keys that they made, in one transaction.
    async fn leave_every_workspace(&self, account: &Account) -> Result<(), ServiceError> {
        let user = &account.user_id;
        let mut tx = self.store().begin().await?;
        // Lock tenants before the user, as when an invitation is accepted, and by id, so that two people of the same
        // workspaces do not wait for each other.
        let mut tenants = tx.connection().list_tenants_of_user(user).await?;
        tenants.sort_unstable_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        for (tenant, _) in &tenants {
            tx.connection().lock_tenant(&tenant.id).await?;
        }
        tx.connection().lock_user(user).await?;
        if tx.connection().is_operator(user).await? {
            return Err(IS_OPERATOR);
        }
        let left: Vec<_> = tenants.into_iter().map(|(tenant, _)| tenant.id).collect();
        for tenant in &left {
            self.leave_for_good(&mut tx, tenant, user).await?;
        }
        tx.connection().revoke_keys_in_deleted_tenants(user, self.wall_now()).await?;
        tx.commit().await?;
        self.invalidate_caches(&left);
        self.jobs_written().notify_one();
        Ok(())
    }

    async fn leave_for_good(&self, tx: &mut Tx, tenant: &TenantId, user: &UserId) -> Result<(), ServiceError> {
        let Some(member) = tx.connection().find_member(tenant, user).await? else { return Ok(()) };
        ensure_another_owner(&mut tx.connection(), tenant, &member).await?;
        tx.connection().delete_member(tenant, user).await?;
        let by = || AuditActor::User(user.clone());
        let entry = member_entry(by(), AuditAction::MemberLeft, &member.email, member.role);
        self.record_audit(tx, tenant, entry).await?;
        let now = self.wall_now();
        for (id, name) in tx.connection().revoke_keys_made_by(tenant, user, now).await? {
            self.record_audit(tx, tenant, key_revoked(by(), id, &name)).await?;
        }
        Ok(enqueue_limit_check(tx, tenant, now).await?)
    }

    /// Erases the rows of a user without a workspace, in slices; the account itself with the last one.
    async fn erase_account(&self, user: &UserId) -> Result<(), ServiceError> {
        loop {
            self.store().note_erasure();
            let mut tx = self.store().begin().await?;
            tx.connection().lock_user(user).await?;
            if !tx.connection().list_tenants_of_user(user).await?.is_empty() {
                return Err(HAS_WORKSPACE);
            }
            let rows = tx.connection().erase_account(user, SLICE_ROWS).await?;
            tx.commit().await?;
            if rows == 0 {
                break;
            }
        }
        // The worker truncates the log later if a reader still uses it.
        if let Err(error) = self.store().truncate_erased_log().await {
            tracing::warn!(
                error = &error as &dyn Error,
                "failed to truncate SQLite's write-ahead log after an erasure"
            );
        }
        Ok(())
    }
}
