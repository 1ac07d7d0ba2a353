//! `/confirm`: asks for the password or a code again before a sensitive action.

use billing::service::account::settings::ConfirmationMethods;
use domain::account::Account;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::{account::ConfirmAgain, session::SignOut},
    components::{
        form::{code_field::code_field, field::Field, sign_in::code_refusal_notice},
        page::{Place, access::account_page, entry::opening, frame},
    },
    request::{PageRequest, drawn_for::form_address, local_path::local_path},
};

pub(crate) fn confirm() -> AnyView {
    account_page(|services, account, req| async move {
        let confirmation_methods = services.accounts().confirmation_methods(&account).await?;
        Ok(page(&req, &account, confirmation_methods))
    })
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    account: &Account,
    confirmation_methods: ConfirmationMethods,
) -> AnyView {
    let next = req.query("next").and_then(|next| local_path(&next).map(ToOwned::to_owned));
    let next = next.unwrap_or_else(|| "/membership".to_owned());
    let refused = code_refusal_notice(req);
    let suspect = refused.is_some();
    let ConfirmationMethods { has_password, has_second_factor } = confirmation_methods;
    let ways = [
        has_password.then(|| password_form(account, next.clone(), suspect)),
        has_second_factor.then(|| code_form(next.clone(), suspect)),
        (!has_password && !has_second_factor).then(|| sign_in_again(next)),
    ];
    frame(
        text!(account_confirm_title),
        Place::Elsewhere,
        req.viewer(),
        opening(
            text!(account_confirm_title).into_any(),
            view! {
                <div class="stack">
                    <h1>{text!(account_confirm_head)}</h1>
                    <p class="lead">{text!(account_confirm_lead)}</p>
                </div>
                {refused}
                {ways.into_iter().flatten().collect_view()}
            },
        ),
    )
}

fn password_form(account: &Account, next: String, suspect: bool) -> AnyView {
    let email = Field {
        name: "email",
        label: text!(form_email),
        kind: "email",
        autocomplete: "username",
        value: account.email.to_string(),
        fixed: true,
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
    view! {
        <form class="stack" method="post" action=form_address(ConfirmAgain::PATH)>
            <input type="hidden" name="next" value=next/>
            {email.view()}
            {password.view()}
            <button class="button main">{text!(account_confirm_with_password)}</button>
        </form>
    }
    .into_any()
}

fn code_form(next: String, suspect: bool) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(ConfirmAgain::PATH)>
            <input type="hidden" name="next" value=next/>
            {code_field(text!(account_confirm_code_hint), suspect)}
            <button class="button">{text!(account_confirm_with_code)}</button>
        </form>
    }
    .into_any()
}

fn sign_in_again(next: String) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(SignOut::PATH)>
            <p>{text!(account_confirm_sign_in_again)}</p>
            <input type="hidden" name="next" value=next/>
            <button class="button main">{text!(frame_sign_out)}</button>
        </form>
    }
    .into_any()
}
