//! How things are sold: promotion codes, currencies, tax, tiers, and what large accounts need.

use crate::harness::{DAY, TestSandbox, card_form, list, text};
use serde_json::{Value, json};

impl TestSandbox {
    /// Creates a monthly price with these parameters, and returns its id.
    async fn priced(&self, more: &[(&str, &str)]) -> String {
        let mut form = vec![("currency", "usd"), ("product_data[name]", "Team"), ("recurring[interval]", "month")];
        form.extend_from_slice(more);
        text(&self.post("/v1/prices", &form).await, "id").to_owned()
    }

    async fn upcoming(&self, subscription: &Value) -> Value {
        self.post("/v1/invoices/create_preview", &[("subscription", text(subscription, "id"))]).await
    }

    /// Buys with these parameters of the session and these fields of the page, and returns the subscription with its
    /// first invoice.
    async fn sold(&self, price: &str, more: &[(&str, &str)], fields: &[(&'static str, &str)]) -> Value {
        let session = self.session(price, more).await;
        let mut form = card_form("4242424242424242");
        form.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let paid = self.submit(text(&session, "url"), &form).await;
        assert_eq!(paid.status(), 303);
        let session = self.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await;
        let id = text(&session, "subscription").to_owned();
        self.get(&format!("/v1/subscriptions/{id}?expand[]=latest_invoice&expand[]=discounts&expand[]=customer")).await
    }
}

#[tokio::test]
async fn a_promotion_code_that_is_entered_on_the_page_discounts_two_months() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2000, "month").await;
    let coupon = [("percent_off", "50"), ("duration", "repeating"), ("duration_in_months", "2")];
    let coupon = sandbox.post("/v1/coupons", &coupon).await;
    let code = [("promotion[type]", "coupon"), ("promotion[coupon]", text(&coupon, "id")), ("code", "Spring-24")];
    let code = sandbox.post("/v1/promotion_codes", &code).await;
    let session = sandbox.session(&price, &[("allow_promotion_codes", "true")]).await;
    let url = text(&session, "url").to_owned();
    let wrong = sandbox.submit(&format!("{url}/choices"), &[("promotion_code", "AUTUMN")]).await;
    assert_eq!(wrong.status(), 400);
    let applied = sandbox.submit(&format!("{url}/choices"), &[("promotion_code", "spring-24")]).await;
    assert_eq!(applied.status(), 303);
    let html = sandbox.client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Pay $10.00") && html.contains("Discount"), "{html}");
    assert_eq!(sandbox.submit(&url, &card_form("4242424242424242")).await.status(), 303);

    let session = sandbox.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await;
    assert_eq!(session["discounts"], json!([{"coupon": null, "promotion_code": code["id"]}]));
    let path = format!("/v1/subscriptions/{}?expand[]=discounts", text(&session, "subscription"));
    let subscription = sandbox.get(&path).await;
    let discount = &subscription["discounts"][0];
    assert_eq!((&discount["promotion_code"], &discount["source"]["coupon"]), (&code["id"], &coupon["id"]));
    assert_eq!(sandbox.get(&format!("/v1/promotion_codes/{}", text(&code, "id"))).await["times_redeemed"], 1);
    assert_eq!(sandbox.upcoming(&subscription).await["total"], 1000);
    sandbox.advance(63 * DAY).await;
    let invoices = sandbox.get("/v1/invoices").await;
    let totals: Vec<_> = list(&invoices).iter().map(|invoice| invoice["total"].as_i64().unwrap()).collect();
    assert_eq!(totals, [2000, 1000, 1000], "newest first");
    assert_eq!(sandbox.get(&path).await["discounts"], json!([]));
}

