//! Hand-over of an account to the user who has verified its address. Revokes what another person may have created
//! before.

use std::collections::HashMap;

use domain::{
    account::Role,
    ids::{TenantId, UserId},
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        secret::SecretName,
    },
    time::Timestamp,
    wire::Member,
};
use serde_json::json;

use crate::{
    security_event::{FIREBASE, IDENTITY_PROVIDER, SecurityEvent},
    service::{
        Accounts, ServiceError,
        account::{second_factor::has_second_factor, settings::end_address_change},
        tenant::{audit::member_entry, key::key_revoked},
        usage::limit_check::enqueue_limit_check,
        webhook::endpoint::audited,
    },
    store::{
        StoreResult, Tx,
        account::mailed_links::LinkPurpose,
        tenant::tenants::Tenant,
        webhook::webhook_endpoints::{Disabled, DisabledWhy, Endpoint},
    },
};

/// What a hand-over revoked. The caller passes it to [`Accounts::finish_hand_over`] after the commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct HandedOver {
    /// The tenants in which something was changed.
    pub(in crate::service) changed: Vec<TenantId>,
    /// Whether this was the first verification of the address, which revokes what was created before.
    pub(in crate::service) was_first_verification: bool,
    /// Whether an enabled second factor was removed.
    had_second_factor: bool,
    /// The issuers whose linked sign-ins were removed.
    unlinked: Vec<&'static str>,
}

impl Accounts {
    /// Hands an account over to the user who has verified its address from outside a session. Sets or removes the
    /// password. Ends every session, ID token, linked sign-in, and link for a new password or address.
    ///
    /// The first verification also revokes what another person may have created before: the second factor and its
    /// recovery codes, API keys, open invitations, secrets that the account stored, webhook endpoints that it created,
    /// and memberships by an invitation whose link was shown and not mailed. The workspace that the account opened and
    /// what other users created stay.
    pub(in crate::service) async fn hand_over(
        &self,
        tx: &mut Tx,
        user: &UserId,
        password_hash: Option<&str>,
    ) -> Result<HandedOver, ServiceError> {
        let now = self.wall_now();
        let mut handed = HandedOver::default();
        // Lock tenants before the user, as when an invitation is accepted, and by id, so that two people of the same
        // workspaces do not wait for each other.
        let mut tenants = tx.connection().list_tenants_of_user(user).await?;
        tenants.sort_unstable_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        for (tenant, _) in &tenants {
            tx.connection().lock_tenant(&tenant.id).await?;
        }
        tx.connection().lock_user(user).await?;
        let found = tx.connection().find_user(user).await?;
        if tx.connection().delete_firebase_users_of(user).await? {
            handed.unlinked.push(FIREBASE);
        }
        if tx.connection().delete_identities_of(user).await? {
            handed.unlinked.push(IDENTITY_PROVIDER);
        }
        if found.is_some_and(|found| !found.has_verified_address) {
            handed.had_second_factor = has_second_factor(&mut tx.connection(), user).await?;
            tx.connection().delete_second_factor(user).await?;
            for (tenant, _) in tenants {
                self.revoke_work_of(tx, &tenant, user, now).await?;
                handed.changed.push(tenant.id);
            }
            tx.connection().clear_user_language(user).await?;
            tx.connection().update_verified_address(user).await?;
            handed.was_first_verification = true;
        }
        tx.connection().update_password(user, password_hash).await?;
        tx.connection().end_sessions(user, now).await?;
        tx.connection().delete_mailed_links_of(user, LinkPurpose::PasswordReset).await?;
        tx.connection().delete_mailed_links_of(user, LinkPurpose::AddressVerification).await?;
        end_address_change(tx, user).await?;
        Ok(handed)
    }

    /// Completes a hand-over after its commit: invalidates caches, ends the account's streams, wakes the worker, and
    /// logs security events.
    pub(in crate::service) fn finish_hand_over(&self, user: &UserId, handed: &HandedOver) {
        self.invalidate_caches(&handed.changed);
        self.jobs_written().notify_one();
        self.session_ends().notify(user);
        if handed.had_second_factor {
            SecurityEvent::SecondFactorDisabled { user }.write();
        }
        for &issuer in &handed.unlinked {
            SecurityEvent::AccountUnlinked { user, issuer }.write();
        }
    }

