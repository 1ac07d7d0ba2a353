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