#[tokio::test]
async fn customers_may_have_codes_with_the_same_text() {
    let sandbox = TestSandbox::start().await;
    sandbox.post("/v1/coupons", &[("id", "ONE"), ("percent_off", "10")]).await;
    let mut customers = Vec::new();
    for _ in 0..2 {
        customers.push(text(&sandbox.post("/v1/customers", &[]).await, "id").to_owned());
    }
    let code = [("promotion[type]", "coupon"), ("promotion[coupon]", "ONE"), ("code", "VIP")];
    let of = |customer| [code.as_slice(), &[("customer", customer)]].concat();
    for customer in &customers {
        sandbox.post("/v1/promotion_codes", &of(customer.as_str())).await;
    }
    for taken in [of(customers[0].as_str()), code.to_vec()] {
        let (status, error) = sandbox.refused("/v1/promotion_codes", &taken).await;
        assert!(status == 400 && text(&error, "message").contains("already exists"), "{error}");
    }
    let found = sandbox.get("/v1/promotion_codes?code=vip&active=true").await;
    assert_eq!(list(&found).len(), 2);
}

#[tokio::test]
async fn codes_that_are_used_up_restricted_or_expired_are_refused() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2000, "month").await;
    let subscription = sandbox.subscribed(&price).await;
    let coupon = sandbox.post("/v1/coupons", &[("id", "ONE"), ("percent_off", "10"), ("max_redemptions", "1")]).await;
    let path = format!("/v1/subscriptions/{}", text(&subscription, "id"));
    let first_time =
        [("promotion[type]", "coupon"), ("promotion[coupon]", "ONE"), ("restrictions[first_time_transaction]", "true")];
    let first_time = sandbox.post("/v1/promotion_codes", &first_time).await;
    let (status, error) = sandbox.refused(&path, &[("discounts[0][promotion_code]", text(&first_time, "id"))]).await;
    assert_eq!((status, text(&error, "param")), (400, "discounts[0][promotion_code]"));
    assert_eq!(coupon["valid"], true);
    sandbox.post(&path, &[("discounts[0][coupon]", "ONE")]).await;
    assert_eq!(sandbox.get("/v1/coupons/ONE").await["valid"], false);
    let (_, error) = sandbox.refused(&path, &[("discounts[0][coupon]", "ONE")]).await;
    assert_eq!(text(&error, "code"), "coupon_expired");
    let (_, error) = sandbox.refused("/v1/coupons", &[("percent_off", "10"), ("redeem_by", "1000")]).await;
    assert_eq!(text(&error, "param"), "redeem_by");
}

#[tokio::test]
async fn a_price_is_sold_in_each_of_its_currencies() {
    let sandbox = TestSandbox::start().await;
    let options = [
        ("unit_amount", "2900"),
        ("currency_options[eur][unit_amount]", "2500"),
        ("currency_options[jpy][unit_amount]", "4000"),
        ("currency_options[isk][unit_amount]", "390000"),
    ];
    let price = sandbox.priced(&options).await;
    let expanded = sandbox.get(&format!("/v1/prices/{price}?expand[]=currency_options")).await;
    assert_eq!(expanded["currency_options"]["jpy"]["unit_amount"], 4000);
    assert_eq!(expanded["currency_options"]["usd"]["unit_amount"], 2900);
    for (currency, amount) in [("eur", 2500), ("jpy", 4000), ("isk", 390_000), ("usd", 2900)] {
        let subscription = sandbox.sold(&price, &[("currency", currency)], &[]).await;
        assert_eq!(text(&subscription, "currency"), currency);
        assert_eq!(subscription["latest_invoice"]["amount_paid"], amount, "{currency}");
        assert_eq!(sandbox.upcoming(&subscription).await["amount_due"], amount, "{currency}");
    }
    let odd = [("currency", "usd"), ("unit_amount", "1"), ("product_data[name]", "Odd")];
    let (status, error) =
        sandbox.refused("/v1/prices", &[&odd[..], &[("currency_options[isk][unit_amount]", "199")]].concat()).await;
    assert_eq!((status, text(&error, "code")), (400, "invalid_charge_amount_no_decimal_compatible"));
    let other = [
        ("mode", "subscription"),
        ("line_items[0][price]", price.as_str()),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://shop.test"),
        ("currency", "gbp"),
    ];
    assert_eq!(sandbox.refused("/v1/checkout/sessions", &other).await.0, 400);
}

