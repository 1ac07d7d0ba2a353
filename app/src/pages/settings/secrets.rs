//! `/settings/secrets`: the workspace's write-only secrets.

mod list;
mod set;
mod view;

use billing::service::tenant::secret::SecretsAuthority;
use domain::{
    account::WorkspaceViewer,
    entitlement::FeatureUsage,
    error_code::ErrorCode,
    tenant::{portal::PortalPermission, secret::SecretName},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

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
        let places = reading.and_then(|usage| {
            // The list may be newer than the counted usage, which another node's change reaches within a second.
            let used = u64::try_from(secrets.len()).unwrap_or(u64::MAX);
            Some((services.catalog().feature(usage.feature.as_str())?.clone(), FeatureUsage { used, ..usage }))
        });
        let full = places.as_ref().map(|(_, usage)| usage).filter(|usage| usage.left() == Some(0));
        let remedy = match full {
            Some(usage) => Some(services.subscriptions().limit_remedy(keeper.tenant(), usage).await?),
            None => None,
        };
        let (catalog, is_possible) = (services.catalog().clone(), services.secrets().can_store_secrets());
        let kept = SecretsView { catalog, secrets, places, remedy, is_possible };
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
        Some(Some(name)) => text!(secrets_delete_ask, name = name.as_str()),
        _ => text!(secrets_title),
    };
    let reason = kept.is_none().then(|| {
        let role = viewer.current_membership.role.as_str();
        view! { <p class="note">{text!(secrets_members_only_read, workspace = &workspace, role = role)}</p> }
    });
    let body = view! {
        {answered(req, &workspace, kept)}
        {mistakes.summary()}
        {to_delete.map(confirmation)}
        <div class="stack">
            <h1>{text!(secrets_title)}</h1>
            <p class="lead">{text!(secrets_lead, workspace = &workspace)}</p>
            {reason}
        </div>
        {kept.and_then(places)}
    };
    let entries = kept.map(|kept| {
        let note = text!(secrets_stored_note).into_any();
        let head = if to_replace.is_some() { text!(secrets_replace_one) } else { text!(secrets_add) };
        // The answer to a refused secret states that the limit is reached.
        let is_said =
            to_replace.is_none() && set::is_full(kept) && req.query("code").is_some_and(|code| is_limit(&code));
        let setting = (!is_said).then(|| entry("set", head, None, set(kept, to_replace, &mistakes, draft)));
        view! {
            {entry("kept", text!(secrets_stored), Some(note), list(&kept.secrets, &workspace))}
            {setting}
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
    feature.title = text!(secrets_title).into_owned();
    Some(meters([(&feature, usage)], None))
}

/// Renders the confirmation before a secret is deleted.
fn confirmation(name: Option<SecretName>) -> AnyView {
    let Some(name) = name else {
        return alert(Tone::Off, text!(secrets_unknown), view! { <p>{text!(secrets_unknown_means)}</p> });
    };
    let body = view! {
        <p>{text!(secrets_delete_means)}</p>
        <form class="actions" method="post" action=form_address(DeleteSecret::PATH)>
            <input type="hidden" name="key" value=name.to_string()/>
            <button class="button stop breaking">{text!(secrets_delete_one, name = name.as_str())}</button>
            <a href=PAGE>{text!(secrets_cancel)}</a>
        </form>
    };
    alert(Tone::Stop, text!(secrets_delete_ask, name = name.as_str()), body)
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest, workspace: &str, kept: Option<&SecretsView>) -> Option<AnyView> {
    let code = req.query("code")?;
    let said = words(&code, workspace)?;
    if is_limit(&code) {
        let Answer { tone, head, body } = said;
        return Some(alert(tone, head, view! { <p>{body}</p>{kept.and_then(set::remedy)} }));
    }
    Some(answer::notice(req, &code, said))
}

/// Whether the code is a refusal by the limit.
fn is_limit(code: &str) -> bool {
    matches!(
        Outcome::of(code),
        Outcome::Refused(ErrorCode::LimitReached | ErrorCode::FeatureNotIncluded | ErrorCode::SubscriptionInactive)
    )
}

fn words(code: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("kept") => (Tone::Ok, text!(secrets_saved), text!(secrets_saved_means)),
        Done("deleted") => (Tone::Ok, text!(secrets_deleted), text!(secrets_deleted_means)),
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(secrets_unknown), text!(secrets_nothing_changed)),
        Refused(ErrorCode::LimitReached | ErrorCode::FeatureNotIncluded | ErrorCode::SubscriptionInactive) => {
            (Tone::Near, text!(secrets_limit_reached), text!(secrets_limit_reached_means))
        }
        Refused(ErrorCode::SecretsNotConfigured) => {
            (Tone::Off, text!(secrets_not_configured), text!(secrets_not_configured_means))
        }
        Refused(ErrorCode::SecretsKeyLost) => {
            (Tone::Stop, text!(secrets_not_saved), text!(secrets_key_lost_means, workspace = workspace))
        }
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Off, text!(secrets_admin_required), text!(secrets_admin_required_means, workspace = workspace))
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(secrets_internal), text!(secrets_nothing_changed)),
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
