//! `/operator/webhooks/{id}`: one endpoint of the installation and its deliveries.

use billing::service::{
    ServiceError,
    webhook::endpoint::{Deliveries, ListedEndpoint},
};
use domain::ids::TenantId;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::operator::webhooks::OperatorChangeWebhook,
    components::{
        page::{
            access::desk_page,
            desk_frame, not_found,
            operator_nav::{DeskPage, operator_nav},
        },
        webhooks::{
            endpoint::{SHOWN_DELIVERIES, content},
            owner::EndpointOwner,
        },
    },
    request::{
        PageRequest,
        draft::Draft,
        shown_once::{DESK_WEBHOOK_SECRET, Recipient},
    },
};

pub(crate) fn endpoint() -> AnyView {
    desk_page(|services, _, req| async move {
        let (installation, id) = (TenantId::installation(), req.last_segment());
        let before = req.query("before");
        let found = match services.endpoints().endpoint(&installation, id).await {
            Ok(found) => found,
            Err(ServiceError::NotFound(_)) => return Ok(not_found::not_found()),
            Err(error) => return Err(error),
        };
        let log = services.endpoints().deliveries(&installation, id, before.as_deref(), SHOWN_DELIVERIES).await?;
        let fresh = req
            .account()
            .and_then(|account| DESK_WEBHOOK_SECRET.take(&req, Recipient::desk(&account.user_id, &installation)));
        let draft = Draft::take_about(&req, &[OperatorChangeWebhook::PATH], id);
        Ok(page(&req, &found, &log, fresh.as_deref(), &draft))
    })
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    endpoint: &ListedEndpoint,
    log: &Deliveries,
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let nav = operator_nav(DeskPage::Webhooks).into_any();
    desk_frame(&endpoint.url, content(EndpointOwner::Installation, nav, req, (endpoint, log), fresh, draft))
}
