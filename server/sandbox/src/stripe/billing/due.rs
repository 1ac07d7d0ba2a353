//! Scheduled billing: renewals, trial ends, retries, cancellations and expiries, each at its due time, in order.

use domain::time::Timestamp;

use super::{cancellation, invoicing, lifecycle, phase_change};
use crate::{
    storage::Transaction,
    stripe::objects::{
        Resource,
        checkout_session::{CheckoutSession, SessionStatus},
        event::emit,
        invoice::{Invoice, InvoiceStatus},
        subscription::{Status, Subscription},
        subscription_schedule::SubscriptionSchedule,
    },
};

/// Time after which an unpaid `incomplete` subscription expires.
const INCOMPLETE_SECS: i64 = 23 * 3600;
/// How long before a trial's end `trial_will_end` is sent.
const TRIAL_NOTICE_SECS: i64 = 3 * 86_400;

enum Due {
    SessionExpires(String),
    Ends(String),
    TrialWillEnd(String),
    PeriodEnds(String),
    FirstPaymentLapses(String),
    Retry(String),
    Overdue(String),
    CollectionResumes(String),
    PendingUpdateExpires(String),
    PhaseEnds(String),
}

impl Due {
    /// The id of the object that is due.
    fn object(&self) -> &str {
        match self {
            Self::SessionExpires(id)
            | Self::Ends(id)
            | Self::TrialWillEnd(id)
            | Self::PeriodEnds(id)
            | Self::FirstPaymentLapses(id)
            | Self::Retry(id)
            | Self::Overdue(id)
            | Self::CollectionResumes(id)
            | Self::PendingUpdateExpires(id)
            | Self::PhaseEnds(id) => id,
        }
    }
}

/// Processes everything that is due by `until`, oldest first. Afterwards `tx.now` is `until`.
pub(crate) fn process_due(tx: &mut Transaction<'_>, until: Timestamp) {
    while let Some((at, due)) = next_due(tx, until) {
        tx.now = at;
        tx.enter_account_of(due.object());
        run_due(tx, due);
        tx.account = None;
    }
    tx.now = until;
}

/// The earliest step. Steps of subscriptions come before those of schedules: a phase that begins with a period begins
/// with the renewal.
fn next_due(tx: &Transaction<'_>, until: Timestamp) -> Option<(Timestamp, Due)> {
    let session = tx.due::<CheckoutSession>(until).next();
    let session = session.map(|session| (session.expires_at, Due::SessionExpires(session.id.clone())));
    let subscription = tx.due::<Subscription>(until).next();
    let subscription = subscription.and_then(|subscription| earliest(of_subscription(subscription)));
    let schedule = tx.due::<SubscriptionSchedule>(until).next();
    let schedule = schedule.and_then(|schedule| Some((schedule.next_step_at()?, Due::PhaseEnds(schedule.id.clone()))));
    // An overdue invoice stays in the index until it is paid, and is no longer a step once its subscription is past due.
    let invoice = tx.due::<Invoice>(until).find_map(|invoice| earliest(of_invoice(tx, invoice, until)));
    session.into_iter().chain(subscription).chain(schedule).chain(invoice).min_by_key(|(at, _)| *at)
}

fn earliest(dues: Vec<(Timestamp, Due)>) -> Option<(Timestamp, Due)> {
    dues.into_iter().min_by_key(|(at, _)| *at)
}

/// When the next step of a subscription is due. `None` once it is over.
pub(crate) fn subscription_due_at(subscription: &Subscription) -> Option<Timestamp> {
    of_subscription(subscription).into_iter().map(|(at, _)| at).min()
}

fn of_invoice(tx: &Transaction<'_>, invoice: &Invoice, until: Timestamp) -> Vec<(Timestamp, Due)> {
    let retry = invoice.next_attempt.map(|at| (at, Due::Retry(invoice.id.clone())));
    let overdue = invoice.due_date.and_then(|at| {
        let subscription = tx.get::<Subscription>(invoice.subscription.as_deref()?)?;
        let is_active = subscription.status == Status::Active;
        is_active.then(|| (at.max(tx.now), Due::Overdue(subscription.id.clone())))
    });
    retry.into_iter().chain(overdue).filter(|(at, _)| *at <= until).collect()
}

