//! Invoices and refunds.

use std::collections::HashMap;

use domain::{
    money::{InvalidCurrency, Money},
    subscription::{
        invoice::{Invoice, InvoicePage, InvoiceStatus},
        lifecycle::DUPLICATE_WINDOW_SECS,
    },
    time::Timestamp,
};
use stripe_billing::{InvoiceStatus as StripeInvoiceStatus, invoice::ListInvoice};
use stripe_core::refund::{CreateRefund, CreateRefundReason, ListRefund};
use url::Url;

use super::{
    Stripe,
    answer::{self, List, ListedInvoice, Page},
    client::{CallError, optional},
    is_object_id, is_valid_time, money, unknown_subscription,
};
use crate::payment::{AnotherObject, InvoiceList, NotRefunded, ProviderError, Refund, error::invalid_cursor};

/// The beginnings of cursors: the id of an invoice follows, and the page is older or newer than this invoice.
const OLDER_THAN: &str = "after-";
const NEWER_THAN: &str = "before-";

/// Why an invoice can't be decoded.
#[derive(Debug, thiserror::Error)]
enum InvoiceError {
    #[error("the invoice {id} is in an unknown currency")]
    Currency {
        id: String,
        #[source]
        cause: InvalidCurrency,
    },
    #[error("the invoice {0} has no time at which anything is billed")]
    Time(String),
}

impl From<InvoiceError> for ProviderError {
    fn from(cause: InvoiceError) -> Self {
        Self::Decode(cause.into())
    }
}

impl Stripe {
    pub(super) async fn invoices(&self, list: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError> {
        let InvoiceList { customer, limit, cursor } = *list;
        let place = cursor.map(str::parse::<Place>).transpose()?;
        let request = ListInvoice::new().customer(customer).limit(i64::from(limit));
        let request = match &place {
            None => request,
            Some(Place::OlderThan(id)) => request.starting_after(id),
            Some(Place::NewerThan(id)) => request.ending_before(id),
        };
        let listed = self.call(&request, None).await.map_err(|error: CallError| {
            // The invoice of the cursor is missing, and not the customer.
            let is_of_cursor = ["starting_after", "ending_before"].iter().any(|param| error.is_about(param));
            if is_of_cursor { invalid_cursor() } else { error.of_customer() }
        });
        let Page { data, has_more }: Page<ListedInvoice> = listed?;
        let (newer, older) = match &place {
            None => (None, has_more.then_some(data.last)),
            Some(Place::OlderThan(_)) => (Some(data.first), has_more.then_some(data.last)),
            Some(Place::NewerThan(_)) => (has_more.then_some(data.first), Some(data.last)),
        };
        let newer = newer.flatten().map(|id| format!("{NEWER_THAN}{id}"));
        let older = older.flatten().map(|id| format!("{OLDER_THAN}{id}"));
        let (matching, foreign): (Vec<_>, Vec<_>) =
            data.readable.into_iter().partition(|invoice| invoice.owner.may_be_of_customer(customer));
        if !foreign.is_empty() {
            tracing::error!(
                customer,
                foreign = foreign.len(),
                "omitted invoices that Stripe listed for this customer and that belong to another"
            );
            if matching.is_empty() {
                return Err(AnotherObject("customer").into());
            }
        }
        // An unreadable invoice is left out, so that the others are shown.
        let read = |answer| {
            to_invoice(answer).unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to decode an invoice from Stripe");
                None
            })
        };
        Ok(InvoicePage { invoices: matching.into_iter().filter_map(read).collect(), newer, older })
    }

    /// Refunds the latest paid invoice of a subscription in full, once. Implements [`PaymentProvider::refund_latest`].
    ///
    /// [`PaymentProvider::refund_latest`]: crate::payment::PaymentProvider::refund_latest
    pub(super) async fn refund(
        &self,
        subscription: &str,
        other_started_at: Timestamp,
    ) -> Result<Refund, ProviderError> {
        if !is_object_id(subscription) {
            return Err(unknown_subscription(subscription));
        }
        let request = ListInvoice::new()
            .subscription(subscription)
            .status(StripeInvoiceStatus::Paid)
            .limit(1)
            .expand(["data.payments".to_owned()]);
        let page: Option<List<ListedInvoice>> = optional(self.call(&request, None).await)?;
        let page = page.ok_or_else(|| unknown_subscription(subscription))?;
        let Some(invoice) = page.data.into_iter().next() else { return Ok(Refund::NothingPaid) };
        if !invoice.owner.may_be_of_subscription(subscription) {
            return Err(AnotherObject("subscription").into());
        }
        if invoice.amount_paid <= 0 {
            return Ok(Refund::NothingPaid);
        }
        let payment = payment(&invoice).ok_or_else(|| NotRefunded::NoPayment(invoice.id.clone()))?;
        let list_refunds = match &payment {
            Payment::Intent(id) => ListRefund::new().payment_intent(id),
            Payment::Charge(id) => ListRefund::new().charge(id),
        };
        // Stripe keeps an idempotency key for a day; a job may be retried for longer. So earlier refunds are looked up.
        let before: List<answer::Refund> = self.call(&list_refunds.limit(10), None).await?;
        let (Payment::Intent(paid) | Payment::Charge(paid)) = &payment;
        if !before.data.iter().all(|refund| refund.may_be_of(paid)) {
            return Err(AnotherObject("payment").into());
        }
        let before: Vec<_> = before.data.into_iter().filter(|refund| !refund.has_failed()).collect();
        let returned = if before.is_empty() {
            if invoice.created < other_started_at.plus_secs(-DUPLICATE_WINDOW_SECS).as_secs() {
                if is_period_over(&invoice, other_started_at) {
                    return Ok(Refund::NothingPaid);
                }
                return Err(NotRefunded::TooOld.into());
            }
            let request = match &payment {
                Payment::Intent(id) => CreateRefund::new().payment_intent(id),
                Payment::Charge(id) => CreateRefund::new().charge(id),
            };
            let request = request
                .reason(CreateRefundReason::Duplicate)
                .metadata(HashMap::from([("doubled_subscription".to_owned(), subscription.to_owned())]));
            let made: answer::Refund = self.call(&request, Some(format!("dues-refund-{}", invoice.id))).await?;
            if made.has_failed() {
                let status = made.status.unwrap_or_default();
                return Err(NotRefunded::Failed { id: made.id, status }.into());
            }
            made.amount
        } else {
            before.iter().map(|refund| refund.amount).sum()
        };
        Ok(Refund::Returned(invoice_amount(&invoice.id, &invoice.currency, returned)?))
    }
}

