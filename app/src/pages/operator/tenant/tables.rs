//! Tables of a tenant's page at the desk.

use billing::service::operator::OperatorTenantView;
use domain::{
    catalog::Catalog,
    entitlement::alert::AlertKind,
    subscription::{Subscription, SubscriptionStatus},
    tenant::actor::Actor,
};
use leptos::prelude::*;

use super::super::words::{attempt, plan_name};
use crate::{
    components::{
        icon::{Tone, state},
        membership::activity::words::status,
        page::role_title,
        table::{Column, RowAlign, record_table},
    },
    wording::{day, minute, most, used},
};

const MEMBERS_SHOWN: usize = 50;
const ALERTS_SHOWN: usize = 20;

pub(super) fn subscriptions_table(desk: &OperatorTenantView, catalog: &Catalog) -> AnyView {
    let rows = desk.subscriptions.iter().map(|subscription| subscription_row(catalog, subscription)).collect_view();
    record_table(
        RowAlign::Baseline,
        "Subscriptions, newest first",
        [
            Column::Text("Subscription"),
            Column::Text("Plan"),
            Column::Text("Status"),
            Column::Text("Period"),
            Column::Text("Last asked"),
        ],
        rows,
    )
}

fn subscription_row(catalog: &Catalog, subscription: &Subscription) -> impl IntoView + use<> {
    let tone = match subscription.status.subscription_status() {
        SubscriptionStatus::Active => Tone::Ok,
        SubscriptionStatus::PastDue => Tone::Near,
        SubscriptionStatus::Canceled => Tone::Off,
    };
    let period = format!("{} – {}", day(subscription.period_start), day(subscription.period_end));
    let ends = match (subscription.ended_at, subscription.ends_at()) {
        (Some(at), _) => Some(format!("ended {}", day(at))),
        (None, Some(at)) if at == subscription.period_end => Some("ends with it".to_owned()),
        (None, Some(at)) => Some(format!("ends {}", day(at))),
        (None, None) => None,
    };
    let paused = subscription.details.collection_pause.map(|pause| match pause.until {
        Some(until) => format!("no payment taken until {}", day(until)),
        None => "no payment taken: collection is paused".to_owned(),
    });
    let quantity = (subscription.details.quantity != 1).then(|| format!("{} of it", subscription.details.quantity));
    let further = subscription.details.also_included.iter().map(|line| note_line(line.clone())).collect_view();
    let next = subscription.details.next_payment.filter(|_| subscription.renews_at().is_some());
    let next = next.map(|next| format!("next {} on {}", next.amount.exact(), day(next.at)));
    let due = subscription.past_due_since.map(|since| format!("due since {}", day(since)));
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <code class="breaking">{subscription.external_id.clone()}</code>
                <br/><span class="note">{subscription.provider.title()}</span>
            </th>
            <td role="cell" data-label="Plan">
                {plan_name(catalog, &subscription.plan)}", "{subscription.cycle.as_str()}{quantity.map(note_line)}{further}
            </td>
            <td role="cell" data-label="Status">
                {state(tone, status(subscription.status).to_owned())}{due.map(note_line)}{paused.map(note_line)}
            </td>
            <td role="cell" data-label="Period">{period}{ends.map(note_line)}{next.map(note_line)}</td>
            <td role="cell" data-label="Last asked">{minute(subscription.fetched_at)}</td>
        </tr>
    }
}

fn note_line(words: String) -> AnyView {
    view! { <br/><span class="note">{words}</span> }.into_any()
}

pub(super) fn members_table(desk: &OperatorTenantView) -> AnyView {
    let all = desk.members.len();
    let rows = desk
        .members
        .iter()
        .take(MEMBERS_SHOWN)
        .map(|member| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="breaking">{member.email.to_string()}</th>
                    <td role="cell" data-label="As">{role_title(member.role)}</td>
                    <td role="cell" data-label="Since">{day(member.joined_at)}</td>
                </tr>
            }
        })
        .collect_view();
    let more =
        (all > MEMBERS_SHOWN).then(|| view! { <p class="note">{format!("The first {MEMBERS_SHOWN} of {all}.")}</p> });
    let table = record_table(
        RowAlign::Baseline,
        "Members, longest first",
        [Column::Text("Who"), Column::Text("As"), Column::Text("Since")],
        rows,
    );
    view! {
        {table}
        {more}
    }
    .into_any()
}

pub(super) fn alerts_table(desk: &OperatorTenantView, catalog: &Catalog) -> AnyView {
    let known = desk.alerts.iter().filter_map(|alert| Some((catalog.feature(alert.feature.as_str())?, alert)));
    let rows = known
        .take(ALERTS_SHOWN)
        .map(|(feature, alert)| {
            let says = match alert.kind {
                AlertKind::Warning => state(Tone::Near, "Near the limit".to_owned()),
                AlertKind::Reached => state(Tone::Stop, "Limit reached".to_owned()),
                AlertKind::Cleared => state(Tone::Ok, "Room again".to_owned()),
            };
            let figures = format!("{} of {}", used(feature, alert.used), most(feature, alert.limit));
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="nowrap">{minute(alert.sent_at)}</th>
                    <td role="cell">{feature.title.clone()}</td>
                    <td role="cell">{says}</td>
                    <td role="cell" class="num" data-label="Stood at">{figures}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        "Limits that were near, reached or far again, newest first",
        [Column::Text("When"), Column::Text("Limit"), Column::Text("What"), Column::Figure("Stood at")],
        rows,
    )
}

pub(super) fn attempts_table(desk: &OperatorTenantView, catalog: &Catalog) -> AnyView {
    let who = |by: &Actor| match by {
        Actor::User(user) => {
            let member = desk.members.iter().find(|member| member.user_id == *user);
            member.map_or_else(|| "a former member".to_owned(), |member| member.email.to_string())
        }
        Actor::Key(_) => "an API key".to_owned(),
        Actor::TokenUser(user) => format!("{} at {}", user.subject(), user.issuer()),
        Actor::PortalUser(user) => format!("portal user “{user}”"),
        Actor::InstallationKey(_) => "an installation key".to_owned(),
    };
    let rows = desk
        .attempts
        .iter()
        .map(|row| {
            let (tone, word) = attempt(row.state);
            let session = row.session_id.clone().map(|id| view! { <br/><code class="note breaking">{id}</code> });
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">{minute(row.created_at)}{session}</th>
                    <td role="cell" data-label="Plan">{plan_name(catalog, &row.plan)}", "{row.cycle.as_str()}</td>
                    <td role="cell" data-label="At">{row.provider.title()}</td>
                    <td role="cell" class="breaking" data-label="By">{who(&row.created_by)}</td>
                    <td role="cell" data-label="State">{state(tone, word.to_owned())}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        "Checkouts, newest first",
        [Column::Text("When"), Column::Text("Plan"), Column::Text("At"), Column::Text("By"), Column::Text("State")],
        rows,
    )
}
