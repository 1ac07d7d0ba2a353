//! `/operator/keys`: keys of the installation, for the product's back end.

mod form;
mod list;

use billing::service::tenant::{installation::key::ListedInstallationKey, key::MAX_KEYS};
use domain::{error_code::ErrorCode, ids::TenantId, tenant::installation_scope::InstallationScope};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use self::{form::make, list::list};
use crate::{
    actions::operator::installation_key::{KEYS, MakeInstallationKey, RevokeInstallationKey},
    components::{
        form::{
            first_call::{KeyOwner, first_call},
            key_fields::{FIELDS, mistake},
            mistakes::Mistakes,
            shown_secret::shown_secret,
        },
        icon::Tone,
        notice::{
            alert,
            answer::{self, Answer},
            notice,
        },
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
    },
    request::{
        Outcome, PageRequest,
        draft::Draft,
        drawn_for::form_address,
        shown_once::{DESK_KEY, Recipient},
    },
};

pub(crate) fn keys() -> AnyView {
    desk_page(|services, operator, req| async move {
        let keys = services.installation_keys().list_at_desk(&operator).await?;
        let installation = TenantId::installation();
        let reader = req.account();
        let fresh = reader.and_then(|account| DESK_KEY.take(&req, Recipient::desk(&account.user_id, &installation)));
        let draft = Draft::take(&req, &[MakeInstallationKey::PATH]);
        Ok(page(&req, &keys, fresh.as_deref(), &draft))
    })
}

/// Renders the page. `fresh` is the plain text of a key that was just created.
pub(in crate::pages) fn page(
    req: &PageRequest,
    keys: &[ListedInstallationKey],
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let to_revoke = req.query("revoke").map(|id| keys.iter().find(|key| key.id == id));
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let title = match &to_revoke {
        Some(Some(key)) => text!(keys_revoke_question, name = &key.name),
        _ => text!(keys_title_installation),
    };
    let is_full = u64::try_from(keys.len()).is_ok_and(|listed| listed >= MAX_KEYS);
    let making = if is_full { no_more() } else { make(&mistakes, draft) };
    let body = view! {
        {fresh.and_then(|key| shown_once(key, keys))}
        {answered(req)}
        {mistakes.summary()}
        {to_revoke.map(confirmation)}
        <div class="stack">
            <h1>{text!(keys_title_installation)}</h1>
            <p class="lead">{text!(keys_lead_installation)}</p>
        </div>
    };
    let note = text!(keys_list_note).into_any();
    desk_frame(
        &title,
        view! {
            {opening_beside(operator_nav(DeskPage::Keys), body)}
            {entry("keys", text!(keys_list), Some(note), list(keys))}
            {entry("new", text!(keys_new), None, making)}
        },
    )
}

/// Renders the created key.
fn shown_once(fresh: &str, keys: &[ListedInstallationKey]) -> Option<AnyView> {
    let key = keys.iter().find(|key| fresh.starts_with(&format!("dues_{}_", key.id)))?;
    let head = text!(keys_fresh_title, name = &key.name);
    let may_check = [InstallationScope::Read, InstallationScope::Usage].iter().any(|scope| key.scopes.contains(scope));
    let body = view! {
        {shown_secret(text!(keys_fresh_label), fresh)}
        <p class="note">{text!(keys_fresh_note_installation)}</p>
        {may_check.then(|| first_call(KeyOwner::Installation, fresh)).flatten()}
        <div class="actions"><a class="button" href=KEYS>{text!(keys_fresh_done)}</a></div>
    };
    Some(notice(Tone::Ok, head, body))
}

/// Renders the confirmation before a key is revoked.
fn confirmation(key: Option<&ListedInstallationKey>) -> AnyView {
    let Some(ListedInstallationKey { id, name, .. }) = key else {
        return alert(Tone::Off, text!(keys_gone_title), view! { <p>{text!(keys_gone_installation)}</p> });
    };
    let head = text!(keys_revoke_question, name = name);
    let body = view! {
        <p>{text!(keys_revoke_effect_installation)}</p>
        <form class="actions" method="post" action=form_address(RevokeInstallationKey::PATH)>
            <input type="hidden" name="id" value=id.clone()/>
            <button class="button stop">{text!(keys_revoke_confirm, name = name)}</button>
            <a href=KEYS>{text!(keys_revoke_cancel)}</a>
        </form>
    };
    alert(Tone::Stop, head, body)
}

/// Renders the note in place of the form when the maximum is reached.
fn no_more() -> AnyView {
    view! { <p>{text!(keys_full_installation, max = MAX_KEYS)}</p> }.into_any()
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code)?))
}

fn words(code: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("revoked") => (Tone::Ok, text!(keys_revoked_title), text!(keys_revoked)),
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(keys_not_found_title), text!(keys_not_found_installation)),
        Refused(ErrorCode::TooManyKeys) => {
            (Tone::Near, text!(keys_not_created_title), text!(keys_too_many_installation, max = MAX_KEYS))
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
        let own = [ErrorCode::NotFound, ErrorCode::TooManyKeys, ErrorCode::Internal];
        assert_answers(&["revoked"], &own, words);
    }
}
