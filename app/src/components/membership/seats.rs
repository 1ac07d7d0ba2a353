//! Seats of plans: what they cost, how many an order buys, and how many the workspace pays for.

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Feature, Plan, Seats},
    entitlement::{
        FeatureUsage,
        remedy::{LimitRemedy, PlanOffer},
    },
    ids::FeatureKey,
    money::{Currency, Money},
    subscription::{Subscription, order},
    wire::MembershipView,
};
use locales::{Rich, rich, text};

use crate::{
    actions::seats::parse_seats,
    wording::{exact, name, number, short},
};

/// The seats that the workspace pays for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PaidSeats<'a> {
    pub(crate) subscription: &'a Subscription,
    /// What the plan sells.
    pub(crate) sold: &'a Seats,
    /// All seats, those included in the plan's price too.
    pub(crate) seats: u64,
    pub(crate) in_use: u64,
}

/// Returns the seats of the live subscription; `None` if there is none, or its plan is sold without seats.
pub(crate) fn paid_seats(view: &MembershipView) -> Option<PaidSeats<'_>> {
    let subscription = view.subscription.as_ref().filter(|subscription| subscription.status.is_live())?;
    let sold = view.catalog.plan(subscription.plan.as_str())?.seats.as_ref()?;
    let seats = subscription.details.seats?;
    Some(PaidSeats { subscription, sold, seats, in_use: in_use(view, &sold.feature) })
}

impl PaidSeats<'_> {
    /// Returns the price of a seat per cycle; `None` if the catalog has none in the subscription's currency, or the
    /// subscription is billed in another interval.
    pub(crate) fn price(&self, view: &MembershipView) -> Option<Money> {
        let currency = self.subscription.currency().unwrap_or(view.catalog.currency);
        let price = self.sold.price(self.subscription.cycle, currency);
        price.filter(|_| self.subscription.details.interval.is_none())
    }
}

fn in_use(view: &MembershipView, feature: &FeatureKey) -> u64 {
    view.usage.iter().find(|usage| usage.feature == *feature).map_or(0, |usage| usage.used)
}

/// Returns how many seats an order of `plan` buys: those that a change of plan keeps, else enough for those in use.
/// `None` for a plan without seats.
pub(crate) fn order_seats(view: &MembershipView, plan: &Plan) -> Option<u64> {
    let sold = plan.seats.as_ref()?;
    let live = view.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    // A plan that is sold with fewer seats than the workspace needs is shown with the most.
    order::order_seats(plan, None, live, in_use(view, &sold.feature)).unwrap_or_else(|_| Some(sold.most()))
}

/// Returns the error of the field for the number of seats in an order; `None` if the number can be ordered. The error
/// has no period.
pub(crate) fn order_mistake(view: &MembershipView, plan: &Plan, text: &str) -> Option<Cow<'static, str>> {
    let sold = plan.seats.as_ref()?;
    let used = in_use(view, &sold.feature);
    let is_too_low = parse_seats(text).is_some_and(|seats| seats < used);
    mistake(sold, &name(&plan.name), text).or_else(|| is_too_low.then(|| text!(seats_wrong_used, used = used)))
}

/// Returns the price per cycle of an order of `plan`; `None` if the plan has no such price.
pub(crate) fn order_price(view: &MembershipView, plan: &Plan, cycle: Cycle, currency: Currency) -> Option<Money> {
    plan.price_with_seats(cycle, currency, order_seats(view, plan).unwrap_or_default())
}

/// Prices an offered plan as an order of it costs: with the seats that the workspace has or uses, if these are more than
/// the offer has.
pub(crate) fn priced_as_ordered(view: &MembershipView, remedy: LimitRemedy) -> LimitRemedy {
    match remedy {
        LimitRemedy::Plan(offer) => LimitRemedy::Plan(PlanOffer { price: offer_price(view, &offer), ..offer }),
        other => other,
    }
}

fn offer_price(view: &MembershipView, offer: &PlanOffer) -> Option<Money> {
    let plan = view.catalog.plan(offer.plan.as_str()).filter(|plan| plan.seats.is_some());
    let ordered = plan.and_then(|plan| order_price(view, plan, offer.cycle, view.catalog.currency));
    [offer.price, ordered].into_iter().flatten().max_by_key(|price| price.minor)
}

/// Returns the plan with the limits that an order of it grants: that of its seats is their number, unless the workspace
/// has a custom limit.
pub(crate) fn as_ordered(view: &MembershipView, plan: &Plan) -> Plan {
    with_seats(view, plan, order_seats(view, plan))
}

