//! Texts of the desk for states and codes.

use billing::service::operator::ListedTenant;
use domain::{
    catalog::{Catalog, format::grouped},
    error_code::ErrorCode,
    ids::PlanId,
    subscription::{Entitlements, ProviderStatus, Subscription, SubscriptionStatus, order::AttemptState},
    tenant::enterprise::EnterpriseRequestState,
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Tone, state},
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
    wording::{capital, count, day},
};

/// Code of a conflict: another operator changed the request first.
pub(super) const OVERTAKEN: &str = ErrorCode::Conflict.as_str();

pub(super) fn plan_name(catalog: &Catalog, plan: &PlanId) -> String {
    catalog.plan(plan.as_str()).map_or_else(|| capital(plan.as_str()), |plan| plan.name.clone())
}

/// Returns the tone and name of the API's status, and a detail such as the end of grace, of a trial or of a grant.
pub(super) fn status(
    entitlements: &Entitlements,
    subscription: Option<&Subscription>,
) -> (Tone, &'static str, Option<String>) {
    let word = match entitlements.status {
        SubscriptionStatus::Active => "active",
        SubscriptionStatus::PastDue => "past due",
        SubscriptionStatus::Canceled => "canceled",
    };
    match (entitlements.status, entitlements.grace_until) {
        (SubscriptionStatus::PastDue, Some(until)) if entitlements.suspended.is_some() => {
            (Tone::Stop, word, Some(format!("grace ended {}", day(until))))
        }
        (SubscriptionStatus::PastDue, Some(until)) => {
            (Tone::Near, word, Some(format!("in grace until {}", day(until))))
        }
        (SubscriptionStatus::PastDue, None) => (Tone::Near, word, Some("first payment not finished".to_owned())),
        (SubscriptionStatus::Canceled, _) => {
            let ended = subscription.map(|subscription| format!("since {}", day(subscription.current_period_end())));
            (Tone::Off, word, ended)
        }
        (SubscriptionStatus::Active, _) => {
            let behind = match subscription {
                Some(subscription) if subscription.status == ProviderStatus::Trialing => Some("on trial".to_owned()),
                Some(subscription) if subscription.status.is_live() && subscription.cancel_at_period_end => {
                    Some(format!("ends {}", day(subscription.current_period_end())))
                }
                _ => entitlements.granted_until.map(|until| format!("granted until {}", day(until))),
            };
            (Tone::Ok, word, behind)
        }
    }
}

pub(super) fn status_view(entitlements: &Entitlements, subscription: Option<&Subscription>) -> AnyView {
    let (tone, word, behind) = status(entitlements, subscription);
    let behind = behind.map(|behind| view! { <br/><span class="note">{behind}</span> });
    view! { {state(tone, word.to_owned())}{behind} }.into_any()
}

/// Renders the counts of reached and near limits.
pub(super) fn limits_view(listed: &ListedTenant) -> AnyView {
    match (listed.reached, listed.near) {
        (0, 0) => view! { <span class="note">"none near"</span> }.into_any(),
        (0, near) => state(Tone::Near, format!("{near} near")).into_any(),
        (reached, 0) => state(Tone::Stop, format!("{reached} reached")).into_any(),
        (reached, near) => {
            let near = state(Tone::Near, format!("{near} near"));
            view! { {state(Tone::Stop, format!("{reached} reached"))}<br/>{near} }.into_any()
        }
    }
}

pub(super) const fn attempt(state: AttemptState) -> (Tone, &'static str) {
    match state {
        AttemptState::Open => (Tone::Near, "open"),
        AttemptState::Paid => (Tone::Ok, "paid"),
        AttemptState::Expired => (Tone::Off, "left"),
        AttemptState::Superseded => (Tone::Off, "another came after"),
    }
}

pub(super) const fn request(state: EnterpriseRequestState) -> (Tone, &'static str) {
    match state {
        EnterpriseRequestState::New => (Tone::Near, "New"),
        EnterpriseRequestState::Talking => (Tone::Ok, "Talking"),
        EnterpriseRequestState::Won => (Tone::Ok, "Won"),
        EnterpriseRequestState::Lost => (Tone::Off, "Lost"),
    }
}

/// Returns a figure in words: `one`, `eighteen`, `10,214`.
pub(super) fn in_words(figure: u64) -> String {
    match u8::try_from(figure) {
        Ok(few @ 0..=20) => count(few.into()),
        _ => grouped(figure),
    }
}

/// Renders the notice about the last action.
pub(super) fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, answer_of(&code)?))
}

