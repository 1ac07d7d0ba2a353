//! `/login/code`: asks for the second factor's code after the password.

use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

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
        redirect(next.as_deref().unwrap_or(req.landing()));
        return None;
    }
    Some(page(&req, next))
}

pub(in crate::pages) fn page(req: &PageRequest, next: Option<String>) -> AnyView {
    let refused = code_refusal_notice(req);
    let suspect = refused.is_some();
    frame(
        text!(account_code_title),
        Place::Elsewhere,
        None,
        opening(
            view! { <a href="/login">{text!(account_sign_in)}</a> }.into_any(),
            view! {
                <div class="stack">
                    <h1>{text!(account_code_head)}</h1>
                    <p class="lead">{text!(account_code_lead)}</p>
                </div>
                {refused}
                <form class="stack" method="post" action=form_address(LogInByCode::PATH)>
                    {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                    {code_field(text!(account_code_hint), suspect)}
                    <button class="button main">{text!(account_sign_in)}</button>
                    <p class="note">{text!(account_code_lost)}</p>
                </form>
            },
        ),
    )
}
