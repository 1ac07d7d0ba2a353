//! The prices and limits of all listed plans, line by line. Written as markup: it has a cell for each plan and limit.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle, Feature, Plan, Pricing},
    money::Currency,
};
use leptos::prelude::*;
use locales::text;
use maud::{Markup, html};

use crate::{
    components::{
        markup::markup_view,
        membership::{
            compare_table::{scroll_hint, sections},
            plan_card::sold_limit_markup,
            seats::price_cell,
        },
    },
    wording::{name, short},
};

pub(super) fn limits_table(catalog: &Catalog, plans: &[&Plan], currency: Currency) -> AnyView {
    markup_view(html! {
        p class="note" { (text!(pricing_dash)) }
        (scroll_hint())
        div class="scroll" tabindex="0" role="region" aria-label=(text!(pricing_table_region, plans = plans.len())) {
            table class="ledger compare" {
                caption class="unseen" { (text!(pricing_table, plans = plans.len())) }
                thead { tr { td {} @for plan in plans { th scope="col" class="num" { (name(&plan.name)) } } } }
                tbody { @for cycle in Cycle::ALL { (price_row(plans, cycle, currency)) } }
                @for (section, features) in sections(catalog) {
                    tbody class="group" {
                        tr {
                            th scope="rowgroup" { (name(section)) }
                            @for _ in plans { td {} }
                        }
                        @for feature in features { (limit_row(plans, feature)) }
                    }
                }
            }
        }
    })
}

fn price_row(plans: &[&Plan], cycle: Cycle, currency: Currency) -> Markup {
    let price = |plan: &Plan| match (&plan.pricing, plan.lowest_price(cycle, currency)) {
        (_, Some(price)) => price_cell(plan, cycle, currency).unwrap_or_else(|| short(price).into()),
        (Pricing::Custom, None) => text!(pricing_custom),
        (_, None) => Cow::Borrowed("–"),
    };
    html! {
        tr {
            th scope="row" { (text!(pricing_price_row, cycle = cycle.as_str())) }
            @for plan in plans { td class="num" { (price(plan)) } }
        }
    }
}

fn limit_row(plans: &[&Plan], feature: &Feature) -> Markup {
    html! {
        tr {
            th scope="row" { (name(&feature.title)) }
            @for plan in plans { td class="num" { (sold_limit_markup(plan, feature, plan.limit(&feature.key))) } }
        }
    }
}