/// Like [`answered`], for a change to an enterprise request, with a separate text for a conflict.
pub(super) fn answered_of_request(req: &PageRequest) -> Option<AnyView> {
    if req.query("code").as_deref() != Some(OVERTAKEN) {
        return answered(req);
    }
    let body =
        "It stands as that operator left it, and nothing of yours was kept. What you had written is shown this once.";
    let answer = Answer {
        tone: Tone::Near,
        head: "Another operator changed this request meanwhile".to_owned(),
        body: body.to_owned(),
    };
    Some(answer::notice(req, OVERTAKEN, answer))
}

fn answer_of(code: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("synced") => (
            Tone::Ok,
            "The providers were asked",
            "What they said a moment ago holds. Differences, if there were any, stand under Mended.",
        ),
        Done("settled") => {
            (Tone::Ok, "Settled", "It holds within a second, on every node, and stands in the workspace’s audit log.")
        }
        Done("key_given") => (
            Tone::Ok,
            "The key is made",
            "It is shown below this once. Hand it to the product that counts for this workspace.",
        ),
        Done("corrected") => {
            (Tone::Ok, "The counter is set right", "The entry stands in the ledger, and the reason in the audit log.")
        }
        Refused(ErrorCode::CorrectionBelowZero) => (
            Tone::Near,
            "Nothing was corrected",
            "More would be taken off than was counted in this period. Write a smaller amount.",
        ),
        Refused(ErrorCode::IdempotencyKeyReused) => {
            (Tone::Near, "Nothing was corrected", "This form was sent before with other figures. Load the page again.")
        }
        Refused(ErrorCode::TooManyKeys) => {
            (Tone::Near, "No key was made", "The workspace has as many keys as there may be. Revoke one first.")
        }
        Refused(ErrorCode::UsageUnavailable | ErrorCode::OutcomeUnknown) => (
            Tone::Near,
            "The counter may not be set right yet",
            "The database did not answer in time. Look at the audit log before you try again.",
        ),
        Done("tried") => (Tone::Ok, "It is tried now", "If it still stands here in a moment, it has failed again."),
        Done("handled") => (Tone::Ok, "Kept", "State and note of the request are as you wrote them."),
        Refused(ErrorCode::NotFound) => {
            (Tone::Off, "That is not here any more", "It was done in the meantime, or is being done now.")
        }
        Refused(ErrorCode::TenantNotFound) => (Tone::Off, "There is no such workspace", "Nothing was changed."),
        Refused(ErrorCode::ProviderUnavailable) => {
            (Tone::Near, "The provider does not answer", "Nothing was changed. Try again in a minute.")
        }
        Refused(ErrorCode::ProviderAccountChanged) => (
            Tone::Stop,
            "The provider’s key opens another account",
            "Nothing was changed. Work says which account it is.",
        ),
        Refused(ErrorCode::UnknownAtProvider) => (
            Tone::Stop,
            "The provider does not know what was seen there",
            "Nothing was ended by that. What it is stands under Unknown.",
        ),
        Refused(ErrorCode::ProviderRejected) => {
            (Tone::Stop, "The provider refused this", "Nothing was changed. The log has its reason.")
        }
        Refused(ErrorCode::BillingNotConfigured) => {
            (Tone::Off, "No payment provider is set up", "Set PAYMENT_PROVIDER and the provider’s keys.")
        }
        Refused(ErrorCode::Conflict) => (Tone::Near, "It is changing just now", "Look at how it stands in a moment."),
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, "That was often enough for now", "Nothing was asked. Try again in a minute.")
        }
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, "Something broke on our side", "Whether anything was changed, this page shows.")
        }
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::notice::answer::assert_answers;

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::CorrectionBelowZero,
            ErrorCode::IdempotencyKeyReused,
            ErrorCode::TooManyKeys,
            ErrorCode::UsageUnavailable,
            ErrorCode::OutcomeUnknown,
            ErrorCode::NotFound,
            ErrorCode::TenantNotFound,
            ErrorCode::ProviderUnavailable,
            ErrorCode::ProviderAccountChanged,
            ErrorCode::UnknownAtProvider,
            ErrorCode::ProviderRejected,
            ErrorCode::BillingNotConfigured,
            ErrorCode::Conflict,
            ErrorCode::Throttled,
            ErrorCode::Internal,
        ];
        assert_answers(&["synced", "settled", "tried", "key_given", "corrected", "handled"], &own, answer_of);
    }

    #[test]
    fn small_figures_are_words() {
        for (figure, said) in
            [(2, "two"), (20, "twenty"), (21, "21"), (10_214, "10,214"), (u64::MAX, "18,446,744,073,709,551,615")]
        {
            assert_eq!(in_words(figure), said);
        }
    }
}
