//! Limits, usage and prices with the names and units of the platform API and the workspace API.

use serde_json::{Map, Value};

use super::{ApiName, Catalog, Cycle, Feature, Limit, Plan, Unit, format};
use crate::{entitlement::FeatureUsage, ids::FeatureKey, money::Money};

/// The `limits` of a plan in the platform API: `{"websocket": {"maxConnections": 10, …}, …}`. Unlimited is `null`.
pub fn platform_limits(catalog: &Catalog, plan: &Plan) -> Map<String, Value> {
    let mut groups = Map::new();
    for feature in &catalog.features {
        if let Some(name) = &feature.platform_limit {
            put(&mut groups, name, in_unit_of(name, plan.limit(&feature.key)));
        }
    }
    groups
}

/// The `usage` of the platform API.
///
/// `{"websocket": {"connections": {"current": 45, "limit": 100, "percentage": 45}, …}, …}`
///
/// An unlimited feature has the limit `null` and the percentage 0. Sizes are also formatted, as in
/// `"5 GB"` and `"No limit"`.
pub fn platform_usage(catalog: &Catalog, usage: &[FeatureUsage]) -> Map<String, Value> {
    let mut groups = Map::new();
    for usage in usage {
        if let Some(feature) = catalog.feature(usage.feature.as_str())
            && let Some(name) = &feature.platform_usage
        {
            put(&mut groups, name, Value::Object(usage_entry(feature, name, usage)));
        }
    }
    groups
}

fn usage_entry(feature: &Feature, name: &ApiName, usage: &FeatureUsage) -> Map<String, Value> {
    let mut entry = Map::from_iter([
        ("current".to_owned(), in_unit_of(name, Limit::AtMost(usage.used))),
        ("limit".to_owned(), in_unit_of(name, usage.limit)),
        ("percentage".to_owned(), usage.percent().into()),
    ]);
    if feature.unit == Unit::Bytes {
        let limit = format::plain(&format::limit(feature, usage.limit));
        entry.insert("currentFormatted".to_owned(), format::size(usage.used).into());
        entry.insert("limitFormatted".to_owned(), limit.into());
    }
    entry
}

fn put(groups: &mut Map<String, Value>, name: &ApiName, value: Value) {
    let Some(group) = &name.group else {
        groups.insert(name.name.clone(), value);
        return;
    };
    let group = groups.entry(group.as_str()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(group) = group {
        group.insert(name.name.clone(), value);
    }
}

/// A price of a plan in the platform API, in major units: `29` or `19.5`; `null` for custom pricing.
pub fn platform_price(price: Option<Money>) -> Value {
    price.map_or(Value::Null, |price| {
        quotient(price.minor.unsigned_abs(), price.currency.minor_per_major().unsigned_abs())
    })
}

/// The name of a billing cycle in the workspace snapshot.
pub const fn workspace_cycle(cycle: Cycle) -> &'static str {
    match cycle {
        Cycle::Monthly => "monthly",
        Cycle::Yearly => "annual",
    }
}

/// The `limits` of the workspace snapshot: `{"auth_providers": 1, "storage_gb": 5, …}`.
///
/// Unlimited is `null`; a flag is 0 or 1.
pub fn workspace_limits(catalog: &Catalog, limit: impl Fn(&FeatureKey) -> Limit) -> Map<String, Value> {
    catalog
        .features
        .iter()
        .filter_map(|feature| {
            let name = feature.workspace_limit.as_ref()?;
            Some((name.name.clone(), in_unit_of(name, limit(&feature.key))))
        })
        .collect()
}

/// The `features` of the workspace snapshot: whether each feature listed there is included.
pub fn workspace_features(catalog: &Catalog, limit: impl Fn(&FeatureKey) -> Limit) -> Map<String, Value> {
    catalog
        .features
        .iter()
        .filter(|feature| feature.in_workspace_features)
        .map(|feature| (feature.key.as_str().to_owned(), limit(&feature.key).is_included().into()))
        .collect()
}

fn in_unit_of(name: &ApiName, limit: Limit) -> Value {
    match limit {
        Limit::Unlimited => Value::Null,
        Limit::AtMost(most) => quotient(most, name.divisor),
    }
}

/// The unrounded quotient, as an integer if it is one.
///
/// 200 MB are a `storage_gb` of 0.1953125. They are not rounded to 0, because 0 means "not included".
#[expect(clippy::cast_precision_loss, reason = "the fraction is only displayed")]
fn quotient(figure: u64, divisor: u64) -> Value {
    if figure.is_multiple_of(divisor) { (figure / divisor).into() } else { (figure as f64 / divisor as f64).into() }
}

#[cfg(test)]
mod tests {
    use insta::assert_json_snapshot;
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::catalog::file::default_catalog;

    /// Whether `answer` contains everything in `printed`.
    fn contains(answer: &Value, printed: &Value) -> bool {
        match (answer, printed) {
            (Value::Object(answer), Value::Object(printed)) => {
                printed.iter().all(|(key, value)| answer.get(key).is_some_and(|found| contains(found, value)))
            }
            _ => answer == printed,
        }
    }

    #[rstest]
    #[case::free("free", "platform_limits_of_free")]
    #[case::pro("pro", "platform_limits_of_pro")]
    #[case::enterprise("enterprise", "platform_limits_of_enterprise")]
    fn platform_limits_are_grouped(#[case] plan: &str, #[case] snapshot: &str) {
        let catalog = default_catalog();
        assert_json_snapshot!(snapshot, platform_limits(&catalog, catalog.plan(plan).unwrap()));
    }

