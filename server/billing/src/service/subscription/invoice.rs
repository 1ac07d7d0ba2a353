//! Invoices, as the provider keeps them.

use domain::{
    ids::TenantId,
    subscription::{
        Provider, Subscription, current_subscription,
        invoice::{Invoice, InvoicePage},
    },
};

use crate::{
    payment::InvoiceList,
    service::{ServiceError, Subscriptions, base::permission::Biller},
};

/// Maximum number of provider pages in a download. Each counts against the tenant's budget of reads.
const MAX_PAGES: usize = 10;

/// A tenant's customer at the provider that bills it.
#[derive(Clone, Debug)]
pub(super) struct BilledCustomer {
    pub(super) provider: Provider,
    /// The provider's id; `None` before the first checkout.
    pub(super) customer: Option<String>,
    pub(super) subscription: Option<Subscription>,
}

/// The invoices of a workspace, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllInvoices {
    pub invoices: Vec<Invoice>,
    /// Whether there are older invoices, which were left out.
    pub is_cut: bool,
}

impl Subscriptions {
    /// Returns the newest invoices of the workspace's customer, at most 24. Empty if it has no customer.
    pub async fn invoices(&self, biller: &Biller) -> Result<Vec<Invoice>, ServiceError> {
        Ok(self.invoice_page(biller, None).await?.invoices)
    }

    /// Returns a page of the invoices of the workspace's customer. `cursor` is one of another page. Empty if the
    /// workspace has no customer.
    pub async fn invoice_page(&self, biller: &Biller, cursor: Option<&str>) -> Result<InvoicePage, ServiceError> {
        let tenant = biller.tenant();
        let BilledCustomer { provider, customer, .. } = self.billed_customer(tenant).await?;
        let Some(customer) = customer else { return Ok(InvoicePage::default()) };
        self.list_invoices(tenant, provider, InvoiceList { cursor, ..InvoiceList::newest(&customer) }).await
    }

    /// Returns the invoices of the workspace's customer, at most a thousand.
    pub async fn all_invoices(&self, biller: &Biller) -> Result<AllInvoices, ServiceError> {
        let tenant = biller.tenant();
        let BilledCustomer { provider, customer, .. } = self.billed_customer(tenant).await?;
        let Some(customer) = customer else { return Ok(AllInvoices::default()) };
        let mut all = AllInvoices::default();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let list = InvoiceList { customer: &customer, limit: InvoiceList::WHOLE, cursor: cursor.as_deref() };
            let InvoicePage { invoices, older, newer: _ } = self.list_invoices(tenant, provider, list).await?;
            all.invoices.extend(invoices);
            all.is_cut = older.is_some();
            if older.is_none() || older == cursor {
                break;
            }
            cursor = older;
        }
        Ok(all)
    }

    /// Returns the tenant's customer at the provider of its current subscription, else at the provider of new
    /// checkouts.
    pub(super) async fn billed_customer(&self, tenant: &TenantId) -> Result<BilledCustomer, ServiceError> {
        let mut reader = self.store().read().await?;
        let all = reader.connection().list_subscriptions(tenant).await?;
        let subscription = current_subscription(self.catalog(), &all).cloned();
        let provider = match &subscription {
            Some(current) => current.provider,
            None => self.configured_provider()?,
        };
        let customer = reader.connection().find_customer(tenant, provider).await?;
        let customer = customer.map(|customer| customer.external_id);
        Ok(BilledCustomer { provider, customer, subscription })
    }

    async fn list_invoices(
        &self,
        tenant: &TenantId,
        name: Provider,
        list: InvoiceList<'_>,
    ) -> Result<InvoicePage, ServiceError> {
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let ask = async {
            match provider.list_invoices(&list).await {
                Ok(page) => Ok(page),
                Err(error) => match self.providers().failed_call(tenant, name, error).await {
                    // The provider has no list for a deleted customer.
                    ServiceError::CustomerGone { .. } => Ok(InvoicePage::default()),
                    failed => Err(failed),
                },
            }
        };
        let InvoiceList { customer: _, limit, cursor } = list;
        let question = format!("{limit} invoices at {} from {}", name.as_str(), cursor.unwrap_or("the newest"));
        self.providers().read_provider(tenant, (question, 1), Box::pin(ask)).await
    }
}
