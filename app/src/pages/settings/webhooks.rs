//! `/settings/webhooks`: the workspace's webhook endpoints.

pub(crate) mod endpoint;

use billing::service::webhook::endpoint::ListedEndpoint;
use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::webhooks::AddWebhook,
    components::{
        form::mistakes::Mistakes,
        page::{
            Place,
            access::signed_in_page,
            entry::opening_beside,
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        webhooks::{form, list, owner::EndpointOwner, words},
    },
    request::{PageRequest, draft::Draft},
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
    let owner = EndpointOwner::Workspace(&workspace);
    let may_change = viewer.current_membership.role.is_admin();
    let mistakes = Mistakes::from_query(req, &form::FIELDS, form::mistake);
    let role = viewer.current_membership.role.as_str();
    let reason = (!may_change)
        .then(|| view! { <p class="note">{text!(webhooks_only_admins, workspace = &workspace, role = role)}</p> });
    let body = view! {
        <div class="stack">
            <h1>{text!(webhooks_title)}</h1>
            <p class="lead">{text!(webhooks_lead, workspace = &workspace)}</p>
            {reason}
        </div>
        {words::answered(req, owner)}
        {mistakes.summary()}
    };
    let sections = may_change.then(|| list::sections(owner, endpoints, can_store_secrets, &mistakes, draft));
    frame(
        text!(webhooks_title),
        Place::Settings,
        Some(viewer),
        view! { {opening_beside(settings_nav(SettingsPage::Webhooks), body)} {sections} },
    )
}
