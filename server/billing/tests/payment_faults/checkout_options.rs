//! The options of a checkout: what is sent to each provider, and discounts that it refuses.

use billing::payment::{InvalidInputField, NewCheckout, PaymentProvider, ProviderError};
use domain::subscription::checkout_options::{BillingAddress, CheckoutDiscount, CheckoutOptions, CheckoutSettings};
use serde_json::{Value, json};

use crate::{
    polar::{self, ID, OTHER_ID},
    script::checkout_of,
    stripe,
};

const EVERYTHING: CheckoutSettings = CheckoutSettings {
    promotion_codes: true,
    automatic_tax: true,
    tax_ids: true,
    billing_address: BillingAddress::Required,
};

fn code(code: &str) -> CheckoutDiscount {
    CheckoutDiscount::PromotionCode(code.to_owned())
}

fn coupon(id: &str) -> CheckoutDiscount {
    CheckoutDiscount::Coupon(id.to_owned())
}

fn options(discount: Option<CheckoutDiscount>) -> CheckoutOptions {
    let metadata = [("order".to_owned(), "4711".to_owned()), ("external_id".to_owned(), "acme-1".to_owned())];
    CheckoutOptions {
        currency: Some("EUR".parse().unwrap()),
        discount,
        metadata: metadata.into(),
        settings: EVERYTHING,
        ..CheckoutOptions::default()
    }
}

fn order(customer: &str, discount: Option<CheckoutDiscount>) -> NewCheckout {
    NewCheckout { options: options(discount), ..checkout_of(customer) }
}

fn at_stripe(data: &Value) -> (u16, String) {
    (200, json!({ "object": "list", "data": data, "has_more": false }).to_string())
}

fn at_polar(items: &Value, pages: u64) -> (u16, String) {
    (200, json!({ "items": items, "pagination": { "total_count": 1, "max_page": pages } }).to_string())
}

