//! The current plan with its neighbors.

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Plan},
    entitlement::{FeatureUsage, remedy::LimitRemedy},
    money::Currency,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        membership::{
            cycle::{currency_choice, yearly_label},
            limit_notices::reached_limits,
            plan_card::{Card, current_plan, plan_card},
            seats::is_raised_by_seats,
        },
        page::{entry::entry, script::hydration_script},
    },
    islands::cycle_choice::CycleChoice,
    request::local_path::with_query,
};

const SHOWN: usize = 4;

/// Returns the range of listed plans to show: one below `yours`, itself and two above.
///
/// At the ends of the list the window shifts. `yours` is the current plan's position, or where it would be if it is
/// unlisted.
fn window(listed: usize, yours: usize) -> std::ops::Range<usize> {
    let start = yours.saturating_sub(1).min(listed.saturating_sub(SHOWN));
    start..listed.min(start + SHOWN)
}

/// Returns the plans to show, in the order of the list: those of [`window`], of which the first or last makes way for
/// `helping`, the plan that raises the reached limits.
fn shown<'a>(listed: &[&'a Plan], yours: usize, helping: Option<&'a Plan>) -> Vec<&'a Plan> {
    let mut shown = listed.get(window(listed.len(), yours)).unwrap_or_default().to_vec();
    if let Some(helping) = helping.filter(|helping| shown.iter().all(|plan| plan.id != helping.id)) {
        let is_below = shown.first().is_some_and(|first| helping.rank < first.rank);
        let outermost = if is_below { shown.first_mut() } else { shown.last_mut() };
        if let Some(outermost) = outermost {
            *outermost = helping;
        }
    }
    shown
}

/// Builds "1 plan below yours, 2 above."
fn window_words(below: usize, above: usize) -> Cow<'static, str> {
    match (below, above) {
        (0, 0) => Cow::Borrowed(""),
        (0, above) => text!(membership_nearby_above, above = above),
        (below, 0) => text!(membership_nearby_below, below = below),
        (below, above) => text!(membership_nearby_below_and_above, below = below, above = above),
    }
}

pub(super) fn nearby_plans(view: &MembershipView, cycle: Cycle, all_plans: Cow<'static, str>) -> Option<AnyView> {
    let current = current_plan(view)?;
    let listed: Vec<&Plan> = view.catalog.listed_plans().collect();
    let yours = listed.iter().position(|plan| plan.rank >= current.rank).unwrap_or(listed.len());
    // A cap that the workspace has set is no limit of a plan, and more seats raise theirs.
    let of_plan = |usage: &&FeatureUsage| view.remedy(usage) != LimitRemedy::Cap && !is_raised_by_seats(view, usage);
    let reached: Vec<_> = reached_limits(view).into_iter().map(|(_, usage)| usage).filter(of_plan).collect();
    let helping = view.plan_for_all(&reached);
    let shown = shown(&listed, yours, helping);
    let (below, above) = (
        shown.iter().filter(|plan| plan.rank < current.rank).count(),
        shown.iter().filter(|plan| plan.rank > current.rank).count(),
    );
    // The next plan is the usual choice, but if a limit is reached, only a plan that raises it helps.
    let next = || shown.iter().copied().find(|plan| plan.rank > current.rank && plan.is_paid());
    let main = if reached.is_empty() { next() } else { helping }.map(|plan| &plan.id);
    let reached: Vec<_> = reached.iter().map(|usage| &usage.feature).collect();
    let cards = shown
        .iter()
        .map(|plan| plan_card(&Card { view, current, plan, main: main == Some(&plan.id), reached: &reached }))
        .collect_view();
    let choices =
        [(Cycle::Monthly, text!(pricing_monthly)), (Cycle::Yearly, yearly_label(&view.catalog, view.catalog.currency))]
            .into_iter()
            .map(|(offered, label)| choice(view, offered, label, offered == cycle))
            .collect_view();
    let currencies = currency_choice(view, &Cycle::ALL, |cycle, currency| Some(plans_path(cycle, Some(currency))));
    // The top of the page tells members why the cards have no buttons.
    let may_bill = view.viewer.current_membership.role.may_bill();
    let after = may_bill.then(|| view! { <p class="note">{text!(membership_nearby_review)}</p> });
    let note = view! {
        {window_words(below, above)}
        " "
        <a href="#all-plans">{all_plans}</a>
    };
    Some(entry(
        "plans",
        text!(membership_nearby),
        Some(note.into_any()),
        view! {
            <CycleChoice>
                <div class="by-cycle" data-cycle=cycle.as_str()>
                    <nav class="choice" aria-label=text!(pricing_billing_cycle)>{choices}</nav>
                    {currencies}
                    <ul class="plans" role="list">{cards}</ul>
                </div>
            </CycleChoice>
            {after}
            {hydration_script()}
        },
    ))
}

/// Returns the path of the plans on the membership page.
fn plans_path(cycle: Cycle, currency: Option<Currency>) -> String {
    let currency = currency.map(|currency| ("currency", currency.code()));
    let pairs: Vec<_> = [("cycle", cycle.as_str())].into_iter().chain(currency).collect();
    format!("{}#plans", with_query("/membership", &pairs))
}

fn choice(view: &MembershipView, cycle: Cycle, label: Cow<'static, str>, is_chosen: bool) -> AnyView {
    let href = plans_path(cycle, view.chosen_currency());
    view! {
        <a
            href=href
            data-choose=cycle.as_str()
            aria-current=is_chosen.then_some("true")
        >
            {label}
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shows_four_plans_and_shifts_at_the_ends() {
        assert_eq!(window(8, 3), 2..6);
        assert_eq!(window(8, 0), 0..4);
        assert_eq!(window(8, 1), 0..4);
        assert_eq!(window(8, 6), 4..8);
        assert_eq!(window(8, 7), 4..8);
        assert_eq!(window(8, 8), 4..8);
        assert_eq!(window(2, 1), 0..2);
        assert_eq!(window(0, 0), 0..0);
    }

    #[test]
    fn the_plan_that_helps_is_shown() {
        let catalog = domain::catalog::file::default_catalog();
        let listed: Vec<&Plan> = catalog.listed_plans().collect();
        let ids = |yours, helping: Option<&str>| {
            let helping = helping.and_then(|id| catalog.plan(id));
            shown(&listed, yours, helping).into_iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(ids(0, None), ["free", "starter", "standard", "pro"]);
        assert_eq!(ids(0, Some("pro")), ["free", "starter", "standard", "pro"]);
        assert_eq!(ids(0, Some("team")), ["free", "starter", "standard", "team"]);
        assert_eq!(ids(4, Some("free")), ["free", "team", "business", "scale"]);
    }

    #[test]
    fn the_window_states_what_it_shows() {
        assert_eq!(window_words(1, 2), "1 plan below yours, 2 above.");
        assert_eq!(window_words(0, 3), "3 plans above yours.");
        assert_eq!(window_words(3, 0), "3 plans below yours.");
    }
}
