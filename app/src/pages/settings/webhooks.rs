//! `/settings/webhooks`: the workspace's webhook endpoints.

mod deliveries;
pub(crate) mod endpoint;
mod form;
mod words;

use billing::service::webhook::endpoint::{ListedEndpoint, MAX_ENDPOINTS};
use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};

use self::words::{endpoint_state, event_names};
use crate::{
    actions::webhooks::{AddWebhook, page_of},
    components::{
        form::mistakes::Mistakes,
        page::{
            Place,
            access::signed_in_page,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::day,
};

pub(crate) fn webhooks() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        // A URL may contain a secret, so only admins see endpoints.
        let endpoints = if viewer.current_membership.role.is_admin() {
            services.endpoints().list_endpoints(&viewer.current_membership.tenant_id).await?
        } else {
            Vec::new()
        };
        let draft = Draft::take(&req, &[AddWebhook::PATH]);
        Ok(page(&req, viewer, &endpoints, services.secrets().can_store_secrets(), &draft))
    })
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: Viewer,
    endpoints: &[ListedEndpoint],
    can_store_secrets: bool,
    draft: &Draft,
) -> AnyView {
    let workspace = viewer.current_membership.tenant_name.clone();
    let may_change = viewer.current_membership.role.is_admin();
    let mistakes = Mistakes::from_query(req, &form::FIELDS, form::mistake);
    let reason = (!may_change).then(|| {
        let words = format!(
            "Only an owner or an admin of {workspace} sees its endpoints and can change them. You are a member."
        );
        view! { <p class="note">{words}</p> }
    });
    let body = view! {
        <div class="stack">
            <h1>"Webhooks"</h1>
            <p class="lead">
                {format!("Dues tells your servers when {workspace}’s plan changes and when a limit is near, reached or far again.")}
            </p>
            {reason}
        </div>
        {words::answered(req, &workspace)}
        {mistakes.summary()}
    };
    let note = "Each message is signed as Standard Webhooks says. Any status from 200 to 299 takes it; else it is sent again \
                for more than a day.";
    let listed =
        may_change.then(|| entry("endpoints", "Endpoints", Some(note.into_any()), list(endpoints, &workspace)));
    let adding = may_change.then(|| {
        let is_full = u64::try_from(endpoints.len()).is_ok_and(|listed| listed >= MAX_ENDPOINTS);
        let body = if !can_store_secrets {
            view! { <p>"No endpoint can be made here: SECRETS_KEY is not set. The person who runs this installation can set it."</p> }
                .into_any()
        } else if is_full {
            let words = format!("A workspace can have {MAX_ENDPOINTS} endpoints. Delete one that is not needed to make another.");
            view! { <p>{words}</p> }.into_any()
        } else {
            view! {
                <form class="stack" method="post" action=form_address(AddWebhook::PATH)>
                    {form::fields(&mistakes, &form::Values::of(draft))}
                    <button class="button main">"Add endpoint"</button>
                </form>
            }
            .into_any()
        };
        entry("new", "Add an endpoint", None, body)
    });
    frame(
        "Webhooks".to_owned(),
        Place::Settings,
        Some(viewer),
        view! { {opening_beside(settings_nav(SettingsPage::Webhooks), body)} {listed} {adding} },
    )
}

fn list(endpoints: &[ListedEndpoint], workspace: &str) -> AnyView {
    if endpoints.is_empty() {
        return view! {
            <div class="empty">
                <p>"No endpoints yet."</p>
                <p>"Add the address of a server of yours that takes a POST."</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        format!("Webhook endpoints of {workspace}"),
        [Column::Text("Address"), Column::Text("Is told"), Column::Text("State"), Column::Text("Made")],
        endpoints.iter().map(row).collect_view(),
    )
}

fn row(endpoint: &ListedEndpoint) -> impl IntoView + use<> {
    let description = (!endpoint.description.is_empty())
        .then(|| view! { <br/><span class="note breaking">{endpoint.description.clone()}</span> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a class="breaking" href=page_of(&endpoint.id)>{endpoint.url.clone()}</a>{description}
            </th>
            <td role="cell" data-label="Is told">{event_names(endpoint.events.as_deref())}</td>
            <td role="cell" data-label="State">{endpoint_state(endpoint)}</td>
            <td role="cell" data-label="Made"><span class="nowrap">{day(endpoint.created_at)}</span></td>
        </tr>
    }
}
