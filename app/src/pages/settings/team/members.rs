//! The table of members.

use domain::{
    account::Role,
    wire::{Member, TeamView},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::team::{ChangeRole, PAGE},
    components::{
        page::role_title,
        table::{Column, RowAlign, record_table},
    },
    request::{drawn_for::form_address, local_path::with_query},
    wording::day,
};

pub(super) fn members(view: &TeamView) -> AnyView {
    let TeamView { viewer, members, .. } = view;
    let owners = members.iter().filter(|member| member.role == Role::Owner).count();
    let is_last_owner = viewer.current_membership.role == Role::Owner && owners <= 1;
    let reason = is_last_owner.then(|| {
        view! {
            <p class="note">{text!(team_only_owner, workspace = &viewer.current_membership.tenant_name)}</p>
        }
    });
    let rows = members.iter().map(|member| row(member, view, is_last_owner)).collect_view();
    let table = record_table(
        RowAlign::Middle,
        text!(team_members_of, workspace = &viewer.current_membership.tenant_name),
        [
            Column::Text(text!(team_email)),
            Column::Text(text!(team_role)),
            Column::Text(text!(team_joined)),
            Column::Button(text!(team_remove)),
        ],
        rows,
    );
    view! {
        {table}
        {reason}
    }
    .into_any()
}

/// Renders a row. `is_last_owner`: whether the viewer is the last owner and cannot leave.
fn row(member: &Member, view: &TeamView, is_last_owner: bool) -> impl IntoView + use<> {
    let Member { user_id, email, role, joined_at } = member;
    let viewer = &view.viewer;
    let is_self = viewer.user_id() == Some(user_id);
    let may_manage = !is_self && viewer.current_membership.role.may_manage(*role);
    let role_cell = if may_manage { role_form(member, view).into_any() } else { role_title(*role).into_any() };
    let going = if is_self && !is_last_owner {
        let asks = with_query(PAGE, &[("leave", "1")]);
        let workspace = viewer.current_membership.tenant_name.clone();
        Some(
            view! { <a class="plain stop" href=asks>{text!(team_leave)}<span class="unseen">" "<bdi>{workspace}</bdi></span></a> },
        )
    } else if may_manage {
        let asks = with_query(PAGE, &[("remove", user_id.as_str())]);
        Some(
            view! { <a class="plain stop" href=asks>{text!(team_remove)}<span class="unseen">" "<bdi>{email.to_string()}</bdi></span></a> },
        )
    } else {
        None
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking"><bdi>{email.to_string()}</bdi></span>
                {is_self.then(|| view! { " "<span class="note">{text!(team_you)}</span> })}
            </th>
            <td role="cell">{role_cell}</td>
            <td role="cell" class="nowrap" data-label=text!(team_joined)>{day(*joined_at)}</td>
            <td role="cell" class="num">{going}</td>
        </tr>
    }
}

fn role_form(member: &Member, view: &TeamView) -> impl IntoView + use<> {
    let viewer_role = view.viewer.current_membership.role;
    let Member { user_id, email, role, .. } = member;
    // An admin's keys are revoked with the role, unless the acting admin takes them over.
    let may_take_over = view.viewer.account().is_some() && view.keys.iter().any(|(maker, _)| maker == user_id);
    let keys = may_take_over.then(|| {
        view! {
            <label class="tick-line">
                <input type="checkbox" name="takeOverKeys" value="1"/>
                <span><small>{text!(team_take_over_if_demoted)}</small></span>
            </label>
        }
    });
    let of = format!(" {}", text!(team_save_role_of, email = email.as_str()));
    let options = Role::ALL
        .into_iter()
        .filter(|other| viewer_role.may_manage(*other))
        // Other roles require a confirmation with a password or a second factor, which a portal session cannot give.
        .filter(|other| view.viewer.account().is_some() || *other == Role::Member || other == role)
        .map(|other| view! { <option value=other.as_str() selected=other == *role>{role_title(other)}</option> })
        .collect_view();
    view! {
        <form class="inline-form" method="post" action=form_address(ChangeRole::PATH)>
            <input type="hidden" name="member" value=user_id.to_string()/>
            <select name="role" aria-label=text!(team_role_of, email = email.as_str()) autocomplete="off">{options}</select>
            {keys}
            <button class="button small">{text!(team_save)}<span class="unseen">{of}</span></button>
        </form>
    }
}
