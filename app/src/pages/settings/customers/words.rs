//! Texts for submitted forms and for errors of the provider.

use std::borrow::Cow;

use billing::{
    payment::{ProviderError, merchant::MerchantPrice},
    service::ServiceError,
};
use domain::{
    error_code::ErrorCode,
    money::{Currency, Money},
    subscription::Provider,
};
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    actions::customers::REFUSAL,
    components::{
        icon::Tone,
        notice::{
            alert,
            answer::{self, Answer},
            inner_notice,
        },
        provider::said_by_provider,
        rich::rich_text,
    },
    request::{Outcome, PageRequest, draft::Draft},
    wording::exact,
};

const SECRETS: &str = "/settings/secrets";

/// Renders the notice about the last form. The provider's reason is in the draft.
pub(super) fn answered(req: &PageRequest, provider: &str, workspace: &str, draft: &Draft) -> Option<AnyView> {
    let code = req.query("code")?;
    let refusal = draft.value(REFUSAL);
    if code == ErrorCode::ProviderRejected.as_str() && !refusal.is_empty() {
        let body = view! { <p class="breaking">{sentence(&refusal)}</p><p>{text!(customers_rejected_means)}</p> };
        return Some(alert(Tone::Stop, text!(customers_rejected, provider = provider), body));
    }
    Some(answer::notice(req, &code, words(&code, provider, workspace)?))
}

fn words(code: &str, provider: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("made") => (Tone::Ok, text!(customers_created), text!(customers_created_means)),
        Done("ending") => (Tone::Ok, text!(customers_ending), text!(customers_ending_means)),
        Done("ended") => (Tone::Ok, text!(customers_ended), text!(customers_ended_means)),
        Refused(ErrorCode::NotFound) => {
            (Tone::Off, text!(customers_not_found, provider = provider), text!(customers_not_found_means))
        }
        Refused(ErrorCode::ProviderRejected) => {
            (Tone::Stop, text!(customers_rejected, provider = provider), text!(customers_rejected_means))
        }
        Refused(ErrorCode::ProviderUnavailable) => {
            (Tone::Near, text!(customers_unavailable, provider = provider), text!(customers_unavailable_means))
        }
        Refused(ErrorCode::TenantBillingNotConfigured) => {
            (Tone::Off, text!(customers_no_key_yet), text!(customers_no_key_yet_means))
        }
        Refused(ErrorCode::IdempotencyInProgress) => {
            (Tone::Near, text!(customers_in_progress), text!(customers_in_progress_means))
        }
        Refused(ErrorCode::IdempotencyAnswerLost) => {
            (Tone::Near, text!(customers_sent_twice), text!(customers_sent_twice_means))
        }
        Refused(ErrorCode::SecretsNotConfigured | ErrorCode::SecretsKeyLost) => {
            (Tone::Stop, text!(customers_key_unreadable), text!(customers_key_unreadable_means))
        }
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Off, text!(customers_admin_required), text!(customers_admin_required_means, workspace = workspace))
        }
        Refused(ErrorCode::Throttled) => (Tone::Near, text!(customers_throttled), text!(customers_throttled_means)),
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(customers_internal), text!(customers_internal_means)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

/// Capitalizes the provider's message and ends it with a period.
fn sentence(message: &str) -> String {
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut chars = message.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).chain(end.chars()).collect()
}

/// Whether [`trouble`] has a text for the error.
pub(super) const fn has_words(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::TenantBillingNotConfigured
            | ServiceError::Validation { .. }
            | ServiceError::ProviderRejected { .. }
            | ServiceError::ProviderUnavailable { .. }
            | ServiceError::CustomerGone { .. }
            | ServiceError::NotFound(_)
            | ServiceError::SecretsNotConfigured
            | ServiceError::SecretsKeyLost
    )
}

