//! A plan's limits under the names that each family of the API has for them.

use serde_json::{Map, Value};

use super::{Catalog, Limit, NameInApi, Plan};

/// `limits` of a plan in `GET /billing/plans`: `{"websocket": {"maxConnections": 10, …}, …}`, `null` for no limit.
pub fn platform_limits(catalog: &Catalog, plan: &Plan) -> Map<String, Value> {
    let mut groups = Map::new();
    for feature in &catalog.features {
        let Some(name) = &feature.platform_limit else { continue };
        let limit = in_unit_of(name, plan.limit(&feature.key));
        match &name.group {
            None => {
                groups.insert(name.name.clone(), limit);
            }
            Some(group) => {
                let group = groups.entry(group.as_str()).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(group) = group {
                    group.insert(name.name.clone(), limit);
                }
            }
        }
    }
    groups
}

/// `limits` in the workspace snapshot: `{"auth_providers": 1, "storage_gb": 5, …}`, `null` for no limit, a flag 0 or 1.
pub fn workspace_limits(catalog: &Catalog, plan: &Plan) -> Map<String, Value> {
    catalog
        .features
        .iter()
        .filter_map(|feature| {
            let name = feature.workspace_limit.as_ref()?;
            Some((name.name.clone(), in_unit_of(name, plan.limit(&feature.key))))
        })
        .collect()
}

/// `features` in the workspace snapshot: whether the plan includes each that is listed there.
pub fn workspace_features(catalog: &Catalog, plan: &Plan) -> Map<String, Value> {
    catalog
        .features
        .iter()
        .filter(|feature| feature.in_workspace_features)
        .map(|feature| (feature.key.as_str().to_owned(), plan.limit(&feature.key).is_included().into()))
        .collect()
}

/// A whole number wherever it is one: 200 MB are 0.1953125 of `storage_gb`, since 0 would say "not included".
#[expect(clippy::cast_precision_loss, reason = "a fraction of a unit is shown, never counted with")]
fn in_unit_of(name: &NameInApi, limit: Limit) -> Value {
    match limit {
        Limit::Unlimited => Value::Null,
        Limit::AtMost(most) if most.is_multiple_of(name.divisor) => (most / name.divisor).into(),
        Limit::AtMost(most) => (most as f64 / name.divisor as f64).into(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_json_snapshot;
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::catalog::file::default_catalog;

    /// Whether `answer` has all that `printed` has; more is allowed.
    fn holds(answer: &Value, printed: &Value) -> bool {
        match (answer, printed) {
            (Value::Object(answer), Value::Object(printed)) => {
                printed.iter().all(|(key, value)| answer.get(key).is_some_and(|found| holds(found, value)))
            }
            _ => answer == printed,
        }
    }

    #[rstest]
    #[case::free("free")]
    #[case::pro("pro")]
    #[case::enterprise("enterprise")]
    fn the_platform_api_names_limits_by_group(#[case] plan: &str) {
        let catalog = default_catalog();
        assert_json_snapshot!(
            format!("platform_limits_of_{plan}"),
            platform_limits(&catalog, catalog.plan(plan).unwrap())
        );
    }

    #[test]
    fn free_has_the_limits_that_the_platform_document_prints() {
        let catalog = default_catalog();
        let printed = json!({
            "websocket": { "maxConnections": 10, "maxEntitiesWatched": 2 },
            "fileStorage": { "maxStorageMB": 200, "maxFileSizeMB": 5 },
            "api": { "requestsPerMinute": 100 },
            "ai": { "llmTokensPerMonth": 100_000, "maxCostPerMonth": 5 }
        });
        let answer = platform_limits(&catalog, catalog.plan("free").unwrap()).into();
        assert!(holds(&answer, &printed), "{answer:#}");
    }

    #[test]
    fn standard_has_the_snapshot_that_the_workspace_document_prints() {
        let catalog = default_catalog();
        let standard = catalog.plan("standard").unwrap();
        let limits = json!({
            "auth_providers": 1, "database_connections": 1, "storage_gb": 5, "feature_flags": 25, "projects": 1,
            "environments": 2, "team_members": 3, "flutter_apps": 2, "game_projects": 1,
            "telemetry_events_monthly": 100_000, "ai_runtime": 0
        });
        let features =
            json!({ "auth_providers": true, "database_connections": true, "feature_flags": true, "ai_runtime": false });
        assert_eq!(Value::from(workspace_limits(&catalog, standard)), limits);
        assert_eq!(Value::from(workspace_features(&catalog, standard)), features);
    }

    #[test]
    fn a_workspace_limit_is_never_rounded_and_no_limit_is_null() {
        let catalog = default_catalog();
        assert_eq!(workspace_limits(&catalog, catalog.plan("free").unwrap())["storage_gb"], json!(0.195_312_5));
        assert_eq!(workspace_limits(&catalog, catalog.plan("enterprise").unwrap())["storage_gb"], Value::Null);
        assert_eq!(workspace_features(&catalog, catalog.plan("enterprise").unwrap())["auth_providers"], json!(true));
    }
}
