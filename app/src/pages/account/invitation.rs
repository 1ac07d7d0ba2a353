//! `/invitations/{token}`: shows an invitation and ways to accept it.

use billing::service::{LinkError, ServiceError};
use domain::{account::Account, error_code::ErrorCode, wire::InvitationView};
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use crate::{
    actions::{
        invitation::{AcceptInvitation, Join},
        session::SignOut,
    },
    components::{
        form::{account_fields::mistake, mistakes::Mistakes, new_password::new_password_for},
        icon::Tone,
        notice::{alert, error_words::error_words},
        page::{Place, dead_end::DeadEnd, entry::opening, failure, frame},
        rich::rich_text,
    },
    request::{Outcome, PageRequest, drawn_for::form_address, local_path::with_query, services},
    wording::minute,
};

pub(crate) fn invitation() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    Suspend::new(async move {
        let token = req.last_segment().to_owned();
        match services.invitations().find_invitation(&token).await {
            Ok(view) => page(&req, &view, &token),
            Err(ServiceError::InvalidLink(end)) => invalid_link(&req, end),
            Err(error) => failure::failure(&error, req.viewer()),
        }
    })
    .into_any()
}

pub(in crate::pages) fn page(req: &PageRequest, view: &InvitationView, token: &str) -> AnyView {
    let InvitationView { tenant_name, invited_by, email, role, expires_at } = view;
    let head = match invited_by {
        Some(inviter) => {
            text!(account_invitation_head_by, email = inviter.as_str(), workspace = tenant_name)
        }
        None => text!(account_invitation_head, workspace = tenant_name),
    };
    let mistakes = Mistakes::from_query(req, &["password"], mistake);
    let lead =
        rich!(account_invitation_lead, role = role.as_str(), email = email.as_str(), expires = minute(*expires_at));
    frame(
        text!(account_invitation_title, workspace = tenant_name),
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening(text!(account_invitation).into_any(), view! {
                <div class="stack">
                    <h1>{head}</h1>
                    <p class="lead">{rich_text(lead)}</p>
                </div>
                {refusal(req, tenant_name)}
                {mistakes.summary()}
                {accept_options(req, view, token, &mistakes)}
            })}
        },
    )
}

/// Renders the ways to accept, depending on the visitor's session and account.
fn accept_options(req: &PageRequest, view: &InvitationView, token: &str, mistakes: &Mistakes) -> AnyView {
    let InvitationView { tenant_name, email, .. } = view;
    let here = format!("/invitations/{token}");
    match req.account() {
        Some(Account { email: signed_in_as, .. }) if signed_in_as == *email => view! {
            <form class="actions" method="post" action=form_address(AcceptInvitation::PATH)>
                <input type="hidden" name="token" value=token.to_owned()/>
                <button class="button main">{text!(account_invitation_join, workspace = tenant_name)}</button>
            </form>
        }
        .into_any(),
        Some(Account { email: signed_in_as, .. }) => view! {
            <div class="stack">
                <p>{text!(account_invitation_other, current = signed_in_as.as_str(), email = email.as_str())}</p>
                <form class="actions" method="post" action=form_address(SignOut::PATH)>
                    <input type="hidden" name="next" value=here/>
                    <button class="button main">{text!(account_sign_out_and_return)}</button>
                    <a href="/membership">{text!(account_stay_signed_in)}</a>
                </form>
            </div>
        }
        .into_any(),
        None => view! {
            <div class="stack">
                <p>{text!(account_invitation_sign_in, email = email.as_str())}</p>
                <p class="actions"><a class="button" href=with_query("/login", &[("next", &here)])>{text!(account_sign_in)}</a></p>
            </div>
            {services().is_none_or(|services| services.accounts().has_passwords()).then(|| view! {
                <form class="stack" method="post" action=form_address(Join::PATH)>
                    <p>{text!(account_invitation_new)}</p>
                    <input type="hidden" name="token" value=token.to_owned()/>
                    {new_password_for(email, mistakes)}
                    <button class="button main">{text!(account_invitation_join, workspace = tenant_name)}</button>
                </form>
            })}
        }
        .into_any(),
    }
}

/// Renders the notice about the last attempt to accept.
fn refusal(req: &PageRequest, workspace: &str) -> Option<AnyView> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(&req.query("code")?) {
        Refused(ErrorCode::LimitReached) => (
            Tone::Near,
            text!(account_invitation_full_head, workspace = workspace),
            text!(account_invitation_full_body),
        ),
        Refused(ErrorCode::InvalidCredentials) => {
            (Tone::Near, text!(account_invitation_credentials_head), text!(account_invitation_credentials_body))
        }
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, text!(account_invitation_attempts_head), text!(account_invitation_attempts_body))
        }
        Refused(ErrorCode::Busy) => {
            (Tone::Near, text!(account_invitation_busy_head), text!(account_invitation_busy_body))
        }
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, text!(account_invitation_internal_head), text!(account_invitation_internal_body))
        }
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => {
            let (head, body) = error_words(code);
            (Tone::Near, head, body)
        }
    };
    Some(alert(tone, head, view! { <p>{body}</p> }))
}

/// Renders the page for an invalid link: 404 for an unknown one, 410 for a used or expired one.
pub(in crate::pages) fn invalid_link(req: &PageRequest, end: LinkError) -> AnyView {
    let status = if end == LinkError::Unknown { StatusCode::NOT_FOUND } else { StatusCode::GONE };
    let (head, lead) = match end {
        LinkError::Unknown => (text!(account_invitation_unknown_head), text!(account_invitation_unknown_lead)),
        LinkError::Used => (text!(account_invitation_used_head), text!(account_invitation_used_lead)),
        LinkError::Withdrawn => (text!(account_invitation_withdrawn_head), text!(account_invitation_withdrawn_lead)),
        LinkError::Replaced => (text!(account_invitation_replaced_head), text!(account_invitation_replaced_lead)),
        LinkError::Expired => (text!(account_invitation_expired_head), text!(account_invitation_expired_lead)),
    };
    let viewer = req.viewer();
    let way_on = if viewer.is_some() {
        ("/membership", text!(frame_go_to_membership))
    } else {
        ("/login", text!(frame_go_to_sign_in))
    };
    let page = DeadEnd {
        status,
        title: text!(account_invitation),
        side: text!(account_invitation).into_any(),
        head,
        lead,
        way_on,
    };
    page.page(viewer)
}
