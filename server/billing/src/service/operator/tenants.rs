//! The paginated list of tenants on the operator desk.

use domain::{
    catalog::{FeatureKind, Period},
    entitlement::{alert::UsageLevel, window},
    ids::PlanId,
    subscription::{Entitlements, Subscription, SubscriptionStatus, current_subscription},
    time::Timestamp,
};

use super::{
    super::{AccountWarning, Operators, ServiceError},
    OPERATOR_PAGE_ROWS, Operator, OperatorCounts, Place,
};
use crate::store::{
    tenant::tenants::{Tenant, operator_tenants::TenantFilter},
    usage::usage_counters::CounterKey,
};

/// The maximum length of a search text. The rest is ignored.
pub const SEARCH_MAX_CHARS: usize = 254;
/// Maximum age of drift in the list [`TenantSelection::Drifted`].
const RECENT_DRIFT_SECS: i64 = 7 * 86_400;

/// Query for a page of tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantsQuery {
    /// Part of a name, or an exact id, external id, owner's address, or provider's id of a customer or subscription.
    pub search: String,
    pub which: TenantSelection,
    pub after: Option<Place>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TenantSelection {
    #[default]
    All,
    PastDue,
    /// Tenants with a limit at the warning level or reached.
    NearLimit,
    /// Tenants whose stored subscriptions were found to differ from the provider's within the last week.
    Drifted,
    /// Tenants whose effective plan is this one.
    OnPlan(PlanId),
}

/// A tenant with its current entitlements and usage levels.
#[derive(Clone, Debug)]
pub struct ListedTenant {
    pub tenant: Tenant,
    pub subscription: Option<Subscription>,
    pub entitlements: Entitlements,
    pub members: u64,
    /// Number of limits at the warning level.
    pub near: usize,
    /// Number of limits that are reached.
    pub reached: usize,
}

#[derive(Clone, Debug)]
pub struct TenantsPage {
    pub counts: OperatorCounts,
    /// The newest first.
    pub tenants: Vec<ListedTenant>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<Place>,
    /// Providers whose key is for another account.
    pub accounts: Vec<AccountWarning>,
    /// Billing time.
    pub now: Timestamp,
}

impl Operators {
    /// Returns a page of the tenants that match the query, with counts over all tenants. Runs a constant number of
    /// statements.
    ///
    /// A page can be short although another page follows: tenants that stopped matching only because time passed are
    /// removed after the query.
    pub async fn operator_tenants(&self, _: &Operator, query: &TenantsQuery) -> Result<TenantsPage, ServiceError> {
        let TenantsQuery { search, which, after } = query;
        let now = self.billing_now();
        let search = search_text(search);
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let counts = link.count_for_operators().await?;
        let mut tenants = link.list_tenants_for_desk(&self.list_of(which, now), &search, after.as_ref()).await?;
        let next = Place::truncate_page(&mut tenants, OPERATOR_PAGE_ROWS, |last| Place {
            at: last.created_at,
            id: last.id.to_string(),
        });
        let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id.clone()).collect();
        let mut subscriptions = link.list_subscriptions_of_many(&ids).await?;
        let members = link.count_members_of_many(&ids).await?;
        let mut listed: Vec<_> = tenants
            .into_iter()
            .map(|tenant| {
                let all = subscriptions.remove(&tenant.id).unwrap_or_default();
                let subscription = current_subscription(self.catalog(), &all).cloned();
                let entitlements = self.entitlements(&tenant, subscription.as_ref());
                let members = members.get(&tenant.id).copied().unwrap_or_default();
                ListedTenant { tenant, subscription, entitlements, members, near: 0, reached: 0 }
            })
            .collect();
        let (keys, places): (Vec<_>, Vec<_>) = self.counters_of(&listed, now).unzip();
        for (place, level) in link.find_levels(&keys).await? {
            let Some(tenant) = places.get(place).and_then(|at| listed.get_mut(*at)) else { continue };
            match level {
                UsageLevel::Below => {}
                UsageLevel::Warning | UsageLevel::SecondWarning | UsageLevel::ThirdWarning => tenant.near += 1,
                UsageLevel::Reached => tenant.reached += 1,
            }
        }
        listed.retain(|tenant| matches(tenant, which));
        Ok(TenantsPage { counts, tenants: listed, next, accounts: self.providers().account_warnings(), now })
    }

    fn list_of(&self, which: &TenantSelection, now: Timestamp) -> TenantFilter {
        let began = |period| window(FeatureKind::Counter(period), None, now).map_or(now, |(start, _)| start);
        match which {
            TenantSelection::All => TenantFilter::All,
            TenantSelection::PastDue => TenantFilter::PastDue,
            TenantSelection::NearLimit => TenantFilter::Near {
                began: [Period::Minute, Period::Day, Period::Month].map(began),
                by_subscription: self
                    .catalog()
                    .features
                    .iter()
                    .any(|feature| feature.kind == FeatureKind::Counter(Period::Billing)),
            },
            TenantSelection::Drifted => TenantFilter::Drifted(now.plus_secs(-RECENT_DRIFT_SECS)),
            TenantSelection::OnPlan(plan) if *plan == self.catalog().free => {
                TenantFilter::OnFree { free: plan.clone(), now }
            }
            TenantSelection::OnPlan(plan) => TenantFilter::OnPlan(plan.clone()),
        }
    }

    /// Returns the keys of the current counters, each with the index of its tenant in `listed`.
    fn counters_of<'a>(
        &'a self,
        listed: &'a [ListedTenant],
        now: Timestamp,
    ) -> impl Iterator<Item = (CounterKey, usize)> + 'a {
        listed.iter().enumerate().flat_map(move |(place, row)| {
            let counted = self.catalog().features.iter().filter(|feature| feature.kind.is_counted());
            counted.map(move |feature| {
                let (tenant, feature_key) = (row.tenant.id.clone(), feature.key.clone());
                let period_start = window(feature.kind, row.subscription.as_ref(), now).map(|(start, _)| start);
                (CounterKey { tenant, feature: feature_key, period_start }, place)
            })
        })
    }
}

/// Returns whether a tenant matches the filter now. The SQL query only preselects: it can't evaluate grace and the
/// periods of counters.
fn matches(tenant: &ListedTenant, which: &TenantSelection) -> bool {
    match which {
        TenantSelection::All | TenantSelection::Drifted => true,
        TenantSelection::PastDue => tenant.entitlements.status == SubscriptionStatus::PastDue,
        TenantSelection::NearLimit => tenant.near + tenant.reached > 0,
        TenantSelection::OnPlan(plan) => tenant.entitlements.plan == *plan,
    }
}

/// Returns the text as it is searched. `PostgreSQL` rejects texts with a zero character.
pub(super) fn search_text(text: &str) -> String {
    text.trim().chars().filter(|letter| *letter != '\0').take(SEARCH_MAX_CHARS).collect()
}