/// Where a page of invoices begins or ends.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    OlderThan(String),
    NewerThan(String),
}

impl std::str::FromStr for Place {
    type Err = ProviderError;

    fn from_str(cursor: &str) -> Result<Self, ProviderError> {
        let id = |id: &str| is_object_id(id).then(|| id.to_owned());
        let older = cursor.strip_prefix(OLDER_THAN).and_then(id).map(Self::OlderThan);
        older.or_else(|| cursor.strip_prefix(NEWER_THAN).and_then(id).map(Self::NewerThan)).ok_or_else(invalid_cursor)
    }
}

/// Whether all periods of an invoice had ended by a time.
fn is_period_over(invoice: &ListedInvoice, by: Timestamp) -> bool {
    let ends = invoice.lines.iter().flat_map(|lines| &lines.data).map(|line| line.period.end);
    // A line without an end, or an invoice without lines, counts as not over: an operator must decide.
    ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max()).is_some_and(|end| end <= by.as_secs())
}

enum Payment {
    Intent(String),
    Charge(String),
}

/// Returns the payment of an invoice: from `payments`, or with API versions before 2025-03-31 from the invoice itself.
fn payment(invoice: &ListedInvoice) -> Option<Payment> {
    let payments = invoice.payments.as_ref().map(|list| list.data.as_slice()).unwrap_or_default();
    let paid = payments.iter().find(|payment| payment.status == "paid").map(|payment| &payment.payment);
    let intent = paid.and_then(|paid| paid.payment_intent.as_ref()).or(invoice.payment_intent.as_ref());
    let charge = paid.and_then(|paid| paid.charge.as_ref()).or(invoice.charge.as_ref());
    intent
        .map(|field| Payment::Intent(field.id().to_owned()))
        .or_else(|| charge.map(|field| Payment::Charge(field.id().to_owned())))
}

/// Converts an invoice; `None` for a draft and for an unknown status.
fn to_invoice(answer: ListedInvoice) -> Result<Option<Invoice>, InvoiceError> {
    let status = match answer.status.as_deref() {
        Some("open") => InvoiceStatus::Open,
        Some("paid") => InvoiceStatus::Paid,
        Some("void") => InvoiceStatus::Void,
        Some("uncollectible") => InvoiceStatus::Uncollectible,
        _ => return Ok(None),
    };
    if !is_valid_time(answer.created) {
        return Err(InvoiceError::Time(answer.id));
    }
    let part = |amount: i64| (amount > 0).then(|| invoice_amount(&answer.id, &answer.currency, amount)).transpose();
    Ok(Some(Invoice {
        total: invoice_amount(&answer.id, &answer.currency, answer.total)?,
        discount: part(answer.discount())?,
        tax: part(answer.tax())?,
        id: answer.id,
        number: answer.number,
        created_at: Timestamp::from_secs(answer.created),
        status,
        // Not read: refunds belong to the charges of an invoice's payments, and each payment would take a request.
        refunded: None,
        url: answer.hosted_invoice_url.filter(|url| is_page(url)),
        pdf_url: answer.invoice_pdf.filter(|url| is_page(url)),
    }))
}

