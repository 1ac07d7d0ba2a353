//! Texts of audit entries.

use domain::{
    account::Role,
    catalog::{Catalog, format},
    subscription::Provider,
    tenant::audit::{AuditAction, AuditEntry},
};
use serde_json::Value;

use crate::components::page::role_noun;

/// Returns an action's title for the filter's list.
pub(super) const fn title(action: AuditAction) -> &'static str {
    match action {
        AuditAction::MemberInvited => "Invitations made",
        AuditAction::InvitationWithdrawn => "Invitations withdrawn",
        AuditAction::MemberJoined => "People joined",
        AuditAction::MemberRoleChanged => "Roles changed",
        AuditAction::MemberRemoved => "People removed",
        AuditAction::MemberLeft => "People left",
        AuditAction::ApiKeyCreated => "API keys made",
        AuditAction::ApiKeyRevoked => "API keys revoked",
        AuditAction::InstallationKeyCreated => "Installation keys made",
        AuditAction::InstallationKeyRevoked => "Installation keys revoked",
        AuditAction::SecretSet => "Secrets kept",
        AuditAction::SecretDeleted => "Secrets deleted",
        AuditAction::SecretUsed => "Secrets used",
        AuditAction::SecretsResealed => "Secrets sealed anew",
        AuditAction::ApiKeyTakenOver => "API keys taken over",
        AuditAction::EndpointCreated => "Webhook endpoints made",
        AuditAction::EndpointChanged => "Webhook endpoints changed",
        AuditAction::EndpointDeleted => "Webhook endpoints deleted",
        AuditAction::EndpointSecretRotated => "Webhook secrets rotated",
        AuditAction::CancelRequested => "Plan canceled",
        AuditAction::ResumeRequested => "Plan kept after all",
        AuditAction::CheckoutStarted => "Orders begun",
        AuditAction::PortalOpened => "Portal opened",
        AuditAction::PortalLinkCreated => "Portal links created",
        AuditAction::PortalSessionStarted => "Portal sessions started",
        AuditAction::PortalSessionsEnded => "Portal sessions ended",
        AuditAction::SubscriptionChanged => "Subscription changed",
        AuditAction::PlanGranted => "Plans granted",
        AuditAction::OverridesChanged => "Plan and limits settled",
        AuditAction::UsageCorrected => "Usage corrected",
        AuditAction::SyncRequested => "Provider asked by an operator",
        AuditAction::JobRescheduled => "Jobs tried again by an operator",
        AuditAction::ProductCreated => "Products made",
        AuditAction::CustomerCheckoutStarted => "Customers’ checkouts begun",
        AuditAction::CustomerSubscriptionEnded => "Customers’ subscriptions ended",
        AuditAction::TenantCreated => "Workspace made",
        AuditAction::TenantChanged => "Workspace changed",
        AuditAction::TenantDeleted => "Workspace deleted",
        AuditAction::TenantRestored => "Workspace restored",
        AuditAction::TenantErased => "Workspace erased",
    }
}

pub(super) fn actor(entry: &AuditEntry) -> String {
    let name = |nameless: &str| entry.actor_name.clone().or(entry.actor_id.clone()).unwrap_or(nameless.to_owned());
    match entry.actor_kind.as_str() {
        "api_key" => format!("API key “{}”", name("?")),
        "token_user" => match (&entry.actor_id, &entry.actor_name) {
            (Some(subject), Some(issuer)) => format!("{subject} at {issuer}"),
            _ => name("A user of the product"),
        },
        "portal_user" => format!("Portal user “{}”", entry.actor_id.as_deref().unwrap_or("?")),
        "installation_key" => format!("The product, with the key “{}”", name("?")),
        "provider" => provider(entry.actor_id.as_deref()).map_or_else(|| name("Payment provider"), ToOwned::to_owned),
        "operator" => "Operator of Dues".to_owned(),
        "dues" => "Dues".to_owned(),
        _ => name("A former member"),
    }
}

fn provider(id: Option<&str>) -> Option<&'static str> {
    id?.parse::<Provider>().ok().map(Provider::title)
}

