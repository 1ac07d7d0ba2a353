//! The POST that turns mails of one kind off: by the button of its page, and by mail programs with one click (RFC 8058),
//! which send neither cookies nor an origin. The token in the path authorizes it, and nothing else of the request does.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    response::Response,
    routing::post,
};
use billing::{
    Services,
    identity::ClientAddress,
    service::{PageFailure, ServiceError, account::mail_preferences::UNSUBSCRIBE_LINKS},
};

use super::pages::{self, PageContext};

#[derive(Clone)]
struct Unsubscribe {
    services: Services,
    page_context: PageContext,
}

pub(super) fn routes(services: &Services, page_context: &PageContext) -> Router<Services> {
    let state = Unsubscribe { services: services.clone(), page_context: page_context.clone() };
    Router::new().route(&format!("{UNSUBSCRIBE_LINKS}{{token}}"), post(unsubscribe)).with_state(state)
}

/// Turns the mail off and answers with the link's page, which shows that it is off. Mail programs follow no redirect.
async fn unsubscribe(
    State(Unsubscribe { services, page_context }): State<Unsubscribe>,
    Path(token): Path<String>,
    mut request: Request,
) -> Response {
    let from = request.extensions().get::<ClientAddress>().copied().unwrap_or(ClientAddress::UNKNOWN);
    match services.accounts().unsubscribe(&token, from).await {
        // The page explains that the link is not valid.
        Ok(()) | Err(ServiceError::InvalidLink(_)) => {}
        Err(error) => drop(request.extensions_mut().insert(PageFailure(Arc::new(error)))),
    }
    pages::rendered(page_context, request).await
}
