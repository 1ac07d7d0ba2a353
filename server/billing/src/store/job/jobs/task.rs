//! What jobs do, as it is stored.

use domain::{
    account::Email,
    entitlement::alert::AlertKind,
    ids::{CheckoutAttemptId, FeatureKey, ImportId, InvitationId, TenantId, UserId},
    subscription::{Provider, lifecycle::DunningKind},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::notice::{AccountNotice, SecretNotice};
use crate::{mail::kind::LetterKind, payment::EventSubject};

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Fetch the object of coalesced webhook events.
    #[serde(rename = "follow_hints")]
    FetchWebhookObject { provider: Provider, subject: EventSubject, customer: Option<String> },
    /// Close the hosted page of a superseded attempt.
    ExpireCheckout { tenant: TenantId, attempt: CheckoutAttemptId },
    /// Mail an invitation.
    MailInvitation { tenant: TenantId, invitation: InvitationId },
    /// Mail an enterprise request to the sales address.
    MailEnterpriseRequest { request: String },
    /// Check a tenant's counters against changed limits.
    #[serde(rename = "look_at_limits")]
    CheckLimits { tenant: TenantId },
    /// Enqueue an alert for every admin.
    #[serde(rename = "tell_admins")]
    AlertAdmins {
        tenant: TenantId,
        feature: FeatureKey,
        #[serde(rename = "told_since")]
        period_start: Timestamp,
        kind: AlertKind,
    },
    /// Mail an alert to one admin.
    MailAlert {
        tenant: TenantId,
        feature: FeatureKey,
        #[serde(rename = "told_since")]
        period_start: Timestamp,
        kind: AlertKind,
        to: UserId,
    },
    /// Fetch the object of events found in the provider's own event list.
    #[serde(rename = "follow_listed")]
    FetchListedObject { provider: Provider, subject: EventSubject, customer: Option<String> },
    /// Read the provider's events since the last read.
    #[serde(rename = "catch_up")]
    BackfillEvents { provider: Provider },
    /// Reconcile subscriptions with the provider, the least recently reconciled first.
    #[serde(rename = "walk_subscriptions")]
    ReconcileAll,
    /// Reconcile one tenant that a round of reconciliation could not finish.
    Reconcile { tenant: TenantId, provider: Provider },
    /// Cancel and refund a duplicate subscription.
    #[serde(rename = "settle_doubled")]
    SettleDuplicate { tenant: TenantId, provider: Provider, subscription: String },
    /// Apply the end of a period, a trial or a grace period.
    #[serde(rename = "turn_period")]
    ApplyScheduledTransition { tenant: TenantId },
    /// Mail an admin that a payment is due, or no longer is.
    MailDunning {
        tenant: TenantId,
        provider: Provider,
        subscription: String,
        since: Timestamp,
        kind: DunningKind,
        to: UserId,
    },
    /// Mail one person the report about a month, which begins at `month`.
    MailMonthlyReport { tenant: TenantId, month: Timestamp, to: UserId },
    /// Mail an admin that an endpoint was disabled.
    MailEndpointDisabled { tenant: TenantId, endpoint: String, to: UserId },
    /// Mail a password reset if the address has an account. The request does not look the account up, so that its
    /// timing reveals nothing.
    MailPasswordReset { email: Email, asked_at: Timestamp },
    /// Enqueue a notice for every admin about a changed secret that decides where money goes.
    NotifySecretChanged { tenant: TenantId, notice: SecretNotice },
    /// Mail a notice of changed secrets to one admin.
    MailSecretChanged { tenant: TenantId, notice: SecretNotice, to: UserId },
    /// Mail a link that verifies an account's address.
    #[serde(rename = "mail_address_proof")]
    MailAddressVerification { user: UserId, email: Email, asked_at: Timestamp },
    /// Mail a link that changes an account's address.
    MailAddressChange { user: UserId, email: Email, asked_at: Timestamp },
    /// Mail a notice to an account's current address that a change to `new` was requested. Jobs of earlier versions name
    /// no `user`.
    MailAddressChangeNotice { user: Option<UserId>, old: Email, new: Email, asked_at: Timestamp },
    /// Mail an account's owner that a sign-in method changed.
    MailAccountNotice { user: UserId, email: Email, notice: AccountNotice, at: Timestamp },
    /// Mail an operator a sample of a mail.
    MailSample { user: UserId, letter: LetterKind, language: String, asked_at: Timestamp },
    /// Take an import of customers some steps further.
    RunImport { import: ImportId, provider: Provider },
}

impl Task {
    /// Whether the job runs in the trace that requested it. Periodic jobs request their next run, so that their trace
    /// would never end.
    pub(super) const fn is_traced(&self) -> bool {
        !matches!(self, Self::BackfillEvents { .. } | Self::ReconcileAll)
    }

    /// The job's tenant, if it is known.
    pub(super) const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::ExpireCheckout { tenant, .. }
            | Self::MailInvitation { tenant, .. }
            | Self::CheckLimits { tenant }
            | Self::AlertAdmins { tenant, .. }
            | Self::MailAlert { tenant, .. }
            | Self::Reconcile { tenant, .. }
            | Self::SettleDuplicate { tenant, .. }
            | Self::ApplyScheduledTransition { tenant }
            | Self::MailDunning { tenant, .. }
            | Self::MailMonthlyReport { tenant, .. }
            | Self::MailEndpointDisabled { tenant, .. }
            | Self::NotifySecretChanged { tenant, .. }
            | Self::MailSecretChanged { tenant, .. } => Some(tenant),
            Self::FetchWebhookObject { .. }
            | Self::FetchListedObject { .. }
            | Self::BackfillEvents { .. }
            | Self::ReconcileAll
            | Self::MailEnterpriseRequest { .. }
            | Self::MailPasswordReset { .. }
            | Self::MailAddressVerification { .. }
            | Self::MailAddressChange { .. }
            | Self::MailAddressChangeNotice { .. }
            | Self::MailAccountNotice { .. }
            | Self::MailSample { .. }
            | Self::RunImport { .. } => None,
        }
    }
}
