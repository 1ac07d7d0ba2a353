//! `/login`: the sign-in form. In the demo the page also lists the demo's accounts.

use billing::service::DemoAccount;
use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

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
        rich::rich_text,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, local_path::with_query, redirect, services},
    wording::{self, day},
};

pub(crate) fn login() -> impl IntoView {
    let req = PageRequest::now()?;
    let next = next(&req);
    if req.account().is_some() {
        redirect(next.as_deref().unwrap_or(req.landing()));
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
        text!(account_sign_in_title),
        Place::Elsewhere,
        None,
        view! {
            {opening(today.into_any(), view! {
                <div class=wide>
                    <div class="stack">
                        <h1>{text!(account_sign_in_head)}</h1>
                        <p class="lead">{text!(account_sign_in_lead)}</p>
                        {refusal_notice(&req)}
                        {signed_out
                            .then(|| {
                                alert(Tone::Ok, text!(account_signed_out_head), view! {
                                        <p>{text!(account_signed_out_body)}</p>
                                    })
                            })}
                        {(code.as_deref() == Some("account_deleted"))
                            .then(|| {
                                alert(Tone::Ok, text!(account_deleted_head), view! {
                                        <p>{text!(account_deleted_body)}</p>
                                    })
                            })}
                        {is_session_over
                            .then(|| {
                                alert(Tone::Near, text!(account_session_over_head), view! {
                                        <p>{text!(account_session_over_body)}</p>
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
            <button class="button main">{text!(account_sign_in)}</button>
            <p class="note">{rich_text(rich!(account_sign_in_forgot, forgot = "/password/forgot"))}</p>
            <p class="note">{rich_text(rich!(account_sign_in_new, signup = to_signup))}</p>
        </form>
    }
    .into_any()
}

fn fields(suspect: bool, draft: &Draft) -> impl IntoView + use<> {
    let email = Field {
        name: "email",
        label: text!(form_email),
        kind: "email",
        autocomplete: "username",
        suspect,
        value: draft.value("email"),
        ..Field::default()
    };
    let password = Field {
        name: "password",
        label: text!(form_password),
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
            let may = if *may_change { text!(account_demo_change) } else { text!(account_demo_look) };
            let place = text!(account_demo_place, workspace = tenant, plan = wording::name(plan));
            view! {
                <tr>
                    <th scope="row"><b><bdi>{email.clone()}</bdi></b><br/>{place}</th>
                    <td>{may}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="receipt" aria-labelledby="h-demo">
            <h2 id="h-demo">{text!(account_demo_head)}</h2>
            <p class="note">{text!(account_demo_note)}</p>
            <table class="ledger">
                <caption class="unseen">{text!(account_demo_caption)}</caption>
                <thead><tr><th scope="col">{text!(account_demo_column_account)}</th><th scope="col">{text!(account_demo_column_may)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}
