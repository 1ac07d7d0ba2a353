//! `/operator/webhooks`: the webhook endpoints of the installation.

pub(crate) mod endpoint;

use billing::service::webhook::endpoint::ListedEndpoint;
use domain::ids::TenantId;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::operator::webhooks::OperatorAddWebhook,
    components::{
        form::mistakes::Mistakes,
        page::{
            access::desk_page,
            desk_frame,
            entry::opening_beside,
            operator_nav::{DeskPage, operator_nav},
        },
        webhooks::{form, list, owner::EndpointOwner, words},
    },
    request::{PageRequest, draft::Draft},
};

pub(crate) fn webhooks() -> AnyView {
    desk_page(|services, _, req| async move {
        let endpoints = services.endpoints().list_endpoints(&TenantId::installation()).await?;
        let draft = Draft::take(&req, &[OperatorAddWebhook::PATH]);
        Ok(page(&req, &endpoints, services.secrets().can_store_secrets(), &draft))
    })
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    endpoints: &[ListedEndpoint],
    can_store_secrets: bool,
    draft: &Draft,
) -> AnyView {
    let owner = EndpointOwner::Installation;
    let mistakes = Mistakes::from_query(req, &form::FIELDS, form::mistake);
    let body = view! {
        <div class="stack">
            <h1>{text!(webhooks_title)}</h1>
            <p class="lead">{text!(webhooks_lead_installation)}</p>
        </div>
        {words::answered(req, owner)}
        {mistakes.summary()}
    };
    let sections = list::sections(owner, endpoints, can_store_secrets, &mistakes, draft);
    desk_frame(text!(webhooks_title), view! { {opening_beside(operator_nav(DeskPage::Webhooks), body)} {sections} })
}
