//! How a customer pays, as Polar has it.

use domain::subscription::{
    billing_profile::{BillingProfile, CardExpiry, PaymentMethod, TaxId},
    one_line,
};
use serde::Deserialize;

use super::{
    Polar,
    answer::List,
    client::{CallError, optional},
    customer::unknown_customer,
    is_object_id,
};
use crate::payment::{
    AnotherObject, ProviderError,
    address::{Address, printable},
};

/// The fields of a customer that are read.
#[derive(Deserialize)]
struct Customer {
    id: String,
    email: Option<String>,
    billing_address: Option<Address>,
    /// The value and the type.
    tax_id: Option<(String, String)>,
    default_payment_method_id: Option<String>,
}

#[derive(Deserialize)]
struct Method {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "method_metadata")]
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    brand: Option<String>,
    last4: Option<String>,
    exp_month: Option<u8>,
    exp_year: Option<u16>,
}

impl Polar {
    /// Returns the profile of a customer. A key without the permission to read payment methods sees none.
    pub(super) async fn profile(&self, customer: &str) -> Result<BillingProfile, ProviderError> {
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let found = optional(self.client.get::<Customer>(&format!("customers/{customer}"), &[]).await)?;
        let Some(found) = found else {
            // Polar answers 404 for deleted and for unknown customers alike.
            self.require_known(customer).await?;
            return Ok(BillingProfile::default());
        };
        if found.id != customer {
            return Err(AnotherObject("customer").into());
        }
        let method = match found.default_payment_method_id {
            Some(id) => self.method(customer, &id).await?,
            None => None,
        };
        let tax_id = found
            .tax_id
            .and_then(|(value, kind)| Some(TaxId { kind: one_line(&kind), value: printable(Some(value))? }));
        Ok(BillingProfile {
            method,
            email: printable(found.email),
            address: found.billing_address.map(Address::lines).unwrap_or_default(),
            tax_ids: tax_id.into_iter().collect(),
        })
    }

    async fn method(&self, customer: &str, id: &str) -> Result<Option<PaymentMethod>, ProviderError> {
        let path = format!("customers/{customer}/payment-methods");
        match self.client.get::<List<Method>>(&path, &[]).await {
            Ok(List { items, .. }) => Ok(items.into_iter().find(|method| method.id == id).map(Method::read)),
            Err(CallError::Unavailable(cause)) => Err(CallError::Unavailable(cause).into()),
            Err(_) => Ok(None),
        }
    }
}

impl Method {
    fn read(self) -> PaymentMethod {
        let Metadata { brand, last4, exp_month, exp_year } = self.metadata.unwrap_or_default();
        PaymentMethod {
            kind: one_line(&self.kind),
            brand: printable(brand),
            last4: printable(last4),
            expires: exp_month.zip(exp_year).and_then(|(month, year)| CardExpiry::new(month, year)),
        }
    }
}