/// Describes an entry, with the catalog's current names where they exist.
pub(super) fn description(entry: &AuditEntry, catalog: &Catalog) -> String {
    let AuditEntry { target, details, .. } = entry;
    let text = |name: &str| details[name].as_str().unwrap_or("?");
    let role = |name: &str| text(name).parse::<Role>().map_or("?", role_noun);
    let plan = || plan_name(text("plan"), catalog);
    let at = provider(details["provider"].as_str()).unwrap_or("the payment provider");
    let is_self = entry.actor_name.as_deref() == Some(target);
    let Ok(action) = entry.action.parse() else { return format!("{} {target}", entry.action) };
    match action {
        AuditAction::MemberInvited => format!("Invited {target} as {}", role("role")),
        AuditAction::InvitationWithdrawn => format!("Withdrew the invitation of {target}"),
        AuditAction::MemberJoined if is_self => format!("Joined as {}", role("role")),
        AuditAction::MemberJoined => format!("Added {target} as {}", role("role")),
        AuditAction::MemberRoleChanged => format!("Made {target} {}, who was {}", role("role"), role("before")),
        AuditAction::MemberRemoved => format!("Removed {target}"),
        AuditAction::MemberLeft => "Left".to_owned(),
        AuditAction::ApiKeyCreated => format!("Made the API key “{}” for {}", text("name"), listed(&details["scopes"])),
        AuditAction::ApiKeyRevoked => format!("Revoked the API key “{}”", text("name")),
        AuditAction::InstallationKeyCreated => {
            format!("Made the installation key “{}” for {}", text("name"), listed(&details["scopes"]))
        }
        AuditAction::InstallationKeyRevoked => format!("Revoked the installation key “{}”", text("name")),
        AuditAction::SecretSet if details["replaced"] == true => {
            format!("Gave the secret {target} a new value{}", came_from(details))
        }
        AuditAction::SecretSet => format!("Kept the secret {target}{}", came_from(details)),
        AuditAction::SecretDeleted => format!("Deleted the secret {target}{}", came_from(details)),
        AuditAction::SecretUsed => format!("Used the secret {target}: {}", text("purpose")),
        AuditAction::SecretsResealed => "Sealed the workspace’s secrets anew under another key".to_owned(),
        AuditAction::ApiKeyTakenOver => format!("Took over the API key “{}” of {}", text("name"), text("from")),
        AuditAction::EndpointCreated => format!("Made a webhook endpoint at {}", text("url")),
        AuditAction::EndpointChanged => endpoint_changed(&details["before"], &details["after"]),
        AuditAction::EndpointDeleted => format!("Deleted the webhook endpoint at {}", text("url")),
        AuditAction::EndpointSecretRotated => format!("Rotated the secret of the webhook endpoint at {}", text("url")),
        AuditAction::CancelRequested => format!("Had {} end with its period", plan()),
        AuditAction::ResumeRequested => format!("Had {} go on as it is", plan()),
        AuditAction::CheckoutStarted if details["portal"] == true => {
            format!("Went to {at}’s portal for {}, {}", plan(), text("cycle"))
        }
        AuditAction::CheckoutStarted => format!("Began to order {}, {}, at {at}", plan(), text("cycle")),
        AuditAction::PortalOpened => match text("door") {
            "cancel" => format!("Went to {at}’s portal to cancel"),
            "update_card" => format!("Went to {at}’s portal to update the card"),
            _ => format!("Went to {at}’s portal"),
        },
        AuditAction::PortalLinkCreated => format!("Created a portal link for user “{target}” as {}", role("role")),
        AuditAction::PortalSessionStarted => "Opened their portal link".to_owned(),
        AuditAction::PortalSessionsEnded => format!("Ended the portal sessions of user “{target}”"),
        AuditAction::SubscriptionChanged => {
            let now = subscription(&details["after"], catalog);
            match &details["before"] {
                Value::Null => format!("New subscription: {now}"),
                before => format!("Subscription: {now}; before, {}", subscription(before, catalog)),
            }
        }
        AuditAction::PlanGranted => format!("Granted the plan {}", plan_name(target, catalog)),
        AuditAction::OverridesChanged => settled(&details["before"], &details["after"], catalog),
        AuditAction::UsageCorrected => corrected(target, details, catalog),
        AuditAction::SyncRequested => format!("Had the payment provider asked about {target}"),
        AuditAction::JobRescheduled => format!("Had a job tried again: {}", text("task").replace('_', " ")),
        AuditAction::ProductCreated => format!("Made the product “{}” at {at}", text("name")),
        AuditAction::CustomerCheckoutStarted => format!("Made a checkout link at {at} for {}", text("price")),
        AuditAction::CustomerSubscriptionEnded if details["immediately"] == true => {
            format!("Ended a customer’s subscription at {at} at once: {target}")
        }
        AuditAction::CustomerSubscriptionEnded => {
            format!("Had a customer’s subscription at {at} end with its period: {target}")
        }
        AuditAction::TenantCreated => "Made the workspace".to_owned(),
        AuditAction::TenantChanged => format!("Changed the workspace’s {}", listed(&details["fields"])),
        AuditAction::TenantDeleted => "Deleted the workspace".to_owned(),
        AuditAction::TenantRestored => "Restored the workspace".to_owned(),
        AuditAction::TenantErased => "Erased the workspace’s names and secrets".to_owned(),
    }
}

