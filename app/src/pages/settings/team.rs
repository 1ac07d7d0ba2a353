//! `/settings/team`: members and invitations.

mod invitations;
mod members;
mod words;

use billing::{Services, service::ServiceError};
use domain::{
    entitlement::remedy::LimitRemedy,
    ids::{FeatureKey, InvitationId, UserId},
    subscription::seats::SeatsView,
    wire::{Member, PendingInvitation, TeamView},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use self::{
    invitations::{FIELDS, invitations, mistake},
    members::members,
    words::{answered, title},
};
use crate::{
    actions::team::{Invite, Leave, PAGE, RemoveMember},
    components::{
        form::{mistakes::Mistakes, shown_secret::shown_secret},
        icon::Tone,
        notice::{alert, notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        usage::meter::meters,
    },
    request::{
        PageRequest,
        draft::Draft,
        drawn_for::form_address,
        local_path::local_path,
        services,
        shown_once::{INVITATION, Recipient},
    },
};

pub(crate) fn team() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.tenants().team(&viewer).await?;
        let fresh = viewer.account_viewer().and_then(|viewer| INVITATION.take(&req, Recipient::workspace(&viewer)));
        let draft = Draft::take(&req, &[Invite::PATH]);
        let more = match view.remedy {
            Some(LimitRemedy::Plan(_) | LimitRemedy::NoPlan) => more_seats(&services, &view).await?,
            Some(LimitRemedy::Cap | LimitRemedy::Payment) | None => None,
        };
        Ok(page(&req, &view, more.as_ref(), fresh.as_deref(), &draft))
    })
}

