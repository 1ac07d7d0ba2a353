//! The guide's table of plans matches the built-in catalog.

use crate::catalog::{Cycle, Limit, Plan, Pricing, file::default_catalog};

const PAGE: &str = include_str!("../../../../../docs/catalog.md");

/// The cells of the table, without backticks and separators of thousands.
fn table() -> Vec<Vec<String>> {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with("| plan |")).take_while(|line| line.starts_with('|'));
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace(['`', ','], "")).collect();
    lines.filter(|line| !line.starts_with("|---")).map(cells).collect()
}

fn limit(plan: &Plan, feature: &str) -> String {
    let (_, limit) = plan.limits.iter().find(|(key, _)| key.as_str() == feature).unwrap();
    match limit {
        Limit::AtMost(most) => most.to_string(),
        Limit::Unlimited => "no limit".to_owned(),
    }
}

#[test]
fn the_guide_lists_the_default_plans_with_their_limits() {
    let (catalog, rows) = (default_catalog(), table());
    let features = &rows[0][2..];
    let price = |plan: &Plan| match &plan.pricing {
        Pricing::Free => "free".to_owned(),
        Pricing::Paid(prices) => format!("${}", prices[&Cycle::Monthly][&catalog.currency] / 100),
        Pricing::Custom => "by agreement".to_owned(),
    };
    let row = |plan: &Plan| {
        let limits = features.iter().map(|feature| limit(plan, feature));
        [plan.id.to_string(), price(plan)].into_iter().chain(limits).collect::<Vec<_>>()
    };
    assert!(features.len() >= 4, "{rows:?}");
    assert_eq!(rows[1..], catalog.plans.iter().map(row).collect::<Vec<_>>());
}
