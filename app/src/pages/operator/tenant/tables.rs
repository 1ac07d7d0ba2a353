//! Tables of a tenant's page at the desk.

use std::borrow::Cow;

use billing::service::operator::OperatorTenantView;
use domain::{
    catalog::{Catalog, Cycle},
    entitlement::alert::AlertKind,
    ids::PlanId,
    subscription::{Subscription, SubscriptionStatus},
    tenant::actor::Actor,
};
use leptos::prelude::*;
use locales::text;

use super::super::words::attempt;
use crate::{
    components::{
        desk::plan_state::plan_name,
        icon::{Tone, state},
        membership::{activity::words::status, discounts::discount_words, unmanaged::items_in_words},
        page::role_title,
        table::{Column, RowAlign, record_table},
    },
    wording::{day, exact, interval, minute, most, name, used},
};

const MEMBERS_SHOWN: usize = 50;
const ALERTS_SHOWN: usize = 20;

pub(super) fn subscriptions_table(desk: &OperatorTenantView, catalog: &Catalog) -> AnyView {
    let rows = desk
        .subscriptions
        .iter()
        .map(|subscription| subscription_row(catalog, subscription, seats_lines(desk, catalog, subscription)))
        .collect_view();
    record_table(
        RowAlign::Baseline,
        text!(desk_tenant_subscriptions_table),
        [
            Column::Text(text!(desk_tenant_column_subscription)),
            Column::Text(text!(desk_column_plan)),
            Column::Text(text!(desk_column_status)),
            Column::Text(text!(desk_tenant_column_period)),
            Column::Text(text!(desk_tenant_column_synced)),
        ],
        rows,
    )
}

/// Renders the seats of a live subscription: how many are paid for and in use, and how many will be.
fn seats_lines(desk: &OperatorTenantView, catalog: &Catalog, subscription: &Subscription) -> Option<AnyView> {
    let seats = subscription.details.seats.filter(|_| subscription.status.is_live())?;
    let sold = catalog.plan(subscription.plan.as_str())?.seats.as_ref()?;
    let used = desk.usage.iter().find(|usage| usage.feature == sold.feature).map_or(0, |usage| usage.used);
    let pending = subscription.details.pending_seats;
    let pending = pending.map(|pending| text!(seats_pending, seats = pending.seats, day = day(pending.at)));
    let paid = text!(seats_at_desk, seats = seats, used = used);
    Some(view! { {note_line(paid)}{pending.map(note_line)} }.into_any())
}

fn subscription_row(catalog: &Catalog, subscription: &Subscription, seats: Option<AnyView>) -> impl IntoView + use<> {
    let tone = match subscription.status.subscription_status() {
        SubscriptionStatus::Active => Tone::Ok,
        SubscriptionStatus::PastDue => Tone::Near,
        SubscriptionStatus::Canceled => Tone::Off,
    };
    let period = text!(desk_tenant_period, start = day(subscription.period_start), end = day(subscription.period_end));
    let ends = match (subscription.ended_at, subscription.ends_at()) {
        (Some(at), _) => Some(text!(desk_tenant_subscription_ended, day = day(at))),
        (None, Some(at)) if at == subscription.period_end => Some(text!(desk_tenant_subscription_ends_with_period)),
        (None, Some(at)) => Some(text!(desk_tenant_subscription_ends, day = day(at))),
        (None, None) => None,
    };
    let paused = subscription.details.collection_pause.map(|pause| match pause.until {
        Some(until) => text!(desk_tenant_collection_paused_until, day = day(until)),
        None => text!(desk_tenant_collection_paused),
    });
    let quantity = (subscription.details.quantity != 1 && seats.is_none())
        .then(|| text!(desk_tenant_quantity, quantity = subscription.details.quantity));
    let further = subscription
        .details
        .included()
        .map(|(text, items)| items_in_words(text, items).unwrap_or_else(|| text.to_owned()))
        .map(|line| note_line(line.into()))
        .collect_view();
    let discounts = &subscription.details.discounts;
    let discounts = discounts.iter().map(|discount| note_line(discount_words(discount))).collect_view();
    let next = subscription.details.next_payment.filter(|_| subscription.renews_at().is_some());
    let next = next.map(|next| text!(desk_tenant_next_payment, amount = exact(next.amount), day = day(next.at)));
    let due = subscription.past_due_since.map(|since| text!(desk_tenant_past_due_since, day = day(since)));
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <code class="breaking">{subscription.external_id.clone()}</code>
                <br/><span class="note">{subscription.provider.title()}</span>
            </th>
            <td role="cell" data-label=text!(desk_column_plan)>
                {plan_and_interval(catalog, subscription)}{quantity.map(note_line)}{seats}{further}{discounts}
            </td>
            <td role="cell" data-label=text!(desk_column_status)>
                {state(tone, status(subscription.status))}{due.map(note_line)}{paused.map(note_line)}
            </td>
            <td role="cell" data-label=text!(desk_tenant_column_period)>{period}{ends.map(note_line)}{next.map(note_line)}</td>
            <td role="cell" data-label=text!(desk_tenant_column_synced)>{minute(subscription.fetched_at)}</td>
        </tr>
    }
}

