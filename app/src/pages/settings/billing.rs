//! `/settings/billing`: the activity between the workspace and its provider.

use billing::service::subscription::activity::Activity;
use domain::{account::WorkspaceViewer, subscription::Provider, time::Timestamp};
use leptos::{prelude::*, server_fn::ServerFn};

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
    },
    request::{PageRequest, drawn_for::form_address},
    wording::minute,
};

pub(crate) fn activity() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        if !viewer.current_membership.role.is_admin() {
            return Ok(not_for_members(&viewer));
        }
        let activity = services.subscriptions().activity(&viewer).await?;
        let every = services.settings().reconcile_every_secs;
        Ok(page(&req, &viewer, &activity, every, services.wall_now()))
    })
}

fn not_for_members(viewer: &WorkspaceViewer) -> AnyView {
    let words = format!(
        "Only an owner or an admin of {} can see what goes on with the payment provider. You are a member.",
        viewer.current_membership.tenant_name
    );
    let body = view! {
        <div class="stack">
            <h1>"Billing"</h1>
            <p class="lead">{words}</p>
        </div>
    };
    frame(
        "Billing",
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
    let provider = activity.provider.map_or("the payment provider", Provider::title);
    let lead = match (activity.provider, activity.asked_at) {
        (None, _) => "No payment provider is set up, so nothing goes on.".to_owned(),
        (Some(_), None) => format!("{provider} has not been asked yet: this workspace never paid."),
        (Some(_), Some(at)) => format!("{provider} was last asked on {}.", minute(at)),
    };
    let interval = match every {
        Some(secs) if activity.asked_at.is_some() => {
            format!(" Dues compares by itself {}, and reads what {provider} tells of at once.", words::interval(secs))
        }
        _ => String::new(),
    };
    let sync = activity.provider.map(|provider| {
        view! {
            <form class="actions" method="post" action=form_address(SyncSubscription::PATH)>
                <input type="hidden" name="from" value="settings"/>
                <button class="button">{format!("Compare with {} now", provider.title())}</button>
            </form>
        }
    });
    let fails = if activity.troubled.is_empty() {
        view! { <p>"Nothing fails."</p> }.into_any()
    } else {
        failing_jobs_table(&activity.troubled, now)
    };
    let received = if activity.events.is_empty() {
        view! { <p>{format!("{} has told of nothing yet.", words::first_up(provider))}</p> }.into_any()
    } else {
        events_table(&activity.events)
    };
    let corrections = if activity.drift.is_empty() {
        view! { <p>{format!("What Dues keeps has always been what {provider} says.")}</p> }.into_any()
    } else {
        drift_table(&activity.drift)
    };
    let note = |text: &str| Some(text.to_owned().into_any());
    let body = view! {
        {answered(req, provider, &workspace)}
        <div class="stack">
            <h1>"Billing"</h1>
            <p class="lead">{lead}{interval}</p>
        </div>
        {sync}
    };
    frame(
        "Billing",
        Place::Settings,
        viewer.account_viewer(),
        view! {
            {opening_beside(settings_nav(SettingsPage::Billing), body)}
            {entry("failing", "Failing", note("Tried again by itself, ever more rarely."), fails)}
            {entry("received", "Received", note("The newest twenty events about this workspace."), received)}
            {entry("mended", "Mended", note("Where what was stored was not what the provider said."), corrections)}
        },
    )
}
