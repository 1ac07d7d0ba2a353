//! The invitation form, and the open invitations.

use std::borrow::Cow;

use domain::{
    account::Role,
    catalog::Limit,
    entitlement::remedy::LimitRemedy,
    error_code::ErrorCode,
    subscription::seats::SeatsView,
    wire::{PendingInvitation, TeamView},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Rich, rich, text};

use crate::{
    actions::{
        seats::SEATS_PATH,
        team::{Invite, PAGE, WithdrawInvitation},
    },
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::{Tone, icon},
        membership::limit_notices::remedy_for_admin,
        notice::{
            address_notice::{NeededFor, address_notice},
            inner_notice,
        },
        page::role_title,
        rich::rich_text,
    },
    request::{Outcome, PageRequest, draft::Draft, drawn_for::form_address},
    wording::{day, day_of_year, name, not_delivered},
};

pub(super) const FIELDS: [&str; 2] = ["email", "role"];

/// Returns the error message of a field.
pub(super) fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "email" => text!(team_email_wrong),
        "role" => text!(team_role_wrong),
        _ => return None,
    })
}

/// Renders the section. `more` are the seats that the workspace can buy more of.
pub(super) fn invitations(
    req: &PageRequest,
    (view, more): (&TeamView, Option<&SeatsView>),
    mistakes: &Mistakes,
    draft: &Draft,
) -> AnyView {
    let inviting = match &view.unverified {
        _ if view.viewer.account().is_none() => {
            view! { <p class="note">{text!(team_invite_needs_account)}</p> }.into_any()
        }
        Some(unverified) => address_notice(req, unverified, NeededFor::Team, PAGE),
        None if has_room(view) => form(view, mistakes, draft),
        // The answer to the refused invitation states it.
        None if is_refused(req) => ().into_any(),
        None => no_room(view, more),
    };
    view! { <div class="split even">{inviting} {open(view)}</div> }.into_any()
}

fn form(view: &TeamView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let email = Field {
        name: "email",
        label: text!(team_email),
        kind: "email",
        autocomplete: "off",
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        max_chars: Some(254),
        ..Field::default()
    };
    let chosen = draft.value("role").parse().unwrap_or(Role::Member);
    let choices = [
        (Role::Member, text!(team_member_may)),
        (Role::Billing, text!(team_billing_may)),
        (Role::Admin, text!(team_admin_may)),
        (Role::Owner, text!(team_owner_may)),
    ];
    let choices = choices
        .into_iter()
        .filter(|(role, _)| view.viewer.current_membership.role.may_manage(*role))
        .map(|(role, may)| {
            view! {
                <label class="tick-line">
                    <input type="radio" name="role" value=role.as_str() checked=role == chosen/>
                    <span>{role_title(role)}<small>{may}</small></span>
                </label>
            }
        })
        .collect_view();
    let label = if view.sends_mail { text!(team_send) } else { text!(team_create_link) };
    view! {
        <form class="stack" method="post" action=form_address(Invite::PATH)>
            {email.view()}
            <fieldset class="field" id="role">
                <legend>{text!(team_role)}</legend>
                {mistakes.of("role").map(|wrong| view! { <span class="wrong">{wrong}</span> })}
                {choices}
            </fieldset>
            <button class="button main">{label}</button>
        </form>
    }
    .into_any()
}

/// Renders the note in place of the form when the member limit is reached.
fn no_room(view: &TeamView, more: Option<&SeatsView>) -> AnyView {
    if let Some(more) = more {
        let body = view! { <p>{text!(seats_paid_for, seats = more.seats)}" "{rich_text(change_seats())}</p> };
        return inner_notice(Tone::Near, text!(team_full), body);
    }
    let plan = view.catalog.plan(view.viewer.current_membership.plan.as_str());
    let allows = match view.seats.as_ref().map(|seats| seats.limit) {
        // A cap that the workspace has set is not what the plan includes.
        Some(Limit::AtMost(most)) if view.remedy != Some(LimitRemedy::Cap) => Some(match plan {
            Some(plan) => text!(team_plan_seats, plan = name(&plan.name), seats = most),
            None => text!(team_your_plan_seats, seats = most),
        }),
        _ => None,
    };
    inner_notice(
        Tone::Near,
        text!(team_full),
        view! {
            <p>{allows}" "{text!(team_full_means)}</p>
            {remedy(view, None)}
        },
    )
}