/// Describes a change of an endpoint by its current URL.
fn endpoint_changed(before: &Value, after: &Value) -> String {
    let text = |value: &Value| value["url"].as_str().unwrap_or("?").to_owned();
    let url = text(after);
    let parts = [
        (before["url"] != after["url"]).then(|| format!("moved from {}", text(before))),
        (before["enabled"] != after["enabled"])
            .then(|| if after["enabled"] == true { "enabled" } else { "disabled" }.to_owned()),
        (before["events"] != after["events"]).then(|| "other events".to_owned()),
        (before["description"] != after["description"]).then(|| "another description".to_owned()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("Changed the webhook endpoint at {url}: {}", parts.join(", "))
}

/// Builds `Took 5,000 off LLM tokens a month: an import ran twice`.
fn corrected(feature: &str, details: &Value, catalog: &Catalog) -> String {
    let amount = details["amount"].as_i64().unwrap_or_default();
    let known = catalog.feature(feature);
    let title = known.map_or(feature, |feature| feature.title.as_str());
    let size =
        known.map_or_else(|| amount.unsigned_abs().to_string(), |known| format::amount(known, amount.unsigned_abs()));
    let reason = details["reason"].as_str().unwrap_or("?");
    if amount < 0 { format!("Took {size} off {title}: {reason}") } else { format!("Added {size} to {title}: {reason}") }
}

/// Builds `, from 203.0.113.7`.
fn came_from(details: &Value) -> String {
    details["from"].as_str().map(|from| format!(", from {from}")).unwrap_or_default()
}

fn listed(words: &Value) -> String {
    let words: Vec<_> = words.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    words.join(", ")
}

fn plan_name(id: &str, catalog: &Catalog) -> String {
    catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone())
}

/// Describes which overrides were set and which were withdrawn.
fn settled(before: &Value, after: &Value, catalog: &Catalog) -> String {
    let (new, gone) = (only_in(after, before, catalog), only_in(before, after, catalog));
    // An override whose limit or end date changed is in both lists. It counts as set, not as withdrawn.
    let gone: Vec<_> = gone.into_iter().filter(|part| !new.contains(part)).collect();
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => "Settled plan and limits".to_owned(),
        (false, true) => format!("Settled {}", new.join(", ")),
        (true, false) => format!("Took back {}", gone.join(", ")),
        (false, false) => format!("Settled {}; took back {}", new.join(", "), gone.join(", ")),
    }
}

/// Returns the overrides of `these` that differ in `others`.
fn only_in(these: &Value, others: &Value, catalog: &Catalog) -> Vec<String> {
    let plan = (these["plan"] != others["plan"]).then(|| these.pointer("/plan/plan")).flatten().and_then(Value::as_str);
    let plan = plan.map(|plan| format!("the plan {}", plan_name(plan, catalog)));
    let limits = |settled: &Value| settled["limits"].as_array().cloned().unwrap_or_default();
    let others = limits(others);
    let limits = limits(these).into_iter().filter(|limit| !others.contains(limit)).filter_map(|limit| {
        let key = limit.get("feature")?.as_str()?;
        let title = catalog.feature(key).map_or(key, |feature| feature.title.as_str());
        Some(format!("the limit “{title}”"))
    });
    plan.into_iter().chain(limits).collect()
}

