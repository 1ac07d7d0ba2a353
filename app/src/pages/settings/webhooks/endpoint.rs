//! `/settings/webhooks/{id}`: one endpoint and its deliveries.

use billing::service::{
    ServiceError,
    webhook::endpoint::{Deliveries, ListedEndpoint},
};
use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::webhooks::ChangeWebhook,
    components::{
        page::{
            Place,
            access::signed_in_page,
            frame, not_found,
            settings_nav::{SettingsPage, settings_nav},
        },
        webhooks::{
            endpoint::{SHOWN_DELIVERIES, content},
            owner::EndpointOwner,
        },
    },
    request::{
        PageRequest,
        draft::Draft,
        shown_once::{Recipient, WEBHOOK_SECRET},
    },
};

pub(crate) fn endpoint() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        // For members every id is unknown, so that the page does not reveal which endpoints exist.
        if !viewer.current_membership.role.is_admin() {
            return Ok(not_found::not_found());
        }
        let (tenant, id) = (&viewer.current_membership.tenant_id, req.last_segment());
        let before = req.query("before");
        let found = match services.endpoints().endpoint(tenant, id).await {
            Ok(found) => found,
            Err(ServiceError::NotFound(_)) => return Ok(not_found::not_found()),
            Err(error) => return Err(error),
        };
        let deliveries = services.endpoints().deliveries(tenant, id, before.as_deref(), SHOWN_DELIVERIES).await?;
        let fresh = WEBHOOK_SECRET.take(&req, Recipient::workspace(&viewer));
        let draft = Draft::take_about(&req, &[ChangeWebhook::PATH], id);
        Ok(page(&req, viewer, &found, &deliveries, fresh.as_deref(), &draft))
    })
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: Viewer,
    endpoint: &ListedEndpoint,
    log: &Deliveries,
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let workspace = viewer.current_membership.tenant_name.clone();
    let nav = settings_nav(SettingsPage::Webhooks).into_any();
    let content = content(EndpointOwner::Workspace(&workspace), nav, req, (endpoint, log), fresh, draft);
    frame(endpoint.url.clone(), Place::Settings, Some(viewer), content)
}
