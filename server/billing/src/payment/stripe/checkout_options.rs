//! The options of a checkout session: currency, discount, taxes, address and metadata.

use std::collections::HashMap;

use domain::subscription::checkout_options::{BillingAddress, CheckoutDiscount, CheckoutOptions, CheckoutSettings};
use serde::Deserialize;
use serde_json::json;
use stripe_checkout::{
    CheckoutSessionBillingAddressCollection,
    checkout_session::{
        CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionCustomerUpdate,
        CreateCheckoutSessionCustomerUpdateAddress, CreateCheckoutSessionCustomerUpdateName,
        CreateCheckoutSessionDiscounts, CreateCheckoutSessionTaxIdCollection,
    },
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_types::Currency;

use super::{
    Stripe,
    answer::{Expandable, Object, Page},
    client::CallError,
    is_object_id,
};
use crate::payment::{ProviderError, invalid_discount};

/// The beginning of the id of a promotion code. Other texts are codes that customers know.
const PROMOTION_CODE_ID: &str = "promo_";
/// Maximum number of promotion codes in one response of Stripe.
const PAGE: u8 = 100;
/// Maximum number of pages of promotion codes with the same text that are searched.
const MAX_PAGES: usize = 10;
/// The parameters of a session that a refusal of the discount names.
const DISCOUNT_PARAMS: [&str; 4] =
    ["discounts", "discounts[0]", "discounts[0][coupon]", "discounts[0][promotion_code]"];

/// `GET /v1/promotion_codes`: active promotion codes that customers enter as `code`.
struct FindPromotionCodes<'a> {
    code: &'a str,
    after: Option<&'a str>,
}

impl StripeRequest for FindPromotionCodes<'_> {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        let Self { code, after } = *self;
        let mut query = json!({ "code": code, "active": true, "limit": PAGE });
        if let (Some(after), Some(fields)) = (after, query.as_object_mut()) {
            fields.insert("starting_after".to_owned(), json!(after));
        }
        RequestBuilder::new(StripeMethod::Get, "/promotion_codes").query(&query)
    }
}

#[derive(Deserialize)]
struct PromotionCode {
    id: String,
    /// The only customer that can redeem it; `None` where all can.
    #[serde(default)]
    customer: Option<Expandable<Object>>,
}

impl Stripe {
    /// Returns a discount with its id. A coupon is not checked: the session's creation does. Of several codes with the
    /// same text, which Stripe allows for different customers, the customer's own comes first.
    pub(super) async fn discount(
        &self,
        discount: &CheckoutDiscount,
        customer: &str,
    ) -> Result<CheckoutDiscount, ProviderError> {
        let code = match discount {
            CheckoutDiscount::PromotionCode(code) if !code.starts_with(PROMOTION_CODE_ID) => code,
            known => return Ok(known.clone()),
        };
        let mut for_all = None;
        let mut after: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let request = FindPromotionCodes { code, after: after.as_deref() };
            let Page { data, has_more } = self.call::<Page<PromotionCode>>(&request, None).await?;
            for PromotionCode { id, customer: only } in
                data.readable.into_iter().filter(|found| is_object_id(&found.id))
            {
                match only {
                    Some(only) if only.id() == customer => return Ok(CheckoutDiscount::PromotionCode(id)),
                    // It belongs to another customer.
                    Some(_) => {}
                    None => for_all = for_all.or(Some(id)),
                }
            }
            let Some(last) = data.last.filter(|_| has_more) else { break };
            after = Some(last);
        }
        match for_all {
            Some(id) => Ok(CheckoutDiscount::PromotionCode(id)),
            None => Err(invalid_discount(discount, format!("Stripe has no active promotion code {code}."))),
        }
    }
}

/// Adds the options to a request for a session of an existing customer.
pub(super) fn with_options(mut request: CreateCheckoutSession, options: &CheckoutOptions) -> CreateCheckoutSession {
    let CheckoutOptions { currency, discount, trial_days: _, locale: _, metadata: _, settings } = options;
    let CheckoutSettings { promotion_codes, automatic_tax, tax_ids, billing_address } = *settings;
    if let Some(currency) = currency {
        let Ok(currency) = currency.code().to_ascii_lowercase().parse::<Currency>();
        request = request.currency(currency);
    }
    // Stripe takes a discount or lets customers enter a code, and not both.
    if let Some(discount) = discount {
        let mut redeemed = CreateCheckoutSessionDiscounts::new();
        match discount {
            CheckoutDiscount::Coupon(id) => redeemed.coupon = Some(id.clone()),
            CheckoutDiscount::PromotionCode(id) => redeemed.promotion_code = Some(id.clone()),
        }
        request = request.discounts([redeemed]);
    } else if promotion_codes {
        request = request.allow_promotion_codes(true);
    }
    if automatic_tax {
        request = request.automatic_tax(CreateCheckoutSessionAutomaticTax::new(true));
    }
    if tax_ids {
        request = request.tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true));
    }
    if automatic_tax || tax_ids {
        // For an existing customer, Stripe requires that what is entered is saved on it.
        let mut update = CreateCheckoutSessionCustomerUpdate::new();
        update.address = Some(CreateCheckoutSessionCustomerUpdateAddress::Auto);
        update.name = Some(CreateCheckoutSessionCustomerUpdateName::Auto);
        request = request.customer_update(update);
    }
    if billing_address == BillingAddress::Required {
        request = request.billing_address_collection(CheckoutSessionBillingAddressCollection::Required);
    }
    request
}

