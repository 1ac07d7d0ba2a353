//! `/settings/billing`: plan, payment method, next invoice, invoices, and changes of the plan.

pub(crate) mod activity;
mod details;
mod history;
mod upcoming;

use std::borrow::Cow;

use billing::service::{
    base::permission::Biller,
    subscription::billing_overview::{BillingOverview, Fetched},
    tenant::audit::{AuditFilter, AuditPage},
};
use domain::{
    subscription::{Subscription, invoice::InvoicePage},
    tenant::audit::AuditAction,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        membership::{
            discounts::discount_list,
            invoices::{CSV, invoice_table, no_answer, no_invoices},
            notices::status_notice,
            seats_status::seats_link,
            status::{plan_name, provider_of},
        },
        notice::answer::answer_notice,
        page::{
            Place,
            access::workspace_page,
            back_from_portal::back_from_portal,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        provider::title_or_none,
    },
    request::PageRequest,
    wording::{day, exact, interval, minute, price_of},
};

/// Number of changes of the plan on a page.
const CHANGES: u32 = 10;
/// Number of invoices shown; a link leads to all of them.
const NEWEST: usize = 6;

/// What only those see who may bill the workspace.
pub(in crate::pages) struct BillingFacts {
    /// `None` before the first checkout.
    pub(in crate::pages) overview: Option<BillingOverview>,
    pub(in crate::pages) changes: AuditPage,
}

pub(crate) fn billing() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        if req.query("from").as_deref() == Some("portal") {
            back_from_portal(&services, &viewer, &req, "/settings/billing").await;
            return Ok(().into_any());
        }
        let view = services.subscriptions().membership(&viewer).await?;
        let facts = match Biller::person(&viewer) {
            Ok(biller) => {
                let overview = services.subscriptions().billing_overview(&biller).await?;
                let after = req.query("changes").and_then(|place| place.parse().ok());
                let filter = AuditFilter { action: Some(AuditAction::SubscriptionChanged), ..AuditFilter::default() };
                let changes = services.tenants().audit(biller.tenant(), &filter, after.as_ref(), CHANGES).await?;
                Some(BillingFacts { overview, changes })
            }
            Err(_) => None,
        };
        Ok(page(&req, &view, facts.as_ref()))
    })
}

/// Renders the page. `facts` is `None` for members, who see only the plan.
pub(in crate::pages) fn page(req: &PageRequest, view: &MembershipView, facts: Option<&BillingFacts>) -> AnyView {
    let workspace = &view.viewer.current_membership.tenant_name;
    let reason =
        facts.is_none().then(|| view! { <p class="note">{text!(billing_only_admins, workspace = workspace)}</p> });
    let actions = facts.map(|_| {
        view! {
            <div class="actions">
                <a class="button" href="/membership#plans">{text!(billing_change_plan)}</a>
                {seats_link(view)}
                {activity_link(view)}
            </div>
        }
    });
    let sections = facts.map(|facts| {
        let BillingFacts { overview, changes } = facts;
        let of_provider = match overview {
            Some(overview) => at_provider(req, overview, workspace),
            None => entry("payment", text!(billing_payment), None, view! { <p>{text!(billing_never_paid)}</p> }),
        };
        let history = history::history(changes, &view.catalog, req.query("changes").is_some(), workspace);
        view! {
            {of_provider}
            {entry("history", text!(billing_history), Some(text!(billing_history_note).into_any()), history)}
        }
    });
    let body = view! {
        {answer_notice(req, provider_of(view), workspace)}
        <div class="stack">
            <h1>{text!(billing_title)}</h1>
            <p class="lead">{plan_line(view)}</p>
            {discount_list(view)}
            {reason}
        </div>
        {status_notice(view)}
        {actions}
    };
    frame(
        text!(billing_title),
        Place::Settings,
        view.viewer.account_viewer(),
        view! {
            {opening_beside(settings_nav(SettingsPage::Billing), body)}
            {sections}
        },
    )
}

/// Renders the sections of what the provider answered.
fn at_provider(req: &PageRequest, overview: &BillingOverview, workspace: &str) -> AnyView {
    let BillingOverview { provider, profile, upcoming, invoices } = overview;
    let title = provider.title();
    let kept = text!(billing_payment_note, provider = title).into_any();
    view! {
        {entry("payment", text!(billing_payment), Some(kept), details::details(profile, title, workspace))}
        {entry("next", text!(billing_next), None, upcoming::upcoming(upcoming, title))}
        {entry("invoices", text!(billing_invoices), None, newest_invoices(req, invoices, title, workspace))}
    }
    .into_any()
}

/// Renders the newest invoices, and the ways to all of them.
fn newest_invoices(req: &PageRequest, listed: &Fetched<InvoicePage>, provider: &str, workspace: &str) -> AnyView {
    let invoices = match listed {
        Fetched::Found(page) if page.invoices.is_empty() => return no_invoices(),
        Fetched::Found(page) => page.invoices.get(..NEWEST).unwrap_or(&page.invoices),
        missing => return no_answer(missing, provider).into_any(),
    };
    // The session of a portal link is for pages alone.
    let csv = req.portal().is_none().then(|| view! { <a href=CSV download="invoices.csv">{text!(invoices_csv)}</a> });
    view! {
        {invoice_table(invoices, workspace)}
        <div class="actions"><a href="/membership/invoices">{text!(billing_all_invoices)}</a>{csv}</div>
    }
    .into_any()
}

/// Renders the link to the activity page, which says when the subscription was last synced.
fn activity_link(view: &MembershipView) -> AnyView {
    let provider = title_or_none(provider_of(view));
    let words = match &view.subscription {
        Some(Subscription { fetched_at, .. }) => {
            text!(billing_activity_synced, provider = provider, date = minute(*fetched_at))
        }
        None => text!(billing_activity, provider = provider),
    };
    view! { <a href="/settings/billing/activity">{words}</a> }.into_any()
}

/// Builds "Pro, $29.00 a month. Next payment: $29.00 on 1 Feb 2026."
fn plan_line(view: &MembershipView) -> Cow<'static, str> {
    let live = view.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    let Some(subscription) = live else {
        return text!(billing_plan_unpaid, plan = plan_name(view, view.entitlements.plan.as_str()));
    };
    let plan = plan_name(view, subscription.plan.as_str());
    let details = &subscription.details;
    let plan = if details.seats.is_none() && details.quantity != 1 {
        text!(status_item_quantity, quantity = details.quantity, name = plan).into_owned()
    } else {
        plan
    };
    let provider = subscription.provider.title();
    let price = match (view.price, subscription.details.interval) {
        (Some(money), _) => price_of(money, subscription),
        (None, Some(every)) => text!(billing_price_every_elsewhere, every = interval(every), provider = provider),
        (None, None) => text!(billing_price_elsewhere, cycle = subscription.cycle.as_str(), provider = provider),
    };
    match (subscription.ends_at(), subscription.details.next_payment) {
        (Some(end), _) => text!(billing_plan_ends, plan = plan, price = price, date = day(end)),
        (None, Some(next)) if subscription.renews_at().is_some() => {
            text!(billing_plan_next, plan = plan, price = price, amount = exact(next.amount), date = day(next.at))
        }
        (None, _) => match subscription.renews_at() {
            Some(at) => text!(billing_plan_renews, plan = plan, price = price, date = day(at)),
            None => text!(billing_plan, plan = plan, price = price),
        },
    }
}
