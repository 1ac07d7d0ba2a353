//! A workspace that bills its own customers, through an account of its own at a provider.

mod account;
mod check;

use domain::subscription::Provider;

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

    pub async fn create_product(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        new: &NewMerchantProduct,
    ) -> Result<MerchantProduct, ServiceError> {
        check::product(new)?;
        let account = self.merchant(biller, at, "create a product").await?;
        account.told(account.api.create_product(new).await)
    }

    pub async fn create_merchant_checkout(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        new: &NewMerchantCheckout,
    ) -> Result<MerchantCheckout, ServiceError> {
        check::checkout(new)?;
        let account = self.merchant(biller, at, "create a checkout").await?;
        account.told(account.api.create_checkout(new).await)
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

    /// Ends a customer's subscription, and answers how it stands then. Safe to repeat.
    pub async fn end_merchant_subscription(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        id: &str,
        end: MerchantEnd,
    ) -> Result<MerchantSubscription, ServiceError> {
        let account = self.merchant(biller, at, "end a subscription").await?;
        account.told(account.api.end_subscription(id, end).await)?.ok_or(ServiceError::NotFound("subscription"))
    }
}
