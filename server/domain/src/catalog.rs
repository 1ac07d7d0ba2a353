//! The catalog: features, and the plans with their limits and prices. Parsed from a file and validated at start.

pub mod api_names;
pub mod compare;
mod cycle;
pub mod file;
pub mod format;
mod plan_seats;
#[cfg(any(test, feature = "testing"))]
mod samples;
mod seats;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

pub use self::{
    cycle::{Cycle, UnknownCycle},
    seats::{MOST_SEATS, Seats},
};
use crate::{
    ids::{FeatureKey, PlanId},
    money::{Currency, Money},
};

/// The period after which a counter resets to 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    Minute,
    Day,
    /// The calendar month in UTC.
    Month,
    /// The billing period of the subscription.
    Billing,
}

crate::all_variants!(Period { Minute, Day, Month, Billing });

impl Period {
    /// An upper bound of the period's length in seconds.
    ///
    /// The longest billing period is the longest trial: a trial is one period. The bound adds two days of tolerance.
    pub const fn max_secs(self) -> i64 {
        const DAY: i64 = 86_400;
        match self {
            Self::Minute => 60,
            Self::Day => DAY,
            Self::Month => 31 * DAY,
            Self::Billing => 732 * DAY,
        }
    }
}

/// The kind of a feature: what its limit applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "period", rename_all = "lowercase")]
pub enum FeatureKind {
    /// Included or not; nothing is counted.
    Flag,
    /// A quantity in use now; goes up and down.
    Gauge,
    /// A sum over a period; only goes up until it resets.
    Counter(Period),
    /// The largest single value allowed; nothing is counted.
    Max,
}

impl FeatureKind {
    /// Whether usage is counted, so that there is usage to show.
    pub const fn is_counted(self) -> bool {
        matches!(self, Self::Gauge | Self::Counter(_))
    }
}

/// The unit of a feature's amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    Bytes,
    /// Millionths of a US dollar, so that the price of a single token is an integer.
    UsdMicros,
}

/// How a limit is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Usage above the limit is refused.
    Hard,
    /// Usage above the limit is counted, with a warning.
    Soft,
}

/// The highest usage of a feature that a plan allows, in the feature's unit.
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

    /// Whether a total usage of `used` is within the limit.
    pub const fn allows(self, used: u64) -> bool {
        match self {
            Self::Unlimited => true,
            Self::AtMost(most) => used <= most,
        }
    }

    /// Whether `amount` may be added to `used` without exceeding the limit.
    pub const fn allows_more(self, used: u64, amount: u64) -> bool {
        match self {
            Self::Unlimited => true,
            // Compares the difference, because the sum could overflow.
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
        let sort_key = |limit: &Self| match limit {
            Self::Unlimited => (1, 0),
            Self::AtMost(most) => (0, *most),
        };
        sort_key(self).cmp(&sort_key(other))
    }
}

/// A feature's name and unit in one of the APIs (platform or workspace).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiName {
    /// The JSON object that contains it, such as `websocket`; `None` in the workspace API, which has no groups.
    pub group: Option<String>,
    pub name: String,
    /// How many of the feature's units make one of the API's: 2^20 from bytes to MB, 1,000,000 from micros to dollars.
    pub divisor: u64,
}

/// The threshold at which usage causes a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarnAt {
    /// A percentage of the limit.
    Percent(u8),
    /// A fixed amount in the feature's unit. If the limit is lower, usage reaches the limit without a warning.
    Amount(u64),
}

impl WarnAt {
    /// The lowest usage that causes a warning under a limit of `most`.
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

/// Something that plans limit, such as connections, storage or API requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    pub key: FeatureKey,
    /// The name in the singular, for messages: "WebSocket connection" as in "WebSocket connection limit reached (10)".
    pub label: String,
    /// The name on pages: "WebSocket connections".
    pub title: String,
    /// A short name for plan cards: "Connections". Defaults to [`Feature::title`].
    pub short_title: String,
    /// The heading that groups it on pages: "Realtime".
    pub section: String,
    #[serde(flatten)]
    pub kind: FeatureKind,
    pub unit: Unit,
    pub enforcement: Enforcement,
    pub warn_at: WarnAt,
    /// Whether plan cards on the membership page show it.
    pub on_card: bool,
    /// Its name under `limits` of the platform API's plans, such as `websocket.maxConnections`.
    pub platform_limit: Option<ApiName>,
    /// Its name under `usage` in the platform API, such as `websocket.connections`.
    pub platform_usage: Option<ApiName>,
    /// Its name under `limits` in the workspace snapshot, such as `storage_gb`.
    pub workspace_limit: Option<ApiName>,
    /// Whether the workspace snapshot has it under `features`.
    pub in_workspace_features: bool,
}

