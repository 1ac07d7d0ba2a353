//! Comparison of the limits of two plans.

use super::{Catalog, Feature, Limit, Plan};
use crate::subscription::Direction;

/// A feature's limits under two plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitChange<'a> {
    pub feature: &'a Feature,
    pub from: Limit,
    pub to: Limit,
    pub direction: Direction,
}

/// Compares the limits of every feature, in the order of the catalog.
pub fn compare<'a>(catalog: &'a Catalog, from: &Plan, to: &Plan) -> Vec<LimitChange<'a>> {
    catalog
        .features
        .iter()
        .map(|feature| {
            let (from, to) = (from.limit(&feature.key), to.limit(&feature.key));
            LimitChange { feature, from, to, direction: Direction::between(&from, &to) }
        })
        .collect()
}

/// The numbers of limits that go up, stay the same and go down.
pub fn count_by_direction(changes: &[LimitChange<'_>]) -> (usize, usize, usize) {
    let count = |direction| changes.iter().filter(|change| change.direction == direction).count();
    (count(Direction::Up), count(Direction::Same), count(Direction::Down))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::catalog::file::default_catalog;

    #[rstest]
    #[case("pro", "standard", (0, 2, 17))]
    #[case("pro", "team", (18, 1, 0))]
    #[case("pro", "business", (18, 1, 0))]
    #[case("pro", "pro", (0, 19, 0))]
    #[case("scale", "enterprise", (18, 1, 0))]
    #[case("enterprise", "free", (0, 0, 19))]
    fn limits_are_counted_by_direction(#[case] from: &str, #[case] to: &str, #[case] expected: (usize, usize, usize)) {
        let catalog = default_catalog();
        let changes = compare(&catalog, catalog.plan(from).unwrap(), catalog.plan(to).unwrap());
        assert_eq!(count_by_direction(&changes), expected);
    }

    #[test]
    fn changes_are_in_the_order_of_the_catalog_and_unlimited_is_the_highest() {
        let catalog = default_catalog();
        let changes = compare(&catalog, catalog.plan("scale").unwrap(), catalog.plan("enterprise").unwrap());
        assert!(changes.iter().map(|change| change.feature).eq(&catalog.features));
        assert_eq!(changes[1].from, Limit::AtMost(200));
        assert_eq!((changes[1].to, changes[1].direction), (Limit::Unlimited, Direction::Up));
    }
}
