//! The second factor: off, being set up, or on.

use billing::service::second_factor::{SecondFactorSetup, SecondFactorState};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{AccountView, qr::qr};
use crate::{
    actions::account::{BeginSecondFactor, EnableSecondFactor, RemoveSecondFactor, RenewRecoveryCodes},
    components::{code_field::code_field, icon::Tone, notice::inner_notice, shown_secret::shown_secret},
    drawn_for::form_address,
    wording::day,
};

pub(super) fn second_factor(view: &AccountView) -> AnyView {
    let codes = view.recovery_codes.as_deref().map(recovery_codes);
    let state = match &view.second_factor {
        SecondFactorState::Off if view.keeps_secrets => off(),
        SecondFactorState::Off => {
            view! { <p class="note">"No second factor can be kept here, as SECRETS_KEY is not set. The person who runs this installation can set it."</p> }
                .into_any()
        }
        SecondFactorState::Pending(setup) => pending(setup),
        SecondFactorState::On { since, recovery_codes_left } => {
            let words = format!(
                "On since {}. {recovery_codes_left} of the recovery codes are left.",
                day(*since),
            );
            on(words)
        }
    };
    view! { {codes}{state} }.into_any()
}

fn off() -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(BeginSecondFactor::PATH)>
            <p>"Off. With it, signing in asks for a code of an authenticator beside the password: what a stolen password opens then is nothing."</p>
            <button class="button main">"Set up a second factor"</button>
        </form>
    }
    .into_any()
}

fn pending(setup: &SecondFactorSetup) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(EnableSecondFactor::PATH)>
            <p>"Read this picture with an authenticator, or type the secret into it. Then enter the code that it shows."</p>
            {qr(&setup.url)}
            {shown_secret("Secret for an authenticator", &setup.secret)}
            {code_field("Six digits.", false)}
            <button class="button main">"Turn it on"</button>
        </form>
        <form method="post" action=form_address(RemoveSecondFactor::PATH)>
            <button class="plain">"Leave it off"</button>
        </form>
    }
    .into_any()
}

fn on(words: String) -> AnyView {
    view! {
        <p>{words}</p>
        <form class="actions" method="post" action=form_address(RenewRecoveryCodes::PATH)>
            <button class="button">"Make new recovery codes"</button>
        </form>
        <form class="actions" method="post" action=form_address(RemoveSecondFactor::PATH)>
            <button class="button stop">"Remove the second factor"</button>
        </form>
    }
    .into_any()
}

fn recovery_codes(codes: &str) -> AnyView {
    let lines = codes.replace('.', "\n");
    let body = view! {
        <p>"Each lets you in once without the authenticator. They are shown this once: keep them where you keep passwords."</p>
        {shown_secret("Recovery codes", &lines)}
    };
    inner_notice(Tone::Near, "Your recovery codes", body)
}
