//! `/operator/keys`: keys of the installation, for the product's back end.

mod form;
mod list;

use billing::service::tenant::{installation::key::ListedInstallationKey, key::MAX_KEYS};
use domain::{error_code::ErrorCode, ids::TenantId};
use leptos::{prelude::*, server_fn::ServerFn};

use self::{form::make, list::list};
use crate::{
    actions::operator::installation_key::{KEYS, MakeInstallationKey, RevokeInstallationKey},
    components::{
        form::{
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
        Some(Some(key)) => format!("Revoke {}?", key.name),
        _ => "Keys of the installation".to_owned(),
    };
    let is_full = u64::try_from(keys.len()).is_ok_and(|listed| listed >= MAX_KEYS);
    let making = if is_full { no_more() } else { make(&mistakes, draft) };
    let body = view! {
        {fresh.and_then(|key| shown_once(key, keys))}
        {answered(req)}
        {mistakes.summary()}
        {to_revoke.map(confirmation)}
        <div class="stack">
            <h1>"Keys of the installation"</h1>
            <p class="lead">"One key serves every workspace of a product that has its own sign-in and its own ids."</p>
        </div>
    };
    let note = "Revoking works within a second, everywhere. A use shows here after a minute or two.".into_any();
    desk_frame(
        &title,
        view! {
            {opening_beside(operator_nav(DeskPage::Keys), body)}
            {entry("keys", "Keys", Some(note), list(keys))}
            {entry("new", "Make a key", None, making)}
        },
    )
}

/// Renders the created key.
fn shown_once(fresh: &str, keys: &[ListedInstallationKey]) -> Option<AnyView> {
    let key = keys.iter().find(|key| fresh.starts_with(&format!("dues_{}_", key.id)))?;
    let head = format!("“{}” is made. Copy it now: it is shown this once.", key.name);
    let body = view! {
        {shown_secret("The new key", fresh)}
        <p class="note">"Keep it where the product’s secrets live. If it is lost, revoke it and make another."</p>
        <div class="actions"><a class="button" href=KEYS>"I have copied it"</a></div>
    };
    Some(notice(Tone::Ok, head, body))
}

/// Renders the confirmation before a key is revoked.
fn confirmation(key: Option<&ListedInstallationKey>) -> AnyView {
    let Some(ListedInstallationKey { id, name, .. }) = key else {
        return alert(
            Tone::Off,
            "That key is gone",
            view! { <p>"It was revoked, or never was a key of the installation."</p> },
        );
    };
    let head = format!("Revoke “{name}”?");
    let body = view! {
        <p>"The product that uses it stops working at once, for every workspace. It can’t be brought back."</p>
        <form class="actions" method="post" action=form_address(RevokeInstallationKey::PATH)>
            <input type="hidden" name="id" value=id.clone()/>
            <button class="button stop">{format!("Revoke {name}")}</button>
            <a href=KEYS>"Keep it"</a>
        </form>
    };
    alert(Tone::Stop, head, body)
}

/// Renders the note in place of the form when the maximum is reached.
fn no_more() -> AnyView {
    let words = format!("The installation can have {MAX_KEYS} keys. Revoke one that is not needed to make another.");
    view! { <p>{words}</p> }.into_any()
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code)?))
}

fn words(code: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("revoked") => (Tone::Ok, "The key is revoked", "Nothing can use it any more.".to_owned()),
        Refused(ErrorCode::NotFound) => {
            (Tone::Off, "That is no key of the installation", "Nothing was changed.".to_owned())
        }
        Refused(ErrorCode::TooManyKeys) => (
            Tone::Near,
            "No key was made",
            format!("The installation has {MAX_KEYS} keys, as many as there may be. Revoke one that is not needed."),
        ),
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, "Something broke on our side", "No key was made or revoked.".to_owned())
        }
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body })
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
