//! `/signup`: creates an account and a workspace.

use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::session::SignUp,
    components::{
        form::{
            account_fields::mistake,
            field::Field,
            mistakes::Mistakes,
            new_password::new_password,
            sign_in::{next, refusal_notice},
        },
        icon::Tone,
        notice::alert,
        page::{Place, entry::opening, frame},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, local_path::with_query, redirect, services},
    wording::day,
};

/// Renders the notice for an address with an account: only its password opens it.
fn refusal(req: &PageRequest) -> Option<AnyView> {
    if req.query("code").as_deref() != Some(ErrorCode::InvalidCredentials.as_str()) {
        return refusal_notice(req);
    }
    let body = view! {
        <p>
            "The address may have an account with another password. "<a href="/login">"Sign in"</a>
            ", or use another address."
        </p>
    };
    Some(alert(Tone::Stop, "No workspace was opened", body))
}

fn fields(mistakes: &Mistakes, draft: &Draft) -> impl IntoView + use<> {
    let workspace = Field {
        name: "workspace",
        label: "Name of the workspace",
        kind: "text",
        autocomplete: "organization",
        hint: Some("Your team’s or company’s name. Left empty, it is made from your address.".to_owned()),
        wrong: mistakes.of("workspace"),
        value: draft.value("workspace"),
        max_chars: Some(80),
        optional: true,
        ..Field::default()
    };
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: "email",
        autocomplete: "username",
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        ..Field::default()
    };
    (workspace.view(), email.view(), new_password("Password", mistakes))
}

pub(crate) fn sign_up() -> impl IntoView {
    let req = PageRequest::now()?;
    let next = next(&req);
    if req.account().is_some() {
        redirect(next.as_deref().unwrap_or("/membership"));
        return None;
    }
    let mistakes = Mistakes::from_query(&req, &["workspace", "email", "password"], mistake);
    let fields = fields(&mistakes, &Draft::take(&req, &[SignUp::PATH]));
    let today = services().map(|services| day(services.billing_now()));
    let to_login = with_query("/login", &next.iter().map(|next| ("next", next.as_str())).collect::<Vec<_>>());
    Some(frame(
        "Open a workspace",
        Place::Elsewhere,
        None,
        view! {
            {opening(today.into_any(), view! {
                <div class="stack">
                    <h1>"Open a workspace."</h1>
                    <p class="lead">"It begins on Free, which costs nothing and asks for no card."</p>
                    {refusal(&req)}
                    {mistakes.summary()}
                    <form class="stack" method="post" action=form_address(SignUp::PATH)>
                        {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                        {fields}
                        <button class="button main">"Open workspace"</button>
                        <p class="note">"You have one already? "<a href=to_login>"Sign in"</a>"."</p>
                    </form>
                </div>
            })}
        },
    ))
}
