//! Parts that the pages of sign-in and confirmation share: the redirect target, and the notice about the last attempt.

use domain::error_code::ErrorCode;
use leptos::prelude::*;

use crate::{
    components::{icon::Tone, notice::alert},
    request::{Outcome, PageRequest, local_path::local_path},
    wording::minutes,
};

/// Returns the redirect target in the query, if it is a local path.
pub(crate) fn next(req: &PageRequest) -> Option<String> {
    req.query("next").and_then(|next| local_path(&next).map(ToOwned::to_owned))
}

/// Returns head and explanation for the code of a failed sign-in; `None` for a code that has none.
fn refusal(code: &str, wait_secs: Option<i64>) -> Option<(&'static str, String)> {
    use Outcome::{Done, Refused};

    Some(match Outcome::of(code) {
        Refused(ErrorCode::InvalidCredentials) => (
            "The e-mail or the password is not right",
            "Check both and try again. Capital letters count in the password.".to_owned(),
        ),
        Refused(ErrorCode::Throttled) => (
            "Too many tries",
            format!(
                "Wait {}, then try again. The right password does not work before that either.",
                minutes(wait_secs)
            ),
        ),
        Refused(ErrorCode::Busy) => {
            ("Too many people at once", "Nothing was changed. Try again in a few seconds.".to_owned())
        }
        Done("code_too_late") => {
            ("That took too long", "Sign in again: after the password, there are ten minutes for the code.".to_owned())
        }
        Refused(ErrorCode::Internal) => {
            ("Something broke on our side", "Nothing was changed. Try again in a minute.".to_owned())
        }
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => (code.title(), code.message().to_owned()),
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
        Refused(ErrorCode::InvalidCode) => (
            "That code is not right",
            "Each code works once. Wait for the next one, or check the clock of the device that shows it.".to_owned(),
        ),
        Refused(ErrorCode::InvalidCredentials) => {
            ("That password is not right", "Check it and try again. Capital letters count in the password.".to_owned())
        }
        Refused(ErrorCode::Throttled) => ("Too many tries", format!("Wait {}, then try again.", minutes(wait_secs))),
        Refused(ErrorCode::SignInAgain) => {
            ("There is nothing to confirm with", "Sign out, then sign in again.".to_owned())
        }
        Refused(ErrorCode::Internal) => {
            ("Something broke on our side", "Nothing was changed. Try again in a minute.".to_owned())
        }
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => (code.title(), code.message().to_owned()),
    };
    Some(alert(Tone::Stop, head, view! { <p>{body}</p> }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_in_minutes_and_at_most_a_day() {
        let said = |secs| refusal("throttled", secs).unwrap().1;
        assert!(said(Some(59)).starts_with("Wait a minute,"));
        assert!(said(Some(300)).starts_with("Wait 6 minutes,"));
        assert!(said(Some(i64::MAX)).starts_with("Wait 1441 minutes,"));
        assert!(said(Some(i64::MIN)).starts_with("Wait a minute,"));
        assert_eq!(refusal("anything", None), None);
    }
}
