//! A sample of each kind of mail, with the plans and features of the catalog.

use domain::{
    account::{Email, OptionalMail, Role},
    catalog::{Catalog, Cycle, Enforcement, Feature, Limit, Plan},
    entitlement::{
        alert::{Alert, AlertKind},
        overrides::Overrides,
    },
    money::Money,
    subscription::{Provider, lifecycle::DunningKind},
    tenant::enterprise::{EnterpriseRequest, Handling, UseCase},
    time::Timestamp,
};
use locales::{Locale, text};

use super::{
    AlertMail, Changer, Dunning, MonthlyMeter, MonthlyReport, SecretChange, Upcoming, account_notice, address_change,
    address_change_notice, address_taken, address_verification, alert, dunning, endpoint_disabled, enterprise_request,
    invitation, monthly_report, password_reset, secret_changed, with_unsubscribe,
};
use crate::{
    mail::{
        content::MailContent,
        kind::{LetterArea, LetterKind},
    },
    store::{
        job::jobs::AccountNotice,
        tenant::tenants::Tenant,
        webhook::webhook_endpoints::{Disabled, DisabledWhy},
    },
};

const READER: &str = "ada@example.com";
const OTHER: &str = "ada@lovelace.example";
const COLLEAGUE: &str = "grace@example.com";
const ENDPOINT: &str = "https://hooks.example.com/dues";
const SECRET: &str = "stripe_secret_key";
/// An address of the block for documentation (RFC 5737).
const NETWORK_ADDRESS: &str = "203.0.113.7";
const SECS_PER_DAY: i64 = 86_400;
/// How many limits the sample of a report shows.
const REPORTED: usize = 4;

/// The choice by which people turn mails of this kind off; `None` for mails that are always sent.
const fn turned_off(kind: LetterKind) -> Option<OptionalMail> {
    match kind.area() {
        LetterArea::Limits => Some(OptionalMail::UsageLimits),
        LetterArea::Payments => Some(OptionalMail::Payments),
        LetterArea::Reports => Some(OptionalMail::MonthlyReport),
        LetterArea::Accounts | LetterArea::Integration | LetterArea::Sales => None,
    }
}

/// What samples take from the installation.
pub(crate) struct Samples<'a> {
    pub(crate) language: Locale,
    pub(crate) catalog: &'a Catalog,
    pub(crate) provider: Provider,
    /// Returns the URL of a page of this installation.
    pub(crate) page_url: &'a dyn Fn(&str) -> String,
    pub(crate) now: Timestamp,
}

