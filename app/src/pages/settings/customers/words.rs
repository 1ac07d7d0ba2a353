//! Texts for submitted forms and for errors of the provider.

use billing::{
    payment::{ProviderError, merchant::MerchantPrice},
    service::ServiceError,
};
use domain::{
    error_code::ErrorCode,
    money::{Currency, Money},
};
use leptos::prelude::*;

use crate::{
    actions::customers::REFUSAL,
    components::{
        icon::Tone,
        notice::{
            alert,
            answer::{self, Answer},
            inner_notice,
        },
    },
    request::{Outcome, PageRequest, draft::Draft},
    wording::capital,
};

const SECRETS: &str = "/settings/secrets";

/// Renders the notice about the last form. The provider's reason is in the draft.
pub(super) fn answered(req: &PageRequest, provider: &str, workspace: &str, draft: &Draft) -> Option<AnyView> {
    let code = req.query("code")?;
    let refusal = draft.value(REFUSAL);
    if code == ErrorCode::ProviderRejected.as_str() && !refusal.is_empty() {
        let body = view! { <p class="breaking">{sentence(&refusal)}</p><p>"Nothing was made or ended."</p> };
        return Some(alert(Tone::Stop, format!("{} refused this", begun(provider)), body));
    }
    Some(answer::notice(req, &code, words(&code, provider, workspace)?))
}

fn words(code: &str, provider: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("made") => (
            Tone::Ok,
            "The product is made".to_owned(),
            "It is on sale. A checkout link for it can be made below.".to_owned(),
        ),
        Done("ending") => (
            Tone::Ok,
            "The subscription ends with its period".to_owned(),
            "Until then the customer keeps what is paid.".to_owned(),
        ),
        Done("ended") => {
            (Tone::Ok, "The subscription is over".to_owned(), "Nothing more is charged for it.".to_owned())
        }
        Refused(ErrorCode::NotFound) => (
            Tone::Off,
            format!("{} does not know that", begun(provider)),
            "It was deleted there, or is in another account. Nothing was changed.".to_owned(),
        ),
        Refused(ErrorCode::ProviderRejected) => {
            (Tone::Stop, format!("{} refused this", begun(provider)), "Nothing was made or ended.".to_owned())
        }
        Refused(ErrorCode::ProviderUnavailable) => (
            Tone::Near,
            format!("{} does not answer, or takes no more requests now", begun(provider)),
            "Look at the list before you send it again: it may have been done all the same.".to_owned(),
        ),
        Refused(ErrorCode::TenantBillingNotConfigured) => (
            Tone::Off,
            "There is no key yet".to_owned(),
            "Keep the key of your own account under Secrets first.".to_owned(),
        ),
        Refused(ErrorCode::IdempotencyInProgress) => (
            Tone::Near,
            "It was sent twice, and the first is still being worked on".to_owned(),
            "Look at the list in a moment.".to_owned(),
        ),
        Refused(ErrorCode::IdempotencyAnswerLost) => (
            Tone::Near,
            "It was sent twice, and done once".to_owned(),
            "Look at the list: what was asked for is there.".to_owned(),
        ),
        Refused(ErrorCode::SecretsNotConfigured | ErrorCode::SecretsKeyLost) => (
            Tone::Stop,
            "The key can’t be opened".to_owned(),
            "SECRETS_KEY is not set, or is another by now. The person who runs this installation can set it."
                .to_owned(),
        ),
        Refused(ErrorCode::AdminRequired) => (
            Tone::Off,
            "That is for an owner or an admin".to_owned(),
            format!("Only an owner or an admin of {workspace} can sell through its account."),
        ),
        Refused(ErrorCode::Throttled) => (
            Tone::Near,
            "That was often enough for now".to_owned(),
            "Nothing was asked or changed. Load the page again in a minute.".to_owned(),
        ),
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, "Something broke on our side".to_owned(), "Look at the list before you try again.".to_owned())
        }
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

/// Ends the provider's message with a period.
fn sentence(words: &str) -> String {
    let end = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{end}", capital(words))
}

