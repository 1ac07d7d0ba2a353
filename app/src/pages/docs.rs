//! `/docs`: the interactive API reference.

pub(crate) mod documents;

use leptos::{nonce::use_nonce, prelude::*};

use crate::{
    components::page::{Place, entry::opening, frame},
    request::PageRequest,
};

/// Renders Swagger UI, which loads `/openapi.json`. All its assets come from this server.
pub(crate) fn docs() -> AnyView {
    let viewer = PageRequest::now().and_then(|req| req.viewer());
    let nonce = use_nonce();
    frame(
        "API documentation",
        Place::Elsewhere,
        viewer,
        view! {
            {opening(view! { <a href="/openapi.json">"openapi.json"</a><br/><a href="/docs/security">"Security"</a> }, view! {
                <div class="stack">
                    <h1>"The API of Dues."</h1>
                    <p class="lead">
                        "What the pages do, services can ask for: with a session, an API key or a Firebase token. "
                        "Calls tried here are real, and come from you if you are signed in."
                    </p>
                    <p>"How much of everything is taken at once: "<a href="/docs/bounds">"the bounds"</a>"."</p>
                    <noscript>
                        <p>"The reference below is drawn by a script. "<a href="/openapi.json">"openapi.json"</a>" says the same, for programs."</p>
                    </noscript>
                </div>
            })}
            <link rel="stylesheet" href="/docs/reference.css"/>
            <div class="reference" id="reference"></div>
            <script src="/docs/swagger-ui-bundle.js" nonce=nonce.clone() defer></script>
            <script src="/docs/reference.js" nonce=nonce defer></script>
        },
    )
}
