//! The monthly report: at the start of a month, a mail about the last one to each person who turned it on.
//!
//! A report is claimed by one node, and marked before it is handed to the mail server. The mark is taken back if the
//! mail server refuses it. A worker that dies meanwhile leaves the mark: its report may be missing, but is not sent
//! twice.

#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::{
    account::OptionalMail,
    entitlement::{calendar_month, history::Step},
    ids::{TenantId, UserId},
    subscription::{Subscription, current_subscription},
    time::Timestamp,
};
use tokio_util::sync::CancellationToken;

use crate::{
    mail::{
        Letter, MailError, Mailer,
        letters::{self, MonthlyMeter, MonthlyReport, Upcoming},
    },
    service::{ServiceError, Usage, base::internal_features::is_counted_by_dues},
    store::{
        StoreResult,
        job::jobs::{JobRequest, Task},
    },
};

const POLL_EVERY: Duration = Duration::from_secs(5);

impl Usage {
    /// Enqueues due reports periodically until `stop` is canceled.
    pub(crate) async fn enqueue_reports_regularly(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.enqueue_due_reports().await {
                tracing::error!(error = &error as &dyn std::error::Error, "failed to enqueue monthly reports");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
        }
    }

    /// Enqueues a mail for each of at most 200 people whose report is due. Of nodes that run at once, one enqueues each.
    pub async fn enqueue_due_reports(&self) -> StoreResult<()> {
        let billing_now = self.billing_now();
        if self.mailer().is_none() || !self.store().read().await?.connection().has_due_report(billing_now).await? {
            return Ok(());
        }
        let (this_month, next_month) = calendar_month(billing_now);
        let (month, _) = calendar_month(this_month.plus_secs(-1));
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let due = tx.connection().claim_due_reports(billing_now, next_month).await?;
        let jobs: Vec<_> = due
            .into_iter()
            .map(|(tenant, to)| JobRequest {
                id: format!("report {} of {tenant} to {to}", month.as_micros()),
                task: Task::MailMonthlyReport { tenant, month, to },
                run_at: now,
            })
            .collect();
        tx.connection().upsert_jobs(&jobs, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Mails the report about a month to one person, once. Sends nothing if they turned it off or are no admin, or the
    /// workspace is deleted.
    pub(crate) async fn mail_monthly_report(
        &self,
        tenant: &TenantId,
        month: Timestamp,
        to: &UserId,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let Some(letter) = self.monthly_letter(tenant, month, to).await? else { return Ok(()) };
        let mut tx = self.store().begin().await?;
        if !tx.connection().mark_report(tenant, to, month).await? {
            return Ok(());
        }
        tx.commit().await?;
        Ok(self.send_marked(mailer, &letter, (tenant, month, to)).await?)
    }

    /// Sends a report that is marked. After an error that rules out its arrival, takes the mark back, so that the retry
    /// sends it.
    async fn send_marked(
        &self,
        mailer: &Mailer,
        letter: &Letter,
        (tenant, month, to): (&TenantId, Timestamp, &UserId),
    ) -> Result<(), MailError> {
        let Err(failed) = mailer.send(letter).await else { return Ok(()) };
        if failed.may_have_arrived() {
            return Err(failed);
        }
        let unmarked = async {
            let mut tx = self.store().begin().await?;
            tx.connection().unmark_report(tenant, to, month).await?;
            tx.commit().await
        };
        if let Err(error) = unmarked.await {
            tracing::error!(
                %tenant,
                error = &error as &dyn std::error::Error,
                "failed to allow the retry of a monthly report"
            );
        }
        Err(failed)
    }

    async fn monthly_letter(
        &self,
        tenant: &TenantId,
        month: Timestamp,
        to: &UserId,
    ) -> Result<Option<Letter>, ServiceError> {
        let recipient = self.find_mail_recipient(tenant, to, OptionalMail::MonthlyReport).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let workspace = link.find_tenant(tenant).await?.filter(|workspace| workspace.deleted_at.is_none());
        let subscriptions = link.list_subscriptions(tenant).await?;
        drop(reader);
        let (Some(recipient), Some(workspace)) = (recipient, workspace) else { return Ok(None) };
        let subscription = current_subscription(self.catalog(), &subscriptions);
        let plan = self.entitlements(&workspace, subscription).plan;
        let report = MonthlyReport {
            workspace: &workspace.name,
            month,
            plan: self.catalog().plan(plan.as_str()).map_or(plan.as_str(), |plan| plan.name.as_str()),
            upcoming: subscription.map_or(Upcoming::Nothing, upcoming),
            meters: self.meters_of_month(tenant, month).await?,
        };
        let language = self.mail_language(to).await?;
        let content = letters::monthly_report(language, &report, &self.page_url("usage"));
        let about = (tenant, to, OptionalMail::MonthlyReport);
        let content = self.accounts().with_unsubscribe(content, language, about).await?;
        Ok(Some(Letter::new(&recipient.email, &content)?))
    }

    /// Returns the counted features of the plan, each with its highest usage in the month. A feature that Dues counts
    /// itself has no history: its usage is the current one.
    async fn meters_of_month(
        &self,
        tenant: &TenantId,
        month: Timestamp,
    ) -> Result<Vec<MonthlyMeter<'_>>, ServiceError> {
        let (from, to) = calendar_month(month);
        let current = self.all_features(tenant).await?.features;
        let mut meters = Vec::new();
        for usage in current {
            let Some(feature) = self.catalog().feature(usage.feature.as_str()) else { continue };
            if !feature.kind.is_counted() {
                continue;
            }
            let highest = if is_counted_by_dues(&feature.key) {
                usage.used
            } else {
                let history = self.history(tenant, feature.key.as_str(), Step::Day, Some(from), Some(to)).await?;
                history.points.iter().map(|point| point.peak).max().unwrap_or_default()
            };
            if usage.limit.is_included() || highest > 0 {
                meters.push(MonthlyMeter { feature, highest, limit: usage.limit });
            }
        }
        Ok(meters)
    }
}

/// Returns what is paid next for a subscription.
fn upcoming(subscription: &Subscription) -> Upcoming {
    if !subscription.status.is_live() {
        return Upcoming::Nothing;
    }
    if let Some(at) = subscription.ends_at() {
        return Upcoming::End(at);
    }
    match (subscription.details.next_payment, subscription.renews_at()) {
        (Some(next), _) => Upcoming::Payment { amount: Some(next.amount), at: next.at },
        (None, Some(at)) => Upcoming::Payment { amount: None, at },
        (None, None) => Upcoming::Nothing,
    }
}
