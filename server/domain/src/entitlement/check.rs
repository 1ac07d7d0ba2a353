//! Whether a tenant may use so much more of a feature. Decides and changes nothing.

use serde::{Deserialize, Serialize};

use super::{FeatureUsage, MeterState};
use crate::{
    catalog::{Catalog, Enforcement, Feature, FeatureKind, Limit, format},
    subscription::{Entitled, Standing},
    time::Timestamp,
};

/// Why something may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    FeatureNotIncluded,
    LimitReached,
    /// The plan that is paid would have allowed it, but a payment is due and its grace is over.
    SubscriptionInactive,
}

impl FailureReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FeatureNotIncluded => "feature_not_included",
            Self::LimitReached => "limit_reached",
            Self::SubscriptionInactive => "subscription_inactive",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no reason to refuse a feature")]
pub struct UnknownReason;

impl std::str::FromStr for FailureReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        [Self::FeatureNotIncluded, Self::LimitReached, Self::SubscriptionInactive]
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(UnknownReason)
    }
}

/// What is answered to whoever wants to use more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `None` when it may be used.
    pub failure: Option<FailureReason>,
    /// What is near or past its limit, or due. A failure doesn't silence it.
    pub warning: Option<String>,
    /// Before the wish; 0 for what is not counted.
    pub used: u64,
    /// In the feature's own unit; a flag's is 0 or 1.
    pub limit: Limit,
    /// In tenths of a percent; 0 when unlimited.
    pub permille: u64,
}

/// Decides on `amount` more of a feature, of which `usage` is what stands now.
///
/// For a feature of kind `max` the amount is the value itself; for a flag it says nothing. A soft limit warns and refuses
/// nothing. A limit of 0 is "not included", soft or hard.
pub fn check(
    catalog: &Catalog,
    feature: &Feature,
    entitled: &Entitled,
    usage: &FeatureUsage,
    amount: u64,
    now: Timestamp,
) -> Check {
    let used = if feature.kind.is_counted() { usage.used } else { 0 };
    let usage = FeatureUsage { used, limit: shown(feature, usage.limit), ..usage.clone() };
    let refused = refusal(feature, usage.limit, used, amount);
    let would_have_allowed = || {
        let suspended = entitled.suspended.as_ref().filter(|_| entitled.granted_anyway(catalog).is_none());
        let paid = suspended.and_then(|plan| catalog.plan(plan.as_str()));
        paid.is_some_and(|plan| refusal(feature, plan.limit(&feature.key), used, amount).is_none())
    };
    let failure = match refused {
        Some(_) if would_have_allowed() => Some(FailureReason::SubscriptionInactive),
        refused => refused,
    };
    let warnings: Vec<_> =
        [due(catalog, entitled, now), narrow(feature, &usage, amount)].into_iter().flatten().collect();
    let warning = (!warnings.is_empty()).then(|| warnings.join(" "));
    Check { failure, warning, used, limit: usage.limit, permille: usage.permille() }
}

/// How a feature stands without a wish: whether it is included, and not above its limit.
pub fn stands(
    catalog: &Catalog,
    feature: &Feature,
    entitled: &Entitled,
    usage: &FeatureUsage,
    now: Timestamp,
) -> Check {
    check(catalog, feature, entitled, usage, 0, now)
}

/// On or off is all that a flag's limit says.
fn shown(feature: &Feature, limit: Limit) -> Limit {
    match feature.kind {
        FeatureKind::Flag => Limit::AtMost(limit.is_included().into()),
        FeatureKind::Gauge | FeatureKind::Counter(_) | FeatureKind::Max => limit,
    }
}

fn has_room(feature: &Feature, limit: Limit, used: u64, amount: u64) -> bool {
    match feature.kind {
        FeatureKind::Flag => limit.is_included(),
        FeatureKind::Max => limit.admits(amount),
        FeatureKind::Gauge | FeatureKind::Counter(_) => limit.admits_more(used, amount),
    }
}

/// Why a limit does not allow it, whoever set it.
fn refusal(feature: &Feature, limit: Limit, used: u64, amount: u64) -> Option<FailureReason> {
    if !limit.is_included() {
        Some(FailureReason::FeatureNotIncluded)
    } else if feature.enforcement == Enforcement::Soft || has_room(feature, limit, used, amount) {
        None
    } else {
        Some(FailureReason::LimitReached)
    }
}

/// What is to be paid, as long as it is.
fn due(catalog: &Catalog, entitled: &Entitled, now: Timestamp) -> Option<String> {
    if entitled.standing != Standing::PastDue {
        return None;
    }
    let name = |id: &str| catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone());
    if let Some(grant) = entitled.granted_anyway(catalog) {
        let until = grant.until.map(|until| format!(" until {}", until.date())).unwrap_or_default();
        let plan = name(grant.plan.as_str());
        return Some(format!("A payment is due: the limits of {plan} hold, which is granted{until}."));
    }
    Some(match (&entitled.suspended, entitled.grace_until.filter(|until| now < *until)) {
        (Some(paid), _) => format!("A payment is overdue: {} is off until it is paid.", name(paid.as_str())),
        (None, Some(until)) => {
            format!("A payment is due: {} stays on until {}.", name(entitled.plan.as_str()), until.date())
        }
        (None, None) => "A payment is due.".to_owned(),
    })
}

/// That the warning threshold is passed, or that the wish goes over a soft limit.
fn narrow(feature: &Feature, usage: &FeatureUsage, amount: u64) -> Option<String> {
    let Limit::AtMost(most) = usage.limit else { return None };
    let words = |figure: u64| format::plain(&format::amount(feature, figure));
    let is_soft = feature.enforcement == Enforcement::Soft && usage.limit.is_included();
    if is_soft && !has_room(feature, usage.limit, usage.used, amount) {
        return Some(format!("{}: this goes over the limit of {} and is let through.", feature.title, words(most)));
    }
    match usage.state(feature) {
        MeterState::Near | MeterState::Reached | MeterState::Over => feature
            .kind
            .is_counted()
            .then(|| format!("{}: {} of {} used.", feature.title, words(usage.used), words(most))),
        MeterState::Ok => None,
    }
}

#[cfg(test)]
mod tests;