fn plan_and_interval(catalog: &Catalog, subscription: &Subscription) -> Cow<'static, str> {
    match subscription.details.interval {
        Some(every) => {
            let plan = plan_name(catalog, &subscription.plan);
            text!(desk_tenant_plan_every, plan = plan, every = interval(every))
        }
        None => plan_and_cycle(catalog, &subscription.plan, subscription.cycle),
    }
}

fn plan_and_cycle(catalog: &Catalog, plan: &PlanId, cycle: Cycle) -> Cow<'static, str> {
    let plan = plan_name(catalog, plan);
    match cycle {
        Cycle::Monthly => text!(desk_tenant_plan_monthly, plan = plan),
        Cycle::Yearly => text!(desk_tenant_plan_yearly, plan = plan),
    }
}

fn note_line(words: Cow<'static, str>) -> AnyView {
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
                    <th role="rowheader" scope="row" class="breaking"><bdi>{member.email.to_string()}</bdi></th>
                    <td role="cell" data-label=text!(desk_tenant_column_role)>{role_title(member.role)}</td>
                    <td role="cell" data-label=text!(desk_column_since)>{day(member.joined_at)}</td>
                </tr>
            }
        })
        .collect_view();
    let more = (all > MEMBERS_SHOWN).then(|| {
        view! { <p class="note">{text!(desk_tenant_members_more, shown = MEMBERS_SHOWN, members = all)}</p> }
    });
    let table = record_table(
        RowAlign::Baseline,
        text!(desk_tenant_members_table),
        [
            Column::Text(text!(desk_tenant_column_member)),
            Column::Text(text!(desk_tenant_column_role)),
            Column::Text(text!(desk_column_since)),
        ],
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
                AlertKind::Warning | AlertKind::SecondWarning | AlertKind::ThirdWarning => {
                    state(Tone::Near, text!(desk_tenant_alert_near))
                }
                AlertKind::Reached => state(Tone::Stop, text!(desk_tenant_alert_reached)),
                AlertKind::Cleared => state(Tone::Ok, text!(desk_tenant_alert_cleared)),
            };
            let figures =
                text!(desk_tenant_used_of, used = used(feature, alert.used), limit = most(feature, alert.limit));
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="nowrap">{minute(alert.sent_at)}</th>
                    <td role="cell">{name(&feature.title)}</td>
                    <td role="cell">{says}</td>
                    <td role="cell" class="num" data-label=text!(desk_tenant_column_usage)>{figures}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        text!(desk_tenant_alerts_table),
        [
            Column::Text(text!(desk_tenant_column_date)),
            Column::Text(text!(desk_tenant_column_limit)),
            Column::Text(text!(desk_tenant_column_alert)),
            Column::Figure(text!(desk_tenant_column_usage)),
        ],
        rows,
    )
}

pub(super) fn attempts_table(desk: &OperatorTenantView, catalog: &Catalog) -> AnyView {
    let who = |by: &Actor| -> Cow<'static, str> {
        match by {
            Actor::User(user) => {
                let member = desk.members.iter().find(|member| member.user_id == *user);
                member.map_or_else(|| text!(desk_tenant_by_former_member), |member| member.email.to_string().into())
            }
            Actor::Key(_) => text!(desk_tenant_by_key),
            Actor::TokenUser(user) => text!(desk_tenant_by_token_user, user = user.subject(), issuer = user.issuer()),
            Actor::PortalUser(user) => text!(desk_tenant_by_portal_user, user = user.to_string()),
            Actor::InstallationKey(_) => text!(desk_tenant_by_installation_key),
        }
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
                    <td role="cell" data-label=text!(desk_column_plan)>{plan_and_cycle(catalog, &row.plan, row.cycle)}</td>
                    <td role="cell" data-label=text!(desk_column_provider)>{row.provider.title()}</td>
                    <td role="cell" class="breaking" data-label=text!(desk_tenant_column_started_by)>{who(&row.created_by)}</td>
                    <td role="cell" data-label=text!(desk_tenant_column_state)>{state(tone, word)}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        text!(desk_tenant_checkouts_table),
        [
            Column::Text(text!(desk_tenant_column_date)),
            Column::Text(text!(desk_column_plan)),
            Column::Text(text!(desk_column_provider)),
            Column::Text(text!(desk_tenant_column_started_by)),
            Column::Text(text!(desk_tenant_column_state)),
        ],
        rows,
    )
}
