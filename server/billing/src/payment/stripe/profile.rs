//! How a customer pays, and the next invoice, as Stripe has them.

use domain::{
    money::{Currency, InvalidCurrency},
    subscription::{
        billing_profile::{BillingProfile, CardExpiry, PaymentMethod, TaxId},
        invoice::{UpcomingInvoice, UpcomingLine},
        one_line,
    },
    time::Timestamp,
};
use serde::Deserialize;
use stripe_billing::{invoice::CreatePreviewInvoice, subscription::RetrieveSubscription};
use stripe_core::customer::RetrieveCustomer;

use super::{
    Stripe,
    answer::{self, Expandable, List, Object},
    client::{CallError, optional},
    is_object_id, is_valid_time, money, unknown_subscription,
};
use crate::payment::{
    AnotherObject, ProviderError,
    address::{Address, printable},
};

const EXPAND: [&str; 2] = ["invoice_settings.default_payment_method", "tax_ids"];
/// Stripe's error code for a subscription without an upcoming invoice.
const NO_INVOICE: &str = "invoice_upcoming_none";

/// The fields of a customer that are read. For a deleted customer, Stripe returns little more than the id.
#[derive(Deserialize)]
struct Customer {
    id: String,
    #[serde(default)]
    deleted: bool,
    email: Option<String>,
    address: Option<Address>,
    invoice_settings: Option<InvoiceSettings>,
    /// Present only where expanded.
    tax_ids: Option<List<CustomerTaxId>>,
}

#[derive(Deserialize)]
struct InvoiceSettings {
    default_payment_method: Option<Expandable<Method>>,
}

#[derive(Deserialize)]
struct CustomerTaxId {
    #[serde(rename = "type")]
    kind: String,
    value: Option<String>,
}

/// A payment method. Each type has its details in a field of its name.
#[derive(Deserialize)]
struct Method {
    #[serde(rename = "type")]
    kind: String,
    card: Option<MethodDetails>,
    sepa_debit: Option<MethodDetails>,
    us_bank_account: Option<MethodDetails>,
}

#[derive(Default, Deserialize)]
struct MethodDetails {
    brand: Option<String>,
    bank_name: Option<String>,
    last4: Option<String>,
    exp_month: Option<u8>,
    exp_year: Option<u16>,
}

/// The fields of a subscription that are read.
#[derive(Deserialize)]
struct Subscription {
    id: String,
    customer: Expandable<Object>,
    default_payment_method: Option<Expandable<Method>>,
    collection_method: Option<String>,
    schedule: Option<Expandable<Object>>,
}

impl Stripe {
    /// Returns the profile of a customer. Stripe charges the subscription's payment method before the customer's.
    pub(super) async fn profile(
        &self,
        customer: &str,
        subscription: Option<&str>,
    ) -> Result<BillingProfile, ProviderError> {
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let request = RetrieveCustomer::new(customer).expand(EXPAND.map(String::from));
        let found: Customer = self.call(&request, None).await.map_err(CallError::of_customer)?;
        if found.id != customer {
            return Err(AnotherObject("customer").into());
        }
        if found.deleted {
            return Ok(BillingProfile::default());
        }
        let of_subscription = match subscription {
            Some(id) => self.subscription_of(customer, id).await?.and_then(|found| found.default_payment_method),
            None => None,
        };
        let of_customer = found.invoice_settings.and_then(|settings| settings.default_payment_method);
        let method = of_subscription.or(of_customer).and_then(Expandable::into_object).map(Method::read);
        let tax_ids = found.tax_ids.map(|list| list.data).unwrap_or_default();
        Ok(BillingProfile {
            method,
            email: printable(found.email),
            address: found.address.map(Address::lines).unwrap_or_default(),
            tax_ids: tax_ids.into_iter().filter_map(CustomerTaxId::read).collect(),
        })
    }

    /// Returns the next invoice of a customer's subscription; `None` if it will not be renewed.
    pub(super) async fn next_invoice(
        &self,
        customer: &str,
        subscription: &str,
    ) -> Result<Option<UpcomingInvoice>, ProviderError> {
        let found = self.subscription_of(customer, subscription).await?;
        let found = found.ok_or_else(|| unknown_subscription(subscription))?;
        let request = match &found.schedule {
            // The preview of the subscription alone lacks the next phase of its schedule.
            Some(schedule) => CreatePreviewInvoice::new().schedule(schedule.id()),
            None => CreatePreviewInvoice::new().subscription(subscription),
        };
        let invoice: answer::Invoice = match self.call(&request, None).await {
            Err(error @ CallError::Refused(_)) if error.has_code(NO_INVOICE) => return Ok(None),
            answer => answer?,
        };
        if !invoice.owner.may_be_of_subscription(subscription) || !invoice.owner.may_be_of_customer(customer) {
            return Err(AnotherObject("subscription").into());
        }
        let is_sent = found.collection_method.as_deref() == Some("send_invoice");
        upcoming(invoice, is_sent).map(Some).map_err(|cause| ProviderError::Decode(cause.into()))
    }

