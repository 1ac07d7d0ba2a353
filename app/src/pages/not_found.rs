//! 404: no page at this address.

use http::StatusCode;
use leptos::prelude::*;

use crate::{
    components::{
        entry::opening,
        page::{Place, frame},
    },
    request::{Asked, set_status},
};

pub(crate) fn not_found() -> AnyView {
    set_status(StatusCode::NOT_FOUND);
    let viewer = Asked::now().and_then(|asked| asked.viewer());
    let (to, label) = if viewer.is_some() { ("/membership", "Go to membership") } else { ("/login", "Go to sign in") };
    frame(
        "Not found",
        Place::Elsewhere,
        viewer,
        view! {
            {opening("404".into_any(), view! {
                <div class="stack">
                    <h1>"There is no page at this address."</h1>
                    <p class="lead">"It may have moved, or it belongs to a workspace that you are not in."</p>
                </div>
                <p class="actions"><a class="button" href=to>{label}</a></p>
            })}
        },
    )
}
