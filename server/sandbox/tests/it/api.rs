//! Stripe's API conventions: errors, idempotency, pagination, expansion, versions.

use crate::harness::{KEY, TestSandbox, answered, list, refusal, text};
use reqwest::Method;

#[tokio::test]
async fn calls_without_a_test_key_are_refused() {
    let sandbox = TestSandbox::start().await;
    let url = format!("{}/v1/customers", sandbox.url);
    let (status, error) = refusal(sandbox.client.get(&url).send().await.unwrap()).await;
    assert_eq!((status, text(&error, "type")), (401, "invalid_request_error"));
    let (status, error) = refusal(sandbox.client.get(&url).bearer_auth("sk_live_hush").send().await.unwrap()).await;
    assert_eq!(status, 401);
    assert!(!error.to_string().contains("hush"));
    answered(sandbox.client.get(&url).basic_auth(KEY, Some("")).send().await.unwrap()).await;
}

#[tokio::test]
async fn bad_requests_get_stripes_error_object() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let ok = ("success_url", "http://shop.test/");
    for (path, form, code, param) in [
        ("/v1/products", vec![], Some("parameter_missing"), "name"),
        ("/v1/products", vec![("name", "x"), ("nmae", "y")], Some("parameter_unknown"), "nmae"),
        ("/v1/customers", vec![("email", "no-address")], Some("email_invalid"), "email"),
        ("/v1/customers", vec![("metadata", "x")], None, "metadata"),
        ("/v1/customers", vec![("name[first]", "x")], None, "name"),
        ("/v1/prices", vec![("product", "prod_none"), ("currency", "usd")], Some("resource_missing"), "product"),
        ("/v1/checkout/sessions", vec![("mode", "subscription"), ok], Some("parameter_missing"), "line_items"),
        ("/v1/checkout/sessions", vec![("mode", "dance"), ok], None, "mode"),
        (
            "/v1/checkout/sessions",
            vec![
                ("mode", "subscription"),
                ok,
                ("line_items[0][price]", "price_none"),
                ("line_items[0][quantity]", "1"),
            ],
            Some("resource_missing"),
            "line_items[0][price]",
        ),
        (
            "/v1/checkout/sessions",
            vec![("mode", "subscription"), ok, ("line_items[0][price]", &price), ("line_items[0][quantity]", "many")],
            Some("parameter_invalid_integer"),
            "line_items[0][quantity]",
        ),
        (
            "/v1/checkout/sessions",
            vec![
                ("mode", "subscription"),
                ("success_url", "nowhere"),
                ("line_items[0][price]", &price),
                ("line_items[0][quantity]", "1"),
            ],
            Some("url_invalid"),
            "success_url",
        ),
        ("/v1/subscriptions", vec![("customer", "cus_none")], Some("resource_missing"), "customer"),
        (
            "/v1/webhook_endpoints",
            vec![("url", "http://x.test"), ("enabled_events[]", "customer.*")],
            None,
            "enabled_events",
        ),
        ("/v1/refunds", vec![("payment_intent", "pi_none")], Some("resource_missing"), "payment_intent"),
    ] {
        let (status, error) = sandbox.refused(path, &form).await;
        assert_eq!(status, 400, "{path} {form:?}");
        assert_eq!((error["code"].as_str(), text(&error, "param")), (code, param), "{path} {form:?}");
    }
    assert_eq!(list(&sandbox.get("/v1/checkout/sessions").await).len(), 0);
}

