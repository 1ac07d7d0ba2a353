//! Error pages: 500 with the request id that the logs carry, 503 for an unavailable database, 429 for a rate limit.

use billing::service::ServiceError;
use domain::{account::Viewer, error_code::ErrorCode};
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    actions::log,
    components::page::{Place, entry::opening, frame},
    request::{PageRequest, set_retry_after, set_status},
};

/// `Retry-After` of a 503, in seconds.
const RETRY_SECS: u32 = 5;

/// Renders the error page for `error`. Logs the causes; the page does not show them.
pub(crate) fn failure(error: &ServiceError, viewer: Option<Viewer>) -> AnyView {
    if let ServiceError::Throttled { retry_after_secs } = error {
        return rate_limited(*retry_after_secs, viewer);
    }
    let request = PageRequest::now().and_then(|req| req.id());
    log(error, request.as_deref());
    if error.code() == ErrorCode::StoreUnavailable { unavailable(viewer) } else { internal_error(request, viewer) }
}

/// Renders 429.
fn rate_limited(retry_after_secs: i64, viewer: Option<Viewer>) -> AnyView {
    set_status(StatusCode::TOO_MANY_REQUESTS);
    let secs = u32::try_from(retry_after_secs.max(1)).unwrap_or(u32::MAX);
    set_retry_after(secs);
    let wait = match secs {
        1 => "a second".to_owned(),
        secs => format!("{secs} seconds"),
    };
    frame(
        "Too many requests",
        Place::Elsewhere,
        viewer,
        view! {
            {opening("429".into_any(), view! {
                <div class="stack">
                    <h1>"That was too often for now."</h1>
                    <p class="lead">{format!("Nothing was charged or changed. Wait {wait}, then load the page again.")}</p>
                </div>
                <p class="actions"><a class="button" href="">"Load it again"</a></p>
            })}
        },
    )
}

/// Renders 503: temporary, so a retry may succeed.
fn unavailable(viewer: Option<Viewer>) -> AnyView {
    set_status(StatusCode::SERVICE_UNAVAILABLE);
    set_retry_after(RETRY_SECS);
    frame(
        "Not now",
        Place::Elsewhere,
        viewer,
        view! {
            {opening("503".into_any(), view! {
                <div class="stack">
                    <h1>"The database does not answer."</h1>
                    <p class="lead">"Nothing was charged or changed. Look again in a moment."</p>
                </div>
                <p class="actions"><a class="button" href="">"Look again"</a></p>
            })}
        },
    )
}

fn internal_error(request: Option<String>, viewer: Option<Viewer>) -> AnyView {
    set_status(StatusCode::INTERNAL_SERVER_ERROR);
    frame(
        "Our mistake",
        Place::Elsewhere,
        viewer,
        view! {
            {opening("500".into_any(), view! {
                <div class="stack">
                    <h1>"Something broke on our side."</h1>
                    <p class="lead">
                        "Nothing was charged or changed."
                        {request
                            .map(|id| view! { " If it happens again, tell us this number: " <code>{id}</code> })}
                    </p>
                </div>
                <p class="actions"><a class="button" href="/membership">"Back to membership"</a></p>
            })}
        },
    )
}
