//! The second factor: off, pending or on.

use std::borrow::Cow;

use billing::service::account::second_factor::{SecondFactorSetup, SecondFactorState};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

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
        SecondFactorState::Off => view! { <p class="note">{text!(profile_two_factor_unavailable)}</p> }.into_any(),
        SecondFactorState::Pending(setup) => pending(setup, is_code_wrong),
        SecondFactorState::On { since, recovery_codes_left } => {
            on(text!(profile_two_factor_on, day = day(*since), codes = *recovery_codes_left))
        }
    };
    view! { {codes}{state} }.into_any()
}

fn off() -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(BeginSecondFactor::PATH)>
            <p>{text!(profile_two_factor_off)}</p>
            <button class="button main">{text!(profile_two_factor_set_up)}</button>
        </form>
    }
    .into_any()
}

fn pending(setup: &SecondFactorSetup, is_code_wrong: bool) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(EnableSecondFactor::PATH)>
            <p>{text!(profile_two_factor_scan)}</p>
            {qr(&setup.url)}
            {shown_secret(text!(profile_setup_key), &setup.secret)}
            {code_field(text!(profile_code_hint), is_code_wrong)}
            <button class="button main">{text!(profile_turn_on)}</button>
        </form>
        <form method="post" action=form_address(RemoveSecondFactor::PATH)>
            <button class="plain">{text!(profile_cancel_setup)}</button>
        </form>
    }
    .into_any()
}

fn on(words: Cow<'static, str>) -> AnyView {
    view! {
        <p>{words}</p>
        <div class="actions">
            <form method="post" action=form_address(RenewRecoveryCodes::PATH)>
                <button class="button">{text!(profile_renew_codes)}</button>
            </form>
            <form method="post" action=form_address(RemoveSecondFactor::PATH)>
                <button class="button stop">{text!(profile_turn_off)}</button>
            </form>
        </div>
    }
    .into_any()
}

fn recovery_codes(codes: &str) -> AnyView {
    let lines = codes.replace('.', "\n");
    let body = view! {
        <p>{text!(profile_codes_shown_body)}</p>
        {shown_secret(text!(profile_codes), &lines)}
    };
    inner_notice(Tone::Near, text!(profile_codes_shown), body)
}
