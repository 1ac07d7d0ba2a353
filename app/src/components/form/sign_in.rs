//! Parts that the pages of sign-in and confirmation share: the redirect target, and the notice about the last attempt.

use std::borrow::Cow;

use domain::error_code::ErrorCode;
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::Tone,
        notice::{alert, error_words::error_words},
    },
    request::{Outcome, PageRequest, local_path::local_path},
    wording::minutes,
};

/// Returns the redirect target in the query, if it is a local path.
pub(crate) fn next(req: &PageRequest) -> Option<String> {
    req.query("next").and_then(|next| local_path(&next).map(ToOwned::to_owned))
}

/// Returns head and explanation for the code of a failed sign-in; `None` for a code that has none.
fn refusal(code: &str, wait_secs: Option<i64>) -> Option<(Cow<'static, str>, Cow<'static, str>)> {
    use Outcome::{Done, Refused};

    Some(match Outcome::of(code) {
        Refused(ErrorCode::InvalidCredentials) => (text!(form_sign_in_wrong_head), text!(form_sign_in_wrong_body)),
        Refused(ErrorCode::Throttled) => {
            (text!(form_too_many_attempts_head), text!(form_sign_in_attempts_body, wait = minutes(wait_secs)))
        }
        Refused(ErrorCode::Busy) => (text!(form_busy_head), text!(form_busy_body)),
        Done("code_too_late") => (text!(form_code_too_late_head), text!(form_code_too_late_body)),
        Refused(ErrorCode::Internal) => (text!(form_internal_head), text!(form_internal_body)),
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => error_words(code),
    })
}

/// Renders the notice about the last sign-in attempt; `None` without a known code.
pub(crate) fn refusal_notice(req: &PageRequest) -> Option<AnyView> {
    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    let (head, body) = refusal(&req.query("code")?, wait_secs)?;
    Some(alert(Tone::Stop, head, view! {<p>{body}</p>}))
}

/// Renders the notice about the last attempt to confirm with a code or a password.
pub(crate) fn code_refusal_notice(req: &PageRequest) -> Option<AnyView> {
    use Outcome::{Done, Refused};

    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    let (head, body) = match Outcome::of(&req.query("code")?) {
        Refused(ErrorCode::InvalidCode) => (text!(form_wrong_code_head), text!(form_wrong_code_body)),
        Refused(ErrorCode::InvalidCredentials) => (text!(form_confirm_wrong_head), text!(form_confirm_wrong_body)),
        Refused(ErrorCode::Throttled) => {
            (text!(form_too_many_attempts_head), text!(form_too_many_attempts_body, wait = minutes(wait_secs)))
        }
        Refused(ErrorCode::SignInAgain) => (text!(form_sign_in_again_head), text!(form_sign_in_again_body)),
        Refused(ErrorCode::Internal) => (text!(form_internal_head), text!(form_internal_body)),
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => error_words(code),
    };
    Some(alert(Tone::Stop, head, view! { <p>{body}</p> }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_in_minutes_and_at_most_a_day() {
        let body = |secs| refusal("throttled", secs).unwrap().1;
        assert!(body(Some(59)).starts_with("Wait 1\u{a0}minute,"));
        assert!(body(Some(300)).starts_with("Wait 5\u{a0}minutes,"));
        assert!(body(Some(i64::MAX)).starts_with("Wait 1,440\u{a0}minutes,"));
        assert!(body(Some(i64::MIN)).starts_with("Wait 1\u{a0}minute,"));
        assert_eq!(refusal("anything", None), None);
    }
}
