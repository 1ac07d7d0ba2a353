//! Texts for codes, jobs and sources of a correction.

use billing::service::subscription::activity::JobKind;
use domain::{
    error_code::ErrorCode,
    subscription::{ProviderStatus, lifecycle::DriftSource},
    time::Timestamp,
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
    wording::minute,
};

/// Builds `every hour`, `every 5 minutes`.
pub(crate) fn interval(secs: i64) -> String {
    match secs {
        3600 => "every hour".to_owned(),
        60 => "every minute".to_owned(),
        secs if secs % 3600 == 0 => format!("every {} hours", secs / 3600),
        secs if secs % 60 == 0 => format!("every {} minutes", secs / 60),
        1 => "every second".to_owned(),
        secs => format!("every {secs} seconds"),
    }
}

/// Capitalizes a name for the start of a sentence: "the provider" becomes "The provider".
pub(crate) fn first_up(name: &str) -> String {
    crate::wording::capital(name)
}

/// Describes what a job does.
pub(crate) fn job_kind(kind: Option<JobKind>) -> String {
    let words = match kind {
        Some(JobKind::FetchEventObject(provider)) => return format!("Follow an event from {}", provider.title()),
        Some(JobKind::Reconcile(provider)) => return format!("Compare the subscription with {}", provider.title()),
        Some(JobKind::BackfillEvents(provider)) => return format!("Read the events of {}", provider.title()),
        Some(JobKind::SettleDuplicate(provider)) => {
            return format!("Cancel and refund a second subscription at {}", provider.title());
        }
        Some(JobKind::ReconcileAll) => "Compare all subscriptions",
        Some(JobKind::ExpireCheckout) => "Close the page of an earlier checkout",
        Some(JobKind::ApplyScheduledTransition) => "See what holds in the new period",
        Some(JobKind::CheckLimits) => "Compare what is used with the limits",
        Some(JobKind::MailInvitation) => "Mail an invitation",
        Some(JobKind::MailAlert) => "Mail admins about a limit",
        Some(JobKind::MailEndpointDisabled) => "Mail admins about a webhook",
        Some(JobKind::MailDunning) => "Mail admins about a payment",
        Some(JobKind::MailEnterpriseRequest) => "Mail an enterprise request",
        Some(JobKind::MailSecretChanged) => "Tell admins of a changed secret",
        Some(JobKind::MailAddressVerification) => "Mail a link that confirms an address",
        Some(JobKind::MailAddressChange) => "Mail a way to another address",
        Some(JobKind::MailAddressChangeNotice) => "Mail a notice of another address",
        Some(JobKind::MailAccountNotice) => "Mail a notice to the owner of an account",
        Some(JobKind::MailPasswordReset) => "Mail a way to a new password",
        None => "A job of a later version",
    };
    words.to_owned()
}

/// Builds `once`, `3 times`.
pub(crate) fn tried(attempts: i64) -> String {
    if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") }
}

/// Describes when a job is tried next. `next_try` is `None` for a job that was given up.
pub(crate) fn next_try(next_try: Option<Timestamp>, now: Timestamp) -> String {
    match next_try {
        None => "not again".to_owned(),
        Some(at) if at <= now => "now".to_owned(),
        Some(at) => minute(at),
    }
}

pub(crate) const fn drift_source(found_by: DriftSource) -> &'static str {
    match found_by {
        DriftSource::Reconciliation => "by comparing",
        DriftSource::Sync => "by somebody who asked",
        DriftSource::Events => "in the list of events",
    }
}

pub(crate) const fn status(status: ProviderStatus) -> &'static str {
    match status {
        ProviderStatus::Active => "active",
        ProviderStatus::Trialing => "on trial",
        ProviderStatus::PastDue | ProviderStatus::Unpaid => "payment due",
        ProviderStatus::Incomplete => "not paid yet",
        ProviderStatus::IncompleteExpired => "never paid",
        ProviderStatus::Canceled => "ended",
        ProviderStatus::Paused => "paused",
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
        Done("synced") => (
            Tone::Ok,
            format!("Compared with {provider}"),
            "What it said a moment ago holds. Differences, if there were any, stand under Mended.".to_owned(),
        ),
        Done("tried") => (
            Tone::Ok,
            "It is tried now".to_owned(),
            "If it still stands here in a moment, it has failed again.".to_owned(),
        ),
        Refused(ErrorCode::NotFound) => (
            Tone::Off,
            "That job waits no more".to_owned(),
            "It was done in the meantime, or is being done now.".to_owned(),
        ),
        Refused(ErrorCode::ProviderUnavailable) => (
            Tone::Near,
            format!("{provider} does not answer"),
            "Nothing was changed. Try again in a minute.".to_owned(),
        ),
        Refused(ErrorCode::ProviderAccountChanged) => (
            Tone::Near,
            format!("{provider} can’t be used now"),
            "Nothing was changed. The person who runs this installation has to set the right key.".to_owned(),
        ),
        Refused(ErrorCode::UnknownAtProvider) => (
            Tone::Near,
            format!("{provider} does not know this workspace now"),
            "Nothing was changed. The person who runs this installation has to look into it.".to_owned(),
        ),
        Refused(ErrorCode::ProviderRejected) => (
            Tone::Stop,
            format!("{provider} refused this"),
            "Nothing was changed. If it happens again, tell the person who runs this installation.".to_owned(),
        ),
        Refused(ErrorCode::Conflict) => (
            Tone::Near,
            "The subscription is changing just now".to_owned(),
            "Look at how it stands in a moment.".to_owned(),
        ),
        Refused(ErrorCode::BillingNotConfigured) => (
            Tone::Off,
            "No payment provider is set up".to_owned(),
            "The person who runs this installation can set PAYMENT_PROVIDER.".to_owned(),
        ),
        Refused(ErrorCode::AdminRequired) => (
            Tone::Off,
            "That is for an owner or an admin".to_owned(),
            format!("Only an owner or an admin of {workspace} can do this."),
        ),
        Refused(ErrorCode::Throttled) => (
            Tone::Near,
            "That was often enough for now".to_owned(),
            format!("{provider} was not asked. Try again in a minute."),
        ),
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, "Something broke on our side".to_owned(), "Nothing was changed.".to_owned())
        }
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
    }

    #[test]
    fn a_job_is_tried_at_its_time_now_or_not_again() {
        let now = Timestamp::from_secs(1_768_426_800);
        let later = now.plus_secs(60);
        for (next, words) in [
            (None, "not again".to_owned()),
            (Some(now.plus_secs(-60)), "now".to_owned()),
            (Some(now), "now".to_owned()),
            (Some(later), minute(later)),
        ] {
            assert_eq!(next_try(next, now), words);
        }
        assert_eq!((tried(1), tried(3)), ("once".to_owned(), "3 times".to_owned()));
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