    /// Fetches a subscription of the customer; `None` where Stripe does not know it.
    async fn subscription_of(&self, customer: &str, id: &str) -> Result<Option<Subscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = RetrieveSubscription::new(id).expand(["default_payment_method".to_owned()]);
        let found: Option<Subscription> = optional(self.call(&request, None).await)?;
        match found {
            Some(found) if found.id != id => Err(AnotherObject("subscription").into()),
            Some(found) if found.customer.id() != customer => Err(AnotherObject("customer").into()),
            found => Ok(found),
        }
    }
}

/// Returns the error for an id that can't be a customer's.
pub(super) fn unknown_customer() -> ProviderError {
    #[derive(Debug, thiserror::Error)]
    #[error("Stripe has no customer of this id")]
    struct NoCustomer;
    ProviderError::UnknownCustomer(NoCustomer.into())
}

impl Method {
    fn read(self) -> PaymentMethod {
        let Self { kind, card, sepa_debit, us_bank_account } = self;
        let details = card.or(sepa_debit).or(us_bank_account).unwrap_or_default();
        let MethodDetails { brand, bank_name, last4, exp_month, exp_year } = details;
        PaymentMethod {
            kind: one_line(&kind),
            brand: printable(brand.or(bank_name)),
            last4: printable(last4),
            expires: exp_month.zip(exp_year).and_then(|(month, year)| CardExpiry::new(month, year)),
        }
    }
}

impl CustomerTaxId {
    fn read(self) -> Option<TaxId> {
        Some(TaxId { kind: one_line(&self.kind), value: printable(self.value)? })
    }
}

/// Reads an upcoming invoice. `is_sent`: whether it is sent with a due date instead of charged.
fn upcoming(invoice: answer::Invoice, is_sent: bool) -> Result<UpcomingInvoice, InvalidCurrency> {
    let currency: Currency = invoice.currency.parse()?;
    let lines = invoice.lines.data;
    let is_whole = !invoice.lines.has_more;
    let sum = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount));
    let discounts = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.discount()));
    let others = invoice.amount_due.saturating_sub(sum.saturating_sub(discounts));
    let at = if is_sent { invoice.period_end } else { invoice.next_payment_attempt };
    Ok(UpcomingInvoice {
        at: at.filter(|at| is_valid_time(*at)).map(Timestamp::from_secs),
        lines: lines
            .into_iter()
            .map(|line| UpcomingLine {
                description: printable(line.description).unwrap_or_default(),
                amount: money(line.amount, currency),
            })
            .collect(),
        is_whole,
        discounts: (discounts != 0).then(|| money(discounts.saturating_neg(), currency)),
        others: (is_whole && others != 0).then(|| money(others, currency)),
        due: money(invoice.amount_due, currency),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(invoice: Value) -> UpcomingInvoice {
        upcoming(serde_json::from_value(invoice).unwrap(), false).unwrap()
    }

    #[test]
    fn lines_discounts_and_the_rest_add_up_to_the_amount_due() {
        let line = json!({"description": "1 × Pro", "amount": 2900, "period": {"start": 1, "end": 2},
            "discount_amounts": [{"amount": 500, "discount": "di_1"}]});
        let invoice = |more: bool| {
            read(json!({"currency": "usd", "amount_due": 2856, "next_payment_attempt": 1_800_000_000,
                "lines": {"data": [line], "has_more": more}}))
        };
        let whole = invoice(false);
        assert_eq!(whole.at, Some(Timestamp::from_secs(1_800_000_000)));
        assert_eq!((whole.lines[0].description.as_str(), whole.lines[0].amount.minor), ("1 × Pro", 2900));
        let sums =
            |read: &UpcomingInvoice| (read.discounts.map(|money| money.minor), read.others.map(|money| money.minor));
        assert_eq!(sums(&whole), (Some(-500), Some(456)));
        assert_eq!(whole.due.minor, 2856);
        assert_eq!(sums(&invoice(true)), (Some(-500), None), "lines are missing");
    }

    #[test]
    fn a_payment_method_is_read_without_what_pays() {
        let card: Method = serde_json::from_value(json!({"id": "pm_1", "type": "card", "card": {"brand": "visa",
            "last4": "4242", "exp_month": 12, "exp_year": 2034, "fingerprint": "x"}}))
        .unwrap();
        let expires = CardExpiry::new(12, 2034);
        let (brand, last4) = (Some("visa".to_owned()), Some("4242".to_owned()));
        assert_eq!(card.read(), PaymentMethod { kind: "card".to_owned(), brand, last4, expires });
        let link: Method = serde_json::from_value(json!({"id": "pm_2", "type": "link", "link": {}})).unwrap();
        assert_eq!(link.read(), PaymentMethod { kind: "link".to_owned(), brand: None, last4: None, expires: None });
    }
}