/// Returns the metadata of a session and its subscription. What Dues sets takes precedence.
pub(super) fn metadata<const N: usize>(options: &CheckoutOptions, own: [(&str, String); N]) -> HashMap<String, String> {
    let own = own.into_iter().map(|(key, value)| (key.to_owned(), value));
    options.metadata.clone().into_iter().chain(own).collect()
}

/// Converts the error of a session's creation. A refused discount is the caller's mistake.
pub(super) fn refused(error: CallError, options: &CheckoutOptions) -> ProviderError {
    let is_about_discount = DISCOUNT_PARAMS.iter().any(|param| error.is_about(param));
    match (ProviderError::from(error), &options.discount) {
        (ProviderError::Rejected { reason, .. }, Some(discount)) if is_about_discount => {
            invalid_discount(discount, reason)
        }
        (error, _) => error,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn body(options: &CheckoutOptions) -> String {
        let request = with_options(CreateCheckoutSession::new(), options).build();
        let body = request.body.unwrap().replace("%5B", "[").replace("%5D", "]");
        let mut pairs: Vec<_> = body.split('&').collect();
        pairs.sort_unstable();
        pairs.join("&")
    }

    fn with(settings: CheckoutSettings) -> CheckoutOptions {
        CheckoutOptions { settings, ..CheckoutOptions::default() }
    }

    #[test]
    fn a_session_without_options_has_no_parameters_of_them() {
        assert_eq!(body(&CheckoutOptions::default()), "");
    }

    #[rstest]
    #[case(CheckoutDiscount::Coupon("SPRING".to_owned()), "discounts[0][coupon]=SPRING")]
    #[case(CheckoutDiscount::PromotionCode("promo_1".to_owned()), "discounts[0][promotion_code]=promo_1")]
    fn a_discount_takes_the_place_of_the_field_for_promotion_codes(
        #[case] discount: CheckoutDiscount,
        #[case] expected: &str,
    ) {
        let open = with(CheckoutSettings { promotion_codes: true, ..CheckoutSettings::default() });
        assert_eq!(body(&open), "allow_promotion_codes=true");
        assert_eq!(body(&CheckoutOptions { discount: Some(discount), ..open }), expected);
    }

    #[test]
    fn taxes_need_that_the_customers_name_and_address_are_saved() {
        let saved = "customer_update[address]=auto&customer_update[name]=auto";
        let tax = with(CheckoutSettings { automatic_tax: true, ..CheckoutSettings::default() });
        assert_eq!(body(&tax), format!("automatic_tax[enabled]=true&{saved}"));
        let ids = with(CheckoutSettings { tax_ids: true, ..CheckoutSettings::default() });
        assert_eq!(body(&ids), format!("{saved}&tax_id_collection[enabled]=true"));
        let address =
            with(CheckoutSettings { billing_address: BillingAddress::Required, ..CheckoutSettings::default() });
        assert_eq!(body(&address), "billing_address_collection=required");
    }

    #[test]
    fn the_currency_is_sent_in_lower_case() {
        let euros = CheckoutOptions { currency: Some("EUR".parse().unwrap()), ..CheckoutOptions::default() };
        assert_eq!(body(&euros), "currency=eur");
    }

    #[test]
    fn what_dues_sets_in_the_metadata_takes_precedence() {
        let given = [("order".to_owned(), "1".to_owned()), ("tenant_id".to_owned(), "other".to_owned())];
        let options = CheckoutOptions { metadata: given.into(), ..CheckoutOptions::default() };
        let metadata = metadata(&options, [("tenant_id", "acme".to_owned())]);
        assert_eq!(
            metadata,
            HashMap::from(
                [("order", "1"), ("tenant_id", "acme")].map(|(key, value)| (key.to_owned(), value.to_owned()))
            )
        );
    }
}
