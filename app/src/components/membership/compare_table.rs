//! The comparison of all plans on the membership page. Written as markup: it has a cell for each plan and limit.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle, Feature, Plan, Pricing},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;
use maud::{Markup, html};

use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::{
        markup::markup_view,
        membership::{
            plan_card::{current_plan, limit_here_markup, paid_plan, review_path, sold_limit_markup},
            seats::{price_cell, sold_seats},
        },
    },
    wording::{name, short},
};

/// Renders prices and limits of all listed plans. `cycle` is the cycle of the review links in the header.
pub(crate) fn compare_table(view: &MembershipView, cycle: Cycle) -> AnyView {
    let plans: Vec<&Plan> = view.catalog.listed_plans().collect();
    let current = current_plan(view);
    markup_view(html! {
        p class="note" {
            @if let Some(current) = current { (text!(plans_legend, plan = name(&current.name))) }
            @if !view.entitlements.limits.is_empty() { " " (text!(plans_legend_custom)) }
        }
        (scroll_hint())
        div class="scroll from-now" tabindex="0" role="region" aria-label=(text!(plans_table_label, plans = plans.len())) {
            table class="ledger compare" {
                caption class="unseen" { (text!(plans_table_caption, plans = plans.len())) }
                thead { tr { td {} @for plan in &plans { (head(view, current, plan, cycle)) } } }
                tbody { @for cycle in Cycle::ALL { (price_row(view, current, &plans, cycle)) } }
                @for (section, features) in sections(&view.catalog) {
                    (group(view, section, &features, current, &plans))
                }
            }
        }
    })
}

/// Renders the hint that the table goes on beside the window, where it is wider than its place.
pub(crate) fn scroll_hint() -> Markup {
    html! { p class="note scroll-hint" { (text!(plans_table_scroll)) } }
}

/// Groups features by section, in the catalog's order.
pub(crate) fn sections(catalog: &Catalog) -> Vec<(&str, Vec<&Feature>)> {
    let mut sections: Vec<(&str, Vec<&Feature>)> = Vec::new();
    for feature in &catalog.features {
        match sections.iter_mut().find(|(name, _)| *name == feature.section) {
            Some((_, features)) => features.push(feature),
            None => sections.push((&feature.section, vec![feature])),
        }
    }
    sections
}

fn is_current(current: Option<&Plan>, plan: &Plan) -> bool {
    current.is_some_and(|current| current.id == plan.id)
}

fn column(current: Option<&Plan>, plan: &Plan) -> &'static str {
    if is_current(current, plan) { "num now" } else { "num" }
}

fn head(view: &MembershipView, current: Option<&Plan>, plan: &Plan, cycle: Cycle) -> Markup {
    html! {
        th scope="col" class=(column(current, plan)) {
            (name(&plan.name))
            @if let Some(below) = below_head(view, current, plan, cycle) { span { (below) } }
        }
    }
}

/// Renders what stands below a plan's name: that it is the current one, or the way to it.
fn below_head(view: &MembershipView, current: Option<&Plan>, plan: &Plan, cycle: Cycle) -> Option<Markup> {
    let link = |href: &str, words: &str| {
        html! { a href=(href) { (words) span class="unseen" { " " (name(&plan.name)) } } }
    };
    if is_current(current, plan) {
        return Some(html! { (text!(plans_column_yours)) });
    }
    if !view.viewer.current_membership.role.may_bill() {
        return None;
    }
    match plan.pricing {
        Pricing::Free => {
            let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live());
            paid.filter(|paid| !paid.cancel_at_period_end).and(current).map(|current| {
                let label = text!(plans_cancel, plan = name(&paid_plan(view, current).name));
                html! { a href="/membership/cancel" { (label) } }
            })
        }
        Pricing::Paid(_) => Some(link(&review_path(plan, cycle, view.chosen_currency()), &text!(plans_column_review))),
        Pricing::Custom => Some(link(ENTERPRISE_PATH, &text!(plans_column_request))),
    }
}

fn price_row(view: &MembershipView, current: Option<&Plan>, plans: &[&Plan], cycle: Cycle) -> Markup {
    let price = |plan: &Plan| match (&plan.pricing, plan.lowest_price(cycle, view.catalog.currency)) {
        (_, Some(price)) => price_cell(plan, cycle, view.catalog.currency).unwrap_or_else(|| short(price).into()),
        (Pricing::Custom, None) => text!(plans_on_request),
        (_, None) => Cow::Borrowed("–"),
    };
    let head = match cycle {
        Cycle::Monthly => text!(plans_row_monthly),
        Cycle::Yearly => text!(plans_row_yearly),
    };
    html! {
        tr {
            th scope="row" { (head) }
            @for plan in plans { td class=(column(current, plan)) { (price(plan)) } }
        }
    }
}

fn group(
    view: &MembershipView,
    section: &str,
    features: &[&Feature],
    current: Option<&Plan>,
    plans: &[&Plan],
) -> Markup {
    html! {
        tbody class="group" {
            tr {
                th scope="rowgroup" { (name(section)) }
                @for plan in plans { td class=[is_current(current, plan).then_some("now")] {} }
            }
            @for feature in features {
                tr {
                    th scope="row" { (name(&feature.title)) }
                    @for plan in plans { (limit_cell(view, feature, current, plan)) }
                }
            }
        }
    }
}

fn limit_cell(view: &MembershipView, feature: &Feature, current: Option<&Plan>, plan: &Plan) -> Markup {
    let limit = plan.limit(&feature.key);
    if sold_seats(plan, feature).is_some() && !is_current(current, plan) {
        return html! { td class="num" { (sold_limit_markup(plan, feature, limit)) } };
    }
    let is_less = current.is_some_and(|current| limit < current.limit(&feature.key));
    let class = if is_less { "num less" } else { column(current, plan) };
    html! { td class=(class) { (limit_here_markup(view, plan, feature, limit)) } }
}
