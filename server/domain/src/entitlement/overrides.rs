//! Overrides: a plan and limits that an operator granted to one tenant, regardless of its subscription.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::Limit,
    ids::{FeatureKey, PlanId},
    time::Timestamp,
};

/// The overrides of a tenant. Each applies until its end, or until an operator removes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    pub plan: Option<PlanGrant>,
    /// At most one per feature, sorted by key.
    pub limits: Vec<LimitOverride>,
}

/// A granted plan. It applies unless the tenant pays for a plan with a higher rank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanGrant {
    pub plan: PlanId,
    /// The end, exclusive; `None` for a permanent grant.
    pub until: Option<Timestamp>,
}

/// A custom limit with its feature and end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitOverride {
    pub feature: FeatureKey,
    #[serde(flatten)]
    pub custom: CustomLimit,
    /// The end, exclusive; `None` for a permanent limit.
    pub until: Option<Timestamp>,
}

/// A custom limit of a feature for one tenant. [`CustomLimit::effective_on`] combines it with the limit of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomLimit {
    pub limit: Limit,
    /// The plan that the tenant had when the limit was set. On this plan the custom limit applies even if it
    /// is lower than the plan's limit.
    ///
    /// `None` for rows that are older than this field, and for limits that were set without a plan.
    #[serde(rename = "on", default, skip_serializing_if = "Option::is_none")]
    pub set_on_plan: Option<PlanId>,
    /// Whether the limit is also a maximum: no plan gives more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub at_most: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl CustomLimit {
    /// A custom limit that replaces the lower limit of any plan, and leaves higher limits as they are.
    pub const fn at_least(limit: Limit) -> Self {
        Self { limit, set_on_plan: None, at_most: false }
    }

    /// The effective limit on `plan`, whose limit is `planned`.
    ///
    /// - With [`CustomLimit::at_most`]: the lower of the custom limit and `planned`.
    /// - On the plan that the custom limit was set on: the custom limit.
    /// - Otherwise: the higher of the two.
    pub fn effective_on(&self, plan: &PlanId, planned: Limit) -> Limit {
        if self.at_most {
            self.limit.min(planned)
        } else if self.set_on_plan.as_ref() == Some(plan) {
            self.limit
        } else {
            self.limit.max(planned)
        }
    }
}

impl PlanGrant {
    /// A grant without an end.
    pub const fn permanent(plan: PlanId) -> Self {
        Self { plan, until: None }
    }
}

impl Overrides {
    /// The granted plan that applies at `now`.
    pub fn plan_at(&self, now: Timestamp) -> Option<&PlanGrant> {
        self.plan.as_ref().filter(|grant| applies(grant.until, now))
    }

    /// The custom limits that apply at `now`.
    pub fn limits_at(&self, now: Timestamp) -> impl Iterator<Item = &LimitOverride> {
        self.limits.iter().filter(move |limit| applies(limit.until, now))
    }

    /// Sets a custom limit, replacing an earlier one of the same feature.
    pub fn set_limit(&mut self, new: LimitOverride) {
        match self.limits.binary_search_by(|limit| limit.feature.cmp(&new.feature)) {
            Ok(at) => self.limits.get_mut(at).map_or((), |limit| *limit = new),
            Err(at) => self.limits.insert(at, new),
        }
    }

    /// Removes the custom limit of a feature.
    pub fn clear_limit(&mut self, feature: &FeatureKey) {
        self.limits.retain(|limit| limit.feature != *feature);
    }

    /// The next end of an override after `now`.
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.ends().filter(|end| *end > now).min()
    }

    /// The ends of all overrides that have one.
    pub fn ends(&self) -> impl Iterator<Item = Timestamp> {
        self.limits.iter().map(|limit| limit.until).chain(self.plan.iter().map(|grant| grant.until)).flatten()
    }
}

fn applies(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_none_or(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(feature: &str, limit: Limit, until: Option<i64>) -> LimitOverride {
        LimitOverride {
            feature: feature.parse().unwrap(),
            custom: CustomLimit::at_least(limit),
            until: until.map(Timestamp::from_secs),
        }
    }

    #[test]
    fn each_override_applies_until_its_end() {
        let mut overrides = Overrides::default();
        overrides.set_limit(limit("rooms", Limit::AtMost(5), Some(10)));
        overrides.set_limit(limit("calls", Limit::Unlimited, None));
        overrides.set_limit(limit("rooms", Limit::AtMost(7), Some(20)));
        overrides.plan = Some(PlanGrant { plan: "team".parse().unwrap(), until: Some(Timestamp::from_secs(15)) });
        let at = |secs| {
            let now = Timestamp::from_secs(secs);
            let limits: Vec<_> = overrides.limits_at(now).map(|one| (one.feature.as_str(), one.custom.limit)).collect();
            (limits, overrides.plan_at(now).is_some(), overrides.next_end(now).map(Timestamp::as_secs))
        };
        let (calls, rooms) = (("calls", Limit::Unlimited), ("rooms", Limit::AtMost(7)));
        assert_eq!(at(14), (vec![calls, rooms], true, Some(15)));
        assert_eq!(at(15), (vec![calls, rooms], false, Some(20)));
        assert_eq!(at(20), (vec![calls], false, None));
        overrides.clear_limit(&"calls".parse().unwrap());
        assert_eq!(overrides.limits_at(Timestamp::from_secs(20)).count(), 0);
    }

    #[test]
    fn a_custom_limit_on_another_plan_is_the_higher_of_both_unless_it_is_a_maximum() {
        let (free, pro): (PlanId, PlanId) = ("free".parse().unwrap(), "pro".parse().unwrap());
        let set_on_pro = CustomLimit { set_on_plan: Some(pro.clone()), ..CustomLimit::at_least(Limit::AtMost(7)) };
        let capped = CustomLimit { at_most: true, ..set_on_pro.clone() };
        let most = Limit::AtMost;
        assert_eq!(set_on_pro.effective_on(&pro, most(10)), most(7), "on the plan that it was set on");
        assert_eq!(set_on_pro.effective_on(&free, most(2)), most(7));
        assert_eq!(set_on_pro.effective_on(&free, most(10)), most(10));
        assert_eq!(set_on_pro.effective_on(&free, Limit::Unlimited), Limit::Unlimited);
        for (planned, holds) in [(most(10), most(7)), (most(2), most(2)), (Limit::Unlimited, most(7))] {
            assert_eq!((capped.effective_on(&free, planned), capped.effective_on(&pro, planned)), (holds, holds));
        }
    }

    #[test]
    fn stored_limits_of_earlier_versions_can_be_read() {
        let old = r#"{"feature":"rooms","limit":7,"until":null}"#;
        let read: LimitOverride = serde_json::from_str(old).unwrap();
        assert_eq!(read, limit("rooms", Limit::AtMost(7), None));
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
        let unlimited = limit("rooms", Limit::Unlimited, Some(1));
        let capped = LimitOverride {
            custom: CustomLimit { limit: Limit::AtMost(0), set_on_plan: Some("pro".parse().unwrap()), at_most: true },
            ..unlimited.clone()
        };
        for one in [unlimited, capped] {
            let text = serde_json::to_string(&one).unwrap();
            assert_eq!(serde_json::from_str::<LimitOverride>(&text).unwrap(), one, "{text}");
        }
    }
}