/// Capitalizes the provider's title for the start of a sentence.
fn begun(provider: &str) -> String {
    capital(provider)
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
    let provider = begun(provider);
    let again = || view! { <p class="actions"><a class="button" href="">"Look again"</a></p> };
    match error {
        ServiceError::TenantBillingNotConfigured => no_key(),
        ServiceError::ProviderUnavailable { cause, .. } if cause.is_too_many_requests() => inner_notice(
            Tone::Near,
            format!("{provider} takes no more requests for the moment"),
            view! { <p>"Your account was asked too often, here or elsewhere. Nothing is wrong with what is kept there."</p>{again()} },
        ),
        ServiceError::ProviderUnavailable { cause: ProviderError::Decode(_), .. } => inner_notice(
            Tone::Near,
            format!("The answer of {provider} can’t be read"),
            view! { <p>"What you sell is kept there. Nothing is wrong with it."</p>{again()} },
        ),
        ServiceError::ProviderUnavailable { .. } => inner_notice(
            Tone::Near,
            format!("{provider} does not answer"),
            view! { <p>"What you sell is kept there. Nothing is wrong with it."</p>{again()} },
        ),
        // The cursor is the only input of a list.
        ServiceError::Validation { .. } => inner_notice(
            Tone::Off,
            "There is no such part of the list",
            view! {
                <p>"The list has changed since, or the address was not copied whole."</p>
                <p class="actions"><a class="button" href="?">"The newest"</a></p>
            },
        ),
        ServiceError::NotFound(_) | ServiceError::CustomerGone { .. } => inner_notice(
            Tone::Off,
            format!("{provider} does not know that customer"),
            view! { <p>"It was deleted there, or is in another account."</p> },
        ),
        ServiceError::ProviderRejected { reason, .. } => inner_notice(
            Tone::Stop,
            format!("{provider} refuses to tell"),
            view! {
                <p class="breaking">{sentence(reason)}</p>
                <p class="actions"><a class="button" href=SECRETS>"Look at the key under Secrets"</a></p>
            },
        ),
        ServiceError::SecretsNotConfigured => unopened(
            "No secrets are kept here, as SECRETS_KEY is not set. Whoever runs this installation can set it.".to_owned(),
        ),
        ServiceError::SecretsKeyLost => unopened(
            "What this workspace keeps was sealed under another SECRETS_KEY. Whoever runs this installation can add that one to the setting."
                .to_owned(),
        ),
        error => unopened(error.to_string()),
    }
}

fn unopened(why: String) -> AnyView {
    inner_notice(Tone::Stop, "The key can’t be opened", view! { <p>{why}</p> })
}

fn no_key() -> AnyView {
    view! {
        <div class="empty">
            <p>"No account of your own yet."</p>
            <p>
                "To bill your own customers, keep the key of your account as a secret: an access token of Polar’s as "
                <code>"polar_api_key"</code>", or a secret key of Stripe’s as "<code>"stripe_secret_key"</code>
                ". Money goes straight to that account; Dues never holds it."
            </p>
            <p><a class="button main" href=SECRETS>"Keep a key under Secrets"</a></p>
        </div>
    }
    .into_any()
}

/// Builds `$29.00 a month`, `EUR 9.00 every 3 months`, `$5.00 once`.
pub(super) fn costs(price: &MerchantPrice) -> String {
    let MerchantPrice { id: _, amount_minor, currency, interval, interval_count } = price;
    let amount = match (amount_minor, currency.parse::<Currency>()) {
        (Some(minor), Ok(currency)) => Money::new(*minor, currency).exact(),
        (Some(minor), Err(_)) => format!("{minor} {}", currency.to_uppercase()),
        (None, _) => "As the provider asks".to_owned(),
    };
    match (interval, interval_count) {
        (None, _) => format!("{amount} once"),
        (Some(interval), 0 | 1) => format!("{amount} a {interval}"),
        (Some(interval), count) => format!("{amount} every {count} {interval}s"),
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
        assert_eq!(costs(&price(Some(900), "eur", Some("month"), 3)), "EUR 9.00 every 3 months");
        assert_eq!(costs(&price(Some(500), "usd", None, 1)), "$5.00 once");
        assert_eq!(costs(&price(None, "usd", Some("year"), 1)), "As the provider asks a year");
    }
}
