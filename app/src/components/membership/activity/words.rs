//! Texts for codes, jobs and sources of a correction.

use std::borrow::Cow;

use billing::service::subscription::activity::JobKind;
use domain::{
    error_code::ErrorCode,
    subscription::{ProviderStatus, lifecycle::DriftSource},
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
    wording::minute,
};

/// Builds `every hour`, `every 5 minutes`.
pub(crate) fn interval(secs: i64) -> Cow<'static, str> {
    match secs {
        secs if secs % 3600 == 0 => text!(activity_every_hours, hours = secs / 3600),
        secs if secs % 60 == 0 => text!(activity_every_minutes, minutes = secs / 60),
        secs => text!(activity_every_seconds, seconds = secs),
    }
}

/// Describes what a job does.
pub(crate) fn job_kind(kind: Option<JobKind>) -> Cow<'static, str> {
    match kind {
        Some(JobKind::FetchEventObject(provider)) => text!(activity_job_event, provider = provider.title()),
        Some(JobKind::Reconcile(provider)) => text!(activity_job_sync, provider = provider.title()),
        Some(JobKind::BackfillEvents(provider)) => text!(activity_job_missed_events, provider = provider.title()),
        Some(JobKind::SettleDuplicate(provider)) => text!(activity_job_duplicate, provider = provider.title()),
        Some(JobKind::ReconcileAll) => text!(activity_job_sync_all),
        Some(JobKind::RunImport(provider)) => text!(activity_job_import, provider = provider.title()),
        Some(JobKind::ExpireCheckout) => text!(activity_job_checkout),
        Some(JobKind::ApplyScheduledTransition) => text!(activity_job_period),
        Some(JobKind::CheckLimits) => text!(activity_job_limits),
        Some(JobKind::MailInvitation) => text!(activity_job_invitation),
        Some(JobKind::MailAlert) => text!(activity_job_alert),
        Some(JobKind::MailEndpointDisabled) => text!(activity_job_endpoint),
        Some(JobKind::MailDunning) => text!(activity_job_dunning),
        Some(JobKind::MailMonthlyReport) => text!(activity_job_report),
        Some(JobKind::MailEnterpriseRequest) => text!(activity_job_enterprise),
        Some(JobKind::MailSecretChanged) => text!(activity_job_secret),
        Some(JobKind::MailAddressVerification) => text!(activity_job_verification),
        Some(JobKind::MailAddressChange) => text!(activity_job_address),
        Some(JobKind::MailAddressChangeNotice) => text!(activity_job_address_notice),
        Some(JobKind::MailAccountNotice) => text!(activity_job_account_notice),
        Some(JobKind::MailSample) => text!(activity_job_sample),
        Some(JobKind::MailPasswordReset) => text!(activity_job_password),
        None => text!(activity_job_unknown),
    }
}

/// Builds `once`, `3 times`.
pub(crate) fn tried(attempts: i64) -> Cow<'static, str> {
    text!(activity_tried_times, attempts = attempts)
}

/// Describes when a job is tried next. `next_try` is `None` for a job that was given up.
pub(crate) fn next_try(next_try: Option<Timestamp>, now: Timestamp) -> Cow<'static, str> {
    match next_try {
        None => text!(activity_next_try_none),
        Some(at) if at <= now => text!(activity_next_try_now),
        Some(at) => minute(at).into(),
    }
}

pub(crate) fn drift_source(found_by: DriftSource) -> Cow<'static, str> {
    match found_by {
        DriftSource::Reconciliation => text!(activity_found_reconciliation),
        DriftSource::Sync => text!(activity_found_sync),
        DriftSource::Events => text!(activity_found_events),
    }
}

pub(crate) fn status(status: ProviderStatus) -> Cow<'static, str> {
    match status {
        ProviderStatus::Active => text!(activity_status_active),
        ProviderStatus::Trialing => text!(activity_status_trialing),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => text!(activity_status_overdue),
        ProviderStatus::Incomplete => text!(activity_status_incomplete),
        ProviderStatus::IncompleteExpired => text!(activity_status_never_paid),
        ProviderStatus::Canceled => text!(activity_status_ended),
        ProviderStatus::Paused => text!(activity_status_paused),
    }
}

/// Renders the notice about the last action.
pub(crate) fn answered(req: &PageRequest, provider: &str, workspace: &str) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, answer_of(&code, provider, workspace)?))
}

fn answer_of(code: &str, provider: &str, workspace: &str) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("synced") => (Tone::Ok, text!(activity_synced, provider = provider), text!(activity_synced_text)),
        Done("tried") => (Tone::Ok, text!(activity_retried), text!(activity_retried_text)),
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(activity_job_gone), text!(activity_job_gone_text)),
        Refused(ErrorCode::ProviderUnavailable) => {
            (Tone::Near, text!(activity_unavailable, provider = provider), text!(activity_unavailable_text))
        }
        Refused(ErrorCode::ProviderAccountChanged) => {
            (Tone::Near, text!(activity_account_changed, provider = provider), text!(activity_account_changed_text))
        }
        Refused(ErrorCode::UnknownAtProvider) => {
            (Tone::Near, text!(activity_unknown_workspace, provider = provider), text!(activity_unknown_workspace_text))
        }
        Refused(ErrorCode::ProviderRejected) => {
            (Tone::Stop, text!(activity_rejected, provider = provider), text!(activity_rejected_text))
        }
        Refused(ErrorCode::Conflict) => (Tone::Near, text!(activity_conflict), text!(activity_conflict_text)),
        Refused(ErrorCode::BillingNotConfigured) => {
            (Tone::Off, text!(activity_not_configured), text!(activity_not_configured_text))
        }
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Off, text!(activity_admin_required), text!(activity_admin_required_text, workspace = workspace))
        }
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, text!(activity_throttled), text!(activity_throttled_text, provider = provider))
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(activity_internal), text!(activity_internal_text)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::notice::answer::{assert_answers, assert_answers_without_provider};

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::NotFound,
            ErrorCode::ProviderUnavailable,
            ErrorCode::ProviderAccountChanged,
            ErrorCode::UnknownAtProvider,
            ErrorCode::ProviderRejected,
            ErrorCode::Conflict,
            ErrorCode::BillingNotConfigured,
            ErrorCode::AdminRequired,
            ErrorCode::Throttled,
            ErrorCode::Internal,
        ];
        assert_answers(&["synced", "tried"], &own, |code| answer_of(code, "Stripe", "Acme"));
        assert_answers_without_provider(&["synced", "tried"], |code, provider| answer_of(code, provider, "Acme"));
    }

    #[test]
    fn a_job_is_tried_at_its_time_now_or_not_again() {
        let now = Timestamp::from_secs(1_768_426_800);
        let later = now.plus_secs(60);
        for (next, words) in [
            (None, "none".to_owned()),
            (Some(now.plus_secs(-60)), "now".to_owned()),
            (Some(now), "now".to_owned()),
            (Some(later), minute(later)),
        ] {
            assert_eq!(next_try(next, now), words);
        }
        assert_eq!((&*tried(1), &*tried(3)), ("once", "3 times"));
    }

    #[test]
    fn an_interval_uses_the_largest_unit_that_fits() {
        let cases = [
            (3600, "every hour"),
            (7200, "every 2 hours"),
            (300, "every 5 minutes"),
            (60, "every minute"),
            (90, "every 90 seconds"),
        ];
        for (secs, words) in cases {
            assert_eq!(interval(secs), words);
        }
    }
}
