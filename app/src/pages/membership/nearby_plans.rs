//! The current plan with its neighbors.

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Plan},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        membership::{
            cycle::yearly_label,
            plan_card::{Card, current_plan, plan_card},
            status::only_an_admin,
        },
        page::{entry::entry, script::hydration_script},
    },
    islands::cycle_choice::CycleChoice,
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
    let shown = listed.get(window(listed.len(), yours)).unwrap_or_default();
    let (below, above) = (
        shown.iter().filter(|plan| plan.rank < current.rank).count(),
        shown.iter().filter(|plan| plan.rank > current.rank).count(),
    );
    let next = shown.iter().find(|plan| plan.rank > current.rank && plan.is_paid()).map(|plan| plan.id.clone());
    let cards = shown
        .iter()
        .map(|plan| plan_card(&Card { view, current, plan, main: next.as_ref() == Some(&plan.id) }))
        .collect_view();
    let choices =
        [(Cycle::Monthly, text!(pricing_monthly)), (Cycle::Yearly, yearly_label(&view.catalog, view.catalog.currency))]
            .into_iter()
            .map(|(offered, label)| choice(offered, label, offered == cycle))
            .collect_view();
    let after = if view.viewer.current_membership.role.may_bill() {
        text!(membership_nearby_review)
    } else {
        only_an_admin(view)
    };
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
                    <ul class="plans" role="list">{cards}</ul>
                </div>
            </CycleChoice>
            <p class="note">{after}</p>
            {hydration_script()}
        },
    ))
}

fn choice(cycle: Cycle, label: Cow<'static, str>, is_chosen: bool) -> impl IntoView {
    let cycle = cycle.as_str();
    view! {
        <a
            href=format!("/membership?cycle={cycle}#plans")
            data-choose=cycle
            aria-current=is_chosen.then_some("true")
        >
            {label}
        </a>
    }
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
    fn the_window_states_what_it_shows() {
        assert_eq!(window_words(1, 2), "1 plan below yours, 2 above.");
        assert_eq!(window_words(0, 3), "3 plans above yours.");
        assert_eq!(window_words(3, 0), "3 plans below yours.");
    }
}
