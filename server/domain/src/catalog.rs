//! What is sold: features, and the plans that grant them, read from a file and checked before anything starts.

pub mod api_names;
pub mod compare;
pub mod file;
pub mod format;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{FeatureKey, PlanId},
    money::{Currency, Money},
};

/// How often a plan is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Cycle {
    #[default]
    Monthly,
    /// `annual` in the workspace API, whose word for it is accepted everywhere.
    #[serde(alias = "annual")]
    Yearly,
}

impl Cycle {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// `month` or `year`: what the price is for.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Monthly => "month",
            Self::Yearly => "year",
        }
    }
}

/// A text that names no billing cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a billing cycle is monthly or yearly")]
pub struct UnknownCycle;

impl std::str::FromStr for Cycle {
    type Err = UnknownCycle;

    fn from_str(text: &str) -> Result<Self, UnknownCycle> {
        match text {
            "monthly" => Ok(Self::Monthly),
            "yearly" | "annual" => Ok(Self::Yearly),
            _ => Err(UnknownCycle),
        }
    }
}

/// When a counter starts again from nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    Minute,
    Day,
    /// The calendar month in UTC.
    Month,
    /// The subscription's own period.
    Billing,
}

impl Period {
    /// No period is longer: a subscription's own is a year at most.
    pub const fn most_secs(self) -> i64 {
        const DAY: i64 = 86_400;
        match self {
            Self::Minute => 60,
            Self::Day => DAY,
            Self::Month => 31 * DAY,
            Self::Billing => 367 * DAY,
        }
    }
}

/// What kind of thing a limit is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "period", rename_all = "lowercase")]
pub enum FeatureKind {
    /// Included or not; nothing is counted.
    Flag,
    /// Goes up and down: what is in use now.
    Gauge,
    /// Only goes up, until its period ends.
    Counter(Period),
    /// The largest single value allowed; nothing is counted.
    Max,
}

impl FeatureKind {
    /// Whether there is a usage to show beside the limit.
    pub const fn is_counted(self) -> bool {
        matches!(self, Self::Gauge | Self::Counter(_))
    }
}

/// What one of the feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    Bytes,
    /// Millionths of a dollar, so that the price of a single token is still an integer.
    UsdMicros,
}

/// What happens at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// What would go over is refused.
    Hard,
    /// What goes over is counted, with a warning.
    Soft,
}

/// The most that a plan allows of a feature, in the feature's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    /// 0 means that the plan does not include the feature.
    AtMost(u64),
    /// `null` in JSON.
    Unlimited,
}

impl Limit {
    pub const fn is_included(self) -> bool {
        !matches!(self, Self::AtMost(0))
    }

    /// Whether `used` in all stays within the limit.
    pub const fn admits(self, used: u64) -> bool {
        match self {
            Self::Unlimited => true,
            Self::AtMost(most) => used <= most,
        }
    }

    /// Whether there is room for `amount` beside what is `used` already.
    pub const fn admits_more(self, used: u64, amount: u64) -> bool {
        match self {
            Self::Unlimited => true,
            // The difference, since a sum could be too large to be written.
            Self::AtMost(most) => used <= most && amount <= most - used,
        }
    }
}

impl PartialOrd for Limit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Limit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let height = |limit: &Self| match limit {
            Self::Unlimited => (1, 0),
            Self::AtMost(most) => (0, *most),
        };
        height(self).cmp(&height(other))
    }
}

/// A feature's name in one family of the API and how many of its own units make one of that family's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameInApi {
    /// The group it stands in, as `websocket`; `None` where the family has no groups.
    pub group: Option<String>,
    pub name: String,
    /// 2^20 for `maxStorageMB` over bytes, 2^30 for `storage_gb`, 1,000,000 for dollars over micros.
    pub divisor: u64,
}

/// From where on a warning is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarnAt {
    /// Of the limit.
    Percent(u8),
    /// In the feature's unit, whatever the limit; where that is lower, nothing warns before it is reached.
    Amount(u64),
}

