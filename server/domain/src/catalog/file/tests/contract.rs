//! The built-in catalog has the plans, limits and prices of the contract.

use rstest::rstest;

use crate::{
    catalog::{Catalog, Cycle, FeatureKind, Limit, Period, file::default_catalog},
    money::Currency,
};

/// The contract's table of limits, in the contract's notation. Each column is a plan.
#[rstest]
#[case("websocket_connections", "10 | 10 | 10 | 100 | 500 | 500 | 2000 | 10000")]
#[case("websocket_entities_watched", "2 | 2 | 2 | 10 | 50 | 50 | 200 | ∞")]
#[case("websocket_rooms", "2 | 2 | 2 | 10 | 50 | 50 | 200 | ∞")]
#[case("file_storage_bytes", "200 MB | 1 GB | 5 GB | 5 GB | 25 GB | 50 GB | 100 GB | ∞")]
#[case("file_size_bytes", "5 MB | 10 MB | 25 MB | 50 MB | 100 MB | 250 MB | 500 MB | ∞")]
#[case("api_requests", "100 | 300 | 600 | 1000 | 3000 | 4500 | 6000 | 10000")]
#[case("ai_tokens", "100 K | 500 K | 1 M | 10 M | 50 M | 60 M | 75 M | ∞")]
#[case("ai_cost", "5 M | 10 M | 20 M | 50 M | 200 M | 300 M | 500 M | ∞")]
#[case("secrets", "5 | 10 | 20 | 50 | 200 | 300 | 500 | ∞")]
#[case("auth_providers", "1 | 1 | 1 | 2 | 3 | 5 | 10 | ∞")]
#[case("database_connections", "1 | 1 | 1 | 2 | 5 | 10 | 25 | ∞")]
#[case("feature_flags", "5 | 10 | 25 | 50 | 200 | 500 | 1000 | ∞")]
#[case("projects", "1 | 1 | 1 | 3 | 10 | 20 | 50 | ∞")]
#[case("environments", "1 | 2 | 2 | 3 | 5 | 5 | 10 | ∞")]
#[case("team_members", "2 | 3 | 3 | 5 | 20 | 50 | 100 | ∞")]
#[case("flutter_apps", "1 | 1 | 2 | 3 | 10 | 20 | 50 | ∞")]
#[case("game_projects", "0 | 0 | 1 | 1 | 3 | 5 | 10 | ∞")]
#[case("telemetry_events_monthly", "10 K | 50 K | 100 K | 500 K | 2 M | 5 M | 10 M | ∞")]
#[case("ai_runtime", "0 | 0 | 0 | 1 | 1 | 1 | 1 | 1")]
fn the_default_catalog_has_the_contracts_limits(#[case] feature: &str, #[case] row: &str) {
    let figure = |cell: &str| {
        let (digits, unit) = cell.trim().split_once(' ').unwrap_or((cell.trim(), ""));
        let factor = match unit {
            "K" => 1_000,
            "M" => 1_000_000,
            "MB" => 1 << 20,
            "GB" => 1 << 30,
            _ => 1,
        };
        digits.parse::<u64>().map_or(Limit::Unlimited, |digits| Limit::AtMost(digits * factor))
    };
    let catalog = default_catalog();
    let key = &catalog.feature(feature).unwrap().key;
    let limits: Vec<_> = catalog.plans.iter().map(|plan| plan.limit(key)).collect();
    assert_eq!(limits, row.split('|').map(figure).collect::<Vec<_>>());
    assert_eq!(catalog.features.len(), 19);
}

#[test]
fn the_default_catalog_has_the_contracts_plans_and_prices() {
    let catalog = default_catalog();
    let monthly: Vec<_> = catalog
        .listed_plans()
        .map(|plan| (plan.id.as_str(), plan.price(Cycle::Monthly, Currency::USD).map(|price| price.minor)))
        .collect();
    assert_eq!(
        monthly,
        [
            ("free", Some(0)),
            ("starter", Some(900)),
            ("standard", Some(1900)),
            ("pro", Some(2900)),
            ("team", Some(9900)),
            ("business", Some(19_900)),
            ("scale", Some(29_900)),
            ("enterprise", None)
        ]
    );
    for plan in &catalog.plans {
        let price = |cycle| plan.price(cycle, Currency::USD).map(|price| price.minor);
        assert_eq!(price(Cycle::Yearly), price(Cycle::Monthly).map(|minor| minor * 10), "{}", plan.id);
    }
    assert_eq!(catalog.plan("free").unwrap().description, "For individual developers");
    assert_eq!(catalog.plan("pro").unwrap().description, "For small teams");
}

#[test]
fn the_default_catalog_has_the_contracts_kinds() {
    let of_kind = |wanted: &str| {
        let catalog = default_catalog();
        let name = |kind| match kind {
            FeatureKind::Flag => "flag",
            FeatureKind::Gauge => "gauge",
            FeatureKind::Max => "max",
            FeatureKind::Counter(Period::Minute) => "minute",
            FeatureKind::Counter(Period::Month) => "month",
            FeatureKind::Counter(Period::Day | Period::Billing) => "other",
        };
        let features = catalog.features.iter().filter(|feature| name(feature.kind) == wanted);
        features.map(|feature| feature.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of_kind("flag"), ["ai_runtime"]);
    assert_eq!(of_kind("max"), ["file_size_bytes"]);
    assert_eq!(of_kind("minute"), ["api_requests"]);
    assert_eq!(of_kind("month"), ["ai_tokens", "ai_cost", "telemetry_events_monthly"]);
    assert_eq!(of_kind("gauge").len(), 13);
}

#[test]
fn a_catalog_round_trips_through_json() {
    let catalog = default_catalog();
    let json = serde_json::to_string(&catalog).unwrap();
    assert_eq!(serde_json::from_str::<Catalog>(&json).unwrap(), catalog);
}
