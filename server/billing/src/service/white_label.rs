//! A workspace that bills its own customers, through an account of its own at a provider.

use domain::secret::SecretName;
use secrecy::ExposeSecret;
use url::Url;

use super::{FieldErrors, ServiceError, Services, biller::Biller};
use crate::payment::{
    ProviderError,
    merchant::{
        MerchantApi, MerchantCheckout, MerchantCredentials, MerchantCustomer, MerchantEnd, MerchantProduct,
        MerchantSubscription, NewMerchantCheckout, NewMerchantPrice, NewMerchantProduct, Page, PageWish,
    },
    polar::merchant::PolarMerchant,
};

const PROVIDER: &str = "Polar";
const KEY: &str = "polar_api_key";
const ORGANIZATION: &str = "polar_organization_id";
const NAME_MAX_CHARS: usize = 200;
const TEXT_MAX_CHARS: usize = 2000;
const MOST_PRICES: usize = 10;
/// What a price may come to, in minor units: a million of the currency.
const MOST_MINOR: i64 = 100_000_000;
const INTERVALS: [&str; 4] = ["day", "week", "month", "year"];
const URL_MAX_BYTES: usize = 2048;

fn told(error: ProviderError) -> ServiceError {
    ServiceError::from_provider(PROVIDER, error)
}

impl Services {
    /// The workspace's own account; each use of its key is written down.
    async fn merchant(&self, biller: &Biller, purpose: &str) -> Result<Box<dyn MerchantApi>, ServiceError> {
        let tenant = biller.tenant();
        let secret = async |name: &'static str| {
            let name: SecretName = name.parse().map_err(|_| ServiceError::Internal("a well-known name is one"))?;
            self.use_secret(tenant, &name, purpose, biller.by()).await
        };
        let api_key = secret(KEY).await?.ok_or(ServiceError::TenantBillingNotConfigured)?;
        let organization = secret(ORGANIZATION).await?.map(|id| id.expose_secret().trim().to_owned());
        let credentials = MerchantCredentials { api_key, organization };
        let merchant = PolarMerchant::new(&credentials, self.settings().polar_api_base.as_ref());
        let merchant = merchant.map_err(|_| ServiceError::ProviderRejected {
            provider: PROVIDER,
            reason: format!("what stands in the secret {KEY} can be no key"),
        })?;
        Ok(Box::new(merchant))
    }

    pub async fn list_products(&self, biller: &Biller, wish: &PageWish) -> Result<Page<MerchantProduct>, ServiceError> {
        self.merchant(biller, "list products").await?.list_products(wish).await.map_err(told)
    }

    pub async fn create_product(
        &self,
        biller: &Biller,
        new: &NewMerchantProduct,
    ) -> Result<MerchantProduct, ServiceError> {
        check_product(new)?;
        self.merchant(biller, "create a product").await?.create_product(new).await.map_err(told)
    }

    pub async fn create_merchant_checkout(
        &self,
        biller: &Biller,
        new: &NewMerchantCheckout,
    ) -> Result<MerchantCheckout, ServiceError> {
        check_checkout(new)?;
        self.merchant(biller, "create a checkout").await?.create_checkout(new).await.map_err(told)
    }

    pub async fn list_customers(
        &self,
        biller: &Biller,
        wish: &PageWish,
    ) -> Result<Page<MerchantCustomer>, ServiceError> {
        self.merchant(biller, "list customers").await?.list_customers(wish).await.map_err(told)
    }

    /// The subscriptions of one customer that are active.
    pub async fn customer_subscriptions(
        &self,
        biller: &Biller,
        customer: &str,
    ) -> Result<Vec<MerchantSubscription>, ServiceError> {
        let merchant = self.merchant(biller, "look at a customer").await?;
        merchant.active_subscriptions(customer).await.map_err(told)?.ok_or(ServiceError::NotFound("customer"))
    }

    pub async fn list_merchant_subscriptions(
        &self,
        biller: &Biller,
        wish: &PageWish,
    ) -> Result<Page<MerchantSubscription>, ServiceError> {
        self.merchant(biller, "list subscriptions").await?.list_subscriptions(wish).await.map_err(told)
    }

    /// Ends a customer's subscription, and answers how it stands then. Safe to repeat.
    pub async fn end_merchant_subscription(
        &self,
        biller: &Biller,
        id: &str,
        end: MerchantEnd,
    ) -> Result<MerchantSubscription, ServiceError> {
        let merchant = self.merchant(biller, "end a subscription").await?;
        merchant.end_subscription(id, end).await.map_err(told)?.ok_or(ServiceError::NotFound("subscription"))
    }
}

