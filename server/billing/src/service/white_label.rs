//! A workspace that bills its own customers, through an account of its own at a provider.

mod account;
mod check;

use domain::{
    audit::{AuditAction, AuditActor, NewAuditEntry},
    subscription::Provider,
};
use serde_json::{Value, json};

use super::{ServiceError, Services, biller::Biller};
use crate::payment::merchant::{
    MerchantCheckout, MerchantCustomer, MerchantEnd, MerchantProduct, MerchantSubscription, NewMerchantCheckout,
    NewMerchantProduct, Page, PageWish,
};

/// `at` is a provider, for a workspace that has accounts at several.
impl Services {
    pub async fn list_products(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        wish: &PageWish,
    ) -> Result<Page<MerchantProduct>, ServiceError> {
        let account = self.merchant(biller, at, "list products").await?;
        account.told(account.api.list_products(wish).await)
    }

    /// The same for a page: an answer that was given a moment ago is shown again.
    pub async fn page_of_products(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        wish: &PageWish,
    ) -> Result<Page<MerchantProduct>, ServiceError> {
        let question = format!("own products at {at:?}, {wish:?}");
        self.read_merchant(biller.tenant(), question, self.list_products(biller, at, wish)).await
    }

    pub async fn create_product(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        new: &NewMerchantProduct,
    ) -> Result<MerchantProduct, ServiceError> {
        check::product(new)?;
        let account = self.merchant(biller, at, "create a product").await?;
        let made = account.told(account.api.create_product(new).await)?;
        let details = json!({ "provider": account.provider, "name": new.name });
        self.write_down_sale(biller, AuditAction::ProductCreated, &made.id, details).await?;
        Ok(made)
    }

    pub async fn create_merchant_checkout(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        new: &NewMerchantCheckout,
    ) -> Result<MerchantCheckout, ServiceError> {
        let new = check::checkout(new)?;
        let account = self.merchant(biller, at, "create a checkout").await?;
        let begun = account.told(account.api.create_checkout(&new).await)?;
        let details = json!({ "provider": account.provider, "price": new.price });
        self.write_down_sale(biller, AuditAction::CustomerCheckoutStarted, &begun.id, details).await?;
        Ok(begun)
    }

    pub async fn list_customers(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        wish: &PageWish,
    ) -> Result<Page<MerchantCustomer>, ServiceError> {
        let account = self.merchant(biller, at, "list customers").await?;
        account.told(account.api.list_customers(wish).await)
    }

    /// The same for a page: an answer that was given a moment ago is shown again.
    pub async fn page_of_customers(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        wish: &PageWish,
    ) -> Result<Page<MerchantCustomer>, ServiceError> {
        let question = format!("own customers at {at:?}, {wish:?}");
        self.read_merchant(biller.tenant(), question, self.list_customers(biller, at, wish)).await
    }

    /// The subscriptions of one customer that are active.
    pub async fn customer_subscriptions(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        customer: &str,
    ) -> Result<Vec<MerchantSubscription>, ServiceError> {
        let account = self.merchant(biller, at, "look at a customer").await?;
        account.told(account.api.active_subscriptions(customer).await)?.ok_or(ServiceError::NotFound("customer"))
    }

    pub async fn list_merchant_subscriptions(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        wish: &PageWish,
    ) -> Result<Page<MerchantSubscription>, ServiceError> {
        let account = self.merchant(biller, at, "list subscriptions").await?;
        account.told(account.api.list_subscriptions(wish).await)
    }

    /// The same for a page: an answer that was given a moment ago is shown again. Of one customer, or of all.
    pub async fn page_of_subscriptions(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        customer: Option<&str>,
        wish: &PageWish,
    ) -> Result<Page<MerchantSubscription>, ServiceError> {
        let question = format!("own subscriptions at {at:?} of {customer:?}, {wish:?}");
        let list = async {
            match customer {
                Some(customer) => {
                    let items = self.customer_subscriptions(biller, at, customer).await?;
                    Ok(Page { items, next: None })
                }
                None => self.list_merchant_subscriptions(biller, at, wish).await,
            }
        };
        self.read_merchant(biller.tenant(), question, list).await
    }

    /// Ends a customer's subscription, and answers how it stands then. Safe to repeat.
    pub async fn end_merchant_subscription(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        id: &str,
        end: MerchantEnd,
    ) -> Result<MerchantSubscription, ServiceError> {
        let account = self.merchant(biller, at, "end a subscription").await?;
        let ended = account.told(account.api.end_subscription(id, end).await)?;
        let ended = ended.ok_or(ServiceError::NotFound("subscription"))?;
        let details = json!({ "provider": account.provider, "immediately": end == MerchantEnd::Immediately });
        self.write_down_sale(biller, AuditAction::CustomerSubscriptionEnded, id, details).await?;
        Ok(ended)
    }

    /// What was done at the workspace's own account, once its provider has said so.
    async fn write_down_sale(
        &self,
        biller: &Biller,
        action: AuditAction,
        target: &str,
        details: Value,
    ) -> Result<(), ServiceError> {
        self.0.provider_reads.invalidate(biller.tenant());
        let deed = NewAuditEntry { by: AuditActor::from(biller.by()), action, target: target.to_owned(), details };
        self.write_down_done(biller.tenant(), deed).await
    }
}