/// Renders the error in place of the list.
pub(super) fn trouble(error: &ServiceError, provider: &str) -> AnyView {
    let again = || view! { <p class="actions"><a class="button" href="">{text!(customers_try_again)}</a></p> };
    match error {
        ServiceError::TenantBillingNotConfigured => no_key(),
        ServiceError::ProviderUnavailable { cause, .. } if cause.is_too_many_requests() => inner_notice(
            Tone::Near,
            text!(customers_list_throttled, provider = provider),
            view! { <p>{text!(customers_list_throttled_means)}</p>{again()} },
        ),
        ServiceError::ProviderUnavailable { cause: ProviderError::Decode(_), .. } => inner_notice(
            Tone::Near,
            text!(customers_list_unreadable, provider = provider),
            view! { <p>{text!(customers_list_unaffected)}</p>{again()} },
        ),
        ServiceError::ProviderUnavailable { .. } => inner_notice(
            Tone::Near,
            text!(customers_list_unavailable, provider = provider),
            view! { <p>{text!(customers_list_unaffected)}</p>{again()} },
        ),
        // The cursor is the only input of a list.
        ServiceError::Validation { .. } => inner_notice(
            Tone::Off,
            text!(customers_list_no_page),
            view! {
                <p>{text!(customers_list_no_page_means)}</p>
                <p class="actions"><a class="button" href="?">{text!(customers_newest)}</a></p>
            },
        ),
        ServiceError::NotFound(_) | ServiceError::CustomerGone { .. } => inner_notice(
            Tone::Off,
            text!(customers_list_no_customer, provider = provider),
            view! { <p>{text!(customers_list_no_customer_means)}</p> },
        ),
        ServiceError::ProviderRejected { reason, .. } => inner_notice(
            Tone::Stop,
            text!(customers_list_rejected, provider = provider),
            view! {
                <p class="breaking">{said_by_provider(&sentence(reason))}</p>
                <p class="actions"><a class="button" href=SECRETS>{text!(customers_list_check_key)}</a></p>
            },
        ),
        ServiceError::SecretsNotConfigured => unopened(text!(customers_list_not_configured)),
        ServiceError::SecretsKeyLost => unopened(text!(customers_list_key_lost)),
        error => unopened(error.to_string().into()),
    }
}

fn unopened(reason: Cow<'static, str>) -> AnyView {
    inner_notice(Tone::Stop, text!(customers_key_unreadable), view! { <p>{reason}</p> })
}

fn no_key() -> AnyView {
    let means = rich!(customers_no_account_means, polar = Provider::Polar.title(), stripe = Provider::Stripe.title());
    view! {
        <div class="empty">
            <p>{text!(customers_no_account)}</p>
            <p>{rich_text(means)}</p>
            <p><a class="button main" href=SECRETS>{text!(customers_add_key)}</a></p>
        </div>
    }
    .into_any()
}

/// Builds `$29.00 a month`, `€9.00 every 3 months`, `$5.00 once`.
pub(super) fn costs(price: &MerchantPrice) -> Cow<'static, str> {
    let MerchantPrice { id: _, amount_minor, currency, interval, interval_count } = price;
    let price: Cow<'static, str> = match (amount_minor, currency.parse::<Currency>()) {
        (Some(minor), Ok(currency)) => exact(Money::new(*minor, currency)).into(),
        (Some(minor), Err(_)) => format!("{minor} {}", currency.to_uppercase()).into(),
        (None, _) => text!(customers_custom_amount),
    };
    match (interval, interval_count) {
        (None, _) => text!(customers_price_once, price = price),
        (Some(interval), 0 | 1) => text!(customers_price_each, price = price, interval = interval),
        (Some(interval), count) => {
            text!(customers_price_every, price = price, count = *count, interval = interval)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::notice::answer::assert_answers;

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::NotFound,
            ErrorCode::ProviderRejected,
            ErrorCode::ProviderUnavailable,
            ErrorCode::TenantBillingNotConfigured,
            ErrorCode::IdempotencyInProgress,
            ErrorCode::IdempotencyAnswerLost,
            ErrorCode::SecretsNotConfigured,
            ErrorCode::SecretsKeyLost,
            ErrorCode::AdminRequired,
            ErrorCode::Throttled,
            ErrorCode::Internal,
        ];
        assert_answers(&["made", "ending", "ended"], &own, |code| words(code, "Polar", "Acme"));
    }

    fn price(amount_minor: Option<i64>, currency: &str, interval: Option<&str>, interval_count: u32) -> MerchantPrice {
        let interval = interval.map(str::to_owned);
        MerchantPrice {
            id: "price_1".to_owned(),
            amount_minor,
            currency: currency.to_owned(),
            interval,
            interval_count,
        }
    }

    #[test]
    fn a_price_is_shown_with_its_period() {
        assert_eq!(costs(&price(Some(2900), "usd", Some("month"), 1)), "$29.00 a month");
        assert_eq!(costs(&price(Some(900), "eur", Some("month"), 3)), "€9.00 every 3 months");
        assert_eq!(costs(&price(Some(500), "usd", None, 1)), "$5.00 once");
        assert_eq!(costs(&price(None, "usd", Some("year"), 1)), "Custom amount a year");
    }
}
