//! Notices about the last action, selected by the code in the query.

use leptos::prelude::*;

use crate::{
    components::{icon::Tone, notice::alert},
    request::PageRequest,
};

/// A notice's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) tone: Tone,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Returns the notice for a code. `provider` is the payment provider's title, `workspace` the open workspace's name.
fn answer(code: &str, provider: &str, workspace: &str) -> Option<Answer> {
    let answer = |tone, head: String, body: String| Some(Answer { tone, head, body });
    match code {
        "joined" => answer(
            Tone::Ok,
            format!("You belong to {workspace} now"),
            "It is open here. Your other workspaces, if you have any, are in the menu on top.".to_owned(),
        ),
        "left" => answer(
            Tone::Ok,
            "You have left".to_owned(),
            format!("{workspace}, another workspace of yours, is open now."),
        ),
        "password_set" => answer(
            Tone::Ok,
            "Password changed".to_owned(),
            "You are signed in with it here, and signed out everywhere else.".to_owned(),
        ),
        "account_handed_over" => answer(
            Tone::Ok,
            "The new password holds, and the account is yours".to_owned(),
            "Its address was not confirmed before. Everything that was set up with it until now has ended: sign-ins, the second \
             factor, keys, invitations, secrets, webhook endpoints, and workspaces that were joined by a link which was not mailed."
                .to_owned(),
        ),
        "address_proven" => answer(
            Tone::Ok,
            "Your address is confirmed".to_owned(),
            "You can invite people and make API keys now, where your role allows it.".to_owned(),
        ),
        "synced" => answer(
            Tone::Ok,
            format!("Checked with {provider}"),
            "This page shows what it said a moment ago.".to_owned(),
        ),
        "ending" => answer(
            Tone::Ok,
            "The plan is canceled".to_owned(),
            "The page says when it ends. Until then it can be kept after all.".to_owned(),
        ),
        "resumed" => answer(
            Tone::Ok,
            "The plan goes on".to_owned(),
            "It renews as before. Nothing was charged for changing your mind.".to_owned(),
        ),
        "no_subscription" => answer(
            Tone::Off,
            "There is no plan to cancel or to keep".to_owned(),
            "This workspace pays for none. Nothing was changed.".to_owned(),
        ),
        "canceled" => answer(
            Tone::Off,
            "Nothing was paid".to_owned(),
            format!("{provider}’s page was left before paying. The plan is as it was."),
        ),
        "billing_not_configured" => answer(
            Tone::Off,
            "No payment provider is set up".to_owned(),
            "Plans can be seen but not bought on this installation. The person who runs it can set PAYMENT_PROVIDER."
                .to_owned(),
        ),
        "admin_required" => answer(
            Tone::Off,
            "That is for an owner or an admin".to_owned(),
            format!("Only an owner or an admin of {workspace} can change the plan."),
        ),
        "no_customer" => answer(
            Tone::Off,
            format!("There is nothing at {provider} yet"),
            "This workspace has never paid. Invoices and cards appear there with the first payment.".to_owned(),
        ),
        "conflict" => answer(
            Tone::Near,
            "Somebody else changed this at the same moment".to_owned(),
            "Nothing was charged. Look at how it stands now, then try again.".to_owned(),
        ),
        "validation_error" => answer(
            Tone::Near,
            "That could not be ordered".to_owned(),
            "Nothing was charged. Choose the plan again.".to_owned(),
        ),
        "throttled" => answer(
            Tone::Near,
            "That was often enough for now".to_owned(),
            format!("{provider} was not asked, and nothing was charged or changed. Try again in a minute."),
        ),
        "busy" => answer(
            Tone::Near,
            "Other orders of this workspace are being worked on".to_owned(),
            "Nothing was charged or changed. Try again in a few seconds.".to_owned(),
        ),
        "internal" => {
            answer(Tone::Stop, "Something broke on our side".to_owned(), "Nothing was charged or changed.".to_owned())
        }
        _ => provider_answer(code, provider),
    }
}

/// Returns the notice for an error of the provider.
fn provider_answer(code: &str, provider: &str) -> Option<Answer> {
    let answer = |tone, head: String, body: &str| Some(Answer { tone, head, body: body.to_owned() });
    match code {
        "provider_unavailable" => answer(
            Tone::Near,
            format!("{provider} does not answer"),
            "Nothing was charged. The plan and its limits are as before. Try again in a minute.",
        ),
        "provider_account_changed" => answer(
            Tone::Near,
            format!("{provider} can’t be used now"),
            "Nothing was charged. The plan and its limits are as before. The person who runs this installation has to set the right key.",
        ),
        "unknown_at_provider" => answer(
            Tone::Near,
            format!("{provider} does not know this workspace now"),
            "Nothing was charged. The plan and its limits are as before. The person who runs this installation has to look into it.",
        ),
        "provider_rejected" => answer(
            Tone::Stop,
            format!("{provider} refused this"),
            "Nothing was charged. If it happens again, tell the person who runs this installation.",
        ),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_error_has_a_notice_and_no_other_code_has() {
        for code in [
            "provider_unavailable",
            "provider_account_changed",
            "unknown_at_provider",
            "provider_rejected",
            "billing_not_configured",
            "admin_required",
            "no_customer",
            "no_subscription",
            "conflict",
            "validation_error",
            "throttled",
            "busy",
            "internal",
        ] {
            assert!(answer(code, "Stripe", "Acme").is_some(), "{code}");
        }
        assert_eq!(answer("<script>", "Stripe", "Acme"), None);
    }
}