/// Like [`as_ordered`], with this number of seats.
pub(crate) fn with_seats(view: &MembershipView, plan: &Plan, seats: Option<u64>) -> Plan {
    let is_custom = plan.seats.as_ref().is_some_and(|sold| view.entitlements.limits.contains_key(&sold.feature));
    match seats {
        Some(seats) if !is_custom => plan.with_seats(seats),
        _ => plan.clone(),
    }
}

/// Builds "$12.00 per seat per month" for a plan that is all seats; `None` for a plan with a price of its own.
pub(crate) fn price_of_all_seats(plan: &Plan, cycle: Cycle, currency: Currency) -> Option<Rich> {
    let each = plan.seats.as_ref().filter(|_| plan.is_all_seats())?.price(cycle, currency)?;
    Some(rich!(seats_price, cycle = cycle.as_str(), price = exact(each)))
}

/// Builds "5 seats included, then $12.00 per seat per month" for a plan with a price of its own; `None` for other plans.
pub(crate) fn price_of_further_seats(plan: &Plan, cycle: Cycle, currency: Currency) -> Option<Cow<'static, str>> {
    let sold = plan.seats.as_ref().filter(|_| !plan.is_all_seats())?;
    let (cycle, each) = (cycle.as_str(), exact(sold.price(cycle, currency)?));
    Some(match sold.included {
        0 => text!(seats_beside, cycle = cycle, price = each),
        included => text!(seats_beyond, cycle = cycle, included = included, price = each),
    })
}

/// Builds "$108.00 a month for 9 seats": what an order costs. `None` for a plan without seats.
pub(crate) fn order_price_words(view: &MembershipView, plan: &Plan, cycle: Cycle) -> Option<Cow<'static, str>> {
    let seats = order_seats(view, plan)?;
    let price = exact(order_price(view, plan, cycle, view.catalog.currency)?);
    Some(text!(seats_sum, cycle = cycle.as_str(), price = price, seats = seats))
}

/// Builds "$12 a seat" or "$49, then $12 a seat", for a table whose rows say the period. `None` for a plan without seats.
pub(crate) fn price_cell(plan: &Plan, cycle: Cycle, currency: Currency) -> Option<Cow<'static, str>> {
    let each = short(plan.seats.as_ref()?.price(cycle, currency)?);
    Some(match plan.price(cycle, currency) {
        Some(price) => text!(seats_cell_beyond, price = short(price), each = each),
        None => text!(seats_cell, price = each),
    })
}

/// Builds "2 to 100" or "From 2", the numbers of seats on sale; `None` for a feature that no seats of the plan limit.
pub(crate) fn sold_seats(plan: &Plan, feature: &Feature) -> Option<Cow<'static, str>> {
    let sold = plan.seats.as_ref().filter(|sold| sold.feature == feature.key)?;
    Some(match sold.max {
        Some(max) if max == sold.min => number(max).into(),
        Some(max) => text!(seats_limit, min = sold.min, max = max),
        None => text!(seats_limit_from, min = sold.min),
    })
}

/// Returns the error of a field for a number of seats: it is none, or the plan is not sold with so many. `None` if the
/// plan is. The error has no period.
pub(crate) fn mistake(sold: &Seats, plan: &str, text: &str) -> Option<Cow<'static, str>> {
    Some(match parse_seats(text) {
        None => text!(seats_wrong_number),
        Some(seats) if seats < sold.min => text!(seats_wrong_min, plan = plan, min = sold.min),
        Some(seats) if seats > sold.most() => text!(seats_wrong_max, plan = plan, max = sold.most()),
        Some(_) => return None,
    })
}

/// Builds the hint of the field for a number of seats.
pub(crate) fn seats_hint(sold: &Seats) -> Cow<'static, str> {
    match sold.max {
        Some(max) => text!(seats_hint, min = sold.min, max = max),
        None => text!(seats_hint_from, min = sold.min),
    }
}

/// Whether more seats raise the limit of `usage`: the paid plan applies, its seats are this limit, and more are on sale.
pub(crate) fn is_raised_by_seats(view: &MembershipView, usage: &FeatureUsage) -> bool {
    paid_seats(view).is_some_and(|paid| {
        paid.sold.feature == usage.feature
            && paid.subscription.plan == view.entitlements.plan
            && paid.seats < paid.sold.most()
            && matches!(view.remedy(usage), LimitRemedy::Plan(_) | LimitRemedy::NoPlan)
    })
}

