//! Notices about the last action, selected by the code in the query.

use std::borrow::Cow;

use domain::{error_code::ErrorCode, subscription::Provider};
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    components::{
        icon::Tone,
        notice::{alert, error_words::error_words},
        provider::title_or_none,
        rich::rich_text,
    },
    request::{Outcome, PageRequest},
};

/// A notice's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) tone: Tone,
    pub(crate) head: Cow<'static, str>,
    pub(crate) body: Cow<'static, str>,
}

/// Returns the notice for a code; `None` for a code that has none.
///
/// `provider` is the payment provider's title or `none`, `workspace` the open workspace's name.
fn answer(code: &str, provider: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let answer = |tone, head, body| Some(Answer { tone, head, body });
    match Outcome::of(code) {
        Done("joined") => answer(Tone::Ok, text!(notice_joined_head, workspace = workspace), text!(notice_joined_body)),
        Done("left") => answer(Tone::Ok, text!(notice_left_head), text!(notice_left_body, workspace = workspace)),
        Done("workspace_deleted") => answer(
            Tone::Ok,
            text!(notice_workspace_deleted_head),
            text!(notice_workspace_deleted_body, workspace = workspace),
        ),
        Done("password_set") => answer(Tone::Ok, text!(notice_password_set_head), text!(notice_password_set_body)),
        Done("account_handed_over") => answer(Tone::Ok, text!(notice_handed_over_head), text!(notice_handed_over_body)),
        Done("address_proven") => {
            answer(Tone::Ok, text!(notice_address_proven_head), text!(notice_address_proven_body))
        }
        Done("not_in_portal") => answer(Tone::Off, text!(notice_not_in_portal_head), text!(notice_not_in_portal_body)),
        Done("synced") => answer(
            Tone::Ok,
            text!(notice_synced_head, provider = provider),
            text!(notice_synced_body, provider = provider),
        ),
        Done("ending") => answer(Tone::Ok, text!(notice_ending_head), text!(notice_ending_body)),
        Done("resumed") => answer(Tone::Ok, text!(notice_resumed_head), text!(notice_resumed_body)),
        Done("seats_changed") => answer(Tone::Ok, text!(seats_changed), text!(seats_changed_means)),
        Done("seats_scheduled") => answer(Tone::Ok, text!(seats_scheduled), text!(seats_scheduled_means)),
        Done("seats_kept") => answer(Tone::Ok, text!(seats_kept), text!(seats_kept_means)),
        Refused(ErrorCode::NoSubscription) => {
            answer(Tone::Off, text!(notice_no_subscription_head), text!(notice_no_subscription_body))
        }
        Done("canceled") => {
            answer(Tone::Off, text!(notice_canceled_head), text!(notice_canceled_body, provider = provider))
        }
        Refused(ErrorCode::AdminRequired) => answer(
            Tone::Off,
            text!(notice_admin_required_head),
            text!(notice_admin_required_body, workspace = workspace),
        ),
        Refused(ErrorCode::NoCustomer) => {
            answer(Tone::Off, text!(notice_no_customer_head, provider = provider), text!(notice_no_customer_body))
        }
        Refused(ErrorCode::Conflict) => answer(Tone::Near, text!(notice_conflict_head), text!(notice_conflict_body)),
        Refused(ErrorCode::ValidationError) => {
            answer(Tone::Near, text!(notice_validation_head), text!(notice_validation_body))
        }
        Refused(ErrorCode::Throttled) => {
            answer(Tone::Near, text!(notice_throttled_head), text!(notice_throttled_body, provider = provider))
        }
        Refused(ErrorCode::Busy) => answer(Tone::Near, text!(notice_busy_head), text!(notice_busy_body)),
        Refused(ErrorCode::Internal) => answer(Tone::Stop, text!(notice_internal_head), text!(notice_internal_body)),
        Refused(code) => provider_answer(code, provider),
        Done(_) => None,
    }
}

/// Returns the notice for an error of the provider; [`default_answer`] for any other error.
fn provider_answer(code: ErrorCode, provider: &str) -> Option<Answer> {
    let (tone, head, body) = match code {
        ErrorCode::BillingNotConfigured => {
            (Tone::Off, text!(notice_billing_not_configured_head), text!(notice_billing_not_configured_body))
        }
        ErrorCode::ProviderUnavailable => (
            Tone::Near,
            text!(notice_provider_unavailable_head, provider = provider),
            text!(notice_provider_unavailable_body),
        ),
        ErrorCode::OutcomeUnknown => {
            (Tone::Near, text!(notice_outcome_unknown_head, provider = provider), text!(notice_outcome_unknown_body))
        }
        ErrorCode::ProviderAccountChanged => (
            Tone::Near,
            text!(notice_provider_account_changed_head, provider = provider),
            text!(notice_provider_account_changed_body),
        ),
        ErrorCode::UnknownAtProvider => (
            Tone::Near,
            text!(notice_unknown_at_provider_head, provider = provider),
            text!(notice_unknown_at_provider_body),
        ),
        ErrorCode::ProviderRejected => (
            Tone::Stop,
            text!(notice_provider_rejected_head, provider = provider),
            text!(notice_provider_rejected_body),
        ),
        code => return default_answer(code),
    };
    Some(Answer { tone, head, body })
}