fn of_subscription(subscription: &Subscription) -> Vec<(Timestamp, Due)> {
    let id = || subscription.id.clone();
    if subscription.status.is_over() {
        return Vec::new();
    }
    if subscription.status == Status::Incomplete {
        return vec![(subscription.created.plus_secs(INCOMPLETE_SECS), Due::FirstPaymentLapses(id()))];
    }
    let mut dues = Vec::new();
    let end = if subscription.cancel_at_period_end { Some(subscription.period.end) } else { subscription.cancel_at };
    dues.extend(end.map(|at| (at, Due::Ends(id()))));
    if let (Status::Trialing, Some(trial), false) =
        (subscription.status, subscription.trial, subscription.trial_end_announced)
    {
        dues.push((trial.end.plus_secs(-TRIAL_NOTICE_SECS).max(trial.start), Due::TrialWillEnd(id())));
    }
    // Listed before the period's end, so that collection resumes before a period that begins at the same instant.
    dues.extend(subscription.pause.and_then(|pause| pause.resumes_at).map(|at| (at, Due::CollectionResumes(id()))));
    let pending = subscription.pending_update.as_ref();
    dues.extend(pending.map(|pending| (pending.expires_at, Due::PendingUpdateExpires(id()))));
    dues.push((subscription.period.end, Due::PeriodEnds(id())));
    dues
}

/// Does what is due, and changes the row so that it is not due again.
fn run_due(tx: &mut Transaction<'_>, due: Due) {
    match due {
        Due::SessionExpires(id) => {
            if let Some(session) = tx.get::<CheckoutSession>(&id) {
                expire_session(tx, CheckoutSession::clone(&session));
            }
        }
        Due::Ends(id) => {
            with_subscription(tx, &id, |tx, subscription| {
                cancellation::end(tx, subscription, Some("cancellation_requested"));
            });
        }
        Due::TrialWillEnd(id) => with_subscription(tx, &id, |tx, mut subscription| {
            subscription.trial_end_announced = true;
            let object = subscription.json(tx);
            tx.put(subscription);
            emit(tx, "customer.subscription.trial_will_end", object);
        }),
        Due::PeriodEnds(id) => with_subscription(tx, &id, |tx, subscription| {
            if let Err(error) = lifecycle::renew(tx, subscription.clone()) {
                tracing::warn!(
                    subscription = subscription.id,
                    reason = error.message,
                    "failed to renew subscription, ending it"
                );
                cancellation::end(tx, subscription, None);
            }
        }),
        Due::FirstPaymentLapses(id) => with_subscription(tx, &id, lifecycle::expire_incomplete),
        Due::Retry(id) => retry(tx, &id),
        // A sent invoice was not paid by its due date.
        Due::Overdue(id) => with_subscription(tx, &id, |tx, mut subscription| {
            subscription.status = Status::PastDue;
            subscription.save(tx);
        }),
        Due::CollectionResumes(id) => with_subscription(tx, &id, |tx, mut subscription| {
            subscription.pause = None;
            subscription.save(tx);
        }),
        Due::PendingUpdateExpires(id) => with_subscription(tx, &id, expire_pending_update),
        Due::PhaseEnds(id) => phase_change::step(tx, &id),
    }
}

fn with_subscription(tx: &mut Transaction<'_>, id: &str, act: impl FnOnce(&mut Transaction<'_>, Subscription)) {
    if let Some(subscription) = tx.get::<Subscription>(id) {
        act(tx, Subscription::clone(&subscription));
    }
}

fn retry(tx: &mut Transaction<'_>, id: &str) {
    let Some(invoice) = tx.get::<Invoice>(id) else { return };
    let mut invoice = Invoice::clone(&invoice);
    let subscription = invoice.subscription.as_deref().and_then(|id| tx.get::<Subscription>(id));
    let method = subscription.and_then(|subscription| subscription.payment_method(tx));
    if let Err(refused) = invoicing::collect(tx, &mut invoice, method.as_deref()) {
        tracing::debug!(invoice = id, reason = refused.message, "retried charge declined");
    }
}

/// Voids the invoice of a pending update that was not paid in time, which discards the update.
fn expire_pending_update(tx: &mut Transaction<'_>, mut subscription: Subscription) {
    let invoice = subscription.pending_update.as_ref().and_then(|pending| tx.get::<Invoice>(&pending.invoice));
    if let Some(invoice) = invoice.filter(|invoice| invoice.status == InvoiceStatus::Open) {
        invoicing::void(tx, &invoice);
    } else {
        subscription.pending_update = None;
        subscription.save(tx);
    }
    if let Some(current) = tx.get::<Subscription>(&subscription.id) {
        let object = current.json(tx);
        emit(tx, "customer.subscription.pending_update_expired", object);
    }
}

pub(crate) fn expire_session(tx: &mut Transaction<'_>, mut session: CheckoutSession) {
    session.status = SessionStatus::Expired;
    session.authenticating = None;
    let object = session.json(tx);
    tx.put(session);
    emit(tx, "checkout.session.expired", object);
}
