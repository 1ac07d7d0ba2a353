//! `/login/code`: asks for the second factor's code after the password.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::session::LogInByCode,
    components::{
        form::{
            code_field::code_field,
            sign_in::{code_refusal_notice, next},
        },
        page::{Place, entry::opening, frame},
    },
    request::{PageRequest, drawn_for::form_address, redirect},
};

pub(crate) fn login_code() -> impl IntoView {
    let req = PageRequest::now()?;
    let next = next(&req);
    if req.account().is_some() {
        redirect(next.as_deref().unwrap_or("/membership"));
        return None;
    }
    Some(page(&req, next))
}

pub(in crate::pages) fn page(req: &PageRequest, next: Option<String>) -> AnyView {
    let refused = code_refusal_notice(req);
    let suspect = refused.is_some();
    frame(
        "Second step",
        Place::Elsewhere,
        None,
        opening(
            view! { <a href="/login">"Sign in"</a> }.into_any(),
            view! {
                <div class="stack">
                    <h1>"Enter the code."</h1>
                    <p class="lead">"This account has a second factor: enter the code from your authenticator app."</p>
                </div>
                {refused}
                <form class="stack" method="post" action=form_address(LogInByCode::PATH)>
                    {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                    {code_field("Or one of your recovery codes. Each works once.", suspect)}
                    <button class="button main">"Sign in"</button>
                    <p class="note">"Lost your authenticator and your recovery codes? Ask the person who runs this installation."</p>
                </form>
            },
        ),
    )
}
