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
                "cs_2",
                json!({
                    "plan": "pro",
                    "cycle": "monthly",
                    "provider": "stripe",
                    "portal": false,
                    "currency": "EUR",
                    "coupon": "SPRING",
                }),
            ),
            "ada@acme.test",
            "Started a checkout for Pro, billed monthly, in Stripe. Discount: SPRING",
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
            entry(ada, "customer_subscription.ended", "sub_2", json!({ "provider": "polar", "immediately": false })),
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
