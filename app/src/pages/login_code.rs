//! `/login/code`: asks for the second factor's code after the password.

use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};

use super::login::{minutes, next};
use crate::{
    actions::session::LogInByCode,
    components::{
        code_field::code_field,
        entry::opening,
        icon::Tone,
        notice::alert,
        page::{Place, frame},
    },
    drawn_for::form_address,
    request::{Outcome, PageRequest, redirect},
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
    let refused = refused(req);
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

/// Renders the notice about the last attempt.
pub(in crate::pages) fn refused(req: &PageRequest) -> Option<AnyView> {
    use Outcome::{Done, Refused};

    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    let (head, body) = match Outcome::of(&req.query("code")?) {
        Refused(ErrorCode::InvalidCode) => (
            "That code is not right",
            "Each code works once. Wait for the next one, or check the clock of the device that shows it.".to_owned(),
        ),
        Refused(ErrorCode::InvalidCredentials) => {
            ("That password is not right", "Check it and try again. Capital letters count in the password.".to_owned())
        }
        Refused(ErrorCode::Throttled) => ("Too many tries", format!("Wait {}, then try again.", minutes(wait_secs))),
        Refused(ErrorCode::SignInAgain) => {
            ("There is nothing to confirm with", "Sign out, then sign in again.".to_owned())
        }
        Refused(ErrorCode::Internal) => {
            ("Something broke on our side", "Nothing was changed. Try again in a minute.".to_owned())
        }
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => (code.title(), code.message().to_owned()),
    };
    Some(alert(Tone::Stop, head, view! { <p>{body}</p> }))
}
