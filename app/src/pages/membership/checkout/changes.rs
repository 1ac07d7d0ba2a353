//! The table of all limits before and after the order, with current usage.

use std::borrow::Cow;

use domain::{
    catalog::{
        Plan,
        compare::{self, LimitChange},
    },
    subscription::Direction,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::{Tone, icon},
        membership::plan_card::{direction_sign, is_lasting, limit_here_view},
    },
    wording::{name, used},
};

pub(super) fn changes_table(view: &MembershipView, current: &Plan, plan: &Plan) -> AnyView {
    let changes = compare::compare(&view.catalog, current, plan);
    let groups = [Direction::Up, Direction::Down, Direction::Same]
        .into_iter()
        .filter_map(|direction| {
            let lines: Vec<&LimitChange<'_>> = changes.iter().filter(|change| change.direction == direction).collect();
            (!lines.is_empty()).then(|| group(view, (current, plan), head(direction, lines.len()), &lines))
        })
        .collect_view();
    let (current_name, plan_name) = (name(&current.name), name(&plan.name));
    let label = text!(checkout_changes_region, current = &current_name, plan = &plan_name);
    let caption = text!(checkout_changes_table, current = &current_name, plan = &plan_name);
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label>
            <table class="ledger">
                <caption class="unseen">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text!(checkout_limit)}</th>
                        <th scope="col" class="num">{text!(checkout_use)}</th>
                        <th scope="col" class="num">{current_name}</th>
                        <th scope="col" class="num">{plan_name}</th>
                    </tr>
                </thead>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

/// Returns the head of a group of lines, with their number.
fn head(direction: Direction, lines: usize) -> Cow<'static, str> {
    match direction {
        Direction::Up => text!(checkout_group_up, limits = lines),
        Direction::Down => text!(checkout_group_down, limits = lines),
        Direction::Same => text!(checkout_group_same, limits = lines),
    }
}

fn group(
    view: &MembershipView,
    (current, plan): (&Plan, &Plan),
    head: Cow<'static, str>,
    lines: &[&LimitChange<'_>],
) -> AnyView {
    let rows = lines.iter().map(|change| row(view, (current, plan), change)).collect_view();
    view! {
        <tbody class="group">
            <tr><th scope="rowgroup" colspan="4">{head}</th></tr>
            {rows}
        </tbody>
    }
    .into_any()
}

fn row(view: &MembershipView, (current, plan): (&Plan, &Plan), change: &LimitChange<'_>) -> AnyView {
    let LimitChange { feature, from, to, direction } = change;
    let (class, sign, _) = direction_sign(*direction);
    let reading = view.usage.iter().find(|usage| usage.feature == feature.key).filter(|_| is_lasting(feature));
    let in_use = match reading {
        None => view! { <span aria-hidden="true">"–"</span><span class="unseen">{text!(checkout_not_counted)}</span> }.into_any(),
        Some(usage) if plan.limit(&feature.key).allows(usage.used) => used(feature, usage.used).into_any(),
        Some(usage) => view! {
            <span class="state" data-is=Tone::Near.as_str()>
                {icon(Tone::Near.icon())}<span class="unseen">{text!(checkout_over)}" "</span>{used(feature, usage.used)}
            </span>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row"><span class=class>{icon(sign)}</span>" "{name(&feature.title)}</th>
            <td class="num">{in_use}</td>
            <td class="num">{limit_here_view(view, current, feature, *from)}</td>
            <td class="num"><b>{limit_here_view(view, plan, feature, *to)}</b></td>
        </tr>
    }
    .into_any()
}