impl Samples<'_> {
    /// Returns a mail of this kind; `None` if the catalog has nothing that it could be about: a mail about a payment
    /// needs a paid plan, one about a limit a feature.
    pub(crate) fn sample(&self, kind: LetterKind) -> Option<MailContent> {
        let Self { language, now, .. } = *self;
        let tomorrow = now.plus_secs(SECS_PER_DAY);
        let secret = |change| {
            let by = (Changer::Person(COLLEAGUE), Some(NETWORK_ADDRESS));
            secret_changed(language, &self.workspace(), (SECRET, change), by, now, &self.page("settings/team"))
        };
        let sample = match kind {
            LetterKind::Invitation => {
                let link = self.page("invitations/sample");
                invitation(language, &self.workspace(), Some(COLLEAGUE), Role::Admin, &link, self.in_a_week())
            }
            LetterKind::PasswordReset => password_reset(language, READER, &self.page("password/sample"), tomorrow),
            LetterKind::AddressVerification => {
                address_verification(language, READER, &self.page("account/prove/sample"), tomorrow)
            }
            LetterKind::AddressChange => {
                address_change(language, Some(READER), OTHER, &self.page("account/address/sample"), tomorrow)
            }
            LetterKind::AddressChangeNotice => address_change_notice(language, READER, OTHER),
            LetterKind::AddressTaken => address_taken(language, READER),
            LetterKind::PasswordChanged => self.notice(AccountNotice::PasswordChanged),
            LetterKind::PasswordSetByLink => self.notice(AccountNotice::PasswordReset),
            LetterKind::PasswordSetByToken => self.notice(AccountNotice::PasswordSetByToken),
            LetterKind::SecondFactorEnabled => self.notice(AccountNotice::SecondFactorEnabled),
            LetterKind::SecondFactorRemoved => self.notice(AccountNotice::SecondFactorRemoved),
            LetterKind::RecoveryCodesRenewed => self.notice(AccountNotice::RecoveryCodesRenewed),
            LetterKind::SignInLinked => self.notice(AccountNotice::SignInLinked),
            LetterKind::LimitNear => self.alert(AlertKind::Warning)?,
            LetterKind::LimitReached => self.alert(AlertKind::Reached)?,
            LetterKind::LimitCleared => self.alert(AlertKind::Cleared)?,
            LetterKind::PaymentFailed => self.dunning(DunningKind::PaymentFailed, false)?,
            LetterKind::PaymentOverdue => self.dunning(DunningKind::PaymentFailed, true)?,
            LetterKind::GraceEnds => self.dunning(DunningKind::GraceEnds, false)?,
            LetterKind::PlanSuspended => self.dunning(DunningKind::PlanSuspended, false)?,
            LetterKind::PaymentReceived => self.dunning(DunningKind::Recovered, false)?,
            LetterKind::TrialEnds => self.dunning(DunningKind::TrialEnds, false)?,
            LetterKind::MonthlyReport => self.monthly_report()?,
            LetterKind::EndpointDisabled => {
                let disabled = Disabled { at: now, why: DisabledWhy::Failing };
                endpoint_disabled(language, &self.workspace(), ENDPOINT, disabled, &self.page("settings/webhooks"))
            }
            LetterKind::SecretSet => secret(SecretChange::Set),
            LetterKind::SecretDeleted => secret(SecretChange::Deleted),
            LetterKind::EnterpriseRequest => self.enterprise_request(),
        };
        Some(match turned_off(kind) {
            Some(mail) => with_unsubscribe(sample, language, mail, &self.page("unsubscribe/sample")),
            None => sample,
        })
    }

    fn workspace(&self) -> String {
        text!(self.language => mail_sample_workspace).into_owned()
    }

    fn page(&self, path: &str) -> String {
        (self.page_url)(path)
    }

    fn in_a_week(&self) -> Timestamp {
        self.now.plus_secs(7 * SECS_PER_DAY)
    }

    fn notice(&self, notice: AccountNotice) -> MailContent {
        account_notice(self.language, READER, notice, self.now, &self.page("password/forgot"))
    }

    fn alert(&self, kind: AlertKind) -> Option<MailContent> {
        let (feature, most) = self.limited_feature()?;
        let used = match kind {
            AlertKind::Warning | AlertKind::SecondWarning | AlertKind::ThirdWarning => feature.warn_at.amount(most),
            AlertKind::Reached => most,
            AlertKind::Cleared => most / 2,
        };
        let sent = Alert {
            feature: feature.key.clone(),
            period_start: self.now,
            kind,
            sent_at: self.now,
            used,
            limit: Limit::AtMost(most),
        };
        let page = self.page(&format!("usage/{}", feature.key));
        let larger = self.catalog.listed_plans().find_map(|plan| {
            let limit = plan.limit(&feature.key);
            limit.allows(most + 1).then_some((plan, limit))
        });
        let workspace = self.workspace();
        let mail = AlertMail { workspace: &workspace, feature, alert: &sent, larger, has_own_thresholds: false };
        Some(alert(self.language, &mail, &page))
    }

    fn monthly_report(&self) -> Option<MailContent> {
        let Self { language, catalog, now, .. } = *self;
        let (plan, _, price) = self.paid_plan()?;
        let counted = catalog.features.iter().filter(|feature| feature.kind.is_counted());
        let meters = counted.take(REPORTED).map(|feature| {
            let limit = plan.limit(&feature.key);
            let highest = match limit {
                Limit::AtMost(most) => feature.warn_at.amount(most) / 2,
                Limit::Unlimited => 0,
            };
            MonthlyMeter { feature, highest, limit }
        });
        let report = MonthlyReport {
            workspace: &self.workspace(),
            month: now.plus_secs(-30 * SECS_PER_DAY),
            plan: &plan.name,
            upcoming: Upcoming::Payment { amount: Some(price), at: self.in_a_week() },
            meters: meters.collect(),
        };
        Some(monthly_report(language, &report, &self.page("usage")))
    }

    /// Returns a feature with its limit, of the largest plan that limits one: preferably a feature that is refused
    /// above its limit.
    fn limited_feature(&self) -> Option<(&Feature, u64)> {
        let limits = self.catalog.plans.iter().rev().flat_map(|plan| {
            let counted = self.catalog.features.iter().filter(|feature| feature.kind.is_counted());
            counted.filter_map(move |feature| match plan.limit(&feature.key) {
                Limit::AtMost(most) if most > 1 => Some((feature, most)),
                Limit::AtMost(_) | Limit::Unlimited => None,
            })
        });
        let is_hard = |(feature, _): &(&Feature, u64)| feature.enforcement == Enforcement::Hard;
        let (mut hard, mut any) = (limits.clone(), limits);
        hard.find(is_hard).or_else(|| any.next())
    }

    fn dunning(&self, kind: DunningKind, is_invoiced: bool) -> Option<MailContent> {
        let Self { language, catalog, now, .. } = *self;
        let (plan, cycle, price) = self.paid_plan()?;
        let name = |plan: &Plan| language.translate(&plan.name).into_owned();
        let (plan, fallback) = (name(plan), catalog.plan(catalog.free.as_str()).map_or_else(String::new, name));
        let details = Dunning {
            workspace: &self.workspace(),
            kind,
            plan: &plan,
            current: &plan,
            fallback: &fallback,
            // The mail about a received payment names no amount.
            price: (kind != DunningKind::Recovered).then_some(price),
            repeats: true,
            provider: self.provider.title(),
            grace_until: Some(self.in_a_week()),
            renews_at: Some(now.plus_secs(30 * SECS_PER_DAY)),
            since: match kind {
                DunningKind::TrialEnds => now.plus_secs(3 * SECS_PER_DAY),
                DunningKind::PaymentFailed
                | DunningKind::GraceEnds
                | DunningKind::PlanSuspended
                | DunningKind::Recovered => now,
            },
            cycle,
            interval: None,
            is_invoiced,
        };
        Some(dunning(language, &details, &self.page("membership")))
    }

    /// Returns the first listed plan that has a price, with it.
    fn paid_plan(&self) -> Option<(&Plan, Cycle, Money)> {
        let paid = self.catalog.listed_plans().filter(|plan| plan.is_paid());
        paid.flat_map(|plan| [(plan, Cycle::Monthly), (plan, Cycle::Yearly)])
            .find_map(|(plan, cycle)| Some((plan, cycle, plan.price(cycle, self.catalog.currency)?)))
    }

    fn enterprise_request(&self) -> MailContent {
        let Self { language, now, .. } = *self;
        let request = EnterpriseRequest {
            id: uuid::Uuid::nil().to_string(),
            company: self.workspace(),
            contact_name: text!(language => mail_sample_person).into_owned(),
            email: Email::from_stored(READER.to_owned()),
            use_cases: UseCase::ALL.into_iter().take(2).collect(),
            expected_scale: text!(language => mail_sample_scale).into_owned(),
            notes: text!(language => mail_sample_notes).into_owned(),
            tenant: None,
            user: None,
            created_at: now,
            handling: Handling::default(),
        };
        let id = uuid::Uuid::nil().to_string().parse().ok();
        let tenant = id.map(|id| Tenant::new(id, self.workspace(), Overrides::default(), now));
        enterprise_request(language, &request, tenant.as_ref())
    }
}
