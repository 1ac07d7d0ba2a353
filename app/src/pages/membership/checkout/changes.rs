//! The table of all limits before and after the order, with current usage.

use domain::{
    catalog::{
        Plan,
        compare::{self, LimitChange},
    },
    subscription::Direction,
    wire::MembershipView,
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Tone, icon},
        membership::plan_card::{direction_sign, is_lasting, limit_here_view},
    },
    wording::used,
};

pub(super) fn changes_table(view: &MembershipView, current: &Plan, plan: &Plan) -> AnyView {
    let changes = compare::compare(&view.catalog, current, plan);
    let groups = [(Direction::Up, "Goes up"), (Direction::Down, "Goes down"), (Direction::Same, "Stays")]
        .into_iter()
        .filter_map(|(direction, head)| {
            let lines: Vec<&LimitChange<'_>> = changes.iter().filter(|change| change.direction == direction).collect();
            (!lines.is_empty()).then(|| group(view, (current, plan), head, &lines))
        })
        .collect_view();
    view! {
        <div
            class="scroll"
            tabindex="0"
            role="region"
            aria-label=format!("What changes from {} to {}", current.name, plan.name)
        >
            <table class="ledger">
                <caption class="unseen">{format!("Every limit, on {} and on {}", current.name, plan.name)}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Limit"</th>
                        <th scope="col" class="num">"You use"</th>
                        <th scope="col" class="num">{current.name.clone()}</th>
                        <th scope="col" class="num">{plan.name.clone()}</th>
                    </tr>
                </thead>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

fn group(view: &MembershipView, (current, plan): (&Plan, &Plan), head: &str, lines: &[&LimitChange<'_>]) -> AnyView {
    let rows = lines.iter().map(|change| row(view, (current, plan), change)).collect_view();
    view! {
        <tbody class="group">
            <tr><th scope="rowgroup" colspan="4">{format!("{head}: {}", lines.len())}</th></tr>
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
        None => view! { <span aria-hidden="true">"–"</span><span class="unseen">"not counted"</span> }.into_any(),
        Some(usage) if plan.limit(&feature.key).allows(usage.used) => used(feature, usage.used).into_any(),
        Some(usage) => view! {
            <span class="state" data-is=Tone::Near.as_str()>
                {icon(Tone::Near.icon())}<span class="unseen">"over, "</span>{used(feature, usage.used)}
            </span>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row"><span class=class>{icon(sign)}</span>" "{feature.title.clone()}</th>
            <td class="num">{in_use}</td>
            <td class="num">{limit_here_view(view, current, feature, *from)}</td>
            <td class="num"><b>{limit_here_view(view, plan, feature, *to)}</b></td>
        </tr>
    }
    .into_any()
}
