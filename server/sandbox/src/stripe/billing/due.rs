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
        .filter(|session| session.status == SessionStatus::Open && session.expires_at <= until)
        .map(|session| (session.expires_at, Due::SessionExpires(session.id.clone())));
    let subscriptions = tx
        .all::<Subscription>()
        .filter(|subscription| !subscription.status.is_over())
        .flat_map(|subscription| of_subscription(subscription));
    let retries = tx
        .all::<Invoice>()
        .filter(|invoice| invoice.status == InvoiceStatus::Open)
        .filter_map(|invoice| Some((invoice.next_attempt?, Due::Retry(invoice.id.clone()))));
    let overdue = tx.all::<Invoice>().filter(|invoice| invoice.status == InvoiceStatus::Open).filter_map(|invoice| {
        let at = invoice.due_date.filter(|at| *at <= until)?;
        let subscription = tx.get::<Subscription>(invoice.subscription.as_deref()?)?;
        (subscription.status == Status::Active).then(|| (at.max(tx.now), Due::Overdue(subscription.id.clone())))
    });
    sessions.chain(subscriptions).chain(retries).chain(overdue).filter(|(at, _)| *at <= until).min_by_key(|(at, _)| *at)
}

fn of_subscription(subscription: &Subscription) -> Vec<(Timestamp, Due)> {
    let id = || subscription.id.clone();
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

pub(crate) fn expire_session(tx: &mut Transaction<'_>, mut session: CheckoutSession) {
    session.status = SessionStatus::Expired;
    session.authenticating = None;
    let object = session.json(tx);
    tx.put(session);
    emit(tx, "checkout.session.expired", object);
}
