//! Texts of changes of a subscription, as the audit log has them.

use std::borrow::Cow;

use domain::catalog::Catalog;
use locales::text;
use serde_json::Value;

use crate::wording::{interval, name};

/// Returns the plan's name, or its id if the catalog has no such plan.
pub(crate) fn name_of_plan(id: &str, catalog: &Catalog) -> String {
    catalog.plan(id).map_or_else(|| id.to_owned(), |plan| name(&plan.name))
}

/// Describes a new or changed subscription.
pub(crate) fn subscription_changed(before: &Value, after: &Value, catalog: &Catalog) -> Cow<'static, str> {
    let now = subscription(after, catalog);
    match before {
        Value::Null => text!(audit_subscription_new, subscription = now),
        before => text!(audit_subscription_changed, subscription = now, before = subscription(before, catalog)),
    }
}

/// Describes a subscription: `Pro, monthly, past due, cancels at period end`, or `Team, monthly, active, 5 seats`.
fn subscription(value: &Value, catalog: &Catalog) -> Cow<'static, str> {
    let detail = |name: &str| value[name].as_str().unwrap_or("?");
    let plan = name_of_plan(detail("plan"), catalog);
    let every = value["interval"].as_str().and_then(|stored| stored.parse().ok());
    let cycle = every.map_or_else(|| text!(audit_cycle, cycle = detail("cycle")), interval);
    let status = text!(audit_status, status = detail("status"));
    let next = value.pointer("/pending/plan").and_then(Value::as_str).map(|next| name_of_plan(next, catalog));
    let described = match (next, value["cancelAtPeriodEnd"] == true) {
        (None, false) => text!(audit_subscription, plan = plan, cycle = cycle, status = status),
        (None, true) => text!(audit_subscription_ending, plan = plan, cycle = cycle, status = status),
        (Some(next), false) => {
            text!(audit_subscription_switching, plan = plan, cycle = cycle, status = status, next = next)
        }
        (Some(next), true) => {
            text!(audit_subscription_ending_switching, plan = plan, cycle = cycle, status = status, next = next)
        }
    };
    match value["seats"].as_u64() {
        Some(seats) => text!(audit_subscription_seats, subscription = described, seats = seats),
        None => described,
    }
}

#[cfg(test)]
mod tests {
    use domain::catalog::file::default_catalog;
    use serde_json::json;

    use super::*;

    #[test]
    fn another_interval_stands_in_place_of_the_cycle() {
        let change = |interval: Value| {
            let after = json!({ "plan": "pro", "cycle": "monthly", "status": "active", "interval": interval });
            subscription_changed(&Value::Null, &after, &default_catalog()).into_owned()
        };
        let quarterly = change(json!("3 month"));
        assert!(quarterly.contains("Pro, every 3 months"), "{quarterly}");
        let monthly = change(Value::Null);
        assert!(monthly.contains("Pro, monthly"), "{monthly}");
    }
}