    /// Revokes what an unverified account created in a tenant. Also removes its membership if the account joined by a
    /// link that was shown and not mailed. The caller holds the lock of the tenant's row.
    async fn revoke_work_of(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let members = tx.connection().list_members(&tenant.id).await?;
        let has_no_verified_admin = self.has_only_unverified_admins(tx, &members).await?;
        // Secrets and endpoints come first: the audit log resolves the creator behind a key only while the key exists.
        self.delete_secrets_of(tx, &tenant.id, user, has_no_verified_admin).await?;
        self.revoke_endpoints_of(tx, &tenant.id, user, has_no_verified_admin, now).await?;
        for (id, name) in tx.connection().revoke_keys_made_by(&tenant.id, user, now).await? {
            self.record_audit(tx, &tenant.id, key_revoked(AuditActor::System, id, &name)).await?;
        }
        for role in Role::ALL {
            for email in tx.connection().withdraw_invitations_by(&tenant.id, user, role).await? {
                let entry = member_entry(AuditActor::System, AuditAction::InvitationWithdrawn, &email, role);
                self.record_audit(tx, &tenant.id, entry).await?;
            }
        }
        let has_other_owner = members.iter().any(|member| member.role == Role::Owner && member.user_id != *user);
        let member = members.iter().find(|member| member.user_id == *user);
        // A member who did not open the workspace joined by a shown link: a mailed link would have verified the
        // address.
        if let Some(member) = member
            .filter(|member| member.joined_at != tenant.created_at && (member.role != Role::Owner || has_other_owner))
        {
            tx.connection().delete_member(&tenant.id, user).await?;
            let entry = member_entry(AuditActor::System, AuditAction::MemberRemoved, &member.email, member.role);
            self.record_audit(tx, &tenant.id, entry).await?;
        }
        Ok(enqueue_limit_check(tx, &tenant.id, now).await?)
    }

    /// Returns whether no admin among `members` has a verified address.
    async fn has_only_unverified_admins(&self, tx: &mut Tx, members: &[Member]) -> Result<bool, ServiceError> {
        for admin in members.iter().filter(|member| member.role.is_admin()) {
            if tx.connection().find_user(&admin.user_id).await?.is_some_and(|found| found.has_verified_address) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes the secrets whose current value the user stored according to the audit log. Secrets without an audit
    /// entry are deleted if `has_no_verified_admin`.
    async fn delete_secrets_of(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        has_no_verified_admin: bool,
    ) -> Result<(), ServiceError> {
        let makers = latest_by_target(tx, tenant, AuditAction::SecretSet).await?;
        for secret in tx.connection().list_secrets(tenant).await? {
            let name: SecretName = secret.name;
            if was_last_set_by(&makers, name.as_str(), user, has_no_verified_admin)
                && tx.connection().delete_secret(tenant, &name).await?
            {
                let details = json!({});
                let entry = NewAuditEntry {
                    by: AuditActor::System,
                    action: AuditAction::SecretDeleted,
                    target: name.to_string(),
                    details,
                };
                self.record_audit(tx, tenant, entry).await?;
            }
        }
        Ok(())
    }

    /// Deletes endpoints that the user created, and disables endpoints of other users that the user changed last.
    /// Endpoints without an audit entry are deleted if `has_no_verified_admin`.
    async fn revoke_endpoints_of(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        has_no_verified_admin: bool,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let makers = latest_by_target(tx, tenant, AuditAction::EndpointCreated).await?;
        let changers = latest_by_target(tx, tenant, AuditAction::EndpointChanged).await?;
        let mut endpoints = tx.connection().list_endpoints(tenant).await?;
        // Lock endpoints in the order in which messages for them are inserted, to prevent a deadlock with an insert.
        endpoints.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        for endpoint in endpoints {
            let id = endpoint.id.clone();
            if was_last_set_by(&makers, &id, user, has_no_verified_admin) {
                tx.connection().delete_endpoint(tenant, &id).await?;
                let details = json!({ "url": endpoint.url });
                let entry =
                    NewAuditEntry { by: AuditActor::System, action: AuditAction::EndpointDeleted, target: id, details };
                self.record_audit(tx, tenant, entry).await?;
            } else if was_last_set_by(&changers, &id, user, false) && endpoint.disabled.is_none() {
                tx.connection().lock_endpoint(tenant, &id).await?;
                tx.connection().give_up_messages(tenant, &id, "The endpoint was disabled.").await?;
                let disabled = Some(Disabled { at: now, why: DisabledWhy::ByAdmin });
                let was = audited(&endpoint);
                let endpoint = Endpoint { disabled, failing_since: None, ..endpoint };
                tx.connection().update_endpoint(&endpoint).await?;
                let details = json!({ "before": was, "after": audited(&endpoint) });
                let entry =
                    NewAuditEntry { by: AuditActor::System, action: AuditAction::EndpointChanged, target: id, details };
                self.record_audit(tx, tenant, entry).await?;
            }
        }
        Ok(())
    }
}

/// Returns the time and user of the latest `action` for each target; the user is `None` if the log names none.
async fn latest_by_target(
    tx: &mut Tx,
    tenant: &TenantId,
    action: AuditAction,
) -> StoreResult<HashMap<String, (Timestamp, Option<String>)>> {
    let mut latest: HashMap<String, (Timestamp, Option<String>)> = HashMap::new();
    for entry in tx.connection().list_latest_audit_entries(tenant, action).await? {
        let known = latest.get(&entry.target).map(|(at, _)| *at);
        if known.is_none_or(|at| at < entry.at) {
            latest.insert(entry.target, (entry.at, entry.user));
        }
    }
    Ok(latest)
}

/// Returns whether `user` made the latest change to `target`. If `makers` has no entry for it, returns
/// `is_without_entry`.
fn was_last_set_by(
    makers: &HashMap<String, (Timestamp, Option<String>)>,
    target: &str,
    user: &UserId,
    is_without_entry: bool,
) -> bool {
    match makers.get(target) {
        Some((_, maker)) => maker.as_deref() == Some(user.as_str()),
        None => is_without_entry,
    }
}