fn check_product(new: &NewMerchantProduct) -> Result<(), ServiceError> {
    let NewMerchantProduct { name, description, prices } = new;
    let mut errors = FieldErrors::new();
    if name.trim().is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        errors.insert("name", format!("name must have 1 to {NAME_MAX_CHARS} characters, on one line."));
    }
    if description.as_ref().is_some_and(|text| text.chars().count() > TEXT_MAX_CHARS) {
        errors.insert("description", format!("description may have at most {TEXT_MAX_CHARS} characters."));
    }
    if prices.is_empty() || prices.len() > MOST_PRICES {
        errors.insert("prices", format!("prices must be a list of 1 to {MOST_PRICES} prices."));
    } else if !prices.iter().all(is_price) {
        let message = format!(
            "Each of prices has an amount of 0 to {MOST_MINOR} in minor units, a currency as usd, and an interval: {}, or \
             null for what is paid once.",
            INTERVALS.join(", ")
        );
        errors.insert("prices", message);
    }
    if errors.is_empty() { Ok(()) } else { Err(ServiceError::invalid(errors)) }
}

fn is_price(price: &NewMerchantPrice) -> bool {
    let NewMerchantPrice { amount_minor, currency, interval } = price;
    (0..=MOST_MINOR).contains(amount_minor)
        && currency.len() == 3
        && currency.bytes().all(|byte| byte.is_ascii_alphabetic())
        && interval.as_ref().is_none_or(|interval| INTERVALS.contains(&interval.as_str()))
}

fn check_checkout(new: &NewMerchantCheckout) -> Result<(), ServiceError> {
    let NewMerchantCheckout { price, customer_email, success_url, cancel_url } = new;
    let mut errors = FieldErrors::new();
    if price.trim().is_empty() || price.len() > NAME_MAX_CHARS {
        errors.insert("productPriceId", "productPriceId must be the id of a price, or of its product.".to_owned());
    }
    if customer_email.as_ref().is_some_and(|email| email.parse::<domain::account::Email>().is_err()) {
        errors.insert("customerEmail", "customerEmail must be an e-mail address.".to_owned());
    }
    let addresses = [("successUrl", Some(success_url)), ("cancelUrl", cancel_url.as_ref())];
    for (name, url) in addresses.into_iter().filter_map(|(name, url)| Some((name, url?))) {
        if !is_way_back(url) {
            errors.insert(name, format!("{name} must be an https address, without a user or password."));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(ServiceError::invalid(errors)) }
}

/// Customers return to the workspace's own site, wherever that is.
fn is_way_back(text: &str) -> bool {
    let is_plain = text.len() <= URL_MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_bare = |url: &Url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    is_plain && Url::parse(text).is_ok_and(|url| is_bare(&url))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://yourapp.com/success?x={CHECKOUT_ID}", true)]
    #[case("http://yourapp.com/success", false)]
    #[case("https://ada:secret@yourapp.com/", false)]
    #[case("javascript:alert(1)", false)]
    #[case("https://yourapp.com/a b", false)]
    #[case("yourapp.com", false)]
    fn customers_return_to_any_https_address(#[case] text: &str, #[case] is_taken: bool) {
        assert_eq!(is_way_back(text), is_taken);
    }
}
