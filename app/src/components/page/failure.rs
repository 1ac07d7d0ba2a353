//! Error pages: 500 with the request id that the logs carry, 503 for an unavailable database, 429 for a rate limit.

use billing::service::ServiceError;
use domain::{account::Viewer, error_code::ErrorCode};
use http::StatusCode;
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    actions::log,
    components::{
        page::{Place, entry::opening, frame},
        rich::rich_text,
    },
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
    frame(
        text!(frame_rate_limited_title),
        Place::Elsewhere,
        viewer,
        view! {
            {opening("429".into_any(), view! {
                <div class="stack">
                    <h1>{text!(frame_rate_limited_head)}</h1>
                    <p class="lead">{text!(frame_rate_limited_lead, seconds = secs)}</p>
                </div>
                <p class="actions"><a class="button" href="">{text!(frame_reload)}</a></p>
            })}
        },
    )
}

/// Renders 503: temporary, so a retry may succeed.
fn unavailable(viewer: Option<Viewer>) -> AnyView {
    set_status(StatusCode::SERVICE_UNAVAILABLE);
    set_retry_after(RETRY_SECS);
    frame(
        text!(frame_unavailable_title),
        Place::Elsewhere,
        viewer,
        view! {
            {opening("503".into_any(), view! {
                <div class="stack">
                    <h1>{text!(frame_unavailable_head)}</h1>
                    <p class="lead">{text!(frame_unavailable_lead)}</p>
                </div>
                <p class="actions"><a class="button" href="">{text!(frame_reload)}</a></p>
            })}
        },
    )
}

fn internal_error(request: Option<String>, viewer: Option<Viewer>) -> AnyView {
    let number = request.map(|id| view! { " " {rich_text(rich!(frame_internal_number, number = id))} });
    set_status(StatusCode::INTERNAL_SERVER_ERROR);
    frame(
        text!(frame_internal_title),
        Place::Elsewhere,
        viewer,
        view! {
            {opening("500".into_any(), view! {
                <div class="stack">
                    <h1>{text!(frame_internal_head)}</h1>
                    <p class="lead">
                        {text!(frame_internal_lead)}
                        {number}
                    </p>
                </div>
                <p class="actions"><a class="button" href="/membership">{text!(frame_back_to_membership)}</a></p>
            })}
        },
    )
}
