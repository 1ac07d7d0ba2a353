//! Lanes: which jobs share workers.

use domain::subscription::Provider;

use super::task::Task;

/// Jobs of one lane never wait for those of another. Calls to tenants' endpoints have other lanes: see
/// `worker/deliveries.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Jobs that call Stripe.
    Stripe,
    /// Jobs that call Polar.
    Polar,
    /// Jobs that call whichever provider the tenant pays through.
    AnyProvider,
    /// Jobs that send mail.
    Mail,
    /// Retries of mails that the SMTP server took too long with. They leave the workers of `Mail` to other mails.
    SlowMail,
    /// Jobs that only use the database.
    Database,
}

domain::all_variants!(Lane { Stripe, Polar, AnyProvider, Mail, SlowMail, Database });

impl Lane {
    pub(super) const fn of(provider: Provider) -> Self {
        match provider {
            Provider::Stripe => Self::Stripe,
            Provider::Polar => Self::Polar,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Polar => "polar",
            Self::AnyProvider => "provider",
            Self::Mail => "mail",
            Self::SlowMail => "slow_mail",
            // The name in the database and in the settings.
            Self::Database => "housekeeping",
        }
    }
}

impl Task {
    /// The lane that the job waits in.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::FetchWebhookObject { provider, .. }
            | Self::FetchListedObject { provider, .. }
            | Self::BackfillEvents { provider }
            | Self::Reconcile { provider, .. }
            | Self::SettleDuplicate { provider, .. }
            | Self::RunImport { provider, .. } => Lane::of(*provider),
            Self::ExpireCheckout { .. } | Self::ReconcileAll | Self::ApplyScheduledTransition { .. } => {
                Lane::AnyProvider
            }
            Self::MailInvitation { .. }
            | Self::MailEnterpriseRequest { .. }
            | Self::MailAlert { .. }
            | Self::MailDunning { .. }
            | Self::MailMonthlyReport { .. }
            | Self::MailEndpointDisabled { .. }
            | Self::MailPasswordReset { .. }
            | Self::MailSecretChanged { .. }
            | Self::MailAddressVerification { .. }
            | Self::MailAddressChange { .. }
            | Self::MailAddressChangeNotice { .. }
            | Self::MailAccountNotice { .. }
            | Self::MailSample { .. } => Lane::Mail,
            Self::CheckLimits { .. } | Self::AlertAdmins { .. } | Self::NotifySecretChanged { .. } => Lane::Database,
        }
    }
}
