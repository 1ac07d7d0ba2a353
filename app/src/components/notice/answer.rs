//! Notices about the last action, selected by the code in the query.

use domain::error_code::ErrorCode;
use leptos::prelude::*;

use crate::{
    components::{icon::Tone, notice::alert},
    request::{Outcome, PageRequest},
};

/// A notice's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) tone: Tone,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Returns the notice for a code; `None` for a code that has none.
///
/// `provider` is the payment provider's title, `workspace` the open workspace's name.
fn answer(code: &str, provider: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let answer = |tone, head: String, body: String| Some(Answer { tone, head, body });
    match Outcome::of(code) {
        Done("joined") => answer(
            Tone::Ok,
            format!("You belong to {workspace} now"),
            "It is open here. Your other workspaces, if you have any, are in the menu on top.".to_owned(),
        ),
        Done("left") => answer(
            Tone::Ok,
            "You have left".to_owned(),
            format!("{workspace}, another workspace of yours, is open now."),
        ),
        Done("password_set") => answer(
            Tone::Ok,
            "Password changed".to_owned(),
            "You are signed in with it here, and signed out everywhere else.".to_owned(),
        ),
        Done("account_handed_over") => answer(
            Tone::Ok,
            "The new password holds, and the account is yours".to_owned(),
            "Its address was not confirmed before. Everything that was set up with it until now has ended: sign-ins, the second \
             factor, keys, invitations, secrets, webhook endpoints, and workspaces that were joined by a link which was not mailed."
                .to_owned(),
        ),
        Done("address_proven") => answer(
            Tone::Ok,
            "Your address is confirmed".to_owned(),
            "You can invite people and make API keys now, where your role allows it.".to_owned(),
        ),
        Done("not_in_portal") => answer(
            Tone::Off,
            "That needs an account".to_owned(),
            "You came from another product, which does not open this for you. Nothing was changed.".to_owned(),
        ),
        Done("synced") => answer(
            Tone::Ok,
            format!("Checked with {provider}"),
            "This page shows what it said a moment ago.".to_owned(),
        ),
        Done("ending") => answer(
            Tone::Ok,
            "The plan is canceled".to_owned(),
            "The page says when it ends. Until then it can be kept after all.".to_owned(),
        ),
        Done("resumed") => answer(
            Tone::Ok,
            "The plan goes on".to_owned(),
            "It renews as before. Nothing was charged for changing your mind.".to_owned(),
        ),
        Refused(ErrorCode::NoSubscription) => answer(
            Tone::Off,
            "There is no plan to cancel or to keep".to_owned(),
            "This workspace pays for none. Nothing was changed.".to_owned(),
        ),
        Done("canceled") => answer(
            Tone::Off,
            "Nothing was paid".to_owned(),
            format!("{provider}’s page was left before paying. The plan is as it was."),
        ),
        Refused(ErrorCode::AdminRequired) => answer(
            Tone::Off,
            "That is for an owner or an admin".to_owned(),
            format!("Only an owner or an admin of {workspace} can change the plan."),
        ),
        Refused(ErrorCode::NoCustomer) => answer(
            Tone::Off,
            format!("There is nothing at {provider} yet"),
            "This workspace has never paid. Invoices and cards appear there with the first payment.".to_owned(),
        ),
        Refused(ErrorCode::Conflict) => answer(
            Tone::Near,
            "Somebody else changed this at the same moment".to_owned(),
            "Nothing was charged. Look at how it stands now, then try again.".to_owned(),
        ),
        Refused(ErrorCode::ValidationError) => answer(
            Tone::Near,
            "That could not be ordered".to_owned(),
            "Nothing was charged. Choose the plan again.".to_owned(),
        ),
        Refused(ErrorCode::Throttled) => answer(
            Tone::Near,
            "That was often enough for now".to_owned(),
            format!("{provider} was not asked, and nothing was charged or changed. Try again in a minute."),
        ),
        Refused(ErrorCode::Busy) => answer(
            Tone::Near,
            "Other orders of this workspace are being worked on".to_owned(),
            "Nothing was charged or changed. Try again in a few seconds.".to_owned(),
        ),
        Refused(ErrorCode::Internal) => {
            answer(Tone::Stop, "Something broke on our side".to_owned(), "Nothing was charged or changed.".to_owned())
        }
        Refused(code) => provider_answer(code, provider),
        Done(_) => None,
    }
}

/// Returns the notice for an error of the provider; [`default_answer`] for any other error.
fn provider_answer(code: ErrorCode, provider: &str) -> Option<Answer> {
    let answer = |tone, head: String, body: &str| Some(Answer { tone, head, body: body.to_owned() });
    match code {
        ErrorCode::BillingNotConfigured => answer(
            Tone::Off,
            "No payment provider is set up".to_owned(),
            "Plans can be seen but not bought on this installation. The person who runs it can set PAYMENT_PROVIDER.",
        ),
        ErrorCode::ProviderUnavailable => answer(
            Tone::Near,
            format!("{provider} does not answer"),
            "Nothing was charged. The plan and its limits are as before. Try again in a minute.",
        ),
        ErrorCode::ProviderAccountChanged => answer(
            Tone::Near,
            format!("{provider} can’t be used now"),
            "Nothing was charged. The plan and its limits are as before. The person who runs this installation has to set the right key.",
        ),
        ErrorCode::UnknownAtProvider => answer(
            Tone::Near,
            format!("{provider} does not know this workspace now"),
            "Nothing was charged. The plan and its limits are as before. The person who runs this installation has to look into it.",
        ),
        ErrorCode::ProviderRejected => answer(
            Tone::Stop,
            format!("{provider} refused this"),
            "Nothing was charged. If it happens again, tell the person who runs this installation.",
        ),
        code => default_answer(code),
    }
}

/// Returns the notice with the error code's own title and message, for a page that has no text for the error. `None`
/// for invalid input, which the form shows at its fields.
pub(crate) fn default_answer(code: ErrorCode) -> Option<Answer> {
    let tone = if code.status() >= 500 { Tone::Stop } else { Tone::Near };
    let answer = || Answer { tone, head: code.title().to_owned(), body: code.message().to_owned() };
    (code != ErrorCode::ValidationError).then(answer)
}

/// Renders the notice for `?code=…` or `?checkout=canceled`; `None` for an unknown code.
pub(crate) fn answer_notice(req: &PageRequest, provider: &str, workspace: &str) -> Option<AnyView> {
    let code = req.query("code").or_else(|| req.query("checkout"))?;
    Some(notice(req, &code, answer(&code, provider, workspace)?))
}

/// Renders a notice; for an internal error with the request id that the logs carry.
pub(crate) fn notice(req: &PageRequest, code: &str, answer: Answer) -> AnyView {
    let Answer { tone, head, body } = answer;
    let request = req.query("request").filter(|id| {
        code == "internal" && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let number = request.map(|id| view! { " If it happens again, tell us this number: " <code>{id}</code> });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::ProviderUnavailable,
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
            "password_set",
            "account_handed_over",
            "address_proven",
            "not_in_portal",
            "synced",
            "ending",
            "resumed",
            "canceled",
        ];
        assert_answers(&done, &own, |code| answer(code, "Stripe", "Acme"));
    }

    #[test]
    fn the_default_notice_has_the_words_of_the_registry() {
        for code in ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::ValidationError) {
            let Answer { head, body, .. } = default_answer(*code).unwrap();
            assert_eq!((head.as_str(), body.as_str()), (code.title(), code.message()));
        }
        assert_eq!(default_answer(ErrorCode::ValidationError), None);
    }
}
