//! Texts of the desk for states and codes.

use std::borrow::Cow;

use domain::{error_code::ErrorCode, subscription::order::AttemptState, tenant::enterprise::EnterpriseRequestState};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
};

/// Code of a conflict: another operator changed the request first.
pub(super) const OVERTAKEN: &str = ErrorCode::Conflict.as_str();

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
