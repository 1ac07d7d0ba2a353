//! Texts of the desk for states and codes.

use std::borrow::Cow;

use billing::service::operator::ListedTenant;
use domain::{
    catalog::Catalog,
    error_code::ErrorCode,
    ids::PlanId,
    subscription::{Entitlements, ProviderStatus, Subscription, SubscriptionStatus, order::AttemptState},
    tenant::enterprise::EnterpriseRequestState,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::{Tone, state},
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
    wording::{day, name},
};

/// Code of a conflict: another operator changed the request first.
pub(super) const OVERTAKEN: &str = ErrorCode::Conflict.as_str();

/// Returns a plan's name; the id if the catalog does not know it.
pub(super) fn plan_name(catalog: &Catalog, plan: &PlanId) -> String {
    catalog.plan(plan.as_str()).map_or_else(|| plan.to_string(), |plan| name(&plan.name))
}

/// Returns the tone and name of the API's status, and a detail such as the end of grace, of a trial or of a grant.
pub(super) fn status(
    entitlements: &Entitlements,
    subscription: Option<&Subscription>,
) -> (Tone, Cow<'static, str>, Option<Cow<'static, str>>) {
    match (entitlements.status, entitlements.grace_until) {
        (SubscriptionStatus::PastDue, until) => {
            let (tone, detail) = match until {
                Some(until) if entitlements.suspended.is_some() => {
                    (Tone::Stop, text!(desk_status_grace_ended, day = day(until)))
                }
                Some(until) => (Tone::Near, text!(desk_status_grace_until, day = day(until))),
                None => (Tone::Near, text!(desk_status_incomplete)),
            };
            (tone, text!(desk_status_past_due), Some(detail))
        }
        (SubscriptionStatus::Canceled, _) => {
            let ended =
                subscription.map(|subscription| text!(desk_status_since, day = day(subscription.current_period_end())));
            (Tone::Off, text!(desk_status_canceled), ended)
        }
        (SubscriptionStatus::Active, _) => {
            let detail = match subscription {
                Some(subscription) if subscription.status == ProviderStatus::Trialing => Some(text!(desk_status_trial)),
                Some(subscription) if subscription.status.is_live() && subscription.cancel_at_period_end => {
                    Some(text!(desk_status_ends, day = day(subscription.current_period_end())))
                }
                _ => entitlements.granted_until.map(|until| text!(desk_status_granted_until, day = day(until))),
            };
            (Tone::Ok, text!(desk_status_active), detail)
        }
    }
}

pub(super) fn status_view(entitlements: &Entitlements, subscription: Option<&Subscription>) -> AnyView {
    let (tone, word, detail) = status(entitlements, subscription);
    let detail = detail.map(|detail| view! { <br/><span class="note">{detail}</span> });
    view! { {state(tone, word)}{detail} }.into_any()
}

/// Renders the counts of reached and near limits.
pub(super) fn limits_view(listed: &ListedTenant) -> AnyView {
    let near = |limits: usize| state(Tone::Near, text!(desk_tenants_limits_near, limits = limits));
    let reached = |limits: usize| state(Tone::Stop, text!(desk_tenants_limits_reached, limits = limits));
    match (listed.reached, listed.near) {
        (0, 0) => view! { <span class="note">{text!(desk_tenants_limits_none)}</span> }.into_any(),
        (0, limits) => near(limits).into_any(),
        (limits, 0) => reached(limits).into_any(),
        (most, some) => view! { {reached(most)}<br/>{near(some)} }.into_any(),
    }
}

pub(super) fn attempt(state: AttemptState) -> (Tone, Cow<'static, str>) {
    match state {
        AttemptState::Open => (Tone::Near, text!(desk_checkout_open)),
        AttemptState::Paid => (Tone::Ok, text!(desk_checkout_paid)),
        AttemptState::Expired => (Tone::Off, text!(desk_checkout_expired)),
        AttemptState::Superseded => (Tone::Off, text!(desk_checkout_superseded)),
    }
}

