//! Texts of audit entries.

use std::borrow::Cow;

use domain::{
    catalog::Catalog,
    subscription::{
        Provider,
        cancellation::{CancellationFeedback, UnknownFeedback},
    },
    tenant::audit::{AuditAction, AuditEntry},
};
use locales::text;
use serde_json::Value;

use super::{
    changes::{endpoint_changed, mail_preferences_changed, overrides_changed, own_limit_set},
    names::feature_name,
};
use crate::{
    components::membership::{
        cancellation::cancellation_words,
        subscription_change::{name_of_plan, subscription_changed},
    },
    wording::{amount, number},
};

pub(crate) fn actor(entry: &AuditEntry) -> Cow<'static, str> {
    let name = || entry.actor_name.as_ref().or(entry.actor_id.as_ref());
    let named = |nameless: Cow<'static, str>| name().map_or(nameless, |name| name.clone().into());
    let label = || name().map_or("?", String::as_str);
    match entry.actor_kind.as_str() {
        "api_key" => text!(audit_actor_api_key, name = label()),
        "token_user" => match (&entry.actor_id, &entry.actor_name) {
            (Some(subject), Some(issuer)) => text!(audit_actor_token_user, user = subject, issuer = issuer),
            _ => named(text!(audit_actor_token_user_unknown)),
        },
        "portal_user" => text!(audit_actor_portal_user, user = entry.actor_id.as_deref().unwrap_or("?")),
        "installation_key" => text!(audit_actor_installation_key, name = label()),
        "provider" => provider(entry.actor_id.as_deref()).map_or_else(|| named(text!(audit_actor_provider)), Cow::from),
        "operator" => text!(audit_actor_operator),
        "dues" => text!(audit_actor_system),
        _ => named(text!(audit_actor_former_member)),
    }
}

fn provider(id: Option<&str>) -> Option<&'static str> {
    id?.parse::<Provider>().ok().map(Provider::title)
}

/// Describes an entry, with the catalog's current names where they exist.
pub(crate) fn description(entry: &AuditEntry, catalog: &Catalog) -> Cow<'static, str> {
    let AuditEntry { target, details, .. } = entry;
    let detail = |name: &str| details[name].as_str().unwrap_or("?");
    let plan = || name_of_plan(detail("plan"), catalog);
    let at = provider(details["provider"].as_str()).unwrap_or_else(|| detail("provider"));
    let is_self = entry.actor_name.as_deref() == Some(target);
    let Ok(action) = entry.action.parse() else { return format!("{} {target}", entry.action).into() };
    match action {
        AuditAction::MemberInvited => text!(audit_member_invited, member = target, role = detail("role")),
        AuditAction::InvitationWithdrawn => text!(audit_invitation_withdrawn, member = target),
        AuditAction::MemberJoined if is_self => text!(audit_member_joined, role = detail("role")),
        AuditAction::MemberJoined => text!(audit_member_added, member = target, role = detail("role")),
        AuditAction::MemberRoleChanged => {
            text!(audit_member_role_changed, member = target, before = detail("before"), role = detail("role"))
        }
        AuditAction::MemberRemoved => text!(audit_member_removed, member = target),
        AuditAction::MemberLeft => text!(audit_member_left),
        AuditAction::MailPreferencesChanged => mail_preferences_changed(details),
        AuditAction::ApiKeyCreated => {
            text!(audit_api_key_created, name = detail("name"), scopes = listed(&details["scopes"]))
        }
        AuditAction::ApiKeyRevoked => text!(audit_api_key_revoked, name = detail("name")),
        AuditAction::ApiKeyTakenOver => {
            text!(audit_api_key_taken_over, name = detail("name"), member = detail("from"))
        }
        AuditAction::InstallationKeyCreated => {
            text!(audit_installation_key_created, name = detail("name"), scopes = listed(&details["scopes"]))
        }
        AuditAction::InstallationKeyRevoked => text!(audit_installation_key_revoked, name = detail("name")),
        AuditAction::SecretSet => secret_set(target, details["from"].as_str(), details["replaced"] == true),
        AuditAction::SecretDeleted => secret_deleted(target, details["from"].as_str()),
        AuditAction::SecretUsed => {
            let purpose = detail("purpose");
            text!(audit_secret_used, secret = target, purpose = purpose.replace(' ', "-"), purpose_text = purpose)
        }
        AuditAction::SecretsResealed => text!(audit_secrets_resealed),
        AuditAction::EndpointCreated => text!(audit_endpoint_created, url = detail("url")),
        AuditAction::EndpointChanged => endpoint_changed(&details["before"], &details["after"]),
        AuditAction::EndpointDeleted => text!(audit_endpoint_deleted, url = detail("url")),
        AuditAction::EndpointSecretRotated => text!(audit_endpoint_secret_rotated, url = detail("url")),
        AuditAction::CancelRequested => match detail("reason").parse::<CancellationFeedback>() {
            Ok(reason) => text!(audit_cancel_requested_why, plan = plan(), reason = cancellation_words(reason)),
            Err(UnknownFeedback) => text!(audit_cancel_requested, plan = plan()),
        },
        AuditAction::ResumeRequested => text!(audit_resume_requested, plan = plan()),
        AuditAction::SeatsRequested => {
            let (from, seats) = (details["from"].as_u64().unwrap_or(0), details["seats"].as_u64().unwrap_or(0));
            text!(audit_seats_requested, plan = plan(), from = from, seats = seats)
        }
        AuditAction::ChangeRequested => text!(audit_change_requested, plan = plan(), cycle = detail("cycle")),
        AuditAction::CheckoutStarted if details["portal"] == true => {
            text!(audit_plan_change_started, plan = plan(), cycle = detail("cycle"), provider = at)
        }
        AuditAction::CheckoutStarted => {
            let checkout = text!(audit_checkout_started, plan = plan(), cycle = detail("cycle"), provider = at);
            match details["promotionCode"].as_str().or_else(|| details["coupon"].as_str()) {
                Some(code) => text!(audit_checkout_started_with_discount, checkout = checkout, code = code),
                None => checkout,
            }
        }
        AuditAction::PortalOpened => portal_opened(detail("door"), at),
        AuditAction::PortalLinkCreated => text!(audit_portal_link_created, user = target, role = detail("role")),
        AuditAction::PortalSessionStarted => text!(audit_portal_session_started),
        AuditAction::PortalSessionsEnded => text!(audit_portal_sessions_ended, user = target),
        AuditAction::SubscriptionChanged => subscription_changed(&details["before"], &details["after"], catalog),
        AuditAction::PlanGranted => text!(audit_plan_granted, plan = name_of_plan(target, catalog)),
        AuditAction::OverridesChanged => overrides_changed(&details["before"], &details["after"], catalog),
        AuditAction::OwnLimitSet => own_limit_set(target, &details["before"], &details["after"], catalog),
        AuditAction::UsageCorrected => corrected(target, details, catalog),
        AuditAction::SyncRequested => text!(audit_sync_requested, workspace = target),
        AuditAction::JobRescheduled => text!(audit_job_rescheduled, job = detail("task")),
        AuditAction::NoteAdded => text!(audit_note_added, tenant = target),
        AuditAction::NoteDeleted => text!(audit_note_deleted, tenant = target),
        AuditAction::MailSampleSent => text!(audit_mail_sample_sent, kind = target),
        AuditAction::ProductCreated => text!(audit_product_created, name = detail("name"), provider = at),
        AuditAction::CustomerCheckoutStarted => {
            text!(audit_customer_checkout_started, price = detail("price"), provider = at)
        }
        AuditAction::CustomerSubscriptionEnded if details["immediately"] == true => {
            text!(audit_customer_subscription_ended_immediately, subscription = target, provider = at)
        }
        AuditAction::CustomerSubscriptionEnded => {
            text!(audit_customer_subscription_ended, subscription = target, provider = at)
        }
        AuditAction::CustomerLinked => text!(audit_customer_linked, customer = target, provider = at),
        AuditAction::TenantCreated => text!(audit_tenant_created),
        AuditAction::TenantChanged => tenant_changed(&details["fields"]),
        AuditAction::TenantDeleted => text!(audit_tenant_deleted),
        AuditAction::TenantRestored => text!(audit_tenant_restored),
        AuditAction::TenantErased => text!(audit_tenant_erased),
    }
}

