//! `/membership/seats`: the number of seats that the workspace pays for, and its change in two steps: the number, then
//! what it costs.

mod summary;

use std::borrow::Cow;

use billing::{payment::ProviderCapabilities, service::ServiceError};
use domain::{
    subscription::seats::{SeatsChange, SeatsPreview, SeatsRefusal, seats_change},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use self::summary::summary;
use crate::{
    actions::seats::{SEATS_PATH, parse_seats},
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::Tone,
        membership::{
            limit_notices::ask_for_seats,
            notices::status_notice,
            seats::{PaidSeats, mistake, paid_seats, seats_hint},
            seats_status::pending_seats_notice,
            status::{plan_name, provider_of},
        },
        notice::{alert, answer::answer_notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
        },
        rich::rich_text,
    },
    request::PageRequest,
    wording::exact,
};

/// The name of the field, in the query and in errors.
const FIELD: &str = "seats";

/// What the number in the query means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Entered {
    Nothing,
    /// The number can't be bought; with the error of the field.
    Wrong(Cow<'static, str>),
    /// The subscription can't be changed now; with the reason.
    Refused(Cow<'static, str>),
    Previewed(SeatsPreview),
}

pub(crate) fn seats() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.subscriptions().membership(&viewer).await?;
        let text = req.query(FIELD).filter(|_| viewer.current_membership.role.may_bill());
        let entered = match (text, paid_seats(&view)) {
            (Some(text), Some(paid)) => match change_to(&view, &paid, &text) {
                Ok(seats) => {
                    let tenant = &viewer.current_membership.tenant_id;
                    match services.subscriptions().preview_seats(tenant, seats).await {
                        Ok(preview) => Entered::Previewed(preview),
                        Err(ServiceError::Validation { .. }) => Entered::Wrong(text!(seats_wrong_number)),
                        Err(ServiceError::Conflict(_)) => Entered::Refused(text!(seats_refused_means)),
                        // Members have joined since the page was read.
                        Err(ServiceError::SeatsInUse { in_use }) => {
                            Entered::Wrong(text!(seats_wrong_used, used = in_use))
                        }
                        Err(error) => return Err(error),
                    }
                }
                Err(not_possible) => not_possible,
            },
            _ => Entered::Nothing,
        };
        Ok(page(&view, &entered, &req))
    })
}

/// Returns the number to change to, or why it is not possible.
fn change_to(view: &MembershipView, paid: &PaidSeats<'_>, text: &str) -> Result<u64, Entered> {
    let PaidSeats { subscription, sold, seats: bought, in_use } = *paid;
    let plan = plan_name(view, subscription.plan.as_str());
    let seats = parse_seats(text).ok_or_else(|| Entered::Wrong(text!(seats_wrong_number)))?;
    let is_ending = subscription.ends_at().is_some();
    match seats_change(subscription, sold, (bought, in_use), seats) {
        Ok(SeatsChange::Now) if is_ending && ProviderCapabilities::of(subscription.provider).seats_withdraw_end => {
            Err(Entered::Refused(text!(seats_refused_canceled, plan = plan)))
        }
        Ok(SeatsChange::TakeBack | SeatsChange::Now | SeatsChange::Waits { .. }) => Ok(seats),
        Ok(SeatsChange::Unchanged) if seats == bought => Err(Entered::Wrong(text!(seats_wrong_same, seats = seats))),
        Ok(SeatsChange::Unchanged) => Err(Entered::Wrong(text!(seats_wrong_scheduled, seats = seats))),
        Err(refusal) => Err(refused(&plan, paid, text, refusal)),
    }
}

fn refused(plan: &str, paid: &PaidSeats<'_>, text: &str, refusal: SeatsRefusal) -> Entered {
    let provider = paid.subscription.provider.title();
    Entered::Refused(match refusal {
        SeatsRefusal::NotSold { .. } => {
            return Entered::Wrong(mistake(paid.sold, plan, text).unwrap_or_else(|| text!(seats_wrong_number)));
        }
        SeatsRefusal::InUse { in_use } => return Entered::Wrong(text!(seats_wrong_used, used = in_use)),
        SeatsRefusal::FirstPaymentOpen => text!(seats_refused_first_payment, plan = plan),
        SeatsRefusal::PaymentDue => text!(seats_refused_payment),
        SeatsRefusal::Paused => text!(seats_refused_paused, plan = plan, provider = provider),
        SeatsRefusal::Ends => text!(seats_refused_ends, plan = plan),
        SeatsRefusal::ChangeScheduled => text!(seats_refused_change),
    })
}

