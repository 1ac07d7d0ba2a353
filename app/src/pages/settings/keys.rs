//! `/settings/keys`: the workspace's API keys.

mod list;
mod make;

use billing::service::tenant::key::{KeyAuthority, ListedKey, MAX_KEYS};
use domain::{
    account::{Membership, WorkspaceViewer},
    error_code::ErrorCode,
    tenant::portal::PortalPermission,
    wire::UnverifiedAddress,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use self::{list::list, make::make};
use crate::{
    actions::keys::{MakeKey, RevokeKey},
    components::{
        form::{
            first_call::{KeyOwner, first_call},
            key_fields::{FIELDS, mistake},
            mistakes::Mistakes,
            shown_secret::shown_secret,
        },
        icon::Tone,
        notice::{
            address_notice::{NeededFor, address_notice},
            alert,
            answer::{self, Answer},
            notice,
        },
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening_beside},
            frame,
            portal::needs_account,
            settings_nav::{SettingsPage, settings_nav},
        },
    },
    request::{
        Outcome, PageRequest,
        draft::Draft,
        drawn_for::form_address,
        shown_once::{KEY, Recipient},
    },
};

const PATH: &str = "/settings/keys";

pub(crate) fn keys() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let account = viewer.account_viewer();
        let grant = req.portal().and_then(|portal| portal.grant(PortalPermission::Keys));
        let authority = match (&account, &grant) {
            (Some(account), _) => KeyAuthority::Person(account),
            (None, Some(grant)) => KeyAuthority::Portal(grant),
            (None, None) => return Ok(needs_account()),
        };
        if !viewer.current_membership.role.is_admin() {
            return Ok(for_admins(viewer));
        }
        let keys = services.api_keys().list_keys_of(authority).await?;
        let unverified = match viewer.account() {
            Some(account) => services.accounts().unverified_address(account).await?,
            None => None,
        };
        let recipient = account.as_ref().map(Recipient::workspace).or_else(|| req.portal().map(Recipient::portal));
        let fresh = recipient.and_then(|recipient| KEY.take(&req, recipient));
        let draft = Draft::take(&req, &[MakeKey::PATH]);
        Ok(page(&req, viewer, &keys, unverified.as_ref(), fresh, &draft))
    })
}

/// Renders the page for a member. As in the API, only admins see the list.
pub(in crate::pages) fn for_admins(viewer: impl Into<WorkspaceViewer>) -> AnyView {
    let viewer = viewer.into();
    let Membership { tenant_name, role, .. } = &viewer.current_membership;
    let words = text!(keys_only_admins, workspace = tenant_name, role = role.as_str());
    let body = view! {
        <div class="stack"><h1>{text!(keys_title)}</h1><p class="note">{words}</p></div>
    };
    let nav = settings_nav(SettingsPage::Keys);
    frame(text!(keys_title), Place::Settings, viewer.account_viewer(), opening_beside(nav, body))
}

/// Renders the page for an admin. `fresh` is the plain text of a key that was just created. No key can be created while
/// the admin's address is `unverified`.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: impl Into<WorkspaceViewer>,
    keys: &[ListedKey],
    unverified: Option<&UnverifiedAddress>,
    fresh: Option<String>,
    draft: &Draft,
) -> AnyView {
    let viewer = viewer.into();
    let workspace = viewer.current_membership.tenant_name.clone();
    let to_revoke = req.query("revoke").map(|id| keys.iter().find(|key| key.id == id));
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let title = match &to_revoke {
        Some(Some(key)) => text!(keys_revoke_question, name = &key.name),
        _ => text!(keys_title),
    };
    let is_full = u64::try_from(keys.len()).is_ok_and(|listed| listed >= MAX_KEYS);
    let is_refused =
        req.query("code").is_some_and(|code| Outcome::of(&code) == Outcome::Refused(ErrorCode::TooManyKeys));
    let making = match unverified {
        Some(unverified) => Some(address_notice(req, unverified, NeededFor::Keys, PATH)),
        // The answer to the refused key states it.
        None if is_full && is_refused => None,
        None if is_full => Some(no_more()),
        None => Some(make(&mistakes, draft)),
    };
    let body = view! {
        <div class="stack">
            <h1>{text!(keys_title)}</h1>
            <p class="lead">{text!(keys_lead, workspace = &workspace)}</p>
        </div>
        {fresh.and_then(|key| shown_once(&key, keys))}
        {answered(req, &workspace)}
        {mistakes.summary()}
        {to_revoke.map(confirmation)}
    };
    let note = text!(keys_list_note).into_any();
    frame(
        title,
        Place::Settings,
        viewer.account_viewer(),
        view! {
            {opening_beside(settings_nav(SettingsPage::Keys), body)}
            {entry("keys", text!(keys_list), Some(note), list(keys, &workspace, PATH))}
            {making.map(|making| entry("new", text!(keys_new), None, making))}
        },
    )
}

