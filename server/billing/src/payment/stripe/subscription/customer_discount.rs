//! The discount of a customer, which applies to subscriptions without discounts of their own.

use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};

use crate::payment::{
    ProviderError,
    stripe::{
        Stripe,
        answer::{self, Expandable},
        is_object_id,
    },
};

/// Where a discount has an id, and the path of the object.
const NAMED: [(&str, &str); 2] = [("/source/coupon", "/coupons"), ("/promotion_code", "/promotion_codes")];

/// A GET of an object.
struct Get {
    path: String,
}

impl StripeRequest for Get {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, self.path.as_str())
    }
}

impl Stripe {
    /// Replaces the ids of coupon and promotion code in the customer's discount by the objects, if that discount applies
    /// to the subscription. In a list of subscriptions, they are too deep to be expanded (Stripe: "Expanding
    /// responses").
    pub(super) async fn fetch_customer_discount(&self, of: &mut answer::Subscription) -> Result<(), ProviderError> {
        if of.ended_at.is_some() || !of.own_discounts().is_empty() {
            return Ok(());
        }
        let Expandable::Object(customer) = &mut of.customer else { return Ok(()) };
        let Some(discount) = &mut customer.discount else { return Ok(()) };
        for (pointer, path) in NAMED {
            let Some(field) = discount.pointer_mut(pointer) else { continue };
            let Some(id) = field.as_str().filter(|id| is_object_id(id)).map(str::to_owned) else { continue };
            let request = Get { path: format!("{path}/{id}") };
            match self.call::<Value>(&request, None).await.map_err(ProviderError::from) {
                Ok(found) if found.get("id").and_then(Value::as_str) == Some(&*id) => *field = found,
                Err(error @ ProviderError::Unavailable(_)) => return Err(error),
                // Any other answer is ignored: without its coupon, the discount is not described.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}
