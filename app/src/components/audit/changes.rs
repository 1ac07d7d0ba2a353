//! Texts of entries that have the states before and after a change.

use std::borrow::Cow;

use domain::catalog::Catalog;
use locales::text;
use serde_json::Value;

use super::names::feature_name;
use crate::{
    components::membership::subscription_change::name_of_plan,
    wording::{amount, number},
};

/// Describes each change of an endpoint, by its current URL.
pub(super) fn endpoint_changed(before: &Value, after: &Value) -> Cow<'static, str> {
    let url_of = |value: &Value| value["url"].as_str().unwrap_or("?").to_owned();
    let url = url_of(after);
    let changes = [
        (before["url"] != after["url"]).then(|| text!(audit_endpoint_moved, before = url_of(before), url = &url)),
        (before["enabled"] != after["enabled"]).then(|| {
            if after["enabled"] == true {
                text!(audit_endpoint_enabled, url = &url)
            } else {
                text!(audit_endpoint_disabled, url = &url)
            }
        }),
        (before["events"] != after["events"]).then(|| text!(audit_endpoint_events_changed, url = &url)),
        (before["description"] != after["description"]).then(|| text!(audit_endpoint_description_changed, url = &url)),
    ];
    enumerated(changes).unwrap_or_else(|| text!(audit_endpoint_changed, url = &url))
}

/// Describes which mails a person turned on and off.
pub(super) fn mail_preferences_changed(details: &Value) -> Cow<'static, str> {
    let named = |list: &str| -> Option<String> {
        let mails = details[list].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mails: Vec<_> = mails.map(|mail| text!(audit_mail, mail = mail)).collect();
        (!mails.is_empty()).then(|| mails.join(", "))
    };
    let changes = [
        named("on").map(|mails| text!(audit_mails_turned_on, mails = mails)),
        named("off").map(|mails| {
            if details["by"] == "link" {
                text!(audit_mails_turned_off_by_link, mails = mails)
            } else {
                text!(audit_mails_turned_off, mails = mails)
            }
        }),
    ];
    enumerated(changes).unwrap_or_else(|| text!(audit_kind_mail_preferences_changed))
}

/// Joins descriptions of what one entry changed; `None` without any.
fn enumerated<const N: usize>(changes: [Option<Cow<'static, str>>; N]) -> Option<Cow<'static, str>> {
    let changes: Vec<_> = changes.into_iter().flatten().collect();
    (!changes.is_empty()).then(|| changes.join(" · ").into())
}

/// Describes which overrides were set and which were removed.
pub(super) fn overrides_changed(before: &Value, after: &Value, catalog: &Catalog) -> Cow<'static, str> {
    let (set, removed) = (limits_only_in(after, before, catalog), limits_only_in(before, after, catalog));
    // A limit whose figure or end date changed is in both lists. It counts as set, not as removed.
    let removed: Vec<_> = removed.into_iter().filter(|limit| !set.contains(limit)).collect();
    let changes = [
        grant_changed(before, after, catalog),
        (!set.is_empty()).then(|| text!(audit_limits_set, count = set.len(), limits = set.join(", "))),
        (!removed.is_empty()).then(|| text!(audit_limits_removed, count = removed.len(), limits = removed.join(", "))),
    ];
    enumerated(changes).unwrap_or_else(|| text!(audit_overrides_changed))
}

/// Describes what an admin changed of the alert thresholds and the cap of a limit.
pub(super) fn own_limit_set(key: &str, before: &Value, after: &Value, catalog: &Catalog) -> Cow<'static, str> {
    let name = feature_name(key, catalog);
    let figure = |value: u64| catalog.feature(key).map_or_else(|| number(value), |feature| amount(feature, value));
    let cap = (before["cap"] != after["cap"]).then(|| match after["cap"].as_u64() {
        Some(cap) => text!(audit_cap_set, feature = &name, cap = figure(cap)),
        None => text!(audit_cap_removed, feature = &name),
    });
    let thresholds = after["warnAt"].as_array().cloned().unwrap_or_default();
    let words: Vec<_> = thresholds
        .iter()
        .filter_map(|threshold| threshold.as_str().map(str::to_owned).or_else(|| threshold.as_u64().map(figure)))
        .collect();
    let alerts = (before["warnAt"] != after["warnAt"]).then(|| match words.as_slice() {
        [] => text!(audit_thresholds_removed, feature = &name),
        words => text!(audit_thresholds_set, feature = &name, thresholds = words.join(", ")),
    });
    enumerated([cap, alerts]).unwrap_or_else(|| text!(audit_kind_own_limit_set))
}

/// Describes the change of the granted plan; `None` if it is unchanged.
fn grant_changed(before: &Value, after: &Value, catalog: &Catalog) -> Option<Cow<'static, str>> {
    let granted = |overrides: &Value| {
        overrides.pointer("/plan/plan").and_then(Value::as_str).map(|plan| name_of_plan(plan, catalog))
    };
    if before["plan"] == after["plan"] {
        return None;
    }
    match (granted(before), granted(after)) {
        (Some(before), Some(plan)) if before != plan => Some(text!(audit_plan_regranted, before = before, plan = plan)),
        (_, Some(plan)) => Some(text!(audit_plan_granted, plan = plan)),
        (Some(plan), None) => Some(text!(audit_plan_grant_ended, plan = plan)),
        (None, None) => None,
    }
}

/// Returns the names of the limits of `these` overrides that differ in `others`.
fn limits_only_in(these: &Value, others: &Value, catalog: &Catalog) -> Vec<String> {
    let limits = |overrides: &Value| overrides["limits"].as_array().cloned().unwrap_or_default();
    let others = limits(others);
    let differs = limits(these).into_iter().filter(|limit| !others.contains(limit));
    differs.filter_map(|limit| Some(feature_name(limit.get("feature")?.as_str()?, catalog))).collect()
}
