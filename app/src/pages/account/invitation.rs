//! `/invitations/{token}`: shows an invitation and ways to accept it.

use billing::service::{LinkError, ServiceError};
use domain::{account::Account, error_code::ErrorCode, wire::InvitationView};
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::{
        invitation::{AcceptInvitation, Join},
        session::SignOut,
    },
    components::{
        form::{account_fields::mistake, mistakes::Mistakes, new_password::new_password_for},
        icon::Tone,
        notice::alert,
        page::{Place, dead_end::DeadEnd, entry::opening, failure, frame, role_noun},
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
        Some(who) => format!("{who} invites you to {tenant_name}."),
        None => format!("You are invited to {tenant_name}."),
    };
    let mistakes = Mistakes::from_query(req, &["password"], mistake);
    let lead = format!("The invitation is for {email}, as {}, and lasts until ", role_noun(*role));
    frame(
        format!("Invitation to {tenant_name}"),
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening("Invitation".into_any(), view! {
                <div class="stack">
                    <h1>{head}</h1>
                    <p class="lead">{lead}<b>{format!("{} UTC", minute(*expires_at))}</b>"."</p>
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
                <button class="button main">{format!("Join {tenant_name}")}</button>
            </form>
        }
        .into_any(),
        Some(Account { email: signed_in_as, .. }) => view! {
            <div class="stack">
                <p>{format!("You are signed in as {signed_in_as}, and the invitation is for {email}. Sign out and come back as {email} to accept it.")}</p>
                <form class="actions" method="post" action=form_address(SignOut::PATH)>
                    <input type="hidden" name="next" value=here/>
                    <button class="button main">"Sign out and come back"</button>
                    <a href="/membership">"Stay signed in"</a>
                </form>
            </div>
        }
        .into_any(),
        None => view! {
            <div class="stack">
                <p>{format!("If {email} has an account at Dues, sign in with it, and you come back here to accept.")}</p>
                <p class="actions"><a class="button" href=with_query("/login", &[("next", &here)])>"Sign in"</a></p>
            </div>
            {services().is_none_or(|services| services.accounts().has_passwords()).then(|| view! {
                <form class="stack" method="post" action=form_address(Join::PATH)>
                    <p>"If it has none, choose a password, and the account is made. No other workspace is opened with it."</p>
                    <input type="hidden" name="token" value=token.to_owned()/>
                    {new_password_for(email, mistakes)}
                    <button class="button main">{format!("Join {tenant_name}")}</button>
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
            format!("{workspace} has no place left"),
            "You did not join. Whoever invited you can make room or choose a bigger plan; then this link works.",
        ),
        Refused(ErrorCode::InvalidCredentials) => (
            Tone::Near,
            "You did not join with this password".to_owned(),
            "If the address has an account, sign in with the account’s own password, or ask for a new one first.",
        ),
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, "Too many tries".to_owned(), "You did not join. Wait a quarter of an hour, then try again.")
        }
        Refused(ErrorCode::Busy) => {
            (Tone::Near, "Too many people at once".to_owned(), "You did not join. Try again in a few seconds.")
        }
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, "Something broke on our side".to_owned(), "You did not join. Try again in a minute.")
        }
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => (Tone::Near, code.title().to_owned(), code.message()),
    };
    Some(alert(tone, head, view! { <p>{body}</p> }))
}

/// Renders the page for an invalid link: 404 for an unknown one, 410 for a used or expired one.
pub(in crate::pages) fn invalid_link(req: &PageRequest, end: LinkError) -> AnyView {
    let status = if end == LinkError::Unknown { StatusCode::NOT_FOUND } else { StatusCode::GONE };
    let (head, lead) = match end {
        LinkError::Unknown => (
            "There is no such invitation.",
            "Check that the link was copied whole, or ask whoever invited you for another.",
        ),
        LinkError::Used => {
            ("This invitation was accepted.", "It works once. If it was you, sign in and you are there.")
        }
        LinkError::Withdrawn => ("This invitation was withdrawn.", "Whoever invited you can send another."),
        LinkError::Replaced => {
            ("There is a newer invitation.", "It took this one’s place. Use the link of the newer one.")
        }
        LinkError::Expired => {
            ("This invitation has expired.", "Invitations last a week. Ask whoever invited you for another.")
        }
    };
    let viewer = req.viewer();
    let way_on = if viewer.is_some() { ("/membership", "Go to membership") } else { ("/login", "Go to sign in") };
    let page = DeadEnd { status, title: "Invitation", side: "Invitation".into_any(), head, lead, way_on };
    page.page(viewer)
}
