//! `/form-refused`: a form drawn for another workspace or user than the current one. It had no effect.

use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::session::{SignOut, SwitchWorkspace},
    components::page::{Place, access::workspace_page, entry::opening, frame},
    request::drawn_for::{DrawnFor, form_address},
};

const HOME: &str = "/membership";

pub(crate) fn form_refused() -> AnyView {
    workspace_page(|_, viewer, req| async move {
        let (drawn_for, back) = DrawnFor::refused(&req);
        let back = back.unwrap_or_else(|| HOME.to_owned());
        Ok(match viewer.account_viewer() {
            Some(viewer) => page(viewer, &drawn_for, back),
            None => portal_page(&viewer.current_membership.tenant_name, back),
        })
    })
}

/// Renders the page for a portal session: the form was rendered for another session.
fn portal_page(here: &str, back: String) -> AnyView {
    let body = view! {
        <div class="stack">
            <h1>{text!(account_form_session_head)}</h1>
            <p class="lead">{text!(account_form_session_lead, workspace = here)}</p>
        </div>
        <p class="actions"><a class="button main" href=back>{text!(account_form_open_again)}</a></p>
    };
    frame(text!(account_form_title), Place::Elsewhere, None, opening(text!(account_form_side).into_any(), body))
}

/// What the form was drawn for, relative to the current session.
enum FormOrigin {
    /// Another workspace of the user.
    Elsewhere { tenant: String, name: String },
    /// A workspace that the user does not belong to.
    Outside,
    /// Another user.
    AnotherPerson,
    /// Not stated, or the workspace that is open now.
    Unknown,
}

impl FormOrigin {
    fn of(viewer: &Viewer, drawn_for: &DrawnFor) -> Self {
        if drawn_for.user.as_deref().is_some_and(|user| user != viewer.user_id.as_str()) {
            return Self::AnotherPerson;
        }
        match drawn_for.tenant.as_deref() {
            None => Self::Unknown,
            Some(tenant) if tenant == viewer.current_membership.tenant_id.as_str() => Self::Unknown,
            Some(tenant) => {
                let known = viewer.other_memberships.iter().find(|membership| membership.tenant_id.as_str() == tenant);
                known.map_or(Self::Outside, |known| Self::Elsewhere {
                    tenant: tenant.to_owned(),
                    name: known.tenant_name.clone(),
                })
            }
        }
    }
}

pub(in crate::pages) fn page(viewer: Viewer, drawn_for: &DrawnFor, back: String) -> AnyView {
    let here = viewer.current_membership.tenant_name.clone();
    let stay = view! { <a class="button" href=back.clone()>{text!(account_form_stay, workspace = &here)}</a> };
    let (head, lead, actions) = match FormOrigin::of(&viewer, drawn_for) {
        FormOrigin::Elsewhere { tenant, name } => (
            text!(account_form_elsewhere_head, workspace = &name),
            text!(account_form_elsewhere_lead, workspace = &here),
            view! {
                <form class="actions" method="post" action=form_address(SwitchWorkspace::PATH)>
                    <input type="hidden" name="tenant" value=tenant/>
                    <input type="hidden" name="next" value=back/>
                    <button class="button main">{text!(account_form_return, workspace = name)}</button>
                    {stay}
                </form>
            }
            .into_any(),
        ),
        FormOrigin::Outside => (
            text!(account_form_outside_head),
            text!(account_form_outside_lead, workspace = &here),
            view! { <p class="actions">{stay}</p> }.into_any(),
        ),
        FormOrigin::AnotherPerson => (
            text!(account_form_person_head),
            text!(account_form_person_lead, email = viewer.email().map(ToString::to_string).unwrap_or_default()),
            view! {
                <form class="actions" method="post" action=form_address(SignOut::PATH)>
                    <button class="button main">{text!(frame_sign_out)}</button>
                    {stay}
                </form>
            }
            .into_any(),
        ),
        FormOrigin::Unknown => (
            text!(account_form_unknown_head),
            text!(account_form_unknown_lead, workspace = &here),
            view! { <p class="actions"><a class="button main" href=back>{text!(account_form_open_again)}</a></p> }
                .into_any(),
        ),
    };
    frame(
        text!(account_form_title),
        Place::Elsewhere,
        Some(viewer),
        opening(
            text!(account_form_side).into_any(),
            view! {
                <div class="stack">
                    <h1>{head}</h1>
                    <p class="lead">{lead}</p>
                </div>
                {actions}
            },
        ),
    )
}
