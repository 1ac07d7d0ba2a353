//! Dunning notices to admins: a payment failed, grace ends, the plan is suspended, the payment arrived, and a trial
//! ends.

use domain::{
    account::OptionalMail,
    ids::{TenantId, UserId},
    subscription::{
        Entitlements, Provider, Subscription,
        lifecycle::{DunningKind, dunning},
    },
    time::Timestamp,
};

use super::jobs::job_request;
use crate::{
    mail::{
        Letter,
        letters::{self, Dunning},
    },
    service::{ServiceError, Subscriptions, webhook::endpoint::EndpointEvent},
    store::{StoreResult, Tx, job::jobs::Task},
};

/// The consequences of a recorded notice; empty if none was recorded.
#[derive(Debug, Default)]
pub(super) struct NotedDunning {
    pub(super) has_jobs: bool,
    /// The event to announce, in the same transaction.
    pub(super) event: Option<EndpointEvent>,
}

impl Subscriptions {
    /// Records a due notice, once, and enqueues a mail for each admin.
    pub(super) async fn note_dunning(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        (stored, current): (Option<&Subscription>, &Subscription),
        entitlements: &Entitlements,
        now: Timestamp,
    ) -> StoreResult<NotedDunning> {
        let Some((since, kind)) = dunning(stored, current, entitlements, self.settings().grace_secs, now) else {
            return Ok(NotedDunning::default());
        };
        let about = (current.provider, current.external_id.as_str());
        if !tx.connection().insert_dunning_notice(tenant, about, (since, kind), now).await? {
            return Ok(NotedDunning::default());
        }
        let event = match kind {
            DunningKind::TrialEnds => Some(EndpointEvent::trial_ending(tenant, current, since, now)),
            DunningKind::PaymentFailed | DunningKind::GraceEnds | DunningKind::PlanSuspended => {
                let failed = (since, DunningKind::PaymentFailed);
                // If Dues learns of the failure late, its first notice is one of the later kinds.
                let is_first = kind == DunningKind::PaymentFailed
                    || tx.connection().insert_dunning_notice(tenant, about, failed, now).await?;
                is_first.then(|| EndpointEvent::payment_failed(tenant, current, entitlements, since, now))
            }
            DunningKind::Recovered => None,
        };
        if self.mailer().is_none() {
            return Ok(NotedDunning { has_jobs: false, event });
        }
        let run_at = self.wall_now();
        let payers = tx.connection().list_members(tenant).await?.into_iter().filter(|member| member.role.may_bill());
        let jobs: Vec<_> = payers
            .map(|payer| {
                let (word, since_micros, to) = (kind.as_str(), since.as_micros(), payer.user_id);
                let id = format!("{word} {since_micros} {} of {tenant} to {to}", current.external_id);
                let (provider, subscription) = (current.provider, current.external_id.clone());
                let task = Task::MailDunning { tenant: tenant.clone(), provider, subscription, since, kind, to };
                job_request(id, task, run_at)
            })
            .collect();
        tx.connection().upsert_jobs(&jobs, run_at).await?;
        Ok(NotedDunning { has_jobs: !jobs.is_empty(), event })
    }

    /// Mails a notice to one of those who may pay. Sends nothing if the notice no longer applies, or the user may not pay
    /// now or has turned such notices off.
    pub(crate) async fn mail_dunning(
        &self,
        tenant: &TenantId,
        (provider, subscription): (Provider, &str),
        (since, kind): (Timestamp, DunningKind),
        to: &UserId,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let member = self.find_mail_recipient(tenant, to, OptionalMail::Payments).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let workspace = link.find_tenant(tenant).await?;
        let subscriptions = link.list_subscriptions(tenant).await?;
        drop(reader);
        let stored =
            subscriptions.iter().find(|stored| stored.provider == provider && stored.external_id == subscription);
        let (Some(workspace), Some(member), Some(stored)) = (workspace, member, stored) else { return Ok(()) };
        let is_current = match kind {
            DunningKind::PaymentFailed | DunningKind::GraceEnds | DunningKind::PlanSuspended => {
                stored.past_due_since == Some(since) && stored.status.is_live()
            }
            DunningKind::Recovered => stored.past_due_since != Some(since),
            DunningKind::TrialEnds => stored.trial_converts_at() == Some(since),
        };
        if !is_current {
            return Ok(());
        }
        let entitlements = self.entitlements(&workspace, Some(stored));
        let language = self.mail_language(to).await?;
        let plan_name = |id: &str| {
            let name = self.catalog().plan(id).map_or(id, |plan| plan.name.as_str());
            language.translate(name).into_owned()
        };
        // The pending change that applies when the trial ends, if any.
        let after_trial = stored.pending.as_ref().filter(|next| kind == DunningKind::TrialEnds && next.at <= since);
        let cycle = after_trial.map_or(stored.cycle, |next| next.cycle);
        let regular = match after_trial {
            Some(next) => {
                let currency = stored.currency().unwrap_or(self.catalog().currency);
                self.catalog().plan(next.plan.as_str()).and_then(|plan| stored.price_on(plan, cycle, currency))
            }
            None => stored.display_price(),
        };
        // The mail names only amounts that the provider states.
        let price = match kind {
            DunningKind::PaymentFailed | DunningKind::GraceEnds | DunningKind::PlanSuspended => stored.due,
            DunningKind::TrialEnds => stored.details.next_payment.map(|next| next.amount),
            // The payment may differ from the price of a period.
            DunningKind::Recovered => None,
        };
        let notice = Dunning {
            workspace: &workspace.name,
            kind,
            plan: &plan_name(stored.plan.as_str()),
            current: &plan_name(entitlements.plan.as_str()),
            // The plan after grace: a granted one, or the free one.
            fallback: &plan_name(self.entitlements(&workspace, None).plan.as_str()),
            price,
            repeats: price.is_some() && price == regular,
            provider: provider.title(),
            grace_until: entitlements.grace_until,
            renews_at: stored.renews_at(),
            since,
            cycle,
            interval: if after_trial.is_some() { None } else { stored.details.interval },
            is_invoiced: stored.details.is_invoiced,
        };
        let content = letters::dunning(language, &notice, &self.page_url("membership"));
        let about = (tenant, to, OptionalMail::Payments);
        let content = self.accounts().with_unsubscribe(content, language, about).await?;
        mailer.send(&Letter::new(&member.email, &content)?).await?;
        Ok(())
    }
}