#[tokio::test]
async fn tax_is_added_at_the_rate_of_the_board() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 10_000, "month").await;
    let taxed = [("automatic_tax[enabled]", "true"), ("tax_id_collection[enabled]", "true")];
    let fields = [("country", "at"), ("tax_id_type", "eu_vat"), ("tax_id", "ATU12345678")];
    let subscription = sandbox.sold(&price, &taxed, &fields).await;
    let invoice = &subscription["latest_invoice"];
    assert_eq!(
        (&invoice["subtotal"], &invoice["total"], &invoice["total_excluding_tax"]),
        (&json!(10_000), &json!(11_900), &json!(10_000))
    );
    assert_eq!(
        (&invoice["total_taxes"][0]["amount"], text(&invoice["automatic_tax"], "status")),
        (&json!(1900), "complete")
    );
    assert_eq!(invoice["customer_tax_ids"], json!([{"type": "eu_vat", "value": "ATU12345678"}]));
    assert_eq!(subscription["customer"]["address"]["country"], "AT");
    assert_eq!(subscription["automatic_tax"]["enabled"], true);
    sandbox.press("/stripe/tax", json!({"percent": 7})).await;
    assert_eq!(sandbox.upcoming(&subscription).await["total"], 10_700);

    let inclusive = sandbox.priced(&[("unit_amount", "10700"), ("tax_behavior", "inclusive")]).await;
    let invoice = sandbox.sold(&inclusive, &taxed[..1], &[]).await["latest_invoice"].clone();
    assert_eq!((&invoice["total"], &invoice["total_excluding_tax"]), (&json!(10_700), &json!(10_000)));
    let customer = sandbox.post("/v1/customers", &[("email", "ada@acme.test")]).await;
    let without = [
        ("mode", "subscription"),
        ("line_items[0][price]", price.as_str()),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://shop.test"),
        ("customer", text(&customer, "id")),
        taxed[0],
    ];
    let (_, error) = sandbox.refused("/v1/checkout/sessions", &without).await;
    assert_eq!(text(&error, "code"), "customer_tax_location_invalid");
}

#[tokio::test]
async fn tiers_and_packages_decide_the_amount_of_a_quantity() {
    let sandbox = TestSandbox::start().await;
    let tiers = [
        ("billing_scheme", "tiered"),
        ("tiers_mode", "graduated"),
        ("tiers[0][up_to]", "5"),
        ("tiers[0][unit_amount]", "1000"),
        ("tiers[0][flat_amount]", "500"),
        ("tiers[1][up_to]", "inf"),
        ("tiers[1][unit_amount]", "800"),
    ];
    let tiered = sandbox.priced(&tiers).await;
    let shown = sandbox.get(&format!("/v1/prices/{tiered}?expand[]=tiers")).await;
    assert_eq!((text(&shown, "billing_scheme"), &shown["unit_amount"]), ("tiered", &Value::Null));
    assert_eq!((&shown["tiers"][0]["up_to"], &shown["tiers"][1]["up_to"]), (&json!(5), &Value::Null));
    let subscription = sandbox.sold(&tiered, &[("line_items[0][quantity]", "7")], &[]).await;
    assert_eq!(subscription["latest_invoice"]["amount_paid"], 7100);

    let packages =
        [("unit_amount", "1000"), ("transform_quantity[divide_by]", "10"), ("transform_quantity[round]", "up")];
    let packages = sandbox.priced(&packages).await;
    let subscription = sandbox.sold(&packages, &[("line_items[0][quantity]", "21")], &[]).await;
    assert_eq!(subscription["latest_invoice"]["amount_paid"], 3000);

    let metered = sandbox.priced(&[("unit_amount", "3"), ("recurring[usage_type]", "metered")]).await;
    let path = format!("/v1/subscriptions/{}", text(&subscription, "id"));
    let with_usage = sandbox.post(&path, &[("items[0][price]", metered.as_str())]).await;
    let item = &with_usage["items"]["data"][1];
    assert_eq!((item.get("quantity"), text(&item["price"]["recurring"], "usage_type")), (None, "metered"));
    assert_eq!(sandbox.upcoming(&with_usage).await["amount_due"], 3000);
}