/// The rules are in Stripe's documentation of currencies, under "Special cases" and "Three-decimal currencies".
#[tokio::test]
async fn an_amount_that_can_not_be_charged_in_its_currency_is_refused() {
    let sandbox = TestSandbox::start().await;
    for (currency, amount) in [("isk", "2950"), ("ugx", "1"), ("kwd", "5124"), ("tnd", "5125")] {
        let form = [("product_data[name]", "Pro"), ("currency", currency), ("unit_amount", amount)];
        let (status, error) = sandbox.refused("/v1/prices", &form).await;
        let code = "invalid_charge_amount_no_decimal_compatible";
        assert_eq!((status, text(&error, "code"), text(&error, "param")), (400, code, "unit_amount"), "{currency}");
    }
    for (currency, amount) in [("isk", "290000"), ("mga", "290"), ("jpy", "501"), ("kwd", "5120"), ("huf", "2950")] {
        let form = [("product_data[name]", "Pro"), ("currency", currency), ("unit_amount", amount)];
        assert_eq!(sandbox.post("/v1/prices", &form).await["unit_amount"].to_string(), amount, "{currency}");
    }
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let sandbox = TestSandbox::start().await;
    let url = format!("{}/v1/customers", sandbox.url);
    let send = async |kind: &str, body: Vec<u8>| {
        let request = sandbox.client.post(&url).bearer_auth(KEY).header("content-type", kind).body(body);
        request.send().await.unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    for body in ["a[b=1", "[x]=1", "name=1&name[x]=2", "metadata[a][b][c]=1", "name[][][][][][][][][]=1"] {
        assert_eq!(refusal(send(form, body.as_bytes().to_vec()).await).await.0, 400, "{body}");
    }
    assert_eq!(refusal(send(form, vec![b'a'; 3 << 20]).await).await.0, 413);
    assert_eq!(refusal(send(form, b"x=1&".repeat(5000)).await).await.0, 400);
    assert_eq!(refusal(send("application/json", b"{}".to_vec()).await).await.0, 400);
    assert!(send(form, vec![0xff, 0xfe, b'=', 0x00]).await.status().is_client_error());
    for (method, path) in [
        (Method::GET, "/v1/nothing"),
        (Method::GET, "/v1"),
        (Method::DELETE, "/v1/customers"),
        (Method::PUT, "/v1/customers/cus_1"),
        (Method::GET, "/v1/customers/%ff"),
        (Method::GET, "/v1/customers/cus_none"),
        (Method::GET, "/v1/events/evt_none"),
        (Method::POST, "/v1/invoices/in_none/pay"),
    ] {
        let (status, _) = refusal(sandbox.request(method.clone(), path).send().await.unwrap()).await;
        assert!(matches!(status, 400 | 404), "{method} {path}: {status}");
    }
    let (_, error) = refusal(sandbox.request(Method::GET, "/v1/nothing").send().await.unwrap()).await;
    assert!(text(&error, "message").contains("(GET: /v1/nothing)"), "{error}");
}

#[tokio::test]
async fn concurrent_calls_with_one_idempotency_key_create_one_object() {
    let sandbox = TestSandbox::start().await;
    let send = |key: &str, name: &str| {
        let request = sandbox.request(Method::POST, "/v1/customers").header("idempotency-key", key);
        request.form(&[("name", name), ("metadata[b]", "2"), ("metadata[a]", "1")]).send()
    };
    let calls: Vec<_> = (0..50).map(|_| tokio::spawn(send("once", "Acme"))).collect();
    let mut ids = Vec::new();
    let mut replayed = 0;
    for call in calls {
        let response = call.await.unwrap().unwrap();
        replayed += usize::from(response.headers().contains_key("idempotent-replayed"));
        ids.push(text(&answered(response).await, "id").to_owned());
    }
    ids.dedup();
    assert_eq!((ids.len(), replayed), (1, 49));
    assert_eq!(list(&sandbox.get("/v1/customers").await).len(), 1);

    let (status, error) = refusal(send("once", "Other").await.unwrap()).await;
    assert_eq!((status, text(&error, "type")), (400, "idempotency_error"));
    let shuffled = sandbox.request(Method::POST, "/v1/customers").header("idempotency-key", "once");
    let shuffled = shuffled.form(&[("metadata[a]", "1"), ("metadata[b]", "2"), ("name", "Acme")]).send().await.unwrap();
    assert_eq!(text(&answered(shuffled).await, "id"), ids[0]);
    let long = send(&"k".repeat(256), "Acme").await.unwrap();
    assert_eq!(refusal(long).await.0, 400);
}

#[tokio::test]
async fn a_refused_request_does_not_consume_its_idempotency_key() {
    let sandbox = TestSandbox::start().await;
    let send = |form: &[(&str, &str)]| {
        sandbox.request(Method::POST, "/v1/products").header("idempotency-key", "k").form(form).send()
    };
    assert_eq!(refusal(send(&[]).await.unwrap()).await.0, 400);
    answered(send(&[("name", "Pro")]).await.unwrap()).await;
}

#[tokio::test]
async fn lists_paginate_in_both_directions() {
    let sandbox = TestSandbox::start().await;
    for at in 0..7 {
        sandbox
            .post(
                "/v1/customers",
                &[("name", &format!("C{at}")), ("email", if at % 2 == 0 { "even@x.test" } else { "odd@x.test" })],
            )
            .await;
    }
    let names =
        |page: &serde_json::Value| list(page).iter().map(|item| text(item, "name").to_owned()).collect::<Vec<_>>();
    let first = sandbox.get("/v1/customers?limit=3").await;
    assert_eq!(
        (names(&first), first["has_more"].as_bool(), text(&first, "url")),
        (vec!["C6".into(), "C5".into(), "C4".into()], Some(true), "/v1/customers")
    );
    let last_seen = text(&list(&first)[2], "id");
    let second = sandbox.get(&format!("/v1/customers?limit=10&starting_after={last_seen}")).await;
    assert_eq!((names(&second).len(), second["has_more"].as_bool()), (4, Some(false)));
    let back = sandbox.get(&format!("/v1/customers?limit=2&ending_before={last_seen}")).await;
    assert_eq!((names(&back), back["has_more"].as_bool()), (vec!["C6".into(), "C5".into()], Some(false)));
    assert_eq!(names(&sandbox.get("/v1/customers?email=odd@x.test").await), ["C5", "C3", "C1"]);
    for wrong in
        ["limit=0", "limit=101", "limit=x", "starting_after=cus_none", "starting_after=a&ending_before=b", "colour=red"]
    {
        let refused = sandbox.request(Method::GET, &format!("/v1/customers?{wrong}")).send().await.unwrap();
        assert_eq!(refusal(refused).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn expansion_reaches_into_lists_and_refuses_what_cannot_be_expanded() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let subscription = sandbox.subscribed(&price).await;
    let page = sandbox.get("/v1/subscriptions?expand[]=data.customer&expand[]=data.latest_invoice&expand[]=data.items.data.price.product").await;
    let first = &list(&page)[0];
    assert_eq!(text(&first["customer"], "object"), "customer");
    assert_eq!(text(&first["latest_invoice"], "object"), "invoice");
    assert_eq!(text(&first["items"]["data"][0]["price"]["product"], "name"), "Pro");
    let customer =
        sandbox.get(&format!("/v1/customers/{}?expand[]=subscriptions", text(&subscription, "customer"))).await;
    assert_eq!(list(&customer["subscriptions"]).len(), 1);
    for wrong in ["status", "nothing", "customer.name", "a.b.c.d.e"] {
        let refused =
            sandbox.request(Method::GET, &format!("/v1/subscriptions/{}?expand[]={wrong}", text(&subscription, "id")));
        assert_eq!(refusal(refused.send().await.unwrap()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_older_version_is_answered_in_its_own_shape() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let subscription = sandbox.subscribed(&price).await;
    let path = format!("/v1/subscriptions/{}?expand[]=latest_invoice", text(&subscription, "id"));
    let response = sandbox.request(Method::GET, &path).header("stripe-version", "2024-06-20").send().await.unwrap();
    assert_eq!(response.headers()["stripe-version"], "2024-06-20");
    assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
    let old = answered(response).await;
    assert_eq!(old["current_period_end"], subscription["items"]["data"][0]["current_period_end"]);
    assert_eq!(old["latest_invoice"]["subscription"], subscription["id"]);
    let wrong = sandbox.request(Method::GET, &path).header("stripe-version", "tomorrow").send().await.unwrap();
    assert_eq!(refusal(wrong).await.0, 400);
}

#[tokio::test]
async fn lookup_keys_are_unique_and_transferable() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    sandbox.post(&format!("/v1/prices/{price}"), &[("lookup_key", "pro_monthly")]).await;
    let product = text(&sandbox.get(&format!("/v1/prices/{price}")).await, "product").to_owned();
    let form = [
        ("product", product.as_str()),
        ("currency", "usd"),
        ("unit_amount", "3900"),
        ("recurring[interval]", "month"),
        ("lookup_key", "pro_monthly"),
    ];
    assert_eq!(sandbox.refused("/v1/prices", &form).await.0, 400);
    let moved = sandbox.post("/v1/prices", &[form.as_slice(), &[("transfer_lookup_key", "true")]].concat()).await;
    let found = sandbox.get("/v1/prices?lookup_keys[]=pro_monthly&active=true").await;
    assert_eq!(list(&found).iter().map(|item| text(item, "id")).collect::<Vec<_>>(), [text(&moved, "id")]);
    assert_eq!(sandbox.get(&format!("/v1/prices/{price}")).await["lookup_key"], serde_json::Value::Null);
}

#[tokio::test]
async fn portal_configurations_take_ten_products_and_expand_them() {
    let sandbox = TestSandbox::start().await;
    let mut pairs = Vec::new();
    for at in 0..11 {
        let price = sandbox.price(&format!("P{at}"), 100, "month").await;
        pairs.push((text(&sandbox.get(&format!("/v1/prices/{price}")).await, "product").to_owned(), price));
    }
    let form = |count: usize| {
        let mut form = vec![
            ("features[subscription_update][enabled]".to_owned(), "true".to_owned()),
            ("features[subscription_update][default_allowed_updates][0]".to_owned(), "price".to_owned()),
        ];
        for (at, (product, price)) in pairs.iter().take(count).enumerate() {
            form.push((format!("features[subscription_update][products][{at}][product]"), product.clone()));
            form.push((format!("features[subscription_update][products][{at}][prices][0]"), price.clone()));
        }
        form
    };
    let send = |count| sandbox.request(Method::POST, "/v1/billing_portal/configurations").form(&form(count)).send();
    assert_eq!(refusal(send(11).await.unwrap()).await.0, 400);
    let made = answered(send(10).await.unwrap()).await;
    assert!(made["features"]["subscription_update"].get("products").is_none());
    let path = format!(
        "/v1/billing_portal/configurations/{}?expand[]=features.subscription_update.products",
        text(&made, "id")
    );
    assert_eq!(sandbox.get(&path).await["features"]["subscription_update"]["products"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn no_route_fails_on_malformed_input() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let subscription = sandbox.subscribed(&price).await;
    let session = sandbox.session(&price, &[]).await;
    let customer = text(&subscription, "customer");
    let portal = sandbox.post("/v1/billing_portal/sessions", &[("customer", customer)]).await;
    let portal = text(&portal, "url");
    let created = [
        format!("/v1/customers/{customer}"),
        format!("/v1/subscriptions/{}", text(&subscription, "id")),
        format!("/v1/checkout/sessions/{}", text(&session, "id")),
        format!("/v1/prices/{price}"),
        format!("/pay/{}", text(&session, "id")),
        format!("/pay/{}/authenticate", text(&session, "id")),
        portal.to_owned(),
        format!("{portal}/change"),
        format!("{portal}/change?subscription=x&item=y&price=z&quantity=99999999999999999999"),
        format!("{portal}/cancel"),
        format!("{portal}/resume"),
        format!("{portal}/card"),
        format!("/customers/{customer}/fail_payments"),
    ];
    let fixed = [
        "/v1/customers",
        "/v1/products",
        "/v1/prices",
        "/v1/checkout/sessions",
        "/v1/billing_portal/sessions",
        "/v1/billing_portal/configurations",
        "/v1/subscriptions",
        "/v1/invoices",
        "/v1/invoices/create_preview",
        "/v1/invoice_payments",
        "/v1/payment_methods",
        "/v1/refunds",
        "/v1/events",
        "/v1/webhook_endpoints",
        "/v1/charges/ch_none",
        "/",
        "/deliveries",
        "/deliveries/hold",
        "/deliveries/drop",
        "/deliveries/release",
        "/deliveries/x/resend",
        "/clock",
        "/pay/%ff",
        "/invoice/none",
        "/invoice/none/pay",
        "/style/dues.css",
        "/nowhere",
    ];
    let huge = "9".repeat(30);
    let bodies = [
        String::new(),
        "=&&[]=&[[]]=1".to_owned(),
        format!("customer={customer}&price={price}&items[0][price]={price}&items[0][quantity]=-1&limit={huge}"),
        format!("items[0][id]=si_x&items[]={price}&expand[]=customer&expand[]=x.y.z&trial_end={huge}&cancel_at=-1"),
        format!("amount={huge}&balance={huge}&unit_amount={huge}&quantity={huge}&advance_secs={huge}&advance_days=-9&count=-1&on=maybe"),
        "metadata=&metadata[a]=&created[gte]=x&types[]=*&enabled_events[]=*&url=javascript:1&lookup_keys[]=&email[]=@".to_owned(),
        "features[subscription_update][enabled]=true&features[subscription_update][products][0]=x&flow_data[type]=subscription_update_confirm&flow_data[subscription_update_confirm][items]=".to_owned(),
        "subscription=sub_x&subscription_details[items][0][deleted]=true&subscription_details[proration_date]=-99999999999999".to_owned(),
        format!("email=%00%ff@&card_number={huge}&expiry=99/99&cvc={huge}&name=%F0%9F%92%A9&outcome=maybe&feedback=x"),
    ];
    for path in created.iter().map(String::as_str).chain(fixed) {
        for body in &bodies {
            for method in [Method::GET, Method::POST, Method::DELETE, Method::PATCH] {
                let get = method == Method::GET;
                // Deleting a customer or canceling a subscription would make the remaining requests fail early.
                if method == Method::DELETE && path.starts_with("/v1/") && created.iter().any(|earlier| earlier == path)
                {
                    continue;
                }
                let url = if get && !path.contains('?') { format!("{path}?{body}") } else { path.to_owned() };
                let request = sandbox.request(method.clone(), &url);
                let request = if get {
                    request
                } else {
                    request.header("content-type", "application/x-www-form-urlencoded").body(body.clone())
                };
                let status = request.send().await.unwrap().status();
                assert!(!status.is_server_error(), "{method} {path} {body}: {status}");
            }
        }
    }
    for body in ["", "{", "[]", "null", "{\"count\":1e99}", "{\"on\":1}", "{\"advance_secs\":1e300}"] {
        for path in ["/clock", "/deliveries/hold", "/deliveries/drop"] {
            let request =
                sandbox.client.post(format!("{}{path}", sandbox.url)).header("content-type", "application/json");
            assert_eq!(request.body(body).send().await.unwrap().status(), 400, "{path} {body}");
        }
    }
}
