//! The check whether a tenant may use more of a feature. Pure: nothing is counted.

use serde::{Deserialize, Serialize};

use super::{FeatureUsage, MeterState};
use crate::{
    catalog::{Catalog, Enforcement, Feature, FeatureKind, Limit, format},
    error_code::ErrorCode,
    subscription::{Entitlements, SubscriptionStatus},
    time::Timestamp,
};

/// Why usage is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The limit of the feature is 0.
    FeatureNotIncluded,
    /// The usage would exceed the limit.
    LimitReached,
    /// The suspended plan would have allowed it, but its payment is overdue and grace is over.
    SubscriptionInactive,
}

impl FailureReason {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::FeatureNotIncluded => ErrorCode::FeatureNotIncluded,
            Self::LimitReached => ErrorCode::LimitReached,
            Self::SubscriptionInactive => ErrorCode::SubscriptionInactive,
        }
    }

    pub const fn as_str(self) -> &'static str {
        self.code().as_str()
    }
}

crate::all_variants!(FailureReason { FeatureNotIncluded, LimitReached, SubscriptionInactive });

/// The text is not the name of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason of a refusal")]
pub struct UnknownReason;

impl std::str::FromStr for FailureReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(UnknownReason)
    }
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Why the usage is refused; `None` if it is allowed.
    pub failure: Option<FailureReason>,
    /// A warning about the limit or an overdue payment, in words; also present if the usage is refused.
    pub warning: Option<String>,
    /// The usage before the requested amount; 0 for a feature that is not counted.
    pub used: u64,
    /// The limit in the feature's unit; 0 or 1 for a flag.
    pub limit: Limit,
    /// `used` in tenths of a percent of the limit; 0 if unlimited.
    pub permille: u64,
}

/// Decides whether `amount` more of a feature may be used. `usage` is the current usage.
///
/// For a feature of kind `max` the amount is the value itself; for a flag it is ignored. A soft limit warns instead of
/// refusing, unless the tenant's admins have capped it. A limit of 0 means "not included" and always refuses.
pub fn check(
    catalog: &Catalog,
    feature: &Feature,
    entitlements: &Entitlements,
    usage: &FeatureUsage,
    amount: u64,
    now: Timestamp,
) -> Check {
    let used = if feature.kind.is_counted() { usage.used } else { 0 };
    let usage = FeatureUsage { used, limit: normalized_limit(feature, usage.limit), ..usage.clone() };
    let cap = entitlements.cap(catalog, &feature.key).map(|(cap, _)| Limit::AtMost(cap));
    let is_soft = feature.enforcement == Enforcement::Soft && cap.is_none();
    let refused = refusal_reason(feature, is_soft, usage.limit, used, amount);
    let suspended_plan_allows = || {
        let suspended = entitlements.suspended.as_ref().filter(|_| entitlements.unconditional_grant(catalog).is_none());
        let paid = suspended.and_then(|plan| catalog.plan(plan.as_str()));
        paid.is_some_and(|plan| {
            let planned = plan.limit(&feature.key);
            let limit = cap.map_or(planned, |cap| cap.min(planned));
            refusal_reason(feature, is_soft, limit, used, amount).is_none()
        })
    };
    let failure = match refused {
        Some(_) if suspended_plan_allows() => Some(FailureReason::SubscriptionInactive),
        refused => refused,
    };
    let warnings: Vec<_> =
        [payment_warning(catalog, entitlements, now), limit_warning(feature, is_soft, &usage, amount)]
            .into_iter()
            .flatten()
            .collect();
    let warning = (!warnings.is_empty()).then(|| warnings.join(" "));
    Check { failure, warning, used, limit: usage.limit, permille: usage.permille() }
}

/// The state of a feature without a requested amount: whether it is included and within its limit.
pub fn check_current(
    catalog: &Catalog,
    feature: &Feature,
    entitlements: &Entitlements,
    usage: &FeatureUsage,
    now: Timestamp,
) -> Check {
    check(catalog, feature, entitlements, usage, 0, now)
}

/// The limit to report: 0 or 1 for a flag, else unchanged.
fn normalized_limit(feature: &Feature, limit: Limit) -> Limit {
    match feature.kind {
        FeatureKind::Flag => Limit::AtMost(limit.is_included().into()),
        FeatureKind::Gauge | FeatureKind::Counter(_) | FeatureKind::Max => limit,
    }
}

/// Whether `amount` more is within the limit.
fn is_within(feature: &Feature, limit: Limit, used: u64, amount: u64) -> bool {
    match feature.kind {
        FeatureKind::Flag => limit.is_included(),
        FeatureKind::Max => limit.allows(amount),
        FeatureKind::Gauge | FeatureKind::Counter(_) => limit.allows_more(used, amount),
    }
}

/// Why a limit refuses `amount` more; `None` if it allows it.
fn refusal_reason(feature: &Feature, is_soft: bool, limit: Limit, used: u64, amount: u64) -> Option<FailureReason> {
    if !limit.is_included() {
        Some(FailureReason::FeatureNotIncluded)
    } else if is_soft || is_within(feature, limit, used, amount) {
        None
    } else {
        Some(FailureReason::LimitReached)
    }
}

/// The warning about an overdue payment; `None` if no payment is overdue.
fn payment_warning(catalog: &Catalog, entitlements: &Entitlements, now: Timestamp) -> Option<String> {
    if entitlements.status != SubscriptionStatus::PastDue {
        return None;
    }
    let name = |id: &str| catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone());
    if let Some(grant) = entitlements.unconditional_grant(catalog) {
        let until = grant.until.map(|until| format!(" until {}", until.date())).unwrap_or_default();
        let plan = name(grant.plan.as_str());
        return Some(format!("A payment is due: the limits of {plan} hold, which is granted{until}."));
    }
    Some(match (&entitlements.suspended, entitlements.grace_until.filter(|until| now < *until)) {
        (Some(paid), _) => format!("A payment is overdue: {} is off until it is paid.", name(paid.as_str())),
        (None, Some(until)) => {
            format!("A payment is due: {} stays on until {}.", name(entitlements.plan.as_str()), until.date())
        }
        (None, None) => "A payment is due.".to_owned(),
    })
}

/// The warning that usage reached the warning threshold, or that the amount exceeds a soft limit.
fn limit_warning(feature: &Feature, is_soft: bool, usage: &FeatureUsage, amount: u64) -> Option<String> {
    let Limit::AtMost(most) = usage.limit else { return None };
    let words = |figure: u64| format::plain(&format::amount(feature, figure));
    if is_soft && usage.limit.is_included() && !is_within(feature, usage.limit, usage.used, amount) {
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