/// The price of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// No price. The catalog has exactly one free plan.
    Free,
    /// Amounts in minor units, by cycle and currency; empty if the plan is all seats (see [`Plan::is_all_seats`]).
    Paid(BTreeMap<Cycle, BTreeMap<Currency, i64>>),
    /// By agreement with each customer.
    Custom,
}

/// A plan: a price and a limit for every feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub id: PlanId,
    pub name: String,
    pub description: String,
    /// Its position in the order of plans, smallest plan first; unique in the catalog.
    pub rank: u32,
    pub pricing: Pricing,
    /// Whether it is offered to new customers. A plan that is not listed stays valid for tenants that have it.
    pub listed: bool,
    /// The length of its trial in days, once per tenant; 0 for no trial.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trial_days: u16,
    /// The provider's ids of further prices (Stripe) or products (Polar) that count as this plan, by cycle. Dues does
    /// not sell at them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sold_as: BTreeMap<Cycle, Vec<String>>,
    /// The seats that it is sold with; `None` if it is sold without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<Seats>,
    /// One limit for every feature of the catalog. The limit of the seats' feature is the lowest that can be bought.
    pub limits: BTreeMap<FeatureKey, Limit>,
}

/// Whether `trial_days` is left out of a plan's JSON, as in plans that were stored before the field existed.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(days: &u16) -> bool {
    *days == 0
}

impl Plan {
    /// The plan's limit of a feature; 0 for a feature that the catalog lacks.
    pub fn limit(&self, feature: &FeatureKey) -> Limit {
        self.limits.get(feature).copied().unwrap_or(Limit::AtMost(0))
    }

    /// The price per cycle in `currency`, without further seats; 0 for the free plan. `None` if the plan has custom
    /// pricing, no such price, or is all seats. [`Plan::lowest_price`] is what an order costs at least.
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

    /// The currencies of its prices, or of its seats' if it is all seats; empty for a plan without prices.
    pub fn currencies(&self) -> BTreeSet<Currency> {
        match &self.pricing {
            Pricing::Paid(cycles) => {
                let of_seats = self.seats.as_ref().filter(|_| self.is_all_seats()).map(|seats| &seats.price);
                of_seats.unwrap_or(cycles).values().flat_map(|prices| prices.keys().copied()).collect()
            }
            Pricing::Free | Pricing::Custom => BTreeSet::new(),
        }
    }
}

/// A validated catalog: every plan has a limit for every feature, ranks are unique, and exactly one plan is free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The currency of the prices on pages and in the platform API.
    pub currency: Currency,
    /// In display order.
    pub features: Vec<Feature>,
    /// Sorted by rank.
    pub plans: Vec<Plan>,
    /// The plan of every tenant without a paid or granted plan.
    pub free: PlanId,
}

impl Catalog {
    /// Adds plans that are no longer in the file but that tenants still have, as unlisted plans in their last known
    /// form.
    ///
    /// Plans that the catalog has already are skipped.
    pub fn add_removed_plans(&mut self, former: impl IntoIterator<Item = Plan>) {
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

    /// The further prices that count as a plan, with their plan and cycle.
    pub fn further_prices(&self) -> impl Iterator<Item = (&Plan, Cycle, &str)> {
        self.plans.iter().flat_map(|plan| {
            let cycles = plan.sold_as.iter();
            cycles.flat_map(move |(cycle, prices)| prices.iter().map(move |price| (plan, *cycle, price.as_str())))
        })
    }

    pub fn listed_plans(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter().filter(|plan| plan.listed)
    }

    /// The currencies in which listed plans have prices; that of the catalog always.
    pub fn currencies(&self) -> BTreeSet<Currency> {
        self.listed_plans().flat_map(Plan::currencies).chain([self.currency]).collect()
    }

    /// Whether a listed plan has a price in `currency`.
    pub fn sells_in(&self, currency: Currency) -> bool {
        currency == self.currency || self.listed_plans().any(|plan| plan.currencies().contains(&currency))
    }

    /// The catalog with `currency` as the currency of the prices on pages.
    #[must_use]
    pub fn priced_in(self: &Arc<Self>, currency: Currency) -> Arc<Self> {
        if self.currency == currency { self.clone() } else { Arc::new(Self { currency, ..Self::clone(self) }) }
    }
}
