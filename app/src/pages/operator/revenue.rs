//! `/operator/revenue`: monthly recurring revenue, now and by month.

mod trend;

use std::borrow::Cow;

use billing::service::operator::DeskRevenue;
use domain::{
    catalog::{Catalog, Cycle},
    subscription::revenue::{Revenue, RevenueLine, RevenuePart},
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        desk::plan_state::plan_name,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
    },
    wording::{exact, interval, number},
};

pub(crate) fn revenue() -> AnyView {
    desk_page(|services, operator, _| async move {
        let found = services.operators().desk_revenue(&operator).await?;
        Ok(page(services.catalog(), &found))
    })
}

pub(in crate::pages) fn page(catalog: &Catalog, found: &DeskRevenue) -> AnyView {
    let lead = |revenue: &Revenue| {
        let active = text!(revenue_active_count, subscriptions = revenue.active.subscriptions);
        let basis = text!(revenue_basis, currency = revenue.currency.to_string());
        view! { <p class="lead">{active}" "{basis}</p> }
    };
    let amount = |revenue: &Revenue| text!(revenue_monthly, amount = exact(revenue.active.monthly));
    // Amounts of different currencies stand one after another: a sum would mean nothing.
    let sums = found.current.split_first().map(|(first, others)| {
        let others =
            others.iter().map(|other| view! { <p class="lead">{amount(other)}</p>{lead(other)} }).collect_view();
        view! { <h1>{amount(first)}</h1>{lead(first)}{others} }
    });
    let body = view! { <div class="stack">{sums}</div> };
    let tables = || {
        let of_currency = found.current.iter().filter(|revenue| !revenue.lines.is_empty());
        of_currency.map(|revenue| table(catalog, revenue)).collect_view().into_any()
    };
    let is_empty = found.current.iter().all(|revenue| revenue.lines.is_empty());
    let table = if is_empty { view! { <p>{text!(revenue_none)}</p> }.into_any() } else { tables() };
    let note = text!(revenue_by_plan_note).into_any();
    desk_frame(
        text!(revenue_title),
        view! {
            {opening_beside(operator_nav(DeskPage::Revenue), body)}
            {entry("plans", text!(revenue_by_plan), Some(note), table)}
            {entry("months", text!(revenue_trend), Some(trend::note()), trend::months(found))}
            {entry("reading", text!(revenue_explained), None, explained(catalog, found))}
        },
    )
}

fn table(catalog: &Catalog, found: &Revenue) -> AnyView {
    let cells = |part: RevenuePart| {
        view! {
            <td class="num">{number(part.subscriptions)}</td>
            <td class="num">{exact(part.monthly)}</td>
        }
    };
    let rows = found
        .lines
        .iter()
        .map(|line| {
            let RevenueLine { plan, cycle, interval: other, is_own_price, price, active, past_due, trialing } = line;
            let by = match (other, cycle) {
                (Some(every), _) => interval(*every),
                (None, Cycle::Monthly) => text!(revenue_paid_monthly),
                (None, Cycle::Yearly) => text!(revenue_paid_yearly),
            };
            let price: Cow<'static, str> = match price {
                Some(price) => exact(*price).into(),
                None if *is_own_price => text!(revenue_own_price),
                None => text!(revenue_custom_price),
            };
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
    let part = |(subscriptions, monthly): (Cow<'static, str>, Cow<'static, str>)| {
        view! {
            <th scope="col" class="num">{subscriptions}</th>
            <th scope="col" class="num">{monthly}</th>
        }
    };
    let parts = [
        (text!(revenue_active), text!(revenue_active_monthly)),
        (text!(revenue_past_due), text!(revenue_past_due_monthly)),
        (text!(revenue_trial), text!(revenue_trial_monthly)),
    ];
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text!(revenue_table)>
            <table class="ledger">
                <caption class="unseen">{text!(revenue_table_caption)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text!(revenue_plan)}</th>
                        <th scope="col" class="num">{text!(revenue_price)}</th>
                        {parts.map(part)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{text!(revenue_total)}</th>
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

fn explained(catalog: &Catalog, found: &DeskRevenue) -> AnyView {
    let unpriced: u64 = found.current.iter().map(|revenue| revenue.unpriced).sum();
    let unpriced = (unpriced > 0).then(|| text!(revenue_unpriced, subscriptions = unpriced));
    let has = |is_such: fn(&RevenueLine) -> bool| found.current.iter().flat_map(|revenue| &revenue.lines).any(is_such);
    let has_intervals = has(|line| line.interval.is_some());
    let other_intervals = has_intervals.then(|| view! { <li>{text!(revenue_other_intervals)}</li> });
    let sells_seats = |line: &RevenueLine| catalog.plan(line.plan.as_str()).is_some_and(|plan| plan.seats.is_some());
    let is_own_price_of = |of_seats: bool| {
        let lines = found.current.iter().flat_map(|revenue| &revenue.lines);
        let mut own = lines.filter(|line| line.is_own_price && line.interval.is_none());
        own.any(|line| sells_seats(line) == of_seats)
    };
    let other_currencies = is_own_price_of(false).then(|| view! { <li>{text!(revenue_other_currencies)}</li> });
    let seats = is_own_price_of(true).then(|| view! { <li>{text!(revenue_seats)}</li> });
    let priced = text!(revenue_list_prices, currency = catalog.currency.to_string());
    view! {
        <ul class="stack" role="list">
            <li>{priced}</li>
            <li>{text!(revenue_yearly_share)}</li>
            {other_intervals}
            {other_currencies}
            {seats}
            <li>{text!(revenue_excluded)}</li>
            <li>{text!(revenue_trend_explained)}</li>
            {unpriced.map(|words| view! { <li>{words}</li> })}
        </ul>
    }
    .into_any()
}
