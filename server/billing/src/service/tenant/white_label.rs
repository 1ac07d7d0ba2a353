//! White-label billing: a workspace bills its customers through its account at a provider.

mod account;
mod check;

use domain::{
    subscription::Provider,
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use serde_json::{Value, json};

use crate::{
    payment::merchant::{
        CancellationTiming, MerchantCheckout, MerchantCustomer, MerchantProduct, MerchantSubscription,
        NewMerchantCheckout, NewMerchantProduct, Page, PageParams,
    },
    service::{ServiceError, WhiteLabel, base::permission::Merchant},
};

/// In each method, `at` selects the provider of the workspace's account; `None` selects the workspace's default.
impl WhiteLabel {
    /// Lists the products of the workspace's account.
    pub async fn list_products(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        page: &PageParams,
    ) -> Result<Page<MerchantProduct>, ServiceError> {
        let account = self.merchant(merchant, at, "list products").await?;
        account.convert(account.api.list_products(page).await)
    }

    /// Lists products for the workspace's web page. Answers are cached for a few seconds.
    pub async fn page_of_products(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        page: &PageParams,
    ) -> Result<Page<MerchantProduct>, ServiceError> {
        let question = format!("own products at {at:?}, {page:?}");
        self.providers()
            .read_merchant(merchant.tenant(), question, Box::pin(self.list_products(merchant, at, page)))
            .await
    }

    /// Creates a product with its prices. A repeat with the same `new.attempt` creates no second product.
    pub async fn create_product(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        new: &NewMerchantProduct,
    ) -> Result<MerchantProduct, ServiceError> {
        check::product(new)?;
        let account = self.merchant(merchant, at, "create a product").await?;
        let created = account.convert(account.api.create_product(new).await)?;
        let details = json!({ "provider": account.provider, "name": new.name });
        self.audit_merchant_change(merchant, AuditAction::ProductCreated, &created.id, details).await?;
        Ok(created)
    }

    /// Creates a checkout session for a customer of the workspace.
    pub async fn create_merchant_checkout(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        new: &NewMerchantCheckout,
    ) -> Result<MerchantCheckout, ServiceError> {
        let new = check::checkout(new)?;
        let account = self.merchant(merchant, at, "create a checkout").await?;
        let checkout = account.convert(account.api.create_checkout(&new).await)?;
        let details = json!({ "provider": account.provider, "price": new.price });
        self.audit_merchant_change(merchant, AuditAction::CustomerCheckoutStarted, &checkout.id, details).await?;
        Ok(checkout)
    }

    /// Lists the customers of the workspace's account.
    pub async fn list_customers(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        page: &PageParams,
    ) -> Result<Page<MerchantCustomer>, ServiceError> {
        let account = self.merchant(merchant, at, "list customers").await?;
        account.convert(account.api.list_customers(page).await)
    }

    /// Lists customers for the workspace's web page. Answers are cached for a few seconds.
    pub async fn page_of_customers(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        page: &PageParams,
    ) -> Result<Page<MerchantCustomer>, ServiceError> {
        let question = format!("own customers at {at:?}, {page:?}");
        self.providers()
            .read_merchant(merchant.tenant(), question, Box::pin(self.list_customers(merchant, at, page)))
            .await
    }

    /// Returns the active subscriptions of one customer.
    pub async fn customer_subscriptions(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        customer: &str,
    ) -> Result<Vec<MerchantSubscription>, ServiceError> {
        let account = self.merchant(merchant, at, "look at a customer").await?;
        account.convert(account.api.active_subscriptions(customer).await)?.ok_or(ServiceError::NotFound("customer"))
    }

    /// Lists the subscriptions of the workspace's account.
    pub async fn list_merchant_subscriptions(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        page: &PageParams,
    ) -> Result<Page<MerchantSubscription>, ServiceError> {
        let account = self.merchant(merchant, at, "list subscriptions").await?;
        account.convert(account.api.list_subscriptions(page).await)
    }

    /// Lists the subscriptions of one customer, or of all customers, for the workspace's web page. Answers are cached
    /// for a few seconds.
    pub async fn page_of_subscriptions(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        customer: Option<&str>,
        page: &PageParams,
    ) -> Result<Page<MerchantSubscription>, ServiceError> {
        let question = format!("own subscriptions at {at:?} of {customer:?}, {page:?}");
        let list = async {
            match customer {
                Some(customer) => {
                    let items = self.customer_subscriptions(merchant, at, customer).await?;
                    Ok(Page { items, next: None })
                }
                None => self.list_merchant_subscriptions(merchant, at, page).await,
            }
        };
        self.providers().read_merchant(merchant.tenant(), question, Box::pin(list)).await
    }

    /// Ends a customer's subscription and returns its new state. Safe to repeat.
    pub async fn end_merchant_subscription(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        id: &str,
        end: CancellationTiming,
    ) -> Result<MerchantSubscription, ServiceError> {
        let account = self.merchant(merchant, at, "end a subscription").await?;
        let ended = account.convert(account.api.end_subscription(id, end).await)?;
        let ended = ended.ok_or(ServiceError::NotFound("subscription"))?;
        let details = json!({ "provider": account.provider, "immediately": end == CancellationTiming::Immediately });
        self.audit_merchant_change(merchant, AuditAction::CustomerSubscriptionEnded, id, details).await?;
        Ok(ended)
    }

    /// Adds a change at the workspace's account to the audit log, after the provider made it. Drops cached answers.
    async fn audit_merchant_change(
        &self,
        merchant: &Merchant,
        action: AuditAction,
        target: &str,
        details: Value,
    ) -> Result<(), ServiceError> {
        self.0.provider_reads.invalidate(merchant.tenant());
        let entry = NewAuditEntry { by: AuditActor::from(merchant.by()), action, target: target.to_owned(), details };
        self.record_audit_separately(merchant.tenant(), entry).await
    }
}