    #[test]
    fn the_limits_of_free_match_the_platform_documentation() {
        let catalog = default_catalog();
        let printed = json!({
            "websocket": { "maxConnections": 10, "maxEntitiesWatched": 2 },
            "fileStorage": { "maxStorageMB": 200, "maxFileSizeMB": 5 },
            "api": { "requestsPerMinute": 100 },
            "ai": { "llmTokensPerMonth": 100_000, "maxCostPerMonth": 5 }
        });
        let answer = platform_limits(&catalog, catalog.plan("free").unwrap()).into();
        assert!(contains(&answer, &printed), "{answer:#}");
    }

    #[test]
    fn the_snapshot_of_standard_matches_the_workspace_documentation() {
        let catalog = default_catalog();
        let standard = catalog.plan("standard").unwrap();
        let limits = json!({
            "auth_providers": 1, "database_connections": 1, "storage_gb": 5, "feature_flags": 25, "projects": 1,
            "environments": 2, "team_members": 3, "flutter_apps": 2, "game_projects": 1,
            "telemetry_events_monthly": 100_000, "ai_runtime": 0
        });
        let features =
            json!({ "auth_providers": true, "database_connections": true, "feature_flags": true, "ai_runtime": false });
        assert_eq!(Value::from(workspace_limits(&catalog, |feature| standard.limit(feature))), limits);
        assert_eq!(Value::from(workspace_features(&catalog, |feature| standard.limit(feature))), features);
    }

    #[test]
    fn a_workspace_limit_is_not_rounded_and_unlimited_is_null() {
        let catalog = default_catalog();
        assert_eq!(
            workspace_limits(&catalog, |feature| catalog.plan("free").unwrap().limit(feature))["storage_gb"],
            json!(0.195_312_5)
        );
        assert_eq!(
            workspace_limits(&catalog, |feature| catalog.plan("enterprise").unwrap().limit(feature))["storage_gb"],
            Value::Null
        );
        assert_eq!(
            workspace_features(&catalog, |feature| catalog.plan("enterprise").unwrap().limit(feature))["auth_providers"],
            json!(true)
        );
    }

    fn usage(feature: &str, used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: feature.parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    #[test]
    fn platform_usage_matches_the_platform_documentation() {
        let catalog = default_catalog();
        let pro = catalog.plan("pro").unwrap();
        let used = [
            ("websocket_connections", 45),
            ("websocket_entities_watched", 8),
            ("websocket_rooms", 3),
            ("file_storage_bytes", 1_073_741_824),
            ("secrets", 12),
            ("team_members", 2),
        ];
        let usage = used.map(|(key, used)| usage(key, used, pro.limit(&key.parse().unwrap())));
        let printed = json!({
            "websocket": {
                "connections": { "current": 45, "limit": 100, "percentage": 45 },
                "entitiesWatched": { "current": 8, "limit": 10, "percentage": 80 },
                "rooms": { "current": 3, "limit": 10, "percentage": 30 }
            },
            "fileStorage": {
                "storage": {
                    "current": 1_073_741_824,
                    "limit": 5_368_709_120_u64,
                    "percentage": 20,
                    "currentFormatted": "1 GB",
                    "limitFormatted": "5 GB"
                }
            },
            "tenantConfig": { "secrets": { "current": 12, "limit": 50, "percentage": 24 } }
        });
        assert_eq!(Value::from(platform_usage(&catalog, &usage)), printed);
    }

    #[test]
    fn platform_usage_is_in_dollars_and_only_sizes_are_formatted() {
        let catalog = default_catalog();
        let answer = platform_usage(
            &catalog,
            &[
                usage("ai_cost", 31_400_000, Limit::AtMost(50_000_000)),
                usage("ai_tokens", 7, Limit::Unlimited),
                usage("file_storage_bytes", 1_610_612_736, Limit::Unlimited),
            ],
        );
        assert_eq!(answer["ai"]["cost"], json!({ "current": 31.4, "limit": 50, "percentage": 63 }));
        assert_eq!(answer["ai"]["llmTokens"], json!({ "current": 7, "limit": null, "percentage": 0 }));
        let storage = json!({
            "current": 1_610_612_736, "limit": null, "percentage": 0, "currentFormatted": "1.5 GB", "limitFormatted": "No limit"
        });
        assert_eq!(answer["fileStorage"]["storage"], storage);
    }

    #[rstest]
    #[case::free(Some(("USD", 0)), json!(0))]
    #[case::whole(Some(("USD", 2900)), json!(29))]
    #[case::with_cents(Some(("USD", 1950)), json!(19.5))]
    #[case::without_minor_units(Some(("JPY", 1200)), json!(1200))]
    #[case::by_agreement(None, Value::Null)]
    fn prices_are_in_major_units(#[case] price: Option<(&str, i64)>, #[case] expected: Value) {
        let price = price.map(|(currency, minor)| Money::new(minor, currency.parse().unwrap()));
        assert_eq!(platform_price(price), expected);
    }

    #[test]
    fn the_workspace_api_calls_a_yearly_cycle_annual() {
        for cycle in Cycle::ALL {
            assert_eq!(workspace_cycle(cycle).parse(), Ok(cycle));
        }
        assert_eq!(workspace_cycle(Cycle::Yearly), "annual");
    }
}
