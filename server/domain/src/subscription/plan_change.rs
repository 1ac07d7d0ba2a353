//! Changes of plan or billing cycle of a live subscription: when they take effect, and what comes before them.

use crate::{
    catalog::{Catalog, Cycle, Plan},
    money::{Currency, Money},
    subscription::{ProviderStatus, Subscription},
    time::Timestamp,
};

/// How a provider changes subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeRules {
    /// Whether a change to a lower price or a shorter cycle waits for the end of the period, while any other change
    /// takes effect at once. If `false`, the provider's settings decide, and only the provider's page shows the date.
    pub lower_changes_wait: bool,
    /// Whether a scheduled change must be taken back before another change.
    pub scheduled_change_blocks: bool,
    /// Whether a change that takes effect at once ends a trial.
    pub ends_trial: bool,
}

/// Why a change is refused until something else is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeConflict {
    /// The first payment is not finished.
    FirstPaymentOpen,
    /// The plan is not sold in the currency of the subscription. No provider changes the currency of a live one.
    OtherCurrency,
    /// The collection of payments is paused, so that the provider would change the plan and collect nothing for it.
    CollectionPaused,
    /// A scheduled change must be taken back first.
    ChangeScheduled,
}

/// The action that repairs a live subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// A payment is due: update the card.
    UpdateCard,
    /// The first payment is not finished: finish it.
    FinishFirstPayment,
    /// The subscription is set to end: keep it.
    Keep,
}

/// Whether a change from one cycle and price to another waits for the end of the paid period; `None` if the currencies
/// differ.
///
/// A change to a lower price or a shorter cycle waits, so that the tenant keeps what they paid for. Other changes take
/// effect at once. `server stripe setup` configures Stripe's portal with the same rule (`schedule_at_period_end`:
/// `decreasing_item_amount`, `shortening_interval`).
pub fn waits_for_period_end((from_cycle, from): (Cycle, Money), (to_cycle, to): (Cycle, Money)) -> Option<bool> {
    (from.currency == to.currency).then_some(to.minor < from.minor || to_cycle < from_cycle)
}

/// Returns when a change of a live subscription takes effect if it waits for the end of the period; `None` if it is
/// immediate or unknown.
pub fn starts_at(
    current: &Subscription,
    (plan, cycle): (&Plan, Cycle),
    catalog: &Catalog,
    rules: ChangeRules,
) -> Option<Timestamp> {
    let currency = current.currency().unwrap_or(catalog.currency);
    // A change keeps the quantity and the seats.
    let price = current.price_on(plan, cycle, currency)?;
    starts_at_price(current, (plan, cycle, price), catalog, rules)
}

/// Like [`starts_at`], for a change to `price` per cycle.
pub fn starts_at_price(
    current: &Subscription,
    (plan, cycle, price): (&Plan, Cycle, Money),
    catalog: &Catalog,
    rules: ChangeRules,
) -> Option<Timestamp> {
    // A paused subscription has no paid period.
    if current.status == ProviderStatus::Paused {
        return None;
    }
    let paid = current.comparable_price(catalog)?;
    let may_wait = rules.lower_changes_wait && is_change(current, (plan, cycle));
    (may_wait && waits_for_period_end((current.cycle, paid), (cycle, price))?).then_some(current.period_end)
}

/// Returns why a change of a live subscription is refused; `None` if it is allowed. `sold_in`: the order's currency.
/// `waits`: whether the change waits for the end of the period.
pub fn change_conflict(
    current: &Subscription,
    to: (&Plan, Cycle),
    sold_in: Currency,
    rules: ChangeRules,
    waits: bool,
) -> Option<ChangeConflict> {
    if current.status == ProviderStatus::Incomplete {
        return Some(ChangeConflict::FirstPaymentOpen);
    }
    if !is_change(current, to) {
        return None;
    }
    if current.is_paid_in_other_currency(sold_in) {
        return Some(ChangeConflict::OtherCurrency);
    }
    if current.details.collection_pause.is_some() && !waits {
        return Some(ChangeConflict::CollectionPaused);
    }
    (rules.scheduled_change_blocks && current.pending.is_some()).then_some(ChangeConflict::ChangeScheduled)
}

