//! What an operator settled for one tenant beside what it pays for.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::Limit,
    ids::{FeatureKey, PlanId},
    time::Timestamp,
};

/// Each part holds until its own end, or until it is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    pub plan: Option<PlanGrant>,
    /// One a feature at most, in the order of their keys.
    pub limits: Vec<LimitOverride>,
}

/// A plan that holds wherever no higher one is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanGrant {
    pub plan: PlanId,
    pub until: Option<Timestamp>,
}

/// A limit that holds instead of the plan's, whichever plan that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitOverride {
    pub feature: FeatureKey,
    pub limit: Limit,
    pub until: Option<Timestamp>,
}

impl PlanGrant {
    pub const fn for_good(plan: PlanId) -> Self {
        Self { plan, until: None }
    }
}

impl Overrides {
    pub fn plan_at(&self, now: Timestamp) -> Option<&PlanGrant> {
        self.plan.as_ref().filter(|grant| holds(grant.until, now))
    }

    pub fn limits_at(&self, now: Timestamp) -> impl Iterator<Item = &LimitOverride> {
        self.limits.iter().filter(move |own| holds(own.until, now))
    }

    /// Puts one in the place of what was settled of its feature before.
    pub fn set_limit(&mut self, new: LimitOverride) {
        match self.limits.binary_search_by(|own| own.feature.cmp(&new.feature)) {
            Ok(at) => self.limits.get_mut(at).map_or((), |own| *own = new),
            Err(at) => self.limits.insert(at, new),
        }
    }

    /// Lets the plan's limit hold again.
    pub fn clear_limit(&mut self, feature: &FeatureKey) {
        self.limits.retain(|own| own.feature != *feature);
    }

    /// When something of it ends next after `now`.
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.ends().filter(|end| *end > now).min()
    }

    /// When each thing that is settled ends, if it does.
    pub fn ends(&self) -> impl Iterator<Item = Timestamp> {
        self.limits.iter().map(|own| own.until).chain(self.plan.iter().map(|grant| grant.until)).flatten()
    }
}

fn holds(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_none_or(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(feature: &str, limit: Limit, until: Option<i64>) -> LimitOverride {
        LimitOverride { feature: feature.parse().unwrap(), limit, until: until.map(Timestamp::from_secs) }
    }

    #[test]
    fn each_part_holds_until_its_own_end() {
        let mut settled = Overrides::default();
        settled.set_limit(limit("rooms", Limit::AtMost(5), Some(10)));
        settled.set_limit(limit("calls", Limit::Unlimited, None));
        settled.set_limit(limit("rooms", Limit::AtMost(7), Some(20)));
        settled.plan = Some(PlanGrant { plan: "team".parse().unwrap(), until: Some(Timestamp::from_secs(15)) });
        let at = |secs| {
            let now = Timestamp::from_secs(secs);
            let limits: Vec<_> = settled.limits_at(now).map(|own| (own.feature.as_str(), own.limit)).collect();
            (limits, settled.plan_at(now).is_some(), settled.next_end(now).map(Timestamp::as_secs))
        };
        let (calls, rooms) = (("calls", Limit::Unlimited), ("rooms", Limit::AtMost(7)));
        assert_eq!(at(14), (vec![calls, rooms], true, Some(15)));
        assert_eq!(at(15), (vec![calls, rooms], false, Some(20)));
        assert_eq!(at(20), (vec![calls], false, None));
        settled.clear_limit(&"calls".parse().unwrap());
        assert_eq!(settled.limits_at(Timestamp::from_secs(20)).count(), 0);
    }
}