fn assert_refused(answer: Result<impl std::fmt::Debug, ProviderError>, field: InvalidInputField, reason: &str) {
    match answer {
        Err(ProviderError::InvalidInput { field: found, reason: said }) => {
            assert_eq!((found, said.as_str()), (field, reason));
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn stripe_gets_every_option_and_a_repeat_sends_the_same() {
    let session = json!({"id": "cs_1", "url": "https://checkout.stripe.com/c/pay/cs_1", "status": "open"});
    let fault = (500, json!({ "error": { "type": "api_error" } }).to_string());
    let (script, stripe) = stripe::answering([fault, (200, session.to_string())]).await;
    stripe.create_checkout(&order("cus_1", None)).await.unwrap();
    let sent = script.requests();
    assert_eq!(sent[0].body, sent[1].body);
    for field in [
        "currency=eur",
        "allow_promotion_codes=true",
        "automatic_tax[enabled]=true",
        "tax_id_collection[enabled]=true",
        "customer_update[address]=auto",
        "customer_update[name]=auto",
        "billing_address_collection=required",
        "metadata[order]=4711",
        "metadata[external_id]=acme-1",
        "metadata[tenant_id]=t1",
        "subscription_data[metadata][order]=4711",
        "subscription_data[metadata][external_id]=acme-1",
        "subscription_data[metadata][tenant_id]=t1",
    ] {
        assert!(sent[0].fields.iter().any(|sent| sent == field), "{field}: {:#?}", sent[0].fields);
    }
}

#[tokio::test]
async fn stripe_looks_up_a_code_that_customers_know_and_takes_an_id_as_it_is() {
    let (script, stripe) = stripe::answering([at_stripe(&json!([{ "id": "promo_1", "code": "SUMMER" }]))]).await;
    assert_eq!(stripe.find_discount(&code("SUMMER"), "cus_1").await.unwrap(), code("promo_1"));
    assert_eq!(script.lines(), ["GET /v1/promotion_codes"]);
    for known in [code("promo_2"), coupon("SPRING")] {
        assert_eq!(stripe.find_discount(&known, "cus_1").await.unwrap(), known);
    }
    assert_eq!(script.requests().len(), 1);

    let (_, stripe) = stripe::answering([at_stripe(&json!([]))]).await;
    let refused = stripe.find_discount(&code("WINTER"), "cus_1").await;
    assert_refused(refused, InvalidInputField::PromotionCode, "Stripe has no active promotion code WINTER.");
}

#[tokio::test]
async fn stripe_finds_the_code_of_the_customer_and_none_of_another() {
    let of = |id: &str, customer: Value| json!({ "id": id, "code": "SUMMER", "customer": customer });
    let (other, own) = (of("promo_1", json!("cus_2")), of("promo_2", json!({ "id": "cus_1", "object": "customer" })));
    let for_all = of("promo_3", Value::Null);
    let find = async |codes: Value| {
        let (_, stripe) = stripe::answering([at_stripe(&codes)]).await;
        stripe.find_discount(&code("SUMMER"), "cus_1").await
    };
    assert_eq!(find(json!([other, for_all, own])).await.unwrap(), code("promo_2"));
    assert_eq!(find(json!([other, for_all])).await.unwrap(), code("promo_3"));
    let refused = find(json!([other])).await;
    assert_refused(refused, InvalidInputField::PromotionCode, "Stripe has no active promotion code SUMMER.");

    let page = |codes: Value, has_more: bool| {
        (200, json!({ "object": "list", "data": codes, "has_more": has_more }).to_string())
    };
    let (script, stripe) = stripe::answering([page(json!([other]), true), page(json!([own]), false)]).await;
    assert_eq!(stripe.find_discount(&code("SUMMER"), "cus_1").await.unwrap(), code("promo_2"));
    assert_eq!(script.lines(), ["GET /v1/promotion_codes", "GET /v1/promotion_codes"]);
}

#[tokio::test]
async fn a_discount_that_stripe_refuses_is_invalid_input() {
    let refusal = |param: &str, message: &str| {
        let error =
            json!({ "type": "invalid_request_error", "code": "resource_missing", "param": param, "message": message });
        (400, json!({ "error": error }).to_string())
    };
    let (script, stripe) = stripe::answering([refusal("discounts[0][coupon]", "No such coupon: 'GOLD'")]).await;
    let refused = stripe.create_checkout(&order("cus_1", Some(coupon("GOLD")))).await;
    assert_refused(refused, InvalidInputField::Coupon, "No such coupon: 'GOLD'");
    let sent = &script.requests()[0].fields;
    assert!(sent.iter().any(|field| field == "discounts[0][coupon]=GOLD"), "{sent:#?}");
    assert!(!sent.iter().any(|field| field.starts_with("allow_promotion_codes")), "{sent:#?}");

    let (_, stripe) = stripe::answering([refusal("discounts[0][promotion_code]", "It has expired.")]).await;
    let refused = stripe.create_checkout(&order("cus_1", Some(code("promo_1")))).await;
    assert_refused(refused, InvalidInputField::PromotionCode, "It has expired.");
    let (_, stripe) = stripe::answering([refusal("line_items[0][price]", "No such price.")]).await;
    let refused = stripe.create_checkout(&order("cus_1", Some(coupon("GOLD")))).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
}

#[tokio::test]
async fn polar_gets_the_options_that_it_has() {
    let session = json!({ "id": ID, "status": "open", "url": "https://polar.sh/checkout/polar_c_1" });
    let (script, polar) = polar::answering([at_polar(&json!([]), 1), (201, session.to_string())]).await;
    polar.create_checkout(&order(ID, Some(coupon(OTHER_ID)))).await.unwrap();
    let sent: Value = serde_json::from_str(&script.requests()[1].body).unwrap();
    assert_eq!(sent["currency"], "eur");
    assert_eq!(sent["discount_id"], OTHER_ID);
    assert_eq!((&sent["allow_discount_codes"], &sent["require_billing_address"]), (&json!(true), &json!(true)));
    let expected = json!({
        "order": "4711", "external_id": "acme-1",
        "tenant_id": "t1", "attempt_id": "a1", "plan": "pro", "cycle": "monthly",
    });
    assert_eq!(sent["metadata"], expected);
}

#[tokio::test]
async fn polar_finds_a_discount_by_its_code_on_any_page() {
    let other = json!([{ "id": OTHER_ID, "code": null }]);
    let found = json!([{ "id": ID, "code": "Summer" }]);
    let (script, polar) = polar::answering([at_polar(&other, 2), at_polar(&found, 2)]).await;
    assert_eq!(polar.find_discount(&code("SUMMER"), ID).await.unwrap(), code(ID));
    assert_eq!(script.lines(), ["GET /v1/discounts/", "GET /v1/discounts/"]);

    let (_, polar) = polar::answering([at_polar(&other, 1)]).await;
    let refused = polar.find_discount(&code("WINTER"), ID).await;
    assert_refused(refused, InvalidInputField::PromotionCode, "Polar has no discount with the code WINTER.");
}

#[tokio::test]
async fn a_discount_that_polar_refuses_is_invalid_input() {
    let wrong = json!([{ "type": "value_error", "loc": ["body", "discount_id"], "msg": "Discount does not exist." }]);
    let refusal = (422, json!({ "error": "RequestValidationError", "detail": wrong }).to_string());
    let (_, polar) = polar::answering([at_polar(&json!([]), 1), refusal]).await;
    let refused = polar.create_checkout(&order(ID, Some(coupon(OTHER_ID)))).await;
    assert_refused(refused, InvalidInputField::Coupon, "discount_id: Discount does not exist.");
}