/// Renders the created key. A cookie of another workspace's key shows nothing.
fn shown_once(fresh: &str, keys: &[ListedKey]) -> Option<AnyView> {
    let key = keys.iter().find(|key| fresh.starts_with(&format!("dues_{}_", key.id)))?;
    let head = text!(keys_fresh_title, name = &key.name);
    let body = view! {
        {shown_secret(text!(keys_fresh_label), fresh)}
        <p class="note">{text!(keys_fresh_note)}</p>
        {first_call(KeyOwner::Workspace, fresh)}
        <div class="actions"><a class="button" href="/settings/keys">{text!(keys_fresh_done)}</a></div>
    };
    Some(notice(Tone::Ok, head, body))
}

/// Renders the confirmation before a key is revoked.
fn confirmation(key: Option<&ListedKey>) -> AnyView {
    let Some(ListedKey { id, name, .. }) = key else {
        return alert(Tone::Off, text!(keys_gone_title), view! { <p>{text!(keys_gone)}</p> });
    };
    let head = text!(keys_revoke_question, name = name);
    let body = view! {
        <p>{text!(keys_revoke_effect)}</p>
        <form class="actions" method="post" action=form_address(RevokeKey::PATH)>
            <input type="hidden" name="id" value=id.clone()/>
            <button class="button stop">{text!(keys_revoke_confirm, name = name)}</button>
            <a href="/settings/keys">{text!(keys_revoke_cancel)}</a>
        </form>
    };
    alert(Tone::Stop, head, body)
}

/// Renders the note in place of the form when the maximum is reached.
fn no_more() -> AnyView {
    view! { <p>{text!(keys_full, max = MAX_KEYS)}</p> }.into_any()
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest, workspace: &str) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code, workspace)?))
}

fn words(code: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("revoked") => (Tone::Ok, text!(keys_revoked_title), text!(keys_revoked)),
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(keys_not_found_title), text!(keys_not_found)),
        Refused(ErrorCode::ScopeRequired) => (Tone::Off, text!(keys_not_created_title), text!(keys_usage_by_operator)),
        Refused(ErrorCode::TooManyKeys) => {
            (Tone::Near, text!(keys_not_created_title), text!(keys_too_many, workspace = workspace, max = MAX_KEYS))
        }
        Refused(ErrorCode::AddressNotVerified) => {
            (Tone::Near, text!(keys_address_unconfirmed_title), text!(keys_address_unconfirmed))
        }
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Off, text!(keys_admin_required_title), text!(keys_admin_required, workspace = workspace))
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(keys_internal_title), text!(keys_internal)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::notice::answer::assert_answers;

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::NotFound,
            ErrorCode::TooManyKeys,
            ErrorCode::AdminRequired,
            ErrorCode::Internal,
            ErrorCode::AddressNotVerified,
            ErrorCode::ScopeRequired,
        ];
        assert_answers(&["revoked"], &own, |code| words(code, "Acme"));
    }
}
