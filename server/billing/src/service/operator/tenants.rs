//! Every tenant, page by page.

use domain::{
    catalog::{FeatureKind, Period},
    entitlement::{alert::UsageLevel, window},
    ids::PlanId,
    subscription::{Entitlements, Subscription, SubscriptionStatus, current_subscription},
    time::Timestamp,
};

use super::{
    super::{AccountWarning, ServiceError, Services},
    DESK_PAGE, DeskCounts, Operator, Place,
};
use crate::store::{desk_tenants::DeskList, tenants::Tenant, usage_counters::CounterKey};

/// For so long drift is of late.
const LATELY_SECS: i64 = 7 * 86_400;
const SEARCH_MAX_CHARS: usize = 254;

/// Which tenants are to be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantsWish {
    /// A part of a name; or an id, an owner's address, or a provider's id of a customer or a subscription.
    pub search: String,
    pub which: Which,
    pub after: Option<Place>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    #[default]
    All,
    PastDue,
    /// With a limit that is near or reached.
    NearLimit,
    /// Stored otherwise than the provider had it, within a week.
    Drifted,
    /// On which this plan holds.
    OnPlan(PlanId),
}

/// A tenant with what holds for it now.
#[derive(Clone, Debug)]
pub struct ListedTenant {
    pub tenant: Tenant,
    pub subscription: Option<Subscription>,
    pub entitlements: Entitlements,
    pub members: u64,
    /// Limits.
    pub near: usize,
    pub reached: usize,
}

#[derive(Clone, Debug)]
pub struct TenantsPage {
    pub counts: DeskCounts,
    /// The newest first.
    pub tenants: Vec<ListedTenant>,
    /// Where to go on; `None` where there is no more.
    pub next: Option<Place>,
    /// Providers whose key does not open the right account.
    pub accounts: Vec<AccountWarning>,
    /// Billing time.
    pub now: Timestamp,
}

impl Services {
    /// One page of the tenants that are wished for, and what there is of everything. Costs the same number of statements
    /// whatever there is. A page may have fewer tenants than it could, and there still be more: what time alone has changed is
    /// taken out of it.
    pub async fn desk_tenants(&self, _: &Operator, wish: &TenantsWish) -> Result<TenantsPage, ServiceError> {
        let TenantsWish { search, which, after } = wish;
        let now = self.billing_now();
        let search: String = search.trim().chars().filter(|letter| *letter != '\0').take(SEARCH_MAX_CHARS).collect();
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let counts = link.count_for_desk().await?;
        let mut tenants = link.list_tenants_for_desk(&self.list_of(which, now), &search, after.as_ref()).await?;
        let next = Place::cut(&mut tenants, DESK_PAGE, |last| Place { at: last.created_at, id: last.id.to_string() });
        let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id.clone()).collect();
        let mut subscriptions = link.list_subscriptions_of_many(&ids).await?;
        let members = link.count_members_of_many(&ids).await?;
        let mut listed: Vec<_> = tenants
            .into_iter()
            .map(|tenant| {
                let own = subscriptions.remove(&tenant.id).unwrap_or_default();
                let subscription = current_subscription(&own).cloned();
                let entitlements = self.entitlements(&tenant, subscription.as_ref());
                let members = members.get(&tenant.id).copied().unwrap_or_default();
                ListedTenant { tenant, subscription, entitlements, members, near: 0, reached: 0 }
            })
            .collect();
        let (keys, places): (Vec<_>, Vec<_>) = self.counters_of(&listed, now).unzip();
        for (place, level) in link.find_levels(&keys).await? {
            let Some(own) = places.get(place).and_then(|at| listed.get_mut(*at)) else { continue };
            match level {
                UsageLevel::Below => {}
                UsageLevel::Warning => own.near += 1,
                UsageLevel::Reached => own.reached += 1,
            }
        }
        listed.retain(|own| is_wished(own, which));
        Ok(TenantsPage { counts, tenants: listed, next, accounts: self.account_warnings(), now })
    }

    fn list_of(&self, which: &Which, now: Timestamp) -> DeskList {
        let began = |period| window(FeatureKind::Counter(period), None, now).map_or(now, |(start, _)| start);
        match which {
            Which::All => DeskList::All,
            Which::PastDue => DeskList::PastDue,
            Which::NearLimit => DeskList::Near {
                began: [Period::Minute, Period::Day, Period::Month].map(began),
                by_subscription: self
                    .catalog()
                    .features
                    .iter()
                    .any(|feature| feature.kind == FeatureKind::Counter(Period::Billing)),
            },
            Which::Drifted => DeskList::Drifted(now.plus_secs(-LATELY_SECS)),
            Which::OnPlan(plan) if *plan == self.catalog().free => DeskList::OnFree { free: plan.clone(), now },
            Which::OnPlan(plan) => DeskList::OnPlan(plan.clone()),
        }
    }

    /// The counters that run now, each with the place of its tenant.
    fn counters_of<'a>(
        &'a self,
        listed: &'a [ListedTenant],
        now: Timestamp,
    ) -> impl Iterator<Item = (CounterKey, usize)> + 'a {
        listed.iter().enumerate().flat_map(move |(place, own)| {
            let counted = self.catalog().features.iter().filter(|feature| feature.kind.is_counted());
            counted.map(move |feature| {
                let (tenant, feature_key) = (own.tenant.id.clone(), feature.key.clone());
                let period_start = window(feature.kind, own.subscription.as_ref(), now).map(|(start, _)| start);
                (CounterKey { tenant, feature: feature_key, period_start }, place)
            })
        })
    }
}

/// What the database could not decide: it knows neither grace nor whose period a counter's is.
fn is_wished(own: &ListedTenant, which: &Which) -> bool {
    match which {
        Which::All | Which::Drifted => true,
        Which::PastDue => own.entitlements.status == SubscriptionStatus::PastDue,
        Which::NearLimit => own.near + own.reached > 0,
        Which::OnPlan(plan) => own.entitlements.plan == *plan,
    }
}
