//! The prices and limits of all listed plans, line by line.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle, Feature, Plan, Pricing},
    money::Currency,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::membership::{
        compare_table::{scroll_hint, sections},
        plan_card::sold_limit_view,
        seats::price_cell,
    },
    wording::{name, short},
};

pub(super) fn limits_table(catalog: &Catalog, plans: &[&Plan], currency: Currency) -> AnyView {
    let caption = text!(pricing_table, plans = plans.len());
    let label = text!(pricing_table_region, plans = plans.len());
    let heads = plans.iter().map(|plan| view! { <th scope="col" class="num">{name(&plan.name)}</th> }).collect_view();
    let prices = Cycle::ALL.into_iter().map(|cycle| price_row(plans, cycle, currency)).collect_view();
    let groups = sections(catalog)
        .into_iter()
        .map(|(section, features)| {
            let blanks = plans.iter().map(|_| view! { <td></td> }).collect_view();
            let rows = features.into_iter().map(|feature| limit_row(plans, feature)).collect_view();
            view! {
                <tbody class="group">
                    <tr><th scope="rowgroup">{name(section)}</th>{blanks}</tr>
                    {rows}
                </tbody>
            }
        })
        .collect_view();
    view! {
        <p class="note">{text!(pricing_dash)}</p>
        {scroll_hint()}
        <div class="scroll" tabindex="0" role="region" aria-label=label>
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

fn price_row(plans: &[&Plan], cycle: Cycle, currency: Currency) -> AnyView {
    let cells = plans
        .iter()
        .map(|plan| {
            let price = match (&plan.pricing, plan.lowest_price(cycle, currency)) {
                (_, Some(price)) => price_cell(plan, cycle, currency).unwrap_or_else(|| short(price).into()),
                (Pricing::Custom, None) => text!(pricing_custom),
                (_, None) => Cow::Borrowed("–"),
            };
            view! { <td class="num">{price}</td> }
        })
        .collect_view();
    view! { <tr><th scope="row">{text!(pricing_price_row, cycle = cycle.as_str())}</th>{cells}</tr> }.into_any()
}

fn limit_row(plans: &[&Plan], feature: &Feature) -> AnyView {
    let cells = plans
        .iter()
        .map(|plan| view! { <td class="num">{sold_limit_view(plan, feature, plan.limit(&feature.key))}</td> })
        .collect_view();
    view! { <tr><th scope="row">{name(&feature.title)}</th>{cells}</tr> }.into_any()
}