impl WarnAt {
    /// The first amount that is warned of under a limit of `most`.
    pub fn amount(self, most: u64) -> u64 {
        match self {
            Self::Percent(percent) => {
                let hundredfold = u128::from(most) * u128::from(percent);
                u64::try_from(hundredfold.div_ceil(100)).unwrap_or(u64::MAX)
            }
            Self::Amount(amount) => amount,
        }
    }
}

/// Something that a plan allows so much of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    pub key: FeatureKey,
    /// In the singular, for messages: "WebSocket connection" as in "WebSocket connection limit reached (10)".
    pub label: String,
    /// The row's name on pages: "WebSocket connections".
    pub title: String,
    /// The same where there is little room, as on a plan's card: "Connections". [`Feature::title`] unless the file says.
    pub short_title: String,
    /// The head that it stands under on pages: "Realtime".
    pub section: String,
    #[serde(flatten)]
    pub kind: FeatureKind,
    pub unit: Unit,
    pub enforcement: Enforcement,
    pub warn_at: WarnAt,
    /// Whether a plan's card on the membership page carries it.
    pub on_card: bool,
    /// `limits.websocket.maxConnections` in `GET /billing/plans`.
    pub platform_limit: Option<NameInApi>,
    /// `usage.websocket.connections` in `GET /billing/usage`.
    pub platform_usage: Option<NameInApi>,
    /// `limits.storage_gb` in the workspace snapshot.
    pub workspace_limit: Option<NameInApi>,
    /// Whether the workspace snapshot lists it under `features`.
    pub in_workspace_features: bool,
}

/// What a plan costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// Nothing, ever.
    Free,
    /// Amounts in minor units, by cycle and currency; never empty.
    Paid(BTreeMap<Cycle, BTreeMap<Currency, i64>>),
    /// Agreed on by talking.
    Custom,
}

/// A set of limits with a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub id: PlanId,
    pub name: String,
    pub description: String,
    /// Its place from the smallest up; no two plans share one.
    pub rank: u32,
    pub pricing: Pricing,
    /// Whether it is offered to everyone; one that isn't stays valid for those who have it.
    pub listed: bool,
    /// How many days it may be tried before it is paid, once a workspace; 0 for not at all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trial_days: u16,
    /// One for every feature of the catalog.
    pub limits: BTreeMap<FeatureKey, Limit>,
}

/// Plans are kept as they were written: one without a trial reads as it did before there were any.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(days: &u16) -> bool {
    *days == 0
}

impl Plan {
    /// What the plan grants of a feature; a feature that the catalog lacks is not included.
    pub fn limit(&self, feature: &FeatureKey) -> Limit {
        self.limits.get(feature).copied().unwrap_or(Limit::AtMost(0))
    }

    /// The price in `currency`; `None` where it must be agreed on or is not offered for the cycle. Free is 0.
    pub fn price(&self, cycle: Cycle, currency: Currency) -> Option<Money> {
        match &self.pricing {
            Pricing::Free => Some(Money::new(0, currency)),
            Pricing::Custom => None,
            Pricing::Paid(cycles) => cycles.get(&cycle)?.get(&currency).map(|minor| Money::new(*minor, currency)),
        }
    }

    pub const fn is_paid(&self) -> bool {
        matches!(self.pricing, Pricing::Paid(_))
    }
}

/// All features and plans, checked: every plan has a limit for every feature, ranks differ, and one plan is free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The currency that pages and the platform API show.
    pub currency: Currency,
    /// In the order in which pages show them.
    pub features: Vec<Feature>,
    /// By rank.
    pub plans: Vec<Plan>,
    /// The plan that everyone has who pays for no other.
    pub free: PlanId,
}

impl Catalog {
    /// Takes in plans that were taken out of the file while somebody has them: they hold as they last stood there, and are offered
    /// to nobody.
    pub fn keep_former(&mut self, former: impl IntoIterator<Item = Plan>) {
        for plan in former {
            if self.plan(plan.id.as_str()).is_none() {
                let at = self.plans.partition_point(|known| known.rank <= plan.rank);
                self.plans.insert(at, Plan { listed: false, ..plan });
            }
        }
    }

    pub fn feature(&self, key: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.key.as_str() == key)
    }

    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id.as_str() == id)
    }

    pub fn listed_plans(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter().filter(|plan| plan.listed)
    }
}