/// Describes a secret that was added or replaced, with the address of the caller if it is known.
fn secret_set(secret: &str, from: Option<&str>, replaced: bool) -> Cow<'static, str> {
    match (from, replaced) {
        (Some(from), true) => text!(audit_secret_replaced_from, secret = secret, address = from),
        (None, true) => text!(audit_secret_replaced, secret = secret),
        (Some(from), false) => text!(audit_secret_added_from, secret = secret, address = from),
        (None, false) => text!(audit_secret_added, secret = secret),
    }
}

fn secret_deleted(secret: &str, from: Option<&str>) -> Cow<'static, str> {
    match from {
        Some(from) => text!(audit_secret_deleted_from, secret = secret, address = from),
        None => text!(audit_secret_deleted, secret = secret),
    }
}

/// Describes a visit to the provider's portal. `target` is the part of the portal that was opened.
fn portal_opened(target: &str, provider: &str) -> Cow<'static, str> {
    match target {
        "cancel" => text!(audit_portal_opened_to_cancel, provider = provider),
        "update_card" => text!(audit_portal_opened_to_update_card, provider = provider),
        _ => text!(audit_portal_opened, provider = provider),
    }
}

fn tenant_changed(fields: &Value) -> Cow<'static, str> {
    let fields: Vec<_> = texts(fields).map(|field| text!(audit_field, field = field)).collect();
    text!(audit_tenant_changed, fields = fields.join(", "))
}

/// Describes the correction of a counter: `Reduced usage of LLM tokens a month by 5,000: an import ran twice`.
fn corrected(feature: &str, details: &Value, catalog: &Catalog) -> Cow<'static, str> {
    let correction = details["amount"].as_i64().unwrap_or_default();
    let size = correction.unsigned_abs();
    let size = catalog.feature(feature).map_or_else(|| number(size), |known| amount(known, size));
    let title = feature_name(feature, catalog);
    let reason = details["reason"].as_str().unwrap_or("?");
    if correction < 0 {
        text!(audit_usage_reduced, feature = title, amount = size, reason = reason)
    } else {
        text!(audit_usage_increased, feature = title, amount = size, reason = reason)
    }
}

fn texts(values: &Value) -> impl Iterator<Item = &str> {
    values.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn listed(values: &Value) -> String {
    texts(values).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