/// Returns the seats that the workspace pays for, if they limit its members and more are on sale.
async fn more_seats(services: &Services, view: &TeamView) -> Result<Option<SeatsView>, ServiceError> {
    let membership = &view.viewer.current_membership;
    let sold = view.catalog.plan(membership.plan.as_str()).and_then(|plan| plan.seats.as_ref());
    let is_members = |feature: &FeatureKey| view.seats.as_ref().is_some_and(|seats| seats.feature == *feature);
    let Some(sold) = sold.filter(|sold| is_members(&sold.feature)) else { return Ok(None) };
    match services.subscriptions().seats(&membership.tenant_id).await {
        Ok(seats) => Ok((seats.seats < sold.most()).then_some(seats)),
        // The plan was granted, or has changed.
        Err(ServiceError::NoSubscription | ServiceError::Validation { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Renders the page. `more` are the seats that the workspace can buy more of, `fresh` is an invitation that was just
/// created: id, token and delivery, joined by dots.
pub(in crate::pages) fn page(
    req: &PageRequest,
    view: &TeamView,
    more: Option<&SeatsView>,
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let viewer = &view.viewer;
    let workspace = viewer.current_membership.tenant_name.clone();
    let may_change = viewer.current_membership.role.is_admin();
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let reason = (!may_change).then(|| {
        let role = viewer.current_membership.role.as_str();
        view! { <p class="note">{text!(team_members_only_read, workspace = &workspace, role = role)}</p> }
    });
    let body = view! {
        {answered(req, view, more)}
        {mistakes.summary()}
        {fresh.and_then(|fresh| link_shown_once(fresh, view))}
        {req.query("remove").filter(|_| may_change).map(|id| removal(&id, view))}
        {req.query("leave").filter(|_| viewer.account().is_some()).map(|_| leave_confirmation(&workspace))}
        <div class="stack">
            <h1>{title(usize::try_from(view.member_count).unwrap_or(usize::MAX), view.seats.as_ref())}</h1>
            {reason}
        </div>
        {seats(view)}
    };
    let inviting = may_change.then(|| {
        let note = text!(team_invitations_note).into_any();
        entry("invitations", text!(team_invitations), Some(note), invitations(req, (view, more), &mistakes, draft))
    });
    let note = text!(team_members_note).into_any();
    frame(
        text!(team_page),
        Place::Settings,
        viewer.account_viewer(),
        view! {
            {opening_beside(settings_nav(SettingsPage::Team), body)}
            {entry("members", text!(team_members), Some(note), members(view))}
            {inviting}
        },
    )
}

fn seats(view: &TeamView) -> Option<AnyView> {
    let seats = view.seats.as_ref()?;
    let mut feature = view.catalog.feature(seats.feature.as_str())?.clone();
    feature.title = text!(team_seats).into_owned();
    Some(meters([(&feature, seats)], None))
}

/// Renders the link of the created invitation. A cookie of another workspace's invitation shows nothing.
fn link_shown_once(fresh: &str, view: &TeamView) -> Option<AnyView> {
    let (id, link) = fresh.split_once('.')?;
    let (token, way) = link.split_once('.').unwrap_or((link, "mailed"));
    let id: InvitationId = id.parse().ok()?;
    let PendingInvitation { email, role, .. } = view.invitations.iter().find(|invitation| invitation.id == id)?;
    let path = format!("/invitations/{token}");
    local_path(&path)?;
    let origin = services().map(|services| services.settings().app_url.to_string()).unwrap_or_default();
    let link = format!("{}{path}", origin.trim_end_matches('/'));
    let (email, role) = (email.as_str(), role.as_str());
    let (head, means) = if view.sends_mail && way == "shown" {
        (text!(team_invited_not_mailed, email = email, role = role), text!(team_invited_not_mailed_means))
    } else if view.sends_mail {
        (text!(team_invited_mailed, email = email, role = role), text!(team_invited_mailed_means))
    } else {
        (text!(team_invited_by_link, email = email, role = role), text!(team_invited_by_link_means))
    };
    let body = view! {
        {shown_secret(text!(team_link), &link)}
        <p class="note">{means}</p>
        <div class="actions"><a class="button" href=PAGE>{text!(team_done)}</a></div>
    };
    Some(notice(Tone::Ok, head, body))
}

/// Renders the confirmation before a member is removed.
fn removal(id: &str, view: &TeamView) -> AnyView {
    let workspace = &view.viewer.current_membership.tenant_name;
    let Some(Member { user_id, email, .. }) = view.members.iter().find(|member| member.user_id.as_str() == id) else {
        return alert(Tone::Off, text!(team_remove_unknown), view! { <p>{text!(team_nothing_changed)}</p> });
    };
    let email = email.as_str();
    let body = view! {
        <p>{text!(team_remove_means, email = email, workspace = workspace)}</p>
        <form class="stack" method="post" action=form_address(RemoveMember::PATH)>
            <input type="hidden" name="member" value=user_id.to_string()/>
            {keys_choice(view, user_id)}
            <div class="actions">
                <button class="button stop breaking">{text!(team_remove_member, email = email)}</button>
                <a href=PAGE>{text!(team_keep)}</a>
            </div>
        </form>
    };
    alert(Tone::Stop, text!(team_remove_from, email = email, workspace = workspace), body)
}

/// Renders the choice to take over the member's API keys; `None` without keys, and in a portal session.
fn keys_choice(view: &TeamView, member: &UserId) -> Option<AnyView> {
    let names: Vec<_> = view.keys.iter().filter(|(maker, _)| maker == member).map(|(_, name)| name.as_str()).collect();
    (!names.is_empty() && view.viewer.account().is_some()).then(|| {
        view! {
            <label class="tick-line">
                <input type="checkbox" name="takeOverKeys" value="1"/>
                <span>
                    {text!(team_take_over)}
                    <small class="breaking">{text!(team_take_over_means, keys = names.join(", "))}</small>
                </span>
            </label>
        }
        .into_any()
    })
}

/// Renders the confirmation before the user leaves.
fn leave_confirmation(workspace: &str) -> AnyView {
    let body = view! {
        <p>{text!(team_leave_means)}</p>
        <form class="actions" method="post" action=form_address(Leave::PATH)>
            <button class="button stop">{text!(team_leave_workspace, workspace = workspace)}</button>
            <a href=PAGE>{text!(team_keep)}</a>
        </form>
    };
    alert(Tone::Stop, text!(team_leave_ask, workspace = workspace), body)
}
