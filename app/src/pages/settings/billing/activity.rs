//! `/settings/billing/activity`: the activity between the workspace and its provider.

use std::borrow::Cow;

use billing::service::{base::permission::Biller, subscription::activity::Activity};
use domain::{account::WorkspaceViewer, time::Timestamp};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::billing::SyncSubscription,
    components::{
        membership::activity::{
            tables::{drift_table, events_table, failing_jobs_table},
            words::{self, answered},
        },
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        provider::title_or_none,
    },
    request::{PageRequest, drawn_for::form_address},
    wording::minute,
};

pub(crate) fn activity() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let Ok(biller) = Biller::person(&viewer) else { return Ok(not_for_members(&viewer)) };
        let activity = services.subscriptions().activity(&biller).await?;
        let every = services.settings().reconcile_every_secs;
        Ok(page(&req, &viewer, &activity, every, services.wall_now()))
    })
}

fn not_for_members(viewer: &WorkspaceViewer) -> AnyView {
    let words = text!(activity_only_admins, workspace = &viewer.current_membership.tenant_name);
    let body = view! {
        <div class="stack">
            <h1>{text!(activity_title)}</h1>
            <p class="lead">{words}</p>
        </div>
    };
    frame(
        text!(activity_title),
        Place::Settings,
        viewer.account_viewer(),
        view! {{opening_beside(settings_nav(SettingsPage::Billing), body)}},
    )
}

/// Renders the page. `every` is the interval of the scheduled sync in seconds, `None` if it is off; `now` is wall time.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: &WorkspaceViewer,
    activity: &Activity,
    every: Option<i64>,
    now: Timestamp,
) -> AnyView {
    let workspace = viewer.current_membership.tenant_name.clone();
    let provider = title_or_none(activity.provider);
    let lead = match (activity.provider, activity.asked_at) {
        (None, _) => text!(activity_no_provider),
        (Some(_), None) => text!(activity_never_synced, provider = provider),
        (Some(_), Some(at)) => text!(activity_last_synced, provider = provider, date = minute(at)),
    };
    let interval = every
        .filter(|_| activity.asked_at.is_some())
        .map(|secs| format!(" {}", text!(activity_interval, interval = words::interval(secs), provider = provider)));
    let sync = activity.provider.map(|provider| {
        view! {
            <form class="actions" method="post" action=form_address(SyncSubscription::PATH)>
                <input type="hidden" name="from" value="settings"/>
                <button class="button">{text!(activity_sync, provider = provider.title())}</button>
            </form>
        }
    });
    let fails = if activity.troubled.is_empty() {
        view! { <p>{text!(activity_failing_none)}</p> }.into_any()
    } else {
        failing_jobs_table(&activity.troubled, now)
    };
    let received = if activity.events.is_empty() {
        view! { <p>{text!(activity_received_none, provider = provider)}</p> }.into_any()
    } else {
        events_table(&activity.events)
    };
    let corrections = if activity.drift.is_empty() {
        view! { <p>{text!(activity_corrected_none)}</p> }.into_any()
    } else {
        drift_table(&activity.drift)
    };
    let note = |text: Cow<'static, str>| Some(text.into_any());
    let body = view! {
        {answered(req, provider, &workspace)}
        <div class="stack">
            <h1>{text!(activity_title)}</h1>
            <p class="lead">{lead}{interval}</p>
        </div>
        {sync}
    };
    frame(
        text!(activity_title),
        Place::Settings,
        viewer.account_viewer(),
        view! {
            {opening_beside(settings_nav(SettingsPage::Billing), body)}
            {entry("failing", text!(activity_failing), note(text!(activity_failing_note)), fails)}
            {entry("received", text!(activity_received), note(text!(activity_received_note)), received)}
            {entry("mended", text!(activity_corrected), note(text!(activity_corrected_note)), corrections)}
        },
    )
}
