//! `/settings/workspace`: the workspace's name, and its deletion.

use std::borrow::Cow;

use billing::service::account::WORKSPACE_NAME_MAX_CHARS;
use domain::{
    account::{Role, Viewer},
    error_code::ErrorCode,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use crate::{
    actions::workspace::{DeleteWorkspace, RenameWorkspace},
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::Tone,
        notice::answer::{self, Answer},
        page::{
            Place,
            access::signed_in_page,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        rich::rich_text,
    },
    request::{Outcome, PageRequest, draft::Draft, drawn_for::form_address},
};

const FIELDS: [&str; 2] = ["name", "workspace"];

pub(crate) fn workspace() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        let is_billed =
            viewer.current_membership.role == Role::Owner && services.tenants().is_workspace_billed(&viewer).await?;
        let draft = Draft::take(&req, &[RenameWorkspace::PATH]);
        Ok(page(&req, viewer, is_billed, &draft))
    })
}

fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "name" => text!(workspace_name_wrong, most = WORKSPACE_NAME_MAX_CHARS),
        "workspace" => text!(workspace_delete_wrong),
        _ => return None,
    })
}

/// Renders the page. `is_billed`: whether a provider bills the workspace, which then can't be deleted.
pub(in crate::pages) fn page(req: &PageRequest, viewer: Viewer, is_billed: bool, draft: &Draft) -> AnyView {
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let (role, workspace) = (viewer.current_membership.role, viewer.current_membership.tenant_name.clone());
    let body = view! {
        {answered(req, &workspace)}
        {mistakes.summary()}
        <div class="stack">
            <h1><bdi>{workspace.clone()}</bdi></h1>
            <p class="lead">{text!(workspace_lead)}</p>
        </div>
    };
    frame(
        text!(workspace_page),
        Place::Settings,
        Some(viewer),
        view! {
            {opening_beside(settings_nav(SettingsPage::Workspace), body)}
            {entry("rename", text!(workspace_name), None, renaming(role, &workspace, &mistakes, draft))}
            {entry("delete", text!(workspace_delete), None, deletion(role, &workspace, is_billed, &mistakes))}
        },
    )
}

fn renaming(role: Role, workspace: &str, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if !role.is_admin() {
        return view! { <p class="note">{text!(workspace_rename_admins, workspace = workspace)}</p> }.into_any();
    }
    let written = draft.value("name");
    let name = Field {
        name: "name",
        label: text!(workspace_name_label),
        kind: "text",
        autocomplete: "organization",
        hint: Some(text!(workspace_name_hint)),
        wrong: mistakes.of("name"),
        value: if written.is_empty() { workspace.to_owned() } else { written },
        max_chars: Some(WORKSPACE_NAME_MAX_CHARS),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(RenameWorkspace::PATH)>
            {name.view()}
            <button class="button main">{text!(workspace_rename)}</button>
        </form>
    }
    .into_any()
}

/// Renders the form that deletes the workspace, or why there is none.
fn deletion(role: Role, workspace: &str, is_billed: bool, mistakes: &Mistakes) -> AnyView {
    if role != Role::Owner {
        return view! { <p class="note">{text!(workspace_delete_owners, workspace = workspace)}</p> }.into_any();
    }
    if is_billed {
        let first = rich!(workspace_delete_billed, workspace = workspace, cancel = "/membership/cancel");
        return view! { <p>{rich_text(first)}</p> }.into_any();
    }
    let typed = Field {
        name: "workspace",
        label: text!(workspace_delete_type, workspace = workspace),
        kind: "text",
        autocomplete: "off",
        wrong: mistakes.of("workspace"),
        ..Field::default()
    };
    view! {
        <p>{text!(workspace_delete_means)}</p>
        <p>{text!(workspace_delete_restore)}</p>
        <form class="stack" method="post" action=form_address(DeleteWorkspace::PATH)>
            {typed.view()}
            <button class="button stop breaking">{text!(workspace_delete_button, workspace = workspace)}</button>
        </form>
    }
    .into_any()
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest, workspace: &str) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code, workspace)?))
}

fn words(code: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("renamed") => (Tone::Ok, text!(workspace_renamed), text!(workspace_renamed_means)),
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Off, text!(workspace_admin_required), text!(workspace_rename_admins, workspace = workspace))
        }
        Refused(ErrorCode::OwnerRequired) => {
            (Tone::Off, text!(workspace_owner_required), text!(workspace_delete_owners, workspace = workspace))
        }
        Refused(ErrorCode::SubscriptionLive) => {
            (Tone::Near, text!(workspace_still_billed), text!(workspace_still_billed_means))
        }
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{form::mistakes::assert_messages, notice::answer::assert_answers};

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, mistake);
    }

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [ErrorCode::AdminRequired, ErrorCode::OwnerRequired, ErrorCode::SubscriptionLive];
        assert_answers(&["renamed"], &own, |code| words(code, "Acme"));
    }
}
