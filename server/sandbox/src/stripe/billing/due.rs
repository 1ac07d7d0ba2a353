//! Scheduled billing: renewals, trial ends, retries, cancellations and expiries, each at its due time, in order.

use domain::time::Timestamp;

use super::{cancellation, invoicing, lifecycle};
use crate::{
    storage::Transaction,
    stripe::objects::{
        Resource,
        checkout_session::{CheckoutSession, SessionStatus},
        event::emit,
        invoice::{Invoice, InvoiceStatus},
        subscription::{Status, Subscription},
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
}

impl Due {
    /// The id of the object that this concerns.
    fn object(&self) -> &str {
        match self {
            Self::SessionExpires(id)
            | Self::Ends(id)
            | Self::TrialWillEnd(id)
            | Self::PeriodEnds(id)
            | Self::FirstPaymentLapses(id)
            | Self::Retry(id)
            | Self::Overdue(id)
            | Self::CollectionResumes(id) => id,
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

fn next_due(tx: &Transaction<'_>, until: Timestamp) -> Option<(Timestamp, Due)> {
    let sessions = tx
        .all::<CheckoutSession>()
        .filter(|it| it.status == SessionStatus::Open && it.expires_at <= until)
        .map(|it| (it.expires_at, Due::SessionExpires(it.id.clone())));
    let subscriptions = tx.all::<Subscription>().filter(|it| !it.status.is_over()).flat_map(|it| of_subscription(it));
    let retries = tx
        .all::<Invoice>()
        .filter(|it| it.status == InvoiceStatus::Open)
        .filter_map(|it| Some((it.next_attempt?, Due::Retry(it.id.clone()))));
    let overdue = tx.all::<Invoice>().filter(|it| it.status == InvoiceStatus::Open).filter_map(|it| {
        let at = it.due_date.filter(|at| *at <= until)?;
        let subscription = tx.get::<Subscription>(it.subscription.as_deref()?)?;
        (subscription.status == Status::Active).then(|| (at.max(tx.now), Due::Overdue(subscription.id.clone())))
    });
    sessions.chain(subscriptions).chain(retries).chain(overdue).filter(|(at, _)| *at <= until).min_by_key(|(at, _)| *at)
}

fn of_subscription(it: &Subscription) -> Vec<(Timestamp, Due)> {
    let id = || it.id.clone();
    if it.status == Status::Incomplete {
        return vec![(it.created.plus_secs(INCOMPLETE_SECS), Due::FirstPaymentLapses(id()))];
    }
    let mut dues = Vec::new();
    let end = if it.cancel_at_period_end { Some(it.period.end) } else { it.cancel_at };
    dues.extend(end.map(|at| (at, Due::Ends(id()))));
    if let (Status::Trialing, Some(trial), false) = (it.status, it.trial, it.trial_end_announced) {
        dues.push((trial.end.plus_secs(-TRIAL_NOTICE_SECS).max(trial.start), Due::TrialWillEnd(id())));
    }
    // Listed before the period's end, so that collection resumes before a period that begins at the same instant.
    dues.extend(it.pause.and_then(|pause| pause.resumes_at).map(|at| (at, Due::CollectionResumes(id()))));
    dues.push((it.period.end, Due::PeriodEnds(id())));
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
            with_subscription(tx, &id, |tx, it| cancellation::end(tx, it, Some("cancellation_requested")));
        }
        Due::TrialWillEnd(id) => with_subscription(tx, &id, |tx, mut it| {
            it.trial_end_announced = true;
            let object = it.json(tx);
            tx.put(it);
            emit(tx, "customer.subscription.trial_will_end", object);
        }),
        Due::PeriodEnds(id) => with_subscription(tx, &id, |tx, it| {
            if let Err(error) = lifecycle::renew(tx, it.clone()) {
                tracing::warn!(subscription = it.id, reason = error.message, "failed to renew subscription, ending it");
                cancellation::end(tx, it, None);
            }
        }),
        Due::FirstPaymentLapses(id) => with_subscription(tx, &id, lifecycle::expire_incomplete),
        Due::Retry(id) => retry(tx, &id),
        // A sent invoice was not paid by its due date.
        Due::Overdue(id) => with_subscription(tx, &id, |tx, mut it| {
            it.status = Status::PastDue;
            it.save(tx);
        }),
        Due::CollectionResumes(id) => with_subscription(tx, &id, |tx, mut it| {
            it.pause = None;
            it.save(tx);
        }),
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
    let method = subscription.and_then(|it| it.payment_method(tx));
    if let Err(refused) = invoicing::collect(tx, &mut invoice, method.as_deref()) {
        tracing::debug!(invoice = id, reason = refused.message, "retried charge declined");
    }
}

pub(crate) fn expire_session(tx: &mut Transaction<'_>, mut session: CheckoutSession) {
    session.status = SessionStatus::Expired;
    session.authenticating = None;
    let object = session.json(tx);
    tx.put(session);
    emit(tx, "checkout.session.expired", object);
}
