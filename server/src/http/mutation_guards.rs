//! Guards for requests that change state: same origin, stale forms, and completion after the client disconnects.

use std::{collections::HashSet, sync::LazyLock};

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use billing::{service::account::mail_preferences::UNSUBSCRIBE_LINKS, trace};
use leptos::server_fn::{axum::server_fn_paths, error::SERVER_FN_ERROR_HEADER};
use locales::Locale;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use url::{Origin, Position, Url};

use super::authenticate;
use crate::api::ApiError;

/// Paths that page forms post to.
static FORMS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| server_fn_paths().map(|(path, _)| path).collect());

/// Request extension of a handler that runs in a separate task. Canceled when the client disconnects.
#[derive(Clone, Debug)]
pub(super) struct ClientDisconnect(CancellationToken);

pub(super) const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses state changes that a browser sends from another site and that rely on the session cookie.
///
/// Requests with neither `Sec-Fetch-Site` nor `Origin` do not come from a browser and pass. Requests with a bearer
/// token pass, too, except on paths about the account, such as sign-in and sign-out. So do requests that a token in
/// their path authorizes, because a session adds nothing to them.
pub(super) fn check_same_site(app_origin: &Origin, request: &Request) -> Result<(), ApiError> {
    let relies_on_cookie =
        || authenticate::bearer(request.headers()).is_none() || authenticate::is_account_path(request.uri().path());
    let is_authorized_by_path = request.uri().path().starts_with(UNSUBSCRIBE_LINKS);
    if is_safe(request.method())
        || is_authorized_by_path
        || !relies_on_cookie()
        || is_same_origin(request.headers(), app_origin)
    {
        Ok(())
    } else {
        Err(ApiError::cross_site())
    }
}

fn is_same_origin(headers: &HeaderMap, app_origin: &Origin) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => Url::parse(origin).is_ok_and(|url| url.origin() == *app_origin),
        (None, None) => true,
    }
}

/// Returns the redirect for a form that was rendered for another workspace or person than the current one; `None` if
/// the form may proceed.
///
/// Forms with a bearer token always proceed, because no page rendered them.
pub(super) fn redirect_stale_form(app_origin: &Origin, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    if request.method() != Method::POST || !FORMS.contains(path) || authenticate::bearer(request.headers()).is_some() {
        return None;
    }
    let referer = request.headers().get(header::REFERER).and_then(|value| Url::parse(value.to_str().ok()?).ok());
    let from = referer
        .filter(|url| url.origin() == *app_origin)
        .map(|url| url[Position::BeforePath..Position::AfterQuery].to_owned());
    let query = request.uri().query().unwrap_or_default();
    let to = app::request::drawn_for::refusal(path, query, request.extensions(), from.as_deref())?;
    Some(Redirect::to(&to).into_response())
}

/// Replaces the framework's error for an unreadable form by the API's.
pub(super) fn form_response(response: Response) -> Response {
    if response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return ApiError::invalid_form().into_response();
    }
    response
}

/// Runs a state change in a separate task, so that it completes even if the client disconnects.
///
/// An interrupted handler could leave half of a change, and a transaction that is dropped midway can break its
/// connection. Steps before the handler stop when the client disconnects, see [`is_client_connected`].
pub(super) async fn detach(mut request: Request, next: Next) -> Response {
    if is_safe(request.method()) {
        return next.run(request).await;
    }
    let disconnected = CancellationToken::new();
    request.extensions_mut().insert(ClientDisconnect(disconnected.clone()));
    // When the connection ends or the stream is reset, this future is dropped. Dropping the guard cancels the token.
    let _guard = disconnected.drop_guard();
    let handling = trace::in_current(Locale::current().scope(next.run(request)));
    match tokio::spawn(handling.in_current_span()).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "failed to complete a request handler: it panicked or was aborted"
            );
            ApiError::internal().into_response()
        }
    }
}

/// Whether the client still waits for its response.
pub(super) fn is_client_connected(request: &Request) -> bool {
    request
        .extensions()
        .get::<ClientDisconnect>()
        .is_none_or(|ClientDisconnect(disconnected)| !disconnected.is_cancelled())
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::post};
    use tokio::sync::mpsc;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn detached_handler_sees_that_its_client_disconnected() {
        let (sender, mut receiver) = mpsc::channel(1);
        let handler = move |request: Request| async move {
            sender.send("begun").await.unwrap();
            while is_client_connected(&request) {
                tokio::task::yield_now().await;
            }
            sender.send("gone").await.unwrap();
        };
        let router = Router::new().route("/", post(handler)).layer(middleware::from_fn(detach));
        let mut answer = Box::pin(router.oneshot(Request::post("/").body(Body::empty()).unwrap()));
        tokio::select! {
            _ = &mut answer => panic!("it was answered"),
            message = receiver.recv() => assert_eq!(message, Some("begun")),
        }
        drop(answer);
        assert_eq!(receiver.recv().await, Some("gone"));
    }
}
