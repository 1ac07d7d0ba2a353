//! Giving an account to the person who has proven its address, and ending what a stranger may have made with it before.

use std::collections::HashMap;

use domain::{
    account::Role,
    audit::{AuditAction, AuditActor, NewAuditEntry},
    ids::{TenantId, UserId},
    secret::SecretName,
    time::Timestamp,
    wire::Member,
};
use serde_json::json;

use crate::{
    security_event::SecurityEvent,
    service::{
        ServiceError, Services, account_settings::end_address_change, audit::of_member, firebase::FIREBASE,
        key::key_revoked, second_factor::has_second_factor, usage::alerts::want_a_look, webhook_endpoint::audited,
    },
    store::{
        StoreResult, Tx,
        tenants::Tenant,
        webhook_endpoints::{Disabled, DisabledWhy, Endpoint},
    },
};

/// What ended with a hand-over: the caller passes it to [`Services::finish_hand_over`] once the transaction is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct HandedOver {
    /// The tenants of which something has changed.
    pub(in crate::service) changed: Vec<TenantId>,
    /// Whether this was the first proof of the address, which ends what was made before it.
    pub(in crate::service) was_first_proof: bool,
    /// Whether a second factor was on, and was removed.
    had_second_factor: bool,
    /// Whether sign-ins of another issuer were linked, and were removed.
    was_linked: bool,
}

impl Services {
    /// Gives an account to the person who has just proven its address from outside, with the password given or without one.
    /// Ends every session, every ID token and sign-in of another issuer, and every link for a new password or address.
    ///
    /// The first proof also ends what a stranger may have made before it: the second factor and its recovery codes, API keys,
    /// open invitations, secrets that the account stored, webhook endpoints that it made, and memberships by an invitation whose
    /// link was shown and not mailed. What others made and the workspace that the account opened stay.
    pub(in crate::service) async fn hand_over(
        &self,
        tx: &mut Tx,
        user: &UserId,
        password_hash: Option<&str>,
    ) -> Result<HandedOver, ServiceError> {
        let now = self.wall_now();
        let mut handed = HandedOver::default();
        // Tenants before the person, as where an invitation is accepted.
        let tenants = tx.link().list_tenants_of_user(user).await?;
        for (tenant, _) in &tenants {
            tx.link().lock_tenant(&tenant.id).await?;
        }
        tx.link().lock_user(user).await?;
        let found = tx.link().find_user(user).await?;
        handed.was_linked = tx.link().delete_firebase_users_of(user).await?;
        if found.is_some_and(|found| !found.has_proven_address) {
            handed.had_second_factor = has_second_factor(&mut tx.link(), user).await?;
            tx.link().delete_second_factor(user).await?;
            for (tenant, _) in tenants {
                self.end_works_of(tx, &tenant, user, now).await?;
                handed.changed.push(tenant.id);
            }
            tx.link().update_proven_address(user).await?;
            handed.was_first_proof = true;
        }
        tx.link().update_password(user, password_hash).await?;
        tx.link().end_sessions(user, now).await?;
        tx.link().delete_password_resets_of(user).await?;
        tx.link().delete_address_proofs_of(user).await?;
        end_address_change(tx, user).await?;
        Ok(handed)
    }

    /// What follows a hand-over once its transaction is committed: this node reads the tenants anew and ends the account's streams,
    /// the worker sends the mails, and what ended is logged.
    pub(in crate::service) fn finish_hand_over(&self, user: &UserId, handed: &HandedOver) {
        self.forget(&handed.changed);
        self.jobs_written().notify_one();
        self.session_ends().notify(user);
        if handed.had_second_factor {
            SecurityEvent::SecondFactorDisabled { user }.write();
        }
        if handed.was_linked {
            SecurityEvent::AccountUnlinked { user, issuer: FIREBASE }.write();
        }
    }