fn invoice_amount(invoice: &str, currency: &str, amount: i64) -> Result<Money, InvoiceError> {
    let currency = currency.parse().map_err(|cause| InvoiceError::Currency { id: invoice.to_owned(), cause })?;
    Ok(money(amount, currency))
}

/// Whether a URL is safe to link to from a page.
fn is_page(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ListedInvoice {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_draft_is_left_out_and_only_http_urls_are_linked() {
        let draft =
            r#"{"id":"in_1","status":"draft","currency":"usd","created":1800000000,"total":900,"amount_paid":0}"#;
        assert_eq!(to_invoice(read(draft)).unwrap(), None);
        let odd = r#"{"id":"in_1","status":"paid","currency":"usd","created":1800000000,"total":900,"amount_paid":900,
            "hosted_invoice_url":"javascript:alert(1)","invoice_pdf":"https://pay.stripe.com/invoice/1/pdf"}"#;
        let invoice = to_invoice(read(odd)).unwrap().unwrap();
        assert_eq!(invoice.url, None);
        assert_eq!(invoice.pdf_url.as_deref(), Some("https://pay.stripe.com/invoice/1/pdf"));
        assert_eq!(invoice.total.exact(), "$9.00");
    }

    #[test]
    fn discounts_and_taxes_are_summed_in_each_api_version() {
        let invoice = |fields: &str| {
            let text = format!(
                r#"{{"id":"in_1","status":"paid","currency":"usd","created":1800000000,"total":2618,"amount_paid":2618{fields}}}"#
            );
            let invoice = to_invoice(read(&text)).unwrap().unwrap();
            (invoice.discount.map(Money::exact), invoice.tax.map(Money::exact))
        };
        let found = (Some("$7.00".to_owned()), Some("$4.18".to_owned()));
        let discounts = r#","total_discount_amounts":[{"amount":500},{"amount":200}]"#;
        assert_eq!(
            invoice(&format!(r#"{discounts},"total_taxes":[{{"amount":418,"tax_behavior":"exclusive"}}]"#)),
            found
        );
        assert_eq!(invoice(&format!(r#"{discounts},"total_tax_amounts":[{{"amount":400}},{{"amount":18}}]"#)), found);
        assert_eq!(invoice(r#","total_discount_amounts":[],"total_taxes":null"#), (None, None));
        assert_eq!(invoice(r#","total_discount_amounts":"none""#), (None, None));
    }

    #[test]
    fn a_cursor_is_the_id_of_an_invoice_with_a_direction() {
        assert_eq!("after-in_1".parse::<Place>().unwrap(), Place::OlderThan("in_1".to_owned()));
        assert_eq!("before-in_1".parse::<Place>().unwrap(), Place::NewerThan("in_1".to_owned()));
        for none in ["", "in_1", "after-", "after-../x", "before-in_1&customer=cus_2", "2"] {
            let error = none.parse::<Place>().unwrap_err();
            assert!(matches!(error, ProviderError::InvalidInput { .. }), "{none}: {error:?}");
        }
    }

    #[test]
    fn the_paid_period_is_over_with_its_last_line() {
        let invoice = |lines: &str| {
            read(&format!(
                r#"{{"id":"in_1","currency":"usd","created":1,"total":900,"amount_paid":900,"lines":{{"data":[{lines}]}}}}"#
            ))
        };
        let line = |end: &str| format!(r#"{{"amount":900,"period":{{"start":1{end}}}}}"#);
        let by = Timestamp::from_secs(100);
        assert!(is_period_over(&invoice(&line(r#","end":100"#)), by));
        assert!(!is_period_over(&invoice(&[line(r#","end":50"#), line(r#","end":101"#)].join(",")), by));
        assert!(!is_period_over(&invoice(&[line(r#","end":50"#), line("")].join(",")), by));
        assert!(!is_period_over(&invoice(""), by));
    }

    #[test]
    fn the_payment_is_found_in_each_api_version() {
        let new = r#"{"id":"in_1","status":"paid","currency":"usd","created":1,"total":900,"amount_paid":900,"payments":{"data":[
            {"status":"canceled","payment":{"payment_intent":"pi_0"}},{"status":"paid","payment":{"payment_intent":"pi_1"}}]}}"#;
        assert!(matches!(payment(&read(new)), Some(Payment::Intent(id)) if id == "pi_1"));
        let old = r#"{"id":"in_1","status":"paid","currency":"usd","created":1,"total":900,"amount_paid":900,"charge":"ch_1"}"#;
        assert!(matches!(payment(&read(old)), Some(Payment::Charge(id)) if id == "ch_1"));
        let none = r#"{"id":"in_1","status":"paid","currency":"usd","created":1,"total":900,"amount_paid":900}"#;
        assert!(payment(&read(none)).is_none());
    }
}
