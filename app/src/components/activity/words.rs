//! Texts for codes, jobs and sources of a correction.

use billing::store::job::jobs::Task;
use domain::{
    error_code::ErrorCode,
    subscription::{ProviderStatus, lifecycle::DriftSource},
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
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

/// Capitalizes a name at the start of a sentence, as "the provider".
pub(crate) fn first_up(name: &str) -> String {
    crate::wording::capital(name)
}

/// Describes a job's task.
pub(crate) fn task(task: Option<&Task>) -> String {
    match task {
        Some(Task::FetchWebhookObject { provider, .. } | Task::FetchListedObject { provider, .. }) => {
            format!("Follow an event from {}", provider.title())
        }
        Some(Task::Reconcile { provider, .. }) => format!("Compare the subscription with {}", provider.title()),
        Some(Task::BackfillEvents { provider }) => format!("Read the events of {}", provider.title()),
        Some(Task::ReconcileAll) => "Compare all subscriptions".to_owned(),
        Some(Task::SettleDuplicate { provider, .. }) => {
            format!("Cancel and refund a second subscription at {}", provider.title())
        }
        Some(Task::ExpireCheckout { .. }) => "Close the page of an earlier checkout".to_owned(),
        Some(Task::ApplyScheduledTransition { .. }) => "See what holds in the new period".to_owned(),
        Some(Task::CheckLimits { .. }) => "Compare what is used with the limits".to_owned(),
        Some(Task::MailInvitation { .. }) => "Mail an invitation".to_owned(),
        Some(Task::AlertAdmins { .. } | Task::MailAlert { .. }) => "Mail admins about a limit".to_owned(),
        Some(Task::MailEndpointDisabled { .. }) => "Mail admins about a webhook".to_owned(),
        Some(Task::MailDunning { .. }) => "Mail admins about a payment".to_owned(),
        Some(Task::MailEnterpriseRequest { .. }) => "Mail an enterprise request".to_owned(),
        Some(Task::NotifySecretChanged { .. } | Task::MailSecretChanged { .. }) => {
            "Tell admins of a changed secret".to_owned()
        }
        Some(Task::MailAddressVerification { .. }) => "Mail a link that confirms an address".to_owned(),
        Some(Task::MailAddressChange { .. }) => "Mail a way to another address".to_owned(),
        Some(Task::MailAddressChangeNotice { .. }) => "Mail a notice of another address".to_owned(),
        Some(Task::MailAccountNotice { .. }) => "Mail a notice to the owner of an account".to_owned(),
        Some(Task::MailPasswordReset { .. }) => "Mail a way to a new password".to_owned(),
        None => "A job of a later version".to_owned(),
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