#[tokio::test]
async fn the_payer_chooses_a_quantity_within_its_bounds() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Team", 1000, "month").await;
    let adjustable = [
        ("line_items[0][adjustable_quantity][enabled]", "true"),
        ("line_items[0][adjustable_quantity][minimum]", "2"),
        ("line_items[0][adjustable_quantity][maximum]", "5"),
        ("line_items[0][quantity]", "2"),
    ];
    let session = sandbox.session(&price, &adjustable).await;
    let lines = sandbox.get(&format!("/v1/checkout/sessions/{}/line_items", text(&session, "id"))).await;
    let field = format!("quantity-{}", text(&list(&lines)[0], "id"));
    let choices = format!("{}/choices", text(&session, "url"));
    assert_eq!(sandbox.submit(&choices, &[(field.as_str(), "6")]).await.status(), 400);
    assert_eq!(sandbox.submit(&choices, &[(field.as_str(), "4")]).await.status(), 303);
    let session = sandbox.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await;
    assert_eq!(session["amount_total"], 4000);
}

#[tokio::test]
async fn a_change_whose_payment_fails_waits_for_it() {
    let sandbox = TestSandbox::start().await;
    let (pro, team) = (sandbox.price("Pro", 2900, "month").await, sandbox.price("Team", 9900, "month").await);
    let subscription = sandbox.subscribed(&pro).await;
    let fails = format!("/customers/{}/fail_payments", text(&subscription, "customer"));
    sandbox.press(&fails, json!({"on": true})).await;
    let path = format!("/v1/subscriptions/{}", text(&subscription, "id"));
    let item = text(&subscription["items"]["data"][0], "id");
    let change = [
        ("items[0][id]", item),
        ("items[0][price]", team.as_str()),
        ("proration_behavior", "always_invoice"),
        ("payment_behavior", "pending_if_incomplete"),
    ];
    let waiting = sandbox.post(&path, &change).await;
    assert_eq!((text(&waiting, "status"), &waiting["items"]["data"][0]["price"]["id"]), ("active", &json!(pro)));
    assert_eq!(waiting["pending_update"]["subscription_items"][0]["price"]["id"], team.as_str());
    let refused = [&change[..3], &[("payment_behavior", "error_if_incomplete")]].concat();
    assert_eq!(sandbox.refused(&path, &refused).await.0, 402);
    sandbox.press(&fails, json!({"on": false})).await;
    sandbox.post(&format!("/v1/invoices/{}/pay", text(&waiting, "latest_invoice")), &[]).await;
    let changed = sandbox.get(&path).await;
    assert_eq!((&changed["pending_update"], &changed["items"]["data"][0]["price"]["id"]), (&Value::Null, &json!(team)));

    sandbox.press(&fails, json!({"on": true})).await;
    let more = [("items[0][id]", item), ("items[0][quantity]", "2"), change[2], change[3]];
    let waiting = sandbox.post(&path, &more).await;
    sandbox.advance(DAY).await;
    let expired = sandbox.get(&path).await;
    assert_eq!((&expired["pending_update"], &expired["items"]["data"][0]["quantity"]), (&Value::Null, &json!(1)));
    let invoice = sandbox.get(&format!("/v1/invoices/{}", text(&waiting, "latest_invoice"))).await;
    assert_eq!(text(&invoice, "status"), "void");
}

