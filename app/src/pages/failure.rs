//! 500: our own mistake, with the number under which the logs know it.

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
    request::{Asked, set_status},
};

/// The page for what a page can't say itself. Causes go to the log, not to the reader.
pub(crate) fn failure(error: &ServiceError, viewer: Option<Viewer>) -> AnyView {
    set_status(StatusCode::INTERNAL_SERVER_ERROR);
    let request = Asked::now().and_then(|asked| asked.id());
    log(error, request.as_deref());
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
