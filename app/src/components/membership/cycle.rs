//! A plan's yearly price, compared with its monthly price.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle, Plan},
    money::Currency,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

/// Returns how many monthly prices a yearly price equals in a currency; `None` unless this is the same integer for all
/// listed paid plans.
pub(crate) fn months_in_a_year(catalog: &Catalog, currency: Currency) -> Option<i64> {
    // A plan has a price of its own, a price of a seat, or both.
    let prices = |plan: &Plan, cycle| {
        let each = plan.seats.as_ref().and_then(|seats| seats.price(cycle, currency));
        (plan.price(cycle, currency).or(each), each)
    };
    let ratio = |month: i64, year: i64| (month > 0 && year % month == 0).then_some(year / month);
    let mut months = catalog.listed_plans().filter(|plan| plan.is_paid()).map(|plan| {
        let ((month, seat_month), (year, seat_year)) = (prices(plan, Cycle::Monthly), prices(plan, Cycle::Yearly));
        let months = ratio(month?.minor, year?.minor)?;
        let of_seats = seat_month.zip(seat_year).map(|(month, year)| ratio(month.minor, year.minor));
        of_seats.is_none_or(|of_seats| of_seats == Some(months)).then_some(months)
    });
    let first = months.next()??;
    months.all(|other| other == Some(first)).then_some(first)
}

/// Renders the choice of currency; `None` if the workspace has none. `href` leads to the same page with a cycle and a
/// currency, and is `None` for a currency that can't be chosen there. The cycle may change without a request, so a page
/// that offers several has a set of links for each, and CSS shows one set.
pub(crate) fn currency_choice(
    view: &MembershipView,
    cycles: &[Cycle],
    href: impl Fn(Cycle, Currency) -> Option<String>,
) -> Option<AnyView> {
    if view.currencies.is_empty() {
        return None;
    }
    let pairs = cycles.iter().flat_map(|cycle| view.currencies.iter().map(move |currency| (*cycle, *currency)));
    let links: Vec<AnyView> = pairs
        .filter_map(|(cycle, currency)| {
            let is_chosen = (currency == view.catalog.currency).then_some("true");
            let href = href(cycle, currency)?;
            let class = cycle.as_str();
            Some(view! { <a class=class href=href aria-current=is_chosen>{currency.code()}</a> }.into_any())
        })
        .collect();
    Some(view! { <nav class="choice" aria-label=text!(pricing_currency)>{links}</nav> }.into_any())
}

/// Builds "Yearly, 2 months free".
pub(crate) fn yearly_label(catalog: &Catalog, currency: Currency) -> Cow<'static, str> {
    match months_in_a_year(catalog, currency).map(|months| 12 - months) {
        Some(free) if free > 0 => text!(plans_yearly_free, months = free),
        _ => text!(plans_yearly),
    }
}
