//! `/form-refused`: a form drawn for another workspace or user than the current one. It had no effect.

use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};

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
            <h1>"That form was for another session."</h1>
            <p class="lead">{format!("{here} is open in this browser now. Nothing was changed.")}</p>
        </div>
        <p class="actions"><a class="button main" href=back>"Open the page again"</a></p>
    };
    frame("Nothing was changed", Place::Elsewhere, None, opening("Not done".into_any(), body))
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
    let stay = view! { <a class="button" href=back.clone()>{format!("Stay in {here}")}</a> };
    let (head, lead, actions) = match FormOrigin::of(&viewer, drawn_for) {
        FormOrigin::Elsewhere { tenant, name } => (
            format!("That form was for {name}."),
            format!("{here} is open now, because another tab switched to it. Nothing was changed in either."),
            view! {
                <form class="actions" method="post" action=form_address(SwitchWorkspace::PATH)>
                    <input type="hidden" name="tenant" value=tenant/>
                    <input type="hidden" name="next" value=back/>
                    <button class="button main">{format!("Go back to {name}")}</button>
                    {stay}
                </form>
            }
            .into_any(),
        ),
        FormOrigin::Outside => (
            "That form was for a workspace that you do not belong to.".to_owned(),
            format!("{here} is open now. Nothing was changed in either."),
            view! { <p class="actions">{stay}</p> }.into_any(),
        ),
        FormOrigin::AnotherPerson => (
            "That form was for another person.".to_owned(),
            format!(
                "You are signed in as {}, because another tab signed in. Nothing was changed.",
                viewer.email().map(ToString::to_string).unwrap_or_default()
            ),
            view! {
                <form class="actions" method="post" action=form_address(SignOut::PATH)>
                    <button class="button main">"Sign out"</button>
                    {stay}
                </form>
            }
            .into_any(),
        ),
        FormOrigin::Unknown => (
            "That form does not say which workspace it is for.".to_owned(),
            format!("{here} is open now. Nothing was changed. Open the page again and send the form from there."),
            view! { <p class="actions"><a class="button main" href=back>"Open the page again"</a></p> }.into_any(),
        ),
    };
    frame(
        "Nothing was changed",
        Place::Elsewhere,
        Some(viewer),
        opening(
            "Not done".into_any(),
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
