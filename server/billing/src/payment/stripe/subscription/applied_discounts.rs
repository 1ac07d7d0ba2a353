//! What a list of subscriptions lacks of their discounts: Stripe expands at most four levels (Stripe: "Expanding
//! responses").

use domain::subscription::MAX_DISCOUNTS;
use serde_json::{Value, json};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};

use crate::payment::{
    ProviderError,
    stripe::{
        Stripe,
        answer::{self, Expandable},
        is_object_id,
    },
};

/// Where a discount has the id of its coupon and of its promotion code, and the path of the objects.
const NAMED: [(&str, &str); 2] = [("/source/coupon", COUPONS), ("/promotion_code", "/promotion_codes")];
const COUPONS: &str = "/coupons";
const CURRENCY_OPTIONS: &str = "currency_options";

/// A GET of an object.
struct Get {
    path: String,
    expand: Option<&'static str>,
}

impl StripeRequest for Get {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        let request = RequestBuilder::new(StripeMethod::Get, self.path.as_str());
        match self.expand {
            Some(field) => request.query(&json!({ "expand": [field] })),
            None => request,
        }
    }
}

impl Stripe {
    /// Completes the discounts that apply to the subscription.
    pub(super) async fn complete_discounts(&self, of: &mut answer::Subscription) -> Result<(), ProviderError> {
        if of.ended_at.is_some() {
            return Ok(());
        }
        self.fetch_customer_discount(of).await?;
        self.fetch_amounts_off(of).await
    }

    /// Replaces the ids of coupon and promotion code in the customer's discount by the objects. It applies to
    /// subscriptions without discounts of their own.
    async fn fetch_customer_discount(&self, of: &mut answer::Subscription) -> Result<(), ProviderError> {
        if !of.own_discounts().is_empty() {
            return Ok(());
        }
        let Expandable::Object(customer) = &mut of.customer else { return Ok(()) };
        let Some(discount) = &mut customer.discount else { return Ok(()) };
        for (pointer, path) in NAMED {
            let Some(field) = discount.pointer_mut(pointer) else { continue };
            let Some(id) = field.as_str().map(str::to_owned) else { continue };
            if let Some(found) = self.fetch_object(path, &id, None).await? {
                *field = found;
            }
        }
        Ok(())
    }

    /// Replaces amounts of coupons by those in the subscription's currency. A coupon's own amount is in one of its
    /// currencies only.
    async fn fetch_amounts_off(&self, of: &mut answer::Subscription) -> Result<(), ProviderError> {
        let Some(currency) = of.currency.as_deref().map(str::to_ascii_lowercase) else { return Ok(()) };
        let of_customer = match &mut of.customer {
            Expandable::Object(customer) => customer.discount.as_mut(),
            Expandable::Id(_) => None,
        };
        let own = of.discounts.iter_mut().flatten().chain(of.discount.as_mut());
        for discount in own.chain(of_customer).take(MAX_DISCOUNTS) {
            let is_named = discount.pointer("/source/coupon").is_some();
            let Some(coupon) = discount.pointer_mut(if is_named { "/source/coupon" } else { "/coupon" }) else {
                continue;
            };
            let is_amount = coupon.get("amount_off").is_some_and(Value::is_number);
            let priced_in = coupon.get("currency").and_then(Value::as_str);
            if !is_amount || priced_in.is_none_or(|other| other.eq_ignore_ascii_case(&currency)) {
                continue;
            }
            let Some(id) = coupon.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
            let Some(found) = self.fetch_object(COUPONS, &id, Some(CURRENCY_OPTIONS)).await? else { continue };
            let amount = found.pointer(&format!("/{CURRENCY_OPTIONS}/{currency}/amount_off")).cloned();
            if let (Some(amount), Some(fields)) = (amount, coupon.as_object_mut()) {
                fields.insert("amount_off".to_owned(), amount);
                fields.insert("currency".to_owned(), json!(currency));
            }
        }
        Ok(())
    }

    /// Fetches an object. `None` for any answer but the object: a discount is then described without it, or not at all.
    async fn fetch_object(
        &self,
        path: &str,
        id: &str,
        expand: Option<&'static str>,
    ) -> Result<Option<Value>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = Get { path: format!("{path}/{id}"), expand };
        match self.call::<Value>(&request, None).await.map_err(ProviderError::from) {
            Ok(found) => Ok(Some(found).filter(|found| found.get("id").and_then(Value::as_str) == Some(id))),
            Err(error @ ProviderError::Unavailable(_)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}