pub(in crate::pages) fn page(view: &MembershipView, entered: &Entered, req: &PageRequest) -> AnyView {
    let Some(paid) = paid_seats(view) else { return without_seats(view, req) };
    let workspace = &view.viewer.current_membership.tenant_name;
    let may_change = view.viewer.current_membership.role.may_bill();
    let mistakes = match entered {
        Entered::Wrong(wrong) => Mistakes::new(vec![(FIELD, wrong.clone())]),
        // The form that confirms was sent without a number.
        Entered::Nothing => Mistakes::from_query(req, &[FIELD], |_| Some(text!(seats_wrong_number))),
        Entered::Refused(_) | Entered::Previewed(_) => Mistakes::default(),
    };
    let refused = match entered {
        Entered::Refused(why) => Some(alert(Tone::Near, text!(seats_refused), view! { <p>{why.clone()}</p> })),
        Entered::Nothing | Entered::Wrong(_) | Entered::Previewed(_) => None,
    };
    // The error of the field, or the notice that nothing can be changed now, states what was wrong.
    let is_stated = !mistakes.is_empty() || refused.is_some();
    let answered = (!is_stated).then(|| answer_notice(req, provider_of(view), workspace)).flatten();
    let whom_to_ask = (!may_change).then(|| {
        let only = text!(seats_only_admins, workspace = workspace);
        view! { <p class="note">{only}" "{rich_text(ask_for_seats(&view.admins))}</p> }
    });
    let change = may_change.then(|| {
        let note = text!(seats_note).into_any();
        let preview = match entered {
            Entered::Previewed(preview) => Some(preview),
            Entered::Nothing | Entered::Wrong(_) | Entered::Refused(_) => None,
        };
        entry(
            "change",
            text!(seats_change),
            Some(note),
            view! {
                <div class="split">
                    {preview.map(|preview| summary(view, &paid, preview))}
                    {form(&paid, &mistakes, preview.is_some(), req.query(FIELD))}
                </div>
            },
        )
    });
    frame(
        text!(seats_change),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                {answered}
                {refused}
                {mistakes.summary()}
                <div class="stack">
                    <h1>{text!(seats_head, workspace = workspace, seats = paid.seats)}</h1>
                    <p class="lead">{lead(view, &paid)}</p>
                </div>
                {status_notice(view)}
                {pending_seats_notice(view)}
                {whom_to_ask}
            })}
            {change}
        },
    )
}

fn back_link() -> AnyView {
    view! { <a href="/membership">{text!(membership_title)}</a> }.into_any()
}

/// Builds "9 are in use. A seat costs $12.00 a month."
fn lead(view: &MembershipView, paid: &PaidSeats<'_>) -> String {
    let PaidSeats { subscription, sold, seats: _, in_use: used } = paid;
    let costs = paid.price(view).map(exact).map(|each| {
        let cycle = subscription.cycle.as_str();
        match sold.included {
            0 => text!(seats_lead_each, cycle = cycle, price = each),
            included => text!(seats_lead_beyond, cycle = cycle, included = included, price = each),
        }
    });
    [Some(text!(seats_lead, used = *used)), costs].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Renders the first step: the field for the number. `text` is what was entered, `is_previewed` whether the second step
/// is beside it.
fn form(paid: &PaidSeats<'_>, mistakes: &Mistakes, is_previewed: bool, text: Option<String>) -> AnyView {
    let field = Field {
        name: FIELD,
        label: text!(seats_field),
        kind: "number",
        autocomplete: "off",
        hint: Some(seats_hint(paid.sold)),
        wrong: mistakes.of(FIELD),
        value: text.unwrap_or_else(|| paid.seats.to_string()),
        least: Some(paid.sold.min),
        most: paid.sold.max,
        ..Field::default()
    };
    let class = if is_previewed { "button" } else { "button main" };
    view! {
        <form class="stack half" method="get" action=SEATS_PATH>
            {field.view()}
            <div class="actions">
                <button class=class>{text!(seats_review)}</button>
                <a href="/membership">{text!(membership_back)}</a>
            </div>
        </form>
    }
    .into_any()
}

/// Renders the page for a workspace whose plan is sold without seats.
fn without_seats(view: &MembershipView, req: &PageRequest) -> AnyView {
    let plan = plan_name(view, view.entitlements.plan.as_str());
    frame(
        text!(seats_change),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                {answer_notice(req, provider_of(view), &view.viewer.current_membership.tenant_name)}
                <div class="stack">
                    <h1>{text!(seats_none, plan = plan)}</h1>
                    <p class="lead">{text!(seats_none_means)}</p>
                </div>
                <div class="actions">
                    <a class="button main" href="/membership#all-plans">{text!(checkout_all_plans)}</a>
                    <a href="/membership">{text!(membership_back)}</a>
                </div>
            })}
        },
    )
}
