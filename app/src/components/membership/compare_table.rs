//! The comparison of all plans on the membership page.

use domain::{
    catalog::{Catalog, Cycle, Feature, Plan, Pricing},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::membership::{
        plan_card::{current_plan, limit_here_view, paid_plan, review_path, sold_limit_view},
        seats::{price_cell, sold_seats},
    },
    wording::{name, short},
};

/// Renders prices and limits of all listed plans. `cycle` is the cycle of the review links in the header.
pub(crate) fn compare_table(view: &MembershipView, cycle: Cycle) -> AnyView {
    let plans: Vec<&Plan> = view.catalog.listed_plans().collect();
    let current = current_plan(view);
    let caption = text!(plans_table_caption, plans = plans.len());
    let label = text!(plans_table_label, plans = plans.len());
    let heads = plans.iter().map(|plan| head(view, current, plan, cycle)).collect_view();
    let prices = Cycle::ALL.into_iter().map(|cycle| price_row(view, current, &plans, cycle)).collect_view();
    let groups = sections(&view.catalog)
        .into_iter()
        .map(|(section, features)| group(view, section, &features, current, &plans))
        .collect_view();
    let legend = current.map(|current| text!(plans_legend, plan = name(&current.name)));
    let custom = (!view.entitlements.limits.is_empty()).then(|| format!(" {}", text!(plans_legend_custom)));
    view! {
        <p class="note">{legend}{custom}</p>
        {scroll_hint()}
        <div class="scroll from-now" tabindex="0" role="region" aria-label=label>
            <table class="ledger compare">
                <caption class="unseen">{caption}</caption>
                <thead><tr><td></td>{heads}</tr></thead>
                <tbody>{prices}</tbody>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

/// Renders the hint that the table goes on beside the window, where it is wider than its place.
pub(crate) fn scroll_hint() -> AnyView {
    view! { <p class="note scroll-hint">{text!(plans_table_scroll)}</p> }.into_any()
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

fn head(view: &MembershipView, current: Option<&Plan>, plan: &Plan, cycle: Cycle) -> AnyView {
    let plan_name = name(&plan.name);
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live());
    let below = if is_current(current, plan) {
        Some(view! { <span>{text!(plans_column_yours)}</span> }.into_any())
    } else if !view.viewer.current_membership.role.may_bill() {
        None
    } else {
        match plan.pricing {
            Pricing::Free => paid.filter(|paid| !paid.cancel_at_period_end).and(current).map(|current| {
                let label = text!(plans_cancel, plan = name(&paid_plan(view, current).name));
                view! { <span><a href="/membership/cancel">{label}</a></span> }.into_any()
            }),
            Pricing::Paid(_) => Some(
                view! {
                    <span>
                        <a href=review_path(plan, cycle, view.chosen_currency())>
                            {text!(plans_column_review)}<span class="unseen">{format!(" {plan_name}")}</span>
                        </a>
                    </span>
                }
                .into_any(),
            ),
            Pricing::Custom => Some(
                view! {
                    <span>
                        <a href=ENTERPRISE_PATH>
                            {text!(plans_column_request)}<span class="unseen">{format!(" {plan_name}")}</span>
                        </a>
                    </span>
                }
                .into_any(),
            ),
        }
    };
    view! { <th scope="col" class=column(current, plan)>{plan_name}{below}</th> }.into_any()
}

fn price_row(view: &MembershipView, current: Option<&Plan>, plans: &[&Plan], cycle: Cycle) -> AnyView {
    let cells = plans
        .iter()
        .map(|plan| {
            let price = match (&plan.pricing, plan.lowest_price(cycle, view.catalog.currency)) {
                (_, Some(price)) => price_cell(plan, cycle, view.catalog.currency)
                    .map_or_else(|| short(price), std::borrow::Cow::into_owned),
                (Pricing::Custom, None) => text!(plans_on_request).into_owned(),
                (_, None) => "–".to_owned(),
            };
            view! { <td class=column(current, plan)>{price}</td> }
        })
        .collect_view();
    let head = match cycle {
        Cycle::Monthly => text!(plans_row_monthly),
        Cycle::Yearly => text!(plans_row_yearly),
    };
    view! { <tr><th scope="row">{head}</th>{cells}</tr> }.into_any()
}

fn group(
    view: &MembershipView,
    section: &str,
    features: &[&Feature],
    current: Option<&Plan>,
    plans: &[&Plan],
) -> AnyView {
    let blanks =
        plans.iter().map(|plan| view! { <td class=is_current(current, plan).then_some("now")></td> }).collect_view();
    let rows = features
        .iter()
        .map(|feature| {
            let cells = plans
                .iter()
                .map(|plan| {
                    let limit = plan.limit(&feature.key);
                    if sold_seats(plan, feature).is_some() && !is_current(current, plan) {
                        return view! { <td class="num">{sold_limit_view(plan, feature, limit)}</td> }.into_any();
                    }
                    let less = current.is_some_and(|current| limit < current.limit(&feature.key));
                    let class = if less { "num less" } else { column(current, plan) };
                    view! { <td class=class>{limit_here_view(view, plan, feature, limit)}</td> }.into_any()
                })
                .collect_view();
            view! { <tr><th scope="row">{name(&feature.title)}</th>{cells}</tr> }
        })
        .collect_view();
    view! {
        <tbody class="group">
            <tr><th scope="rowgroup">{name(section)}</th>{blanks}</tr>
            {rows}
        </tbody>
    }
    .into_any()
}
