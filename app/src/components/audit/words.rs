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
            text!(audit_checkout_started, plan = plan(), cycle = detail("cycle"), provider = at)
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
mod tests {
    use domain::{catalog::file::default_catalog, time::Timestamp};
    use serde_json::json;

    use super::{super::kind::title, *};

    fn entry(actor: (&str, Option<&str>, Option<&str>), action: &str, target: &str, details: Value) -> AuditEntry {
        let (kind, id, name) = actor;
        AuditEntry {
            id: "1".to_owned(),
            at: Timestamp::from_secs(0),
            actor_kind: kind.to_owned(),
            actor_id: id.map(str::to_owned),
            actor_name: name.map(str::to_owned),
            action: action.to_owned(),
            target: target.to_owned(),
            details,
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one line for each kind of entry")]
    fn an_entry_describes_actor_and_action() {
        let ada = ("user", Some("1"), Some("ada@acme.test"));
        let plan = |plan: &str, ends: bool| json!({ "plan": plan, "cycle": "monthly", "status": "active", "cancelAtPeriodEnd": ends });
        for (entry, by, said) in [
            (
                entry(ada, "member.invited", "b@acme.test", json!({ "role": "admin" })),
                "ada@acme.test",
                "Invited b@acme.test as an admin",
            ),
            (
                entry(ada, "member.joined", "ada@acme.test", json!({ "role": "member" })),
                "ada@acme.test",
                "Joined as a member",
            ),
            (
                entry(("operator", None, None), "member.joined", "ada@acme.test", json!({ "role": "owner" })),
                "Dues operator",
                "Added ada@acme.test as an owner",
            ),
            (
                entry(
                    ("api_key", Some("00ff"), Some("Gateway")),
                    "secret.set",
                    "polar_api_key",
                    json!({ "replaced": true }),
                ),
                "API key “Gateway”",
                "Replaced the value of secret polar_api_key",
            ),
            (
                entry(
                    ("provider", Some("stripe"), None),
                    "subscription.changed",
                    "sub_1",
                    json!({ "before": plan("pro", false), "after": plan("pro", true) }),
                ),
                "Stripe",
                "Subscription: Pro, monthly, active, cancels at period end. Previously: Pro, monthly, active",
            ),
            (
                entry(ada, "subscription.cancel_asked", "sub_1", json!({ "plan": "pro", "provider": "stripe" })),
                "ada@acme.test",
                "Canceled Pro, effective at the end of the billing period",
            ),
            (
                entry(
                    ada,
                    "subscription.cancel_asked",
                    "sub_1",
                    json!({ "plan": "pro", "provider": "stripe", "reason": "too_expensive" }),
                ),
                "ada@acme.test",
                "Canceled Pro, effective at the end of the billing period. Reason: It’s too expensive",
            ),
            (
                entry(
                    ada,
                    "checkout.started",
                    "cs_1",
                    json!({ "plan": "gone", "cycle": "yearly", "provider": "polar", "portal": false }),
                ),
                "ada@acme.test",
                "Started a checkout for gone, billed yearly, in Polar",
            ),
            (
                entry(
                    ada,
                    "checkout.started",
                    "sub_1",
                    json!({ "plan": "team", "cycle": "yearly", "provider": "stripe", "portal": true }),
                ),
                "ada@acme.test",
                "Opened the Stripe billing portal to switch to Team, billed yearly",
            ),
            (
                entry(
                    ada,
                    "customer_subscription.ended",
                    "sub_2",
                    json!({ "provider": "polar", "immediately": false }),
                ),
                "ada@acme.test",
                "Canceled customer subscription sub_2 in Polar, effective at the end of the billing period",
            ),
            (
                entry(ada, "secret.used", "polar_api_key", json!({ "purpose": "list products" })),
                "ada@acme.test",
                "Used secret polar_api_key to list products",
            ),
            (
                entry(ada, "secret.used", "polar_api_key", json!({ "purpose": "a test" })),
                "ada@acme.test",
                "Used secret polar_api_key: a test",
            ),
            (
                entry(
                    ada,
                    "webhook_endpoint.changed",
                    "ep_1",
                    json!({
                        "before": { "url": "https://a.test/", "enabled": true },
                        "after": { "url": "https://b.test/", "enabled": false },
                    }),
                ),
                "ada@acme.test",
                "Changed webhook endpoint https://a.test/ to https://b.test/ · Disabled webhook endpoint https://b.test/",
            ),
            (
                entry(
                    ada,
                    "mail_preferences.changed",
                    "",
                    json!({ "on": ["monthly_report"], "off": ["usage_limits", "payments"], "by": "settings" }),
                ),
                "ada@acme.test",
                "Turned on emails: monthly report · Turned off emails: usage limits, payments",
            ),
            (
                entry(ada, "mail_preferences.changed", "", json!({ "on": [], "off": ["payments"], "by": "link" })),
                "ada@acme.test",
                "Turned off emails with the link in an email: payments",
            ),
            (
                entry(("dues", None, None), "tenant.changed", "t", json!({ "fields": ["name", "email"] })),
                "Dues",
                "Changed workspace details: name, email address",
            ),
            (
                entry(
                    ("operator", None, None),
                    "usage.corrected",
                    "ai_tokens",
                    json!({ "amount": -5000, "reason": "an import ran twice" }),
                ),
                "Dues operator",
                "Reduced usage of LLM tokens a month by 5,000: an import ran twice",
            ),
            (entry(("user", Some("1"), None), "tea.made", "pot", json!({})), "1", "tea.made pot"),
        ] {
            assert_eq!((&*actor(&entry), &*description(&entry, &default_catalog())), (by, said));
        }
    }

    #[test]
    fn only_changed_overrides_are_described() {
        let plan = |plan: &str| json!({ "plan": plan, "until": null });
        let limit = |feature: &str, limit| json!({ "feature": feature, "limit": limit, "until": null });
        for (before, after, said) in [
            (json!({ "plan": null, "limits": [] }), json!({ "plan": plan("team"), "limits": [] }), "Granted plan Team"),
            (
                json!({ "plan": plan("team"), "limits": [limit("projects", 5)] }),
                json!({ "plan": plan("team"), "limits": [limit("ai_cost", 7), limit("projects", 5)] }),
                "Set a custom limit: LLM spend a month",
            ),
            (
                json!({ "plan": plan("team"), "limits": [limit("projects", 5)] }),
                json!({ "plan": plan("team"), "limits": [limit("projects", 6)] }),
                "Set a custom limit: Projects",
            ),
            (
                json!({ "plan": plan("gone"), "limits": [limit("tea", 5)] }),
                json!({ "plan": plan("pro"), "limits": [] }),
                "Changed the granted plan from gone to Pro · Removed a custom limit: tea",
            ),
            (
                json!({ "plan": plan("team"), "limits": [] }),
                json!({ "plan": null, "limits": [] }),
                "Removed the granted plan Team",
            ),
            // Entries of former versions have `until` in microseconds.
            (
                json!({ "plan": { "plan": "team", "until": 1_893_456_000_000_000_i64 }, "limits": [] }),
                json!({ "plan": plan("team"), "limits": [limit("projects", 5)] }),
                "Granted plan Team · Set a custom limit: Projects",
            ),
        ] {
            let details = json!({ "before": before, "after": after });
            let value = entry(("operator", None, None), "overrides.changed", "Acme", details);
            assert_eq!(description(&value, &default_catalog()), said);
        }
    }

    #[test]
    fn every_action_has_a_description() {
        for action in AuditAction::ALL {
            let value = description(&entry(("dues", None, None), action.as_str(), "x", json!({})), &default_catalog());
            assert!(!value.starts_with(action.as_str()) && !title(*action).is_empty(), "{value}");
        }
    }
}
