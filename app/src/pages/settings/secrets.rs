//! `/settings/secrets`: the workspace's write-only secrets.

mod list;
mod set;
mod view;

use billing::service::tenant::secret::SecretsAuthority;
use domain::{
    account::WorkspaceViewer,
    error_code::ErrorCode,
    tenant::{portal::PortalPermission, secret::SecretName},
};
use leptos::{prelude::*, server_fn::ServerFn};

use self::{list::list, set::set, view::SecretsView};
use crate::{
    actions::secrets::{DeleteSecret, PAGE, SetSecret},
    components::{
        form::mistakes::Mistakes,
        icon::Tone,
        notice::{
            alert,
            answer::{self, Answer},
        },
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening_beside},
            frame,
            portal::needs_account,
            settings_nav::{SettingsPage, settings_nav},
        },
        usage::meter::meters,
    },
    request::{Outcome, PageRequest, draft::Draft, drawn_for::form_address},
};

pub(crate) fn secrets() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let keeper = match (viewer.account_viewer(), req.portal()) {
            (Some(account), _) => SecretsAuthority::admin(&account),
            (None, portal) => match portal.and_then(|portal| portal.grant(PortalPermission::Secrets)) {
                Some(grant) => SecretsAuthority::portal(&grant),
                None => return Ok(needs_account()),
            },
        };
        let Ok(keeper) = keeper else {
            return Ok(page(&req, viewer, None, &Draft::default()));
        };
        let secrets = services.secrets().list(&keeper).await?;
        let usage = services.usage().all_features(keeper.tenant()).await?;
        let reading = usage.features.into_iter().find(|usage| usage.feature.as_str() == "secrets");
        let places =
            reading.and_then(|usage| Some((services.catalog().feature(usage.feature.as_str())?.clone(), usage)));
        let kept = SecretsView { secrets, places, is_possible: services.secrets().can_store_secrets() };
        Ok(page(&req, viewer, Some(&kept), &Draft::take(&req, &[SetSecret::PATH])))
    })
}

/// Renders the page. `kept` is `None` for members, who may not change secrets.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: impl Into<WorkspaceViewer>,
    kept: Option<&SecretsView>,
    draft: &Draft,
) -> AnyView {
    let viewer = viewer.into();
    let workspace = viewer.current_membership.tenant_name.clone();
    let mistakes = Mistakes::from_query(req, &set::FIELDS, set::mistake);
    let chosen = |name: &str| req.query(name).filter(|_| kept.is_some());
    let known = |name: &str| kept.is_some_and(|kept| kept.secrets.iter().any(|secret| secret.name.as_str() == name));
    let to_delete = chosen("delete").map(|name| name.parse::<SecretName>().ok().filter(|name| known(name.as_str())));
    let to_replace = chosen("replace").filter(|name| known(name));
    let title = match &to_delete {
        Some(Some(name)) => format!("Delete {name}?"),
        _ => "Secrets".to_owned(),
    };
    let reason = kept.is_none().then(|| {
        let words =
            format!("Only an owner or an admin of {workspace} can see which secrets there are, or change them. You are a member.");
        view! { <p class="note">{words}</p> }
    });
    let body = view! {
        {answered(req, &workspace)}
        {mistakes.summary()}
        {to_delete.map(confirmation)}
        <div class="stack">
            <h1>"Secrets"</h1>
            <p class="lead">
                {format!("Credentials that Dues uses for {workspace}. Each is sealed as it comes in: it can be replaced or deleted, and not read.")}
            </p>
            {reason}
        </div>
        {kept.and_then(places)}
    };
    let entries = kept.map(|kept| {
        let note = "Every use is written down in the audit log.".into_any();
        let (id, head) = if to_replace.is_some() { ("set", "Replace a secret") } else { ("set", "Keep a secret") };
        view! {
            {entry("kept", "Kept", Some(note), list(&kept.secrets, &workspace))}
            {entry(id, head, None, set(kept, to_replace, &mistakes, draft))}
        }
    });
    frame(
        title,
        Place::Settings,
        viewer.account_viewer(),
        view! {
            {opening_beside(settings_nav(SettingsPage::Secrets), body)}
            {entries}
        },
    )
}

fn places(kept: &SecretsView) -> Option<AnyView> {
    let (feature, usage) = kept.places.as_ref()?;
    let mut feature = feature.clone();
    "Places".clone_into(&mut feature.title);
    Some(meters([(&feature, usage)], None))
}

/// Renders the confirmation before a secret is deleted.
fn confirmation(name: Option<SecretName>) -> AnyView {
    let Some(name) = name else {
        return alert(
            Tone::Off,
            "That secret is gone",
            view! {<p>"It was deleted, or never was one of this workspace."</p>},
        );
    };
    let body = view! {
        <p>"Whatever needs it stops working at once. Dues can’t bring it back."</p>
        <form class="actions" method="post" action=form_address(DeleteSecret::PATH)>
            <input type="hidden" name="key" value=name.to_string()/>
            <button class="button stop breaking">{format!("Delete {name}")}</button>
            <a href=PAGE>"Keep it"</a>
        </form>
    };
    alert(Tone::Stop, format!("Delete {name}?"), body)
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest, workspace: &str) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code, workspace)?))
}

fn words(code: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("kept") => (Tone::Ok, "The secret is kept", "It holds from now on. Nobody can read it back.".to_owned()),
        Done("deleted") => (Tone::Ok, "The secret is deleted", "Nothing can use it any more.".to_owned()),
        Refused(ErrorCode::NotFound) => (Tone::Off, "That secret is gone", "Nothing was changed.".to_owned()),
        Refused(ErrorCode::LimitReached | ErrorCode::FeatureNotIncluded | ErrorCode::SubscriptionInactive) => (
            Tone::Near,
            "Nothing was kept: every place is taken",
            "Delete a secret that is not needed, or choose a plan with more places on the membership page.".to_owned(),
        ),
        Refused(ErrorCode::SecretsNotConfigured) => (
            Tone::Off,
            "No secrets are kept on this installation",
            "SECRETS_KEY is not set. The person who runs it can set it.".to_owned(),
        ),
        Refused(ErrorCode::SecretsKeyLost) => (
            Tone::Stop,
            "Nothing was kept",
            format!(
                "What {workspace} keeps was sealed under another SECRETS_KEY. The person who runs this installation can add that one to the setting."
            ),
        ),
        Refused(ErrorCode::AdminRequired) => (
            Tone::Off,
            "That is for an owner or an admin",
            format!("Only an owner or an admin of {workspace} can keep or delete secrets."),
        ),
        Refused(ErrorCode::Internal) => (Tone::Stop, "Something broke on our side", "Nothing was changed.".to_owned()),
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
        let own = [
            ErrorCode::NotFound,
            ErrorCode::LimitReached,
            ErrorCode::FeatureNotIncluded,
            ErrorCode::SubscriptionInactive,
            ErrorCode::SecretsNotConfigured,
            ErrorCode::SecretsKeyLost,
            ErrorCode::AdminRequired,
            ErrorCode::Internal,
        ];
        assert_answers(&["kept", "deleted"], &own, |code| words(code, "Acme"));
    }
}
