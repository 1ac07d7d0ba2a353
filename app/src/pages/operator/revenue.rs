//! `/operator/revenue`: monthly recurring revenue.

use domain::{
    catalog::{Catalog, Cycle, format::grouped},
    money::Money,
    subscription::revenue::{Revenue, RevenueLine, RevenuePart},
};
use leptos::prelude::*;

use super::words::{in_words, plan_name};
use crate::{
    components::page::{
        access::desk_page,
        desk_frame,
        entry::{entry, opening_beside},
        operator_nav::{DeskPage, operator_nav},
    },
    wording::capital,
};

pub(crate) fn revenue() -> AnyView {
    desk_page(|services, operator, _| async move {
        let found = services.operators().desk_revenue(&operator).await?;
        Ok(page(services.catalog(), &found))
    })
}

pub(in crate::pages) fn page(catalog: &Catalog, found: &Revenue) -> AnyView {
    let active = match found.active.subscriptions {
        0 => "No subscription is active.".to_owned(),
        1 => "One subscription is active.".to_owned(),
        several => format!("{} subscriptions are active.", capital(&in_words(several))),
    };
    let body = view! {
        <div class="stack">
            <h1>{format!("{} a month.", found.active.monthly.exact())}</h1>
            <p class="lead">{format!("{active} At list prices in {}, before tax and discounts.", catalog.currency)}</p>
        </div>
    };
    let table = if found.lines.is_empty() {
        view! { <p>"Nobody has a subscription."</p> }.into_any()
    } else {
        table(catalog, found)
    };
    let note = "From what is stored of each subscription now.".into_any();
    desk_frame(
        "Revenue",
        view! {
            {opening_beside(operator_nav(DeskPage::Revenue), body)}
            {entry("plans", "By plan", Some(note), table)}
            {entry("reading", "What it is", None, explained(catalog, found))}
        },
    )
}

fn table(catalog: &Catalog, found: &Revenue) -> AnyView {
    let cells = |part: RevenuePart| {
        view! {
            <td class="num">{grouped(part.subscriptions)}</td>
            <td class="num">{part.monthly.exact()}</td>
        }
    };
    let rows = found
        .lines
        .iter()
        .map(|line| {
            let RevenueLine { plan, cycle, price, active, past_due, trialing } = line;
            let by = match cycle {
                Cycle::Monthly => "by the month",
                Cycle::Yearly => "by the year",
            };
            let price = price.map_or_else(|| "by agreement".to_owned(), Money::exact);
            view! {
                <tr>
                    <th scope="row"><span class="nowrap">{plan_name(catalog, plan)}</span><br/><span class="note nowrap">{by}</span></th>
                    <td class="num">{price}</td>
                    {cells(*active)}
                    {cells(*past_due)}
                    {cells(*trialing)}
                </tr>
            }
        })
        .collect_view();
    let part = |subscriptions: &'static str| {
        view! {
            <th scope="col" class="num">{subscriptions}</th>
            <th scope="col" class="num">{format!("{subscriptions}, a month")}</th>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Revenue by plan">
            <table class="ledger">
                <caption class="unseen">"Subscriptions and what they come to in a month"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Plan"</th>
                        <th scope="col" class="num">"Price"</th>
                        {["Active", "Payment due", "On trial"].map(part)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"In all"</th>
                        <td></td>
                        {cells(found.active)}
                        {cells(found.past_due)}
                        {cells(found.trialing)}
                    </tr>
                </tfoot>
            </table>
        </div>
    }
    .into_any()
}

fn explained(catalog: &Catalog, found: &Revenue) -> AnyView {
    let unpriced = match found.unpriced {
        0 => None,
        1 => Some("One subscription has a price by agreement: it is counted, and in no sum.".to_owned()),
        several => Some(format!(
            "{} subscriptions have a price by agreement: they are counted, and in no sum.",
            capital(&in_words(several))
        )),
    };
    let priced = format!(
        "Prices are today’s list prices of the catalog in {}, also for those who bought at another: what a provider charges, \
         with taxes, discounts and other currencies, only its invoices tell.",
        catalog.currency
    );
    view! {
        <ul class="stack" role="list">
            <li>{priced}</li>
            <li>"What is paid by the year counts for a twelfth of it each month, rounded to a cent for each line."</li>
            <li>"What is due may never be paid, and a trial may never be: both stand apart, and are in no other sum. Plans that were granted are paid by nobody."</li>
            {unpriced.map(|words| view! { <li>{words}</li> })}
        </ul>
    }
    .into_any()
}
