//! `/portal/{token}`: the link that the product gave to one of its users. It works once.

use billing::{
    Services,
    identity::session,
    service::{
        PageFailure, ServiceError,
        tenant::installation::portal::{PortalOpening, SESSION_SECS},
    },
};
use leptos::prelude::*;

use crate::{
    components::page::{failure::failure, portal},
    request::{PageRequest, portal::COOKIE, redirect, services},
};

pub(crate) fn portal_link() -> AnyView {
    let Some(req) = PageRequest::now() else { return ().into_any() };
    if let Some(PageFailure(error)) = req.breakdown() {
        return failure(&error, None);
    }
    // HEAD does not use up the link, because link previews and mail scanners may send it.
    if req.is_head() {
        return ().into_any();
    }
    let Some(services) = services() else {
        return failure(&ServiceError::Internal("request context without services"), None);
    };
    Suspend::new(async move {
        match open(&services, &req).await {
            Ok(PortalOpening::Started { token, start_path }) => {
                COOKIE.keep(&token, u32::try_from(SESSION_SECS).unwrap_or(u32::MAX));
                redirect(&start_path);
                ().into_any()
            }
            Ok(PortalOpening::Used(back)) => portal::link_used(&back),
            Ok(PortalOpening::Over(back)) => portal::link_over(&back),
            Ok(PortalOpening::Unknown) => portal::link_unknown(),
            Err(error) => failure(&error, req.viewer()),
        }
    })
    .into_any()
}

async fn open(services: &Services, req: &PageRequest) -> Result<PortalOpening, ServiceError> {
    let account_session = match req.session() {
        Some(session) => {
            session::signed_in_handle(&session, services.wall_now(), services.settings().limits.sessions).await?
        }
        None => None,
    };
    services.portal().open_link(req.last_segment(), account_session.as_deref()).await
}