#[cfg(test)]
mod tests {
    use domain::catalog::Limit;

    use super::*;
    use crate::fixture::seats::{on_free, on_team};

    const USD: Currency = Currency::USD;

    fn ordered(view: &MembershipView, plan: &str) -> (Option<u64>, Option<i64>) {
        let plan = view.catalog.plan(plan).unwrap();
        let price = order_price(view, plan, Cycle::Monthly, USD);
        (order_seats(view, plan), price.map(|price| price.minor))
    }

    #[test]
    fn a_first_order_buys_the_seats_in_use_and_a_change_keeps_those_bought() {
        let free = on_free();
        assert_eq!(ordered(&free, "team"), (Some(4), Some(4800)));
        assert_eq!(ordered(&free, "business"), (Some(5), Some(19_900)));
        assert_eq!(ordered(&free, "pro"), (None, Some(2900)));
        let team = on_team();
        assert_eq!(ordered(&team, "team"), (Some(12), Some(14_400)));
        assert_eq!(ordered(&team, "business"), (Some(12), Some(19_900 + 7 * 1200)));
    }

    #[test]
    fn prices_are_written_by_the_seat() {
        let view = on_free();
        let plan = |id| view.catalog.plan(id).unwrap();
        let each = |id| price_of_all_seats(plan(id), Cycle::Monthly, USD).map(|words| words.plain());
        assert_eq!(each("team").as_deref(), Some("$12.00 per seat per month"));
        assert_eq!((each("business"), each("pro")), (None, None));
        let further = |id, cycle| price_of_further_seats(plan(id), cycle, USD);
        assert_eq!(
            further("business", Cycle::Monthly).as_deref(),
            Some("5 seats included, then $12.00 per seat per month")
        );
        assert_eq!(
            further("business", Cycle::Yearly).as_deref(),
            Some("5 seats included, then $120.00 per seat per year")
        );
        assert_eq!((further("team", Cycle::Monthly), further("pro", Cycle::Monthly)), (None, None));
        let cell = |id| price_cell(plan(id), Cycle::Monthly, USD);
        assert_eq!(cell("team").as_deref(), Some("$12 a seat"));
        assert_eq!(cell("business").as_deref(), Some("$199, then $12 a seat"));
        assert_eq!(cell("pro"), None);
        assert_eq!(
            order_price_words(&view, plan("team"), Cycle::Yearly).as_deref(),
            Some("$480.00 a year for 4 seats")
        );
    }

    #[test]
    fn the_limit_of_seats_is_what_is_sold_and_then_what_is_bought() {
        let view = on_team();
        let members = view.catalog.feature("team_members").unwrap();
        let sold = |id| sold_seats(view.catalog.plan(id).unwrap(), members);
        assert_eq!((sold("team").as_deref(), sold("business").as_deref()), (Some("2 to 100"), Some("From 5")));
        assert_eq!(sold("pro"), None);
        let team = as_ordered(&view, view.catalog.plan("team").unwrap());
        assert_eq!(team.limit(&members.key), Limit::AtMost(12));
    }

    #[test]
    fn a_number_that_is_not_sold_has_an_error() {
        let view = on_free();
        let sold = view.catalog.plan("team").and_then(|plan| plan.seats.as_ref()).unwrap();
        for (text, wrong) in [
            ("", Some("Enter a whole number of seats")),
            ("many", Some("Enter a whole number of seats")),
            ("1", Some("Team has at least 2 seats")),
            ("101", Some("Team has at most 100 seats")),
            ("2", None),
            (" 100 ", None),
        ] {
            assert_eq!(mistake(sold, "Team", text).as_deref(), wrong, "{text}");
        }
    }

    #[test]
    fn more_seats_raise_the_limit_until_no_more_are_sold() {
        let mut view = on_team();
        let used = |seats| FeatureUsage {
            feature: "team_members".parse().unwrap(),
            used: seats,
            limit: Limit::AtMost(seats),
            since: None,
            resets_at: None,
        };
        assert!(is_raised_by_seats(&view, &used(12)));
        let other = FeatureUsage { feature: "projects".parse().unwrap(), ..used(12) };
        assert!(!is_raised_by_seats(&view, &other));
        view.subscription.as_mut().unwrap().details.seats = Some(100);
        assert!(!is_raised_by_seats(&view, &used(100)));
    }
}