#[tokio::test]
async fn the_api_answers_429_only_as_the_board_says() {
    let sandbox = TestSandbox::start().await;
    sandbox.press("/stripe/limit", json!({"next": 2})).await;
    for _ in 0..2 {
        let limited = sandbox.request(reqwest::Method::GET, "/v1/customers").send().await.unwrap();
        assert_eq!(limited.status(), 429);
        assert_eq!(limited.headers()["retry-after"], "1");
        assert_eq!(limited.headers()["stripe-rate-limited-reason"], "global-rate");
        let body: Value = serde_json::from_str(&limited.text().await.unwrap()).unwrap();
        assert_eq!(
            (text(&body["error"], "type"), text(&body["error"], "code")),
            ("invalid_request_error", "rate_limit")
        );
    }
    sandbox.get("/v1/customers").await;
    sandbox.press("/stripe/limit", json!({"per_sec": 1})).await;
    let mut limited = 0;
    for _ in 0..20 {
        let answer = sandbox.request(reqwest::Method::GET, "/v1/customers").send().await.unwrap();
        limited += u32::from(answer.status() == 429);
    }
    assert!(limited > 0, "twenty calls take less than twenty seconds");
    sandbox.press("/stripe/limit", json!({"per_sec": 0})).await;
    sandbox.get("/v1/customers").await;
}

#[tokio::test]
async fn customers_are_searched_by_metadata_and_email() {
    let sandbox = TestSandbox::start().await;
    for n in 0..12 {
        let (email, tenant) = (format!("user{n}@acme.test"), format!("t{}", n % 2));
        sandbox.post("/v1/customers", &[("email", email.as_str()), ("metadata[tenant]", tenant.as_str())]).await;
    }
    let found = sandbox.get("/v1/customers/search?query=email:'user3@acme.test'").await;
    assert_eq!((text(&found, "object"), list(&found).len()), ("search_result", 1));
    let mut seen = Vec::new();
    let mut page = String::new();
    loop {
        let found = sandbox.get(&format!("/v1/customers/search?query=metadata['tenant']:'t1'&limit=4{page}")).await;
        seen.extend(list(&found).iter().map(|customer| text(customer, "email").to_owned()));
        match found["next_page"].as_str() {
            Some(next) => page = format!("&page={next}"),
            None => break,
        }
    }
    assert_eq!(
        seen,
        [
            "user11@acme.test",
            "user9@acme.test",
            "user7@acme.test",
            "user5@acme.test",
            "user3@acme.test",
            "user1@acme.test"
        ]
    );
    let malformed = sandbox.request(reqwest::Method::GET, "/v1/customers/search?query=phone").send().await.unwrap();
    assert_eq!(malformed.status(), 400);
}

#[tokio::test]
async fn all_subscriptions_are_walked_page_by_page() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 0, "month").await;
    for n in 0..25 {
        let customer = sandbox.post("/v1/customers", &[("name", format!("Customer {n}").as_str())]).await;
        let form = [("customer", text(&customer, "id")), ("items[0][price]", price.as_str())];
        let subscription = sandbox.post("/v1/subscriptions", &form).await;
        if n % 5 == 0 {
            sandbox.delete(&format!("/v1/subscriptions/{}", text(&subscription, "id"))).await;
        }
    }
    for (status, count) in [("all", 25), ("active", 20), ("canceled", 5)] {
        let (mut seen, mut after) = (0, String::new());
        loop {
            let page = sandbox.get(&format!("/v1/subscriptions?status={status}&limit=10{after}")).await;
            seen += list(&page).len();
            let Some(last) = list(&page).last().filter(|_| page["has_more"] == true) else { break };
            after = format!("&starting_after={}", text(last, "id"));
        }
        assert_eq!(seen, count, "{status}");
    }
}
