//! 500: our own mistake, with the number under which the logs know it. 503: the database is away, or has no room.

use billing::service::ServiceError;
use domain::account::Viewer;
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    actions::log,
    components::{
        entry::opening,
        page::{Place, frame},
    },
    request::{Asked, set_retry_after, set_status},
};

/// How long to wait before looking again.
const RETRY_SECS: u32 = 5;

/// The page for what a page can't say itself. Causes go to the log, not to the reader.
pub(crate) fn failure(error: &ServiceError, viewer: Option<Viewer>) -> AnyView {
    let request = Asked::now().and_then(|asked| asked.id());
    log(error, request.as_deref());
    if error.code() == ServiceError::Unavailable.code() { out_of_reach(viewer) } else { our_mistake(request, viewer) }
}

/// It may well work in a moment.
fn out_of_reach(viewer: Option<Viewer>) -> AnyView {
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

fn our_mistake(request: Option<String>, viewer: Option<Viewer>) -> AnyView {
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