    /// Ends what an unproven account has made in a tenant, whose row is held, and where it came by a shown link also its membership.
    async fn end_works_of(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let members = tx.link().list_members(&tenant.id).await?;
        let is_unvouched = self.has_only_unproven_admins(tx, &members).await?;
        // Of a key, the audit log names the maker only as long as the key is there.
        self.delete_secrets_of(tx, &tenant.id, user, is_unvouched).await?;
        self.end_endpoints_of(tx, &tenant.id, user, is_unvouched, now).await?;
        for (id, name) in tx.link().revoke_keys_made_by(&tenant.id, user, now).await? {
            self.write_down(tx, &tenant.id, key_revoked(AuditActor::System, id, &name)).await?;
        }
        for role in [Role::Owner, Role::Admin, Role::Member] {
            for email in tx.link().withdraw_invitations_by(&tenant.id, user, role).await? {
                let deed = of_member(AuditActor::System, AuditAction::InvitationWithdrawn, &email, role);
                self.write_down(tx, &tenant.id, deed).await?;
            }
        }
        let other_owner = |member: &&Member| member.role == Role::Owner && member.user_id != *user;
        let is_last_owner = !members.iter().any(|member| other_owner(&member));
        let own = members.iter().find(|member| member.user_id == *user);
        // A mailed link would have proven the address. Who opened the workspace belongs since it was made.
        if let Some(own) =
            own.filter(|own| own.joined_at != tenant.created_at && !(own.role == Role::Owner && is_last_owner))
        {
            tx.link().delete_member(&tenant.id, user).await?;
            let deed = of_member(AuditActor::System, AuditAction::MemberRemoved, &own.email, own.role);
            self.write_down(tx, &tenant.id, deed).await?;
        }
        Ok(want_a_look(tx, &tenant.id, now).await?)
    }

    async fn has_only_unproven_admins(&self, tx: &mut Tx, members: &[Member]) -> Result<bool, ServiceError> {
        for admin in members.iter().filter(|member| member.role.is_admin()) {
            if tx.link().find_user(&admin.user_id).await?.is_some_and(|found| found.has_proven_address) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes secrets whose value is the person's, by the audit log. One of which the log does not know who stored it goes where
    /// no admin has a proven address.
    async fn delete_secrets_of(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        is_unvouched: bool,
    ) -> Result<(), ServiceError> {
        let makers = latest_by_target(tx, tenant, AuditAction::SecretSet).await?;
        for secret in tx.link().list_secrets(tenant).await? {
            let name: SecretName = secret.name;
            if is_of(&makers, name.as_str(), user, is_unvouched) && tx.link().delete_secret(tenant, &name).await? {
                let details = json!({});
                let deed = NewAuditEntry {
                    by: AuditActor::System,
                    action: AuditAction::SecretDeleted,
                    target: name.to_string(),
                    details,
                };
                self.write_down(tx, tenant, deed).await?;
            }
        }
        Ok(())
    }

    /// Deletes endpoints that the person made, and disables those of others that the person changed last.
    async fn end_endpoints_of(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        user: &UserId,
        is_unvouched: bool,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let makers = latest_by_target(tx, tenant, AuditAction::EndpointCreated).await?;
        let changers = latest_by_target(tx, tenant, AuditAction::EndpointChanged).await?;
        for endpoint in tx.link().list_endpoints(tenant).await? {
            let id = endpoint.id.clone();
            if is_of(&makers, &id, user, is_unvouched) {
                tx.link().delete_endpoint(tenant, &id).await?;
                let details = json!({ "url": endpoint.url });
                let deed =
                    NewAuditEntry { by: AuditActor::System, action: AuditAction::EndpointDeleted, target: id, details };
                self.write_down(tx, tenant, deed).await?;
            } else if is_of(&changers, &id, user, false) && endpoint.disabled.is_none() {
                tx.link().give_up_messages(tenant, &id, "The endpoint was disabled.").await?;
                let disabled = Some(Disabled { at: now, why: DisabledWhy::ByAdmin });
                let was = audited(&endpoint);
                let endpoint = Endpoint { disabled, failing_since: None, ..endpoint };
                tx.link().update_endpoint(&endpoint).await?;
                let details = json!({ "before": was, "after": audited(&endpoint) });
                let deed =
                    NewAuditEntry { by: AuditActor::System, action: AuditAction::EndpointChanged, target: id, details };
                self.write_down(tx, tenant, deed).await?;
            }
        }
        Ok(())
    }
}

/// Who last did something to each target; `None` for the installation.
async fn latest_by_target(
    tx: &mut Tx,
    tenant: &TenantId,
    action: AuditAction,
) -> StoreResult<HashMap<String, (Timestamp, Option<String>)>> {
    let mut latest: HashMap<String, (Timestamp, Option<String>)> = HashMap::new();
    for deed in tx.link().list_latest_deeds(tenant, action).await? {
        let known = latest.get(&deed.target).map(|(at, _)| *at);
        if known.is_none_or(|at| at < deed.at) {
            latest.insert(deed.target, (deed.at, deed.user));
        }
    }
    Ok(latest)
}

fn is_of(
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
