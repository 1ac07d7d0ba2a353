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

/// A limit of one tenant. [`OwnLimit::over`] says what it does on a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitOverride {
    pub feature: FeatureKey,
    #[serde(flatten)]
    pub own: OwnLimit,
    pub until: Option<Timestamp>,
}

/// A tenant's own limit of a feature, on whichever plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLimit {
    pub limit: Limit,
    /// The plan that held when it was set: there it holds as it is, also below the plan's limit. `None` for rows that are older
    /// than this field and for limits that were set without a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<PlanId>,
    /// Whether no plan gives more than it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub at_most: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl OwnLimit {
    pub const fn at_least(limit: Limit) -> Self {
        Self { limit, on: None, at_most: false }
    }

    /// What holds on `plan`, which gives `planned`: the lower of both where it says "at most", itself on the plan that it was
    /// set on, and the higher of both on every other plan.
    pub fn over(&self, plan: &PlanId, planned: Limit) -> Limit {
        if self.at_most {
            self.limit.min(planned)
        } else if self.on.as_ref() == Some(plan) {
            self.limit
        } else {
            self.limit.max(planned)
        }
    }
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
        LimitOverride {
            feature: feature.parse().unwrap(),
            own: OwnLimit::at_least(limit),
            until: until.map(Timestamp::from_secs),
        }
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
            let limits: Vec<_> = settled.limits_at(now).map(|one| (one.feature.as_str(), one.own.limit)).collect();
            (limits, settled.plan_at(now).is_some(), settled.next_end(now).map(Timestamp::as_secs))
        };
        let (calls, rooms) = (("calls", Limit::Unlimited), ("rooms", Limit::AtMost(7)));
        assert_eq!(at(14), (vec![calls, rooms], true, Some(15)));
        assert_eq!(at(15), (vec![calls, rooms], false, Some(20)));
        assert_eq!(at(20), (vec![calls], false, None));
        settled.clear_limit(&"calls".parse().unwrap());
        assert_eq!(settled.limits_at(Timestamp::from_secs(20)).count(), 0);
    }

    #[test]
    fn a_limit_on_another_plan_is_the_higher_of_both_unless_it_says_at_most() {
        let (free, pro): (PlanId, PlanId) = ("free".parse().unwrap(), "pro".parse().unwrap());
        let set_on_pro = OwnLimit { on: Some(pro.clone()), ..OwnLimit::at_least(Limit::AtMost(7)) };
        let capped = OwnLimit { at_most: true, ..set_on_pro.clone() };
        let most = Limit::AtMost;
        assert_eq!(set_on_pro.over(&pro, most(10)), most(7), "as it was set");
        assert_eq!(set_on_pro.over(&free, most(2)), most(7));
        assert_eq!(set_on_pro.over(&free, most(10)), most(10));
        assert_eq!(set_on_pro.over(&free, Limit::Unlimited), Limit::Unlimited);
        for (planned, holds) in [(most(10), most(7)), (most(2), most(2)), (Limit::Unlimited, most(7))] {
            assert_eq!((capped.over(&free, planned), capped.over(&pro, planned)), (holds, holds));
        }
    }

    #[test]
    fn rows_of_former_versions_are_read_and_plain_ones_written_as_they_were() {
        let old = r#"{"feature":"rooms","limit":7,"until":null}"#;
        let read: LimitOverride = serde_json::from_str(old).unwrap();
        assert_eq!(read, limit("rooms", Limit::AtMost(7), None));
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
        let unlimited = limit("rooms", Limit::Unlimited, Some(1));
        let capped = LimitOverride {
            own: OwnLimit { limit: Limit::AtMost(0), on: Some("pro".parse().unwrap()), at_most: true },
            ..unlimited.clone()
        };
        for one in [unlimited, capped] {
            let text = serde_json::to_string(&one).unwrap();
            assert_eq!(serde_json::from_str::<LimitOverride>(&text).unwrap(), one, "{text}");
        }
    }
}