/// Builds `Pro, monthly, past due, ends with its period`.
fn subscription(value: &Value, catalog: &Catalog) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or("?").replace('_', " ");
    let ends = if value["cancelAtPeriodEnd"] == true { ", ends with its period" } else { "" };
    let then = match value.pointer("/pending/plan").and_then(Value::as_str) {
        Some(plan) => format!(", then {}", plan_name(plan, catalog)),
        None => String::new(),
    };
    let plan = plan_name(value["plan"].as_str().unwrap_or("?"), catalog);
    format!("{plan}, {}, {}{ends}{then}", text("cycle"), text("status"))
}

#[cfg(test)]
mod tests {
    use domain::{catalog::file::default_catalog, time::Timestamp};
    use serde_json::json;

    use super::*;

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
                "Operator of Dues",
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
                "Gave the secret polar_api_key a new value",
            ),
            (
                entry(
                    ("provider", Some("stripe"), None),
                    "subscription.changed",
                    "sub_1",
                    json!({ "before": plan("pro", false), "after": plan("pro", true) }),
                ),
                "Stripe",
                "Subscription: Pro, monthly, active, ends with its period; before, Pro, monthly, active",
            ),
            (
                entry(ada, "subscription.cancel_asked", "sub_1", json!({ "plan": "pro", "provider": "stripe" })),
                "ada@acme.test",
                "Had Pro end with its period",
            ),
            (
                entry(
                    ada,
                    "checkout.started",
                    "cs_1",
                    json!({ "plan": "gone", "cycle": "yearly", "provider": "polar", "portal": false }),
                ),
                "ada@acme.test",
                "Began to order gone, yearly, at Polar",
            ),
            (
                entry(
                    ada,
                    "checkout.started",
                    "sub_1",
                    json!({ "plan": "team", "cycle": "yearly", "provider": "stripe", "portal": true }),
                ),
                "ada@acme.test",
                "Went to Stripe’s portal for Team, yearly",
            ),
            (
                entry(
                    ada,
                    "customer_subscription.ended",
                    "sub_2",
                    json!({ "provider": "polar", "immediately": false }),
                ),
                "ada@acme.test",
                "Had a customer’s subscription at Polar end with its period: sub_2",
            ),
            (entry(("user", Some("1"), None), "tea.made", "pot", json!({})), "1", "tea.made pot"),
        ] {
            assert_eq!((actor(&entry).as_str(), description(&entry, &default_catalog()).as_str()), (by, said));
        }
    }

    #[test]
    fn only_changed_overrides_are_described() {
        let plan = |plan: &str| json!({ "plan": plan, "until": null });
        let limit = |feature: &str, limit| json!({ "feature": feature, "limit": limit, "until": null });
        for (before, after, said) in [
            (
                json!({ "plan": null, "limits": [] }),
                json!({ "plan": plan("team"), "limits": [] }),
                "Settled the plan Team",
            ),
            (
                json!({ "plan": plan("team"), "limits": [limit("projects", 5)] }),
                json!({ "plan": plan("team"), "limits": [limit("ai_cost", 7), limit("projects", 5)] }),
                "Settled the limit “LLM spend a month”",
            ),
            (
                json!({ "plan": plan("team"), "limits": [limit("projects", 5)] }),
                json!({ "plan": plan("team"), "limits": [limit("projects", 6)] }),
                "Settled the limit “Projects”",
            ),
            (
                json!({ "plan": plan("gone"), "limits": [limit("tea", 5)] }),
                json!({ "plan": plan("pro"), "limits": [] }),
                "Settled the plan Pro; took back the plan gone, the limit “tea”",
            ),
            (
                json!({ "plan": plan("team"), "limits": [] }),
                json!({ "plan": null, "limits": [] }),
                "Took back the plan Team",
            ),
            // Entries of former versions have `until` in microseconds.
            (
                json!({ "plan": { "plan": "team", "until": 1_893_456_000_000_000_i64 }, "limits": [] }),
                json!({ "plan": plan("team"), "limits": [limit("projects", 5)] }),
                "Settled the plan Team, the limit “Projects”",
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