pub(super) fn request(state: EnterpriseRequestState) -> (Tone, Cow<'static, str>) {
    match state {
        EnterpriseRequestState::New => (Tone::Near, text!(desk_requests_new)),
        EnterpriseRequestState::Talking => (Tone::Ok, text!(desk_requests_talking)),
        EnterpriseRequestState::Won => (Tone::Ok, text!(desk_requests_won)),
        EnterpriseRequestState::Lost => (Tone::Off, text!(desk_requests_lost)),
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
    let answer =
        Answer { tone: Tone::Near, head: text!(desk_answer_overtaken), body: text!(desk_answer_overtaken_meaning) };
    Some(answer::notice(req, OVERTAKEN, answer))
}

fn answer_of(code: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("synced") => (Tone::Ok, text!(desk_answer_synced), text!(desk_answer_synced_meaning)),
        Done("settled") => (Tone::Ok, text!(desk_answer_settled), text!(desk_answer_settled_meaning)),
        Done("key_given") => (Tone::Ok, text!(desk_answer_key_created), text!(desk_answer_key_created_meaning)),
        Done("corrected") => (Tone::Ok, text!(desk_answer_corrected), text!(desk_answer_corrected_meaning)),
        Refused(ErrorCode::CorrectionBelowZero) => {
            (Tone::Near, text!(desk_answer_not_corrected), text!(desk_answer_below_zero))
        }
        Refused(ErrorCode::IdempotencyKeyReused) => {
            (Tone::Near, text!(desk_answer_not_corrected), text!(desk_answer_form_reused))
        }
        Refused(ErrorCode::TooManyKeys) => {
            (Tone::Near, text!(desk_answer_key_not_created), text!(desk_answer_too_many_keys))
        }
        Refused(ErrorCode::UsageUnavailable | ErrorCode::OutcomeUnknown) => {
            (Tone::Near, text!(desk_answer_unknown_correction), text!(desk_answer_unknown_correction_meaning))
        }
        Done("tried") => (Tone::Ok, text!(desk_answer_retried), text!(desk_answer_retried_meaning)),
        Done("noted") => (Tone::Ok, text!(desk_answer_noted), text!(desk_answer_noted_meaning)),
        Done("note_deleted") => (Tone::Ok, text!(desk_answer_note_deleted), text!(desk_answer_note_deleted_meaning)),
        Done("handled") => (Tone::Ok, text!(desk_answer_request_saved), text!(desk_answer_request_saved_meaning)),
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(desk_answer_gone), text!(desk_answer_gone_meaning)),
        Refused(ErrorCode::TenantNotFound) => {
            (Tone::Off, text!(desk_answer_tenant_not_found), text!(desk_answer_nothing_changed))
        }
        Refused(ErrorCode::ProviderUnavailable) => {
            (Tone::Near, text!(desk_answer_unavailable), text!(desk_answer_unavailable_meaning))
        }
        Refused(ErrorCode::ProviderAccountChanged) => {
            (Tone::Stop, text!(desk_answer_account_changed), text!(desk_answer_account_changed_meaning))
        }
        Refused(ErrorCode::UnknownAtProvider) => {
            (Tone::Stop, text!(desk_answer_missing), text!(desk_answer_missing_meaning))
        }
        Refused(ErrorCode::ProviderRejected) => {
            (Tone::Stop, text!(desk_answer_rejected), text!(desk_answer_rejected_meaning))
        }
        Refused(ErrorCode::BillingNotConfigured) => {
            (Tone::Off, text!(desk_answer_not_configured), text!(desk_answer_not_configured_meaning))
        }
        Refused(ErrorCode::Conflict) => (Tone::Near, text!(desk_answer_conflict), text!(desk_answer_conflict_meaning)),
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, text!(desk_answer_throttled), text!(desk_answer_throttled_meaning))
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(desk_answer_internal), text!(desk_answer_internal_meaning)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
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
        assert_answers(
            &["synced", "settled", "tried", "key_given", "corrected", "noted", "note_deleted", "handled"],
            &own,
            answer_of,
        );
    }
}
