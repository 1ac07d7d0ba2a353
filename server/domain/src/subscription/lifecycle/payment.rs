//! Payments that a change of a subscription shows.

use crate::{
    money::Money,
    subscription::{ProviderStatus, Subscription},
};

/// A payment that arrived between two states of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedPayment<'a> {
    /// The provider's id of the invoice and the amount paid on it; `None` if the provider does not report invoices with
    /// the subscription.
    pub invoice: Option<(&'a str, Money)>,
}

/// Returns the payment that arrived between `before`, the stored state, and `after`; `None` if there is none.
///
/// If the provider reports the newest invoice, a payment arrived if this invoice became paid. Otherwise a payment
/// arrived if a paid period began or an overdue subscription became paid. An invoice paid with 0 is not a payment.
pub fn detect_payment<'a>(before: Option<&Subscription>, after: &'a Subscription) -> Option<DetectedPayment<'a>> {
    let Some(invoice) = &after.details.last_invoice else {
        let is_new = before.is_none_or(|before| !is_settled(before) || before.period_start != after.period_start);
        let is_collected = after.details.collection_pause.is_none();
        return (is_settled(after) && is_collected && is_new).then_some(DetectedPayment { invoice: None });
    };
    let is_known = before.is_some_and(|before| match &before.details.last_invoice {
        Some(known) => known.is_paid && known.id == invoice.id,
        // `before` was stored without an invoice, for example by an earlier version of Dues.
        None => is_settled(before) && before.period_start == after.period_start,
    });
    let is_payment = invoice.is_paid && invoice.paid.minor > 0 && !is_known;
    is_payment.then_some(DetectedPayment { invoice: Some((invoice.id.as_str(), invoice.paid)) })
}

/// Whether the subscription is active and nothing that was charged is unpaid.
fn is_settled(subscription: &Subscription) -> bool {
    subscription.status == ProviderStatus::Active
        && subscription.past_due_since.is_none()
        && subscription.details.open_invoices.is_none()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        money::Currency,
        subscription::{BillingDetails, CollectionPause, LastInvoice},
        time::Timestamp,
    };

    const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
    const PERIOD_SECS: i64 = 30 * 86_400;

    fn with_status(status: ProviderStatus) -> Subscription {
        Subscription::sample("sub_1", "pro", status, NOW)
    }

    fn active() -> Subscription {
        with_status(ProviderStatus::Active)
    }

    fn renewed(subscription: Subscription) -> Subscription {
        Subscription { period_start: subscription.period_start.plus_secs(PERIOD_SECS), ..subscription }
    }

    fn paused(subscription: Subscription) -> Subscription {
        let details =
            BillingDetails { collection_pause: Some(CollectionPause { until: None }), ..BillingDetails::default() };
        Subscription { details, ..subscription }
    }

    fn overdue() -> Subscription {
        Subscription { past_due_since: Some(NOW), ..with_status(ProviderStatus::PastDue) }
    }

    fn invoiced(id: &str, is_paid: bool, minor: i64, subscription: Subscription) -> Subscription {
        let invoice = LastInvoice { id: id.to_owned(), is_paid, paid: Money::new(minor, Currency::USD) };
        let details = BillingDetails { last_invoice: Some(invoice), ..BillingDetails::default() };
        Subscription { details, ..subscription }
    }

    #[rstest]
    #[case::first_payment(None, active(), true)]
    #[case::after_a_trial(Some(with_status(ProviderStatus::Trialing)), active(), true)]
    #[case::trial(None, with_status(ProviderStatus::Trialing), false)]
    #[case::renewal(Some(active()), renewed(active()), true)]
    #[case::overdue_payment(Some(overdue()), active(), true)]
    #[case::unchanged(Some(active()), active(), false)]
    #[case::failed(Some(active()), overdue(), false)]
    #[case::nothing_is_collected(Some(paused(active())), paused(renewed(active())), false)]
    #[case::collection_resumes(Some(paused(active())), active(), false)]
    fn without_invoices_a_paid_period_shows_the_payment(
        #[case] before: Option<Subscription>,
        #[case] after: Subscription,
        #[case] is_paid: bool,
    ) {
        let detected = detect_payment(before.as_ref(), &after);
        assert_eq!(detected, is_paid.then_some(DetectedPayment { invoice: None }));
    }

    #[rstest]
    #[case::first_payment(None, invoiced("in_1", true, 2900, active()), Some(("in_1", 2900)))]
    #[case::start_of_a_trial(None, invoiced("in_1", true, 0, with_status(ProviderStatus::Trialing)), None)]
    #[case::renewal_before_its_payment(
        Some(invoiced("in_1", true, 2900, active())),
        invoiced("in_2", false, 0, renewed(active())),
        None
    )]
    #[case::renewal(
        Some(invoiced("in_2", false, 0, renewed(active()))),
        invoiced("in_2", true, 2900, renewed(active())),
        Some(("in_2", 2900))
    )]
    #[case::change_within_the_period(
        Some(invoiced("in_1", true, 2900, active())),
        invoiced("in_2", true, 1300, active()),
        Some(("in_2", 1300))
    )]
    #[case::unchanged(Some(invoiced("in_1", true, 2900, active())), invoiced("in_1", true, 2900, active()), None)]
    #[case::stored_by_a_former_version(Some(active()), invoiced("in_1", true, 2900, active()), None)]
    fn with_invoices_the_newest_one_shows_the_payment(
        #[case] before: Option<Subscription>,
        #[case] after: Subscription,
        #[case] expected: Option<(&str, i64)>,
    ) {
        let detected = detect_payment(before.as_ref(), &after).and_then(|payment| payment.invoice);
        assert_eq!(detected, expected.map(|(id, minor)| (id, Money::new(minor, Currency::USD))));
    }
}
