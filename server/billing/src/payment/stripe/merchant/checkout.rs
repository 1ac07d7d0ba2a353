//! Checkout sessions for a tenant's customers.

use stripe_checkout::{
    CheckoutSessionMode,
    checkout_session::{CreateCheckoutSession, CreateCheckoutSessionCustomerCreation, CreateCheckoutSessionLineItems},
};
use stripe_product::{
    price::{ListPrice, RetrievePrice},
    product::RetrieveProduct,
};

use super::{RequestError, StripeMerchant, answer::Product, optional, to_provider_error};
use crate::payment::{
    ProviderError,
    merchant::{MerchantCheckout, NewMerchantCheckout},
    stripe::{
        answer::{Page as Listed, Price, Session},
        is_object_id, read_id,
    },
};

/// Maximum number of characters that an error quotes of an invalid id.
const QUOTED_CHARS: usize = 80;

impl StripeMerchant {
    pub(super) async fn make_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError> {
        let NewMerchantCheckout { price, customer_email, success_url, cancel_url } = new;
        let price = self.price(price).await?;
        let recurs = price.recurring.is_some();
        let mode = if recurs { CheckoutSessionMode::Subscription } else { CheckoutSessionMode::Payment };
        let mut item = CreateCheckoutSessionLineItems::new();
        item.price = Some(price.id);
        item.quantity = Some(1);
        let mut request = CreateCheckoutSession::new().mode(mode).line_items([item]).success_url(success_url);
        if !recurs {
            // Otherwise the payer of a one-time price is a guest, whom Stripe's list of customers does not include.
            // The parameter is valid in payment mode only.
            request = request.customer_creation(CreateCheckoutSessionCustomerCreation::Always);
        }
        if let Some(email) = customer_email {
            request = request.customer_email(email);
        }
        if let Some(url) = cancel_url {
            request = request.cancel_url(url);
        }
        let Session { id, url, .. } = self.call(&request).await.map_err(to_provider_error)?;
        let url = url.unwrap_or_default().parse();
        Ok(MerchantCheckout {
            id: read_id(id)?,
            url: url.map_err(|cause: url::ParseError| ProviderError::Decode(cause.into()))?,
        })
    }

    /// Returns the price with this id. For the id of a product, returns the product's default price, else its newest
    /// price.
    async fn price(&self, id: &str) -> Result<Price, ProviderError> {
        let unknown = || RequestError::Price(id.chars().take(QUOTED_CHARS).collect());
        if !is_object_id(id) {
            return Err(unknown().into());
        }
        if let Some(price) = optional(self.call::<Price>(&RetrievePrice::new(id)).await)? {
            return Ok(price);
        }
        let product = optional(self.call::<Product>(&RetrieveProduct::new(id)).await)?;
        let Product { id, default_price, .. } = product.ok_or_else(unknown)?;
        if let Some(price) = default_price {
            let price = read_id(price.id().to_owned())?;
            return self.call(&RetrievePrice::new(&*price)).await.map_err(to_provider_error);
        }
        let newest = ListPrice::new().product(&*id).active(true).limit(1);
        let Listed { data, .. } = self.call::<Listed<Price>>(&newest).await.map_err(to_provider_error)?;
        Ok(data.readable.into_iter().next().ok_or(RequestError::NoPrice(id))?)
    }
}