/// Whether the page answers an invitation that the member limit refused.
fn is_refused(req: &PageRequest) -> bool {
    req.query("code").is_some_and(|code| Outcome::of(&code) == Outcome::Refused(ErrorCode::LimitReached))
}

/// Builds the sentence that leads to more seats.
fn change_seats() -> Rich {
    rich!(seats_full_means, seats = SEATS_PATH)
}

/// Renders what raises the member limit: more seats if there are `more` to buy, else another plan. `None` if the limit
/// is not reached.
pub(super) fn remedy(view: &TeamView, more: Option<&SeatsView>) -> Option<AnyView> {
    if more.is_some() {
        return Some(view! { <p>{rich_text(change_seats())}</p> }.into_any());
    }
    let (seats, remedy) = view.seats.as_ref().zip(view.remedy.as_ref())?;
    remedy_for_admin(&view.catalog, view.catalog.feature(seats.feature.as_str())?, remedy)
}

fn open(view: &TeamView) -> AnyView {
    if view.invitations.is_empty() {
        return view! { <p class="note">{text!(team_none_pending)}</p> }.into_any();
    }
    let rows = view.invitations.iter().map(|invitation| row(invitation, view)).collect_view();
    view! {
        <table class="ledger mid fold" role="table">
            <caption>{text!(team_pending)}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{text!(team_email)}</th>
                    <th role="columnheader" scope="col">{text!(team_expires)}</th>
                    <th role="columnheader" scope="col" class="num"><span class="unseen">{text!(team_withdraw)}</span></th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(invitation: &PendingInvitation, view: &TeamView) -> impl IntoView + use<> {
    let PendingInvitation { id, email, role, created_at, expires_at, undelivered } = invitation;
    let may_manage = view.viewer.current_membership.role.may_manage(*role);
    let again = (may_manage && has_room(view) && view.unverified.is_none()).then(|| {
        let of = format!(" {}", text!(team_again_for, email = email.as_str()));
        let label = if view.sends_mail { text!(team_send_again) } else { text!(team_new_link) };
        view! {
            <form method="post" action=form_address(Invite::PATH)>
                <input type="hidden" name="email" value=email.to_string()/>
                <input type="hidden" name="role" value=role.as_str()/>
                <button class="plain">{label}<span class="unseen">{of}</span></button>
            </form>
        }
    });
    let withdraw = may_manage.then(|| {
        let of = format!(" {}", text!(team_withdraw_of, email = email.as_str()));
        view! {
            <form method="post" action=form_address(WithdrawInvitation::PATH)>
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="plain stop">{text!(team_withdraw)}<span class="unseen">{of}</span></button>
            </form>
        }
    });
    let (role, day_made) = (role_title(*role), day_of_year(*created_at));
    let made = match undelivered {
        Some(_) => text!(team_invited_on, role = role, day = day_made),
        None if view.sends_mail => text!(team_sent_on, role = role, day = day_made),
        None => text!(team_created_on, role = role, day = day_made),
    };
    let undelivered = undelivered.as_ref().map(|undelivered| {
        let words = text!(team_mail_outcome, outcome = not_delivered(undelivered));
        view! { <br/><span class="state breaking" data-is=Tone::Stop.as_str()>{icon(Tone::Stop.icon())}{words}</span> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking"><bdi>{email.to_string()}</bdi></span><br/>
                <span class="note">{made}</span>
                {undelivered}
            </th>
            <td role="cell" class="nowrap" data-label=text!(team_expires)>{day(*expires_at)}</td>
            <td role="cell" class="num"><div class="tight">{again} {withdraw}</div></td>
        </tr>
    }
}

/// Whether the member limit has room for one more.
fn has_room(view: &TeamView) -> bool {
    view.seats.as_ref().is_none_or(|seats| seats.left() != Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::form::mistakes::assert_messages;

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, mistake);
    }
}
