//! `/login`: the sign-in form. In the demo the page also lists the demo's accounts.

use billing::service::DemoAccount;
use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::session::LogIn,
    components::{
        form::{
            field::Field,
            providers::provider_buttons,
            sign_in::{next, refusal_notice},
        },
        icon::Tone,
        notice::alert,
        page::{Place, entry::opening, frame},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, local_path::with_query, redirect, services},
    wording::day,
};

pub(crate) fn login() -> impl IntoView {
    let req = PageRequest::now()?;
    let next = next(&req);
    if req.account().is_some() {
        redirect(next.as_deref().unwrap_or("/membership"));
        return None;
    }
    let code = req.query("code");
    let signed_out = code.as_deref() == Some("signed_out");
    let invalid = code.as_deref() == Some(ErrorCode::InvalidCredentials.as_str());
    let is_session_over = code.as_deref() == Some("session_over");
    let draft = Draft::take_for_sign_in(&req);
    let services = services();
    let today = services.as_ref().map(|services| day(services.billing_now()));
    let demo = services.as_ref().and_then(|services| services.demo()).map(|accounts| demo_box(accounts).into_any());
    let to_signup = with_query("/signup", &next.iter().map(|next| ("next", next.as_str())).collect::<Vec<_>>());
    let providers = services.as_ref().map(|services| services.accounts().offered_providers()).unwrap_or_default();
    let providers = provider_buttons(&providers, next.as_deref());
    let has_passwords = services.as_ref().is_none_or(|services| services.accounts().has_passwords());
    let wide = if demo.is_some() { "split even" } else { "stack" };
    Some(frame(
        "Sign in",
        Place::Elsewhere,
        None,
        view! {
            {opening(today.into_any(), view! {
                <div class=wide>
                    <div class="stack">
                        <h1>"Sign in to Dues."</h1>
                        <p class="lead">"What your workspace has, uses and pays."</p>
                        {refusal_notice(&req)}
                        {signed_out
                            .then(|| {
                                alert(Tone::Ok, "You are signed out", view! {
                                        <p>"This browser no longer knows who you are."</p>
                                    })
                            })}
                        {is_session_over
                            .then(|| {
                                alert(Tone::Near, "Your session is over", view! {
                                        <p>"Nothing was saved. Sign in, and you are back where you were."</p>
                                    })
                            })}
                        {providers}
                        {has_passwords.then(|| password_form(next, fields(invalid, &draft), to_signup))}
                    </div>
                    {demo}
                </div>
            })}
        },
    ))
}

fn password_form(next: Option<String>, fields: impl IntoView + 'static, to_signup: String) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(LogIn::PATH)>
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            {fields}
            <button class="button main">"Sign in"</button>
            <p class="note">
                "Forgot the password? "<a href="/password/forgot">"Choose a new one"</a>
                "."
            </p>
            <p class="note">
                "New here? "<a href=to_signup>"Open a workspace"</a>
                ". Free costs nothing and asks for no card."
            </p>
        </form>
    }
    .into_any()
}

fn fields(suspect: bool, draft: &Draft) -> impl IntoView + use<> {
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: "email",
        autocomplete: "username",
        suspect,
        value: draft.value("email"),
        ..Field::default()
    };
    let password = Field {
        name: "password",
        label: "Password",
        kind: "password",
        autocomplete: "current-password",
        suspect,
        ..Field::default()
    };
    (email.view(), password.view())
}

/// Renders the demo's accounts. Their passwords are in the start-up message only.
fn demo_box(accounts: &[DemoAccount]) -> impl IntoView + use<> {
    let rows = accounts
        .iter()
        .map(|DemoAccount { email, tenant, plan, may_change }| {
            let may = if *may_change { "change" } else { "look" };
            view! {
                <tr>
                    <th scope="row"><b>{email.clone()}</b><br/>{format!("{tenant}, {plan}")}</th>
                    <td>{may}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="receipt" aria-labelledby="h-demo">
            <h2 id="h-demo">"This is the demo"</h2>
            <p class="note">
                "Nothing here is real: no card is charged. The start-up message has the passwords."
            </p>
            <table class="ledger">
                <caption class="unseen">"Demo accounts"</caption>
                <thead><tr><th scope="col">"Sign in as"</th><th scope="col">"May"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}
