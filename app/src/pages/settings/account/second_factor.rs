//! The second factor: off, pending or on.

use billing::service::account::second_factor::{SecondFactorSetup, SecondFactorState};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{qr::qr, view::AccountView};
use crate::{
    actions::account::{BeginSecondFactor, EnableSecondFactor, RemoveSecondFactor, RenewRecoveryCodes},
    components::{
        form::{code_field::code_field, shown_secret::shown_secret},
        icon::Tone,
        notice::inner_notice,
    },
    request::drawn_for::form_address,
    wording::day,
};

/// Renders the section. `is_code_wrong`: whether the last code was rejected.
pub(super) fn second_factor(view: &AccountView, is_code_wrong: bool) -> AnyView {
    let codes = view.recovery_codes.as_deref().map(recovery_codes);
    let state = match &view.second_factor {
        SecondFactorState::Off if view.can_store_secrets => off(),
        SecondFactorState::Off => {
            view! { <p class="note">"No second factor can be set up here: SECRETS_KEY is not set. The person who runs this installation can set it."</p> }
                .into_any()
        }
        SecondFactorState::Pending(setup) => pending(setup, is_code_wrong),
        SecondFactorState::On { since, recovery_codes_left } => {
            let codes = if *recovery_codes_left == 1 { "recovery code" } else { "recovery codes" };
            on(format!("On since {}. {recovery_codes_left} {codes} left.", day(*since)))
        }
    };
    view! { {codes}{state} }.into_any()
}

fn off() -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(BeginSecondFactor::PATH)>
            <p>"Off. With a second factor, signing in also asks for a code from an authenticator app, so a stolen password alone opens nothing."</p>
            <button class="button main">"Set up a second factor"</button>
        </form>
    }
    .into_any()
}

fn pending(setup: &SecondFactorSetup, is_code_wrong: bool) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(EnableSecondFactor::PATH)>
            <p>"Scan this QR code with an authenticator app, or type the secret into it. Then enter the code that it shows."</p>
            {qr(&setup.url)}
            {shown_secret("Secret for an authenticator", &setup.secret)}
            {code_field("Six digits.", is_code_wrong)}
            <button class="button main">"Turn on"</button>
        </form>
        <form method="post" action=form_address(RemoveSecondFactor::PATH)>
            <button class="plain">"Cancel"</button>
        </form>
    }
    .into_any()
}

fn on(words: String) -> AnyView {
    view! {
        <p>{words}</p>
        <div class="actions">
            <form method="post" action=form_address(RenewRecoveryCodes::PATH)>
                <button class="button">"Make new recovery codes"</button>
            </form>
            <form method="post" action=form_address(RemoveSecondFactor::PATH)>
                <button class="button stop">"Remove second factor"</button>
            </form>
        </div>
    }
    .into_any()
}

fn recovery_codes(codes: &str) -> AnyView {
    let lines = codes.replace('.', "\n");
    let body = view! {
        <p>"Each signs you in once without your authenticator. They are shown only now: save them where you keep your passwords."</p>
        {shown_secret("Recovery codes", &lines)}
    };
    inner_notice(Tone::Near, "Your recovery codes", body)
}