/// Returns the repair that a live subscription needs; `None` if it needs none.
pub fn needed_repair(current: &Subscription) -> Option<Repair> {
    match current.status {
        ProviderStatus::PastDue | ProviderStatus::Unpaid => Some(Repair::UpdateCard),
        ProviderStatus::Incomplete => Some(Repair::FinishFirstPayment),
        _ => current.ends_at().map(|_| Repair::Keep),
    }
}

fn is_change(current: &Subscription, (plan, cycle): (&Plan, Cycle)) -> bool {
    (&current.plan, current.cycle) != (&plan.id, cycle)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::{Pricing, file::default_catalog},
        subscription::{CollectionPause, PendingChange},
    };

    const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
    const PERIOD_END: Timestamp = NOW.plus_secs(86_400);
    const WAITING: ChangeRules =
        ChangeRules { lower_changes_wait: true, scheduled_change_blocks: true, ends_trial: true };
    const FREE: ChangeRules =
        ChangeRules { lower_changes_wait: false, scheduled_change_blocks: false, ends_trial: false };

    /// A live subscription to Pro by the month.
    fn pro() -> Subscription {
        let sample = Subscription::sample("sub_1", "pro", ProviderStatus::Active, NOW);
        Subscription { period_end: PERIOD_END, ..sample }
    }

    fn with_pending_change() -> Subscription {
        let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at: PERIOD_END };
        Subscription { pending: Some(pending), ..pro() }
    }

    fn in_yen() -> Subscription {
        Subscription { price: Some(Money::new(4300, "JPY".parse().unwrap())), ..pro() }
    }

    fn with_status(status: ProviderStatus) -> Subscription {
        Subscription { status, ..pro() }
    }

    #[rstest]
    #[case::more((Cycle::Monthly, 900), (Cycle::Monthly, 2900), false)]
    #[case::less((Cycle::Monthly, 2900), (Cycle::Monthly, 900), true)]
    #[case::longer((Cycle::Monthly, 2900), (Cycle::Yearly, 29_000), false)]
    #[case::shorter((Cycle::Yearly, 29_000), (Cycle::Monthly, 2900), true)]
    #[case::shorter_and_larger((Cycle::Yearly, 9000), (Cycle::Monthly, 29_900), true)]
    #[case::longer_and_less((Cycle::Monthly, 19_900), (Cycle::Yearly, 9000), true)]
    fn a_lower_price_or_a_shorter_cycle_waits(
        #[case] (from_cycle, from): (Cycle, i64),
        #[case] (to_cycle, to): (Cycle, i64),
        #[case] expected: bool,
    ) {
        let usd = |minor| Money::new(minor, Currency::USD);
        assert_eq!(waits_for_period_end((from_cycle, usd(from)), (to_cycle, usd(to))), Some(expected));
    }

    #[test]
    fn prices_in_different_currencies_are_not_compared() {
        let (yen, dollars) = (Money::new(4300, "JPY".parse().unwrap()), Money::new(2900, Currency::USD));
        assert_eq!(waits_for_period_end((Cycle::Monthly, yen), (Cycle::Monthly, dollars)), None);
        assert_eq!(waits_for_period_end((Cycle::Yearly, dollars), (Cycle::Monthly, yen)), None);
    }

    #[rstest]
    #[case::lower(pro(), "starter", WAITING, true)]
    #[case::higher(pro(), "team", WAITING, false)]
    #[case::same(pro(), "pro", WAITING, false)]
    #[case::unknown_to_dues(pro(), "starter", FREE, false)]
    #[case::paused(with_status(ProviderStatus::Paused), "starter", WAITING, false)]
    #[case::other_currency(in_yen(), "starter", WAITING, false)]
    fn a_change_starts_with_the_next_period_if_it_waits(
        #[case] current: Subscription,
        #[case] plan: &str,
        #[case] rules: ChangeRules,
        #[case] waits: bool,
    ) {
        let catalog = default_catalog();
        let to = (catalog.plan(plan).unwrap(), Cycle::Monthly);
        assert_eq!(starts_at(&current, to, &catalog, rules), waits.then_some(PERIOD_END));
    }

    #[rstest]
    #[case::lower("starter", true)]
    #[case::higher("team", false)]
    fn prices_in_the_currency_of_the_subscription_are_compared(#[case] plan: &str, #[case] waits: bool) {
        let euro: Currency = "EUR".parse().unwrap();
        let mut catalog = default_catalog();
        for plan in &mut catalog.plans {
            if let Pricing::Paid(cycles) = &mut plan.pricing {
                for prices in cycles.values_mut() {
                    // More in numbers than any price in dollars.
                    let dollars = prices[&Currency::USD];
                    prices.insert(euro, dollars * 100);
                }
            }
        }
        let current = Subscription { price: Some(Money::new(290_000, euro)), ..pro() };
        let to = (catalog.plan(plan).unwrap(), Cycle::Monthly);
        assert_eq!(starts_at(&current, to, &catalog, WAITING), waits.then_some(PERIOD_END));
        assert_eq!(change_conflict(&current, to, euro, FREE, waits), None);
    }

    #[rstest]
    #[case::none(pro(), "team", WAITING, None)]
    #[case::first_payment(with_status(ProviderStatus::Incomplete), "pro", FREE, Some(ChangeConflict::FirstPaymentOpen))]
    #[case::other_currency(in_yen(), "team", FREE, Some(ChangeConflict::OtherCurrency))]
    #[case::same_plan_in_another_currency(in_yen(), "pro", FREE, None)]
    #[case::scheduled(with_pending_change(), "team", WAITING, Some(ChangeConflict::ChangeScheduled))]
    #[case::scheduled_elsewhere(with_pending_change(), "team", FREE, None)]
    #[case::scheduled_and_the_same_plan(with_pending_change(), "pro", WAITING, None)]
    fn an_order_conflicts_with_what_comes_first(
        #[case] current: Subscription,
        #[case] plan: &str,
        #[case] rules: ChangeRules,
        #[case] conflict: Option<ChangeConflict>,
    ) {
        let catalog = default_catalog();
        let to = (catalog.plan(plan).unwrap(), Cycle::Monthly);
        assert_eq!(change_conflict(&current, to, Currency::USD, rules, false), conflict);
    }

    #[rstest]
    #[case::at_once("team", false, Some(ChangeConflict::CollectionPaused))]
    #[case::waiting("starter", true, None)]
    #[case::no_change("pro", false, None)]
    fn while_no_payment_is_collected_only_a_change_that_waits_is_allowed(
        #[case] plan: &str,
        #[case] waits: bool,
        #[case] conflict: Option<ChangeConflict>,
    ) {
        let catalog = default_catalog();
        let to = (catalog.plan(plan).unwrap(), Cycle::Monthly);
        let mut current = pro();
        current.details.collection_pause = Some(CollectionPause { until: None });
        assert_eq!(change_conflict(&current, to, Currency::USD, WAITING, waits), conflict);
    }

    #[rstest]
    #[case(with_status(ProviderStatus::PastDue), Some(Repair::UpdateCard))]
    #[case(with_status(ProviderStatus::Unpaid), Some(Repair::UpdateCard))]
    #[case(with_status(ProviderStatus::Incomplete), Some(Repair::FinishFirstPayment))]
    #[case(Subscription { cancel_at_period_end: true, ..pro() }, Some(Repair::Keep))]
    #[case(pro(), None)]
    fn a_repair_follows_from_the_status_or_a_set_end(#[case] current: Subscription, #[case] repair: Option<Repair>) {
        assert_eq!(needed_repair(&current), repair);
    }
}