/// Returns the notice with the words for the error code, for a page that has no text for the error. `None` for invalid
/// input, which the form shows at its fields.
pub(crate) fn default_answer(code: ErrorCode) -> Option<Answer> {
    if code == ErrorCode::ValidationError {
        return None;
    }
    let tone = if code.status() >= 500 { Tone::Stop } else { Tone::Near };
    let (head, body) = error_words(code);
    Some(Answer { tone, head, body })
}

/// Renders the notice for `?code=…` or `?checkout=canceled`; `None` for an unknown code.
pub(crate) fn answer_notice(req: &PageRequest, provider: Option<Provider>, workspace: &str) -> Option<AnyView> {
    let code = req.query("code").or_else(|| req.query("checkout"))?;
    Some(notice(req, &code, answer(&code, title_or_none(provider), workspace)?))
}

/// Renders a notice; for an internal error with the request id that the logs carry.
pub(crate) fn notice(req: &PageRequest, code: &str, answer: Answer) -> AnyView {
    let Answer { tone, head, body } = answer;
    let request = req.query("request").filter(|id| {
        code == "internal" && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let number = request.map(|id| view! { " " {rich_text(rich!(notice_internal_number, number = id))} });
    alert(tone, head, view! {<p>{body}{number}</p>})
}

/// Asserts that `answer` returns a notice for each outcome in `done` and each error except invalid input.
///
/// The notices of the errors in `own` must differ from [`default_answer`]. An unknown code must have no notice.
#[cfg(test)]
pub(crate) fn assert_answers(done: &[&str], own: &[ErrorCode], answer: impl Fn(&str) -> Option<Answer>) {
    for code in done {
        assert!(answer(code).is_some(), "{code}");
    }
    for code in ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::ValidationError) {
        assert!(answer(code.as_str()).is_some(), "{code}");
    }
    for code in own {
        assert_ne!(answer(code.as_str()), default_answer(*code), "{code}");
    }
    assert_eq!(answer("<script>"), None);
}

/// Asserts that without a provider no notice shows the argument in place of its title.
#[cfg(test)]
pub(crate) fn assert_answers_without_provider(done: &[&str], answer: impl Fn(&str, &str) -> Option<Answer>) {
    let none = title_or_none(None);
    for code in done.iter().copied().chain(ErrorCode::ALL.iter().map(|code| code.as_str())) {
        let Some(Answer { head, body, .. }) = answer(code, none) else { continue };
        assert!(!format!("{head} {body}").split(' ').any(|word| word == none), "{code}: {head}: {body}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::ProviderUnavailable,
            ErrorCode::OutcomeUnknown,
            ErrorCode::ProviderAccountChanged,
            ErrorCode::UnknownAtProvider,
            ErrorCode::ProviderRejected,
            ErrorCode::BillingNotConfigured,
            ErrorCode::AdminRequired,
            ErrorCode::NoCustomer,
            ErrorCode::NoSubscription,
            ErrorCode::Conflict,
            ErrorCode::ValidationError,
            ErrorCode::Throttled,
            ErrorCode::Busy,
            ErrorCode::Internal,
        ];
        let done = [
            "joined",
            "left",
            "workspace_deleted",
            "password_set",
            "account_handed_over",
            "address_proven",
            "not_in_portal",
            "synced",
            "ending",
            "resumed",
            "seats_changed",
            "seats_scheduled",
            "seats_kept",
            "canceled",
        ];
        assert_answers(&done, &own, |code| answer(code, "Stripe", "Acme"));
        assert_answers_without_provider(&done, |code, provider| answer(code, provider, "Acme"));
    }

    #[test]
    fn invalid_input_has_no_default_notice() {
        for code in ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::ValidationError) {
            let Answer { head, body, .. } = default_answer(*code).unwrap();
            assert_eq!((head, body), error_words(*code));
        }
        assert_eq!(default_answer(ErrorCode::ValidationError), None);
    }
}
