//! Names of subject areas, when each mail is sent, and notices about the last action.

use std::borrow::Cow;

use billing::mail::kind::{LetterArea, LetterKind};
use domain::error_code::ErrorCode;
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
};

pub(super) fn area(area: LetterArea) -> Cow<'static, str> {
    match area {
        LetterArea::Accounts => text!(mails_area_accounts),
        LetterArea::Limits => text!(mails_area_limits),
        LetterArea::Payments => text!(mails_area_payments),
        LetterArea::Reports => text!(mails_area_reports),
        LetterArea::Integration => text!(mails_area_integration),
        LetterArea::Sales => text!(mails_area_sales),
    }
}

/// Returns when a mail is sent, and to whom.
pub(super) fn sent(kind: LetterKind) -> Cow<'static, str> {
    match kind {
        LetterKind::Invitation => text!(mails_when_invitation),
        LetterKind::PasswordReset => text!(mails_when_password_reset),
        LetterKind::AddressVerification => text!(mails_when_address_verification),
        LetterKind::AddressChange => text!(mails_when_address_change),
        LetterKind::AddressChangeNotice => text!(mails_when_address_change_notice),
        LetterKind::AddressTaken => text!(mails_when_address_taken),
        LetterKind::PasswordChanged => text!(mails_when_password_changed),
        LetterKind::PasswordSetByLink => text!(mails_when_password_set_by_link),
        LetterKind::PasswordSetByToken => text!(mails_when_password_set_by_token),
        LetterKind::SecondFactorEnabled => text!(mails_when_second_factor_enabled),
        LetterKind::SecondFactorRemoved => text!(mails_when_second_factor_removed),
        LetterKind::RecoveryCodesRenewed => text!(mails_when_recovery_codes_renewed),
        LetterKind::SignInLinked => text!(mails_when_sign_in_linked),
        LetterKind::LimitNear => text!(mails_when_limit_near),
        LetterKind::LimitReached => text!(mails_when_limit_reached),
        LetterKind::LimitCleared => text!(mails_when_limit_cleared),
        LetterKind::PaymentFailed => text!(mails_when_payment_failed),
        LetterKind::PaymentOverdue => text!(mails_when_payment_overdue),
        LetterKind::GraceEnds => text!(mails_when_grace_ends),
        LetterKind::PlanSuspended => text!(mails_when_plan_suspended),
        LetterKind::PaymentReceived => text!(mails_when_payment_received),
        LetterKind::TrialEnds => text!(mails_when_trial_ends),
        LetterKind::MonthlyReport => text!(mails_when_monthly_report),
        LetterKind::EndpointDisabled => text!(mails_when_endpoint_disabled),
        LetterKind::SecretSet => text!(mails_when_secret_set),
        LetterKind::SecretDeleted => text!(mails_when_secret_deleted),
        LetterKind::EnterpriseRequest => text!(mails_when_enterprise_request),
    }
}

/// Renders the notice about the last action.
pub(super) fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code)?))
}

fn words(code: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("sent") => (Tone::Ok, text!(mails_done_title), text!(mails_done)),
        Refused(ErrorCode::Throttled) => (Tone::Near, text!(mails_throttled_title), text!(mails_throttled)),
        Refused(ErrorCode::MailNotConfigured) => {
            (Tone::Off, text!(mails_not_configured_title), text!(mails_not_configured))
        }
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(mails_not_found_title), text!(mails_not_found)),
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
        let own = [ErrorCode::Throttled, ErrorCode::MailNotConfigured, ErrorCode::NotFound];
        assert_answers(&["sent"], &own, words);
    }
}
