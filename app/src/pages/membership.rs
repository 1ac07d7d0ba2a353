//! `/membership`: the plan, its usage and the other plans.

pub(crate) mod cancel;
mod cancel_section;
pub(crate) mod checkout;
mod duplicates;
pub(crate) mod enterprise;
pub(crate) mod invoices;
pub(crate) mod leave_frame;
mod nearby_plans;
pub(crate) mod paid;
pub(crate) mod pricing;
pub(crate) mod seats;

use std::borrow::Cow;

use domain::{
    catalog::Cycle,
    entitlement::{FeatureUsage, MeterState},
    subscription::{Subscription, SubscriptionStatus},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::{rich, text};

use self::{
    cancel_section::{cancel_link, cancel_section},
    nearby_plans::nearby_plans,
};
use crate::{
    actions::billing::PortalPage,
    components::{
        form::provider_form::{portal_form, sync_form},
        membership::{
            compare_table::compare_table,
            cycle::months_in_a_year,
            discounts::discount_list,
            limit_notices::limits_notice,
            notices::{ending_alert, status_notice},
            seats_status::{pending_seats_notice, seats_link},
            status::{lead, only_an_admin, provider_of, title},
            status_facts::status_facts,
            unmanaged::also_there,
        },
        notice::answer::answer_notice,
        page::{
            Place,
            access::workspace_page,
            back_from_portal::back_from_portal,
            entry::{entry, opening},
            frame,
        },
        rich::rich_text,
        usage::{
            meter::meters,
            readings::{is_metered, readings},
        },
    },
    request::PageRequest,
    wording::{day, minute},
};

/// Number of meters shown; a link leads to all of them.
const NEAREST: usize = 5;

pub(crate) fn membership() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        if req.query("from").as_deref() == Some("portal") {
            back_from_portal(&services, &viewer, &req, "/membership").await;
            return Ok(().into_any());
        }
        let view = services.subscriptions().membership_in(&viewer, req.currency()).await?;
        Ok(page(&view, &req))
    })
}

pub(super) fn page(view: &MembershipView, req: &PageRequest) -> AnyView {
    let paid_cycle = view
        .subscription
        .as_ref()
        .filter(|subscription| subscription.status.is_live())
        .map(|subscription| subscription.cycle);
    let cycle = req.cycle().or(paid_cycle).unwrap_or(Cycle::Monthly);
    let listed = view.catalog.listed_plans().count();
    let counted = readings(&view.catalog, &view.usage).filter(is_metered).count();
    // After a cancellation, the notice of the end is the outcome: the page does not state it twice.
    let ended = req.query("code").filter(|code| code == "ending").and_then(|_| ending_alert(view));
    let (answered, status) = match ended {
        Some(ended) => (Some(ended), None),
        None => {
            (answer_notice(req, provider_of(view), &view.viewer.current_membership.tenant_name), status_notice(view))
        }
    };
    let all_plans = text!(membership_all_plans, plans = listed);
    let nearest_note = rich_text(rich!(membership_usage_note, shown = NEAREST, limits = counted, usage = "/usage"));
    frame(
        text!(membership_title),
        Place::Membership,
        view.viewer.account_viewer(),
        view! {
            {opening(day(view.now).into_any(), view! {
                {answered}
                <div class="stack">
                    <h1>{title(view)}</h1>
                    <p class="lead">{rich_text(lead(view))}</p>
                </div>
                {status}
                {pending_seats_notice(view)}
                {duplicates::duplicate_notices(view)}
                {limits_notice(view)}
                {status_facts(view)}
                {discount_list(view)}
                {actions(view)}
            })}
            {entry("usage", text!(membership_usage), Some(nearest_note), view! {{nearest(view)}})}
            {nearby_plans(view, cycle, all_plans.clone())}
            {entry("all-plans", all_plans, year_note(view), view! {{compare_table(view, cycle)}})}
            {also_there(view)}
            {cancel_section(view)}
        },
    )
}

/// Renders the actions below the facts. A member gets only the link to the plans and the reason for that.
fn actions(view: &MembershipView) -> AnyView {
    // If a payment is due, the notice above the actions has the primary button.
    let class = if view.entitlements.status == SubscriptionStatus::PastDue { "button" } else { "button main" };
    let compare = view! { <a class=class href="#plans">{text!(membership_compare_plans)}</a> };
    if !view.viewer.current_membership.role.may_bill() {
        let reason = only_an_admin(view);
        return view! {
            <div class="actions">{compare}<p class="note">{reason}</p></div>
        }
        .into_any();
    }
    let provider = provider_of(view);
    let portal = view.subscription.as_ref().map(|subscription| {
        portal_form(PortalPage::Home, "button", text!(membership_portal, provider = subscription.provider.title()))
    });
    let invoices =
        view.subscription.is_some().then(|| view! { <a href="/membership/invoices">{text!(membership_invoices)}</a> });
    let sync = provider.map(|provider| sync_form(provider, last_checked(view)));
    view! { <div class="actions">{compare}{portal}{seats_link(view)}{invoices}{cancel_link(view)}{sync}</div> }
        .into_any()
}

fn last_checked(view: &MembershipView) -> Option<Cow<'static, str>> {
    let Subscription { fetched_at, .. } = view.subscription.as_ref()?;
    let is_today = fetched_at.days_until(view.now) == 0;
    let time = if is_today { fetched_at.time_of_day() } else { minute(*fetched_at) };
    Some(text!(membership_last_checked, time = time))
}

/// Renders the [`NEAREST`] readings nearest their limits, sorted by state (exceeded first), used share (largest
/// first) and order in the catalog.
fn nearest(view: &MembershipView) -> AnyView {
    let mut nearest: Vec<_> = readings(&view.catalog, &view.usage).filter(is_metered).collect();
    nearest.sort_by_key(|(feature, usage)| {
        let urgency = match usage.state(feature) {
            MeterState::Over => 0,
            MeterState::Reached => 1,
            MeterState::Near => 2,
            MeterState::Ok => 3,
        };
        (urgency, std::cmp::Reverse(FeatureUsage::percent(usage)))
    });
    meters(nearest.into_iter().take(NEAREST), None)
}

fn year_note(view: &MembershipView) -> Option<AnyView> {
    months_in_a_year(&view.catalog, view.catalog.currency)
        .map(|months| text!(pricing_year_note, months = months).into_any())
}
