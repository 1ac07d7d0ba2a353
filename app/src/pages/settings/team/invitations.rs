//! The invitation form, and the open invitations.

use domain::{
    account::Role,
    catalog::Limit,
    wire::{PendingInvitation, TeamView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::team::{Invite, PAGE, WithdrawInvitation},
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::{Tone, icon},
        notice::{address_notice::address_notice, inner_notice},
        page::role_title,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::{capital, count, day, day_of_year, not_delivered},
};

pub(super) const FIELDS: [&str; 2] = ["email", "role"];

/// Returns the error message of a field.
pub(super) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "email" => "Write an e-mail address that mail can be sent to, as ada@example.com".to_owned(),
        "role" => "Choose a role".to_owned(),
        _ => return None,
    })
}

pub(super) fn invitations(req: &PageRequest, view: &TeamView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let inviting = match &view.unverified {
        _ if view.viewer.account().is_none() => {
            view! { <p class="note">"Inviting people needs an account with a confirmed address."</p> }.into_any()
        }
        Some(unverified) => address_notice(req, unverified, "invite people", PAGE),
        None if has_room(view) => form(view, mistakes, draft),
        None => no_room(view),
    };
    view! { <div class="split even">{inviting} {open(view)}</div> }.into_any()
}

fn form(view: &TeamView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: "email",
        autocomplete: "off",
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        max_chars: Some(254),
        ..Field::default()
    };
    let chosen = draft.value("role").parse().unwrap_or(Role::Member);
    let choices = [
        (Role::Member, "Sees plan, usage and payments"),
        (Role::Admin, "Also changes the plan, people, keys and secrets"),
        (Role::Owner, "Also makes and removes owners"),
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
    let label = if view.sends_mail { "Send invitation" } else { "Make invitation link" };
    view! {
        <form class="stack" method="post" action=form_address(Invite::PATH)>
            {email.view()}
            <fieldset class="field" id="role">
                <legend>"Role"</legend>
                {mistakes.of("role").map(|wrong| view! { <span class="wrong">{wrong}</span> })}
                {choices}
            </fieldset>
            <button class="button main">{label}</button>
        </form>
    }
    .into_any()
}

/// Renders the note in place of the form when the member limit is reached.
fn no_room(view: &TeamView) -> AnyView {
    let plan =
        view.catalog.plan(view.viewer.current_membership.plan.as_str()).map_or("The plan", |plan| plan.name.as_str());
    let allows = match view.seats.as_ref().map(|seats| seats.limit) {
        Some(Limit::AtMost(most)) => {
            let people = if most == 1 { "person" } else { "people" };
            format!("{plan} has places for {} {people}.", count(usize::try_from(most).unwrap_or(usize::MAX)))
        }
        _ => String::new(),
    };
    inner_notice(
        Tone::Near,
        "Every place is taken",
        view! {
            <p>{allows}" To invite somebody, remove somebody, or choose a plan with more places."</p>
            <p class="actions"><a href="/membership#plans">"Compare plans"</a></p>
        },
    )
}

fn open(view: &TeamView) -> AnyView {
    if view.invitations.is_empty() {
        return view! { <p class="note">"No invitation is open."</p> }.into_any();
    }
    let rows = view.invitations.iter().map(|invitation| row(invitation, view)).collect_view();
    view! {
        <table class="ledger mid fold" role="table">
            <caption>"Open invitations"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"E-mail"</th>
                    <th role="columnheader" scope="col">"Ends"</th>
                    <th role="columnheader" scope="col" class="num"><span class="unseen">"Withdraw"</span></th>
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
        let label = if view.sends_mail { "Send again" } else { "Make a new link" };
        view! {
            <form method="post" action=form_address(Invite::PATH)>
                <input type="hidden" name="email" value=email.to_string()/>
                <input type="hidden" name="role" value=role.as_str()/>
                <button class="plain">{label}<span class="unseen">{format!(" for {email}")}</span></button>
            </form>
        }
    });
    let withdraw = may_manage.then(|| {
        view! {
            <form method="post" action=form_address(WithdrawInvitation::PATH)>
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="plain stop">"Withdraw"<span class="unseen">{format!(" the invitation of {email}")}</span></button>
            </form>
        }
    });
    let made = match undelivered {
        Some(_) => "asked for",
        None if view.sends_mail => "sent",
        None => "made",
    };
    let undelivered = undelivered.as_ref().map(|undelivered| {
        let words = capital(&not_delivered(undelivered));
        view! { <br/><span class="state breaking" data-is=Tone::Stop.as_str()>{icon(Tone::Stop.icon())}{words}</span> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{email.to_string()}</span><br/>
                <span class="note">{format!("{}, {made} {}", role_title(*role), day_of_year(*created_at))}</span>
                {undelivered}
            </th>
            <td role="cell" class="nowrap" data-label="Ends">{day(*expires_at)}</td>
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
