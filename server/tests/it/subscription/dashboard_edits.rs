//! What a person changes of a subscription at the provider: after its event every page and API has it.

use domain::time::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, Owner, TestApp, TestPolar, eventually, within_staleness};

const DAY_SECS: i64 = 86_400;

/// What a person changes at Stripe.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Quantity,
    FurtherItem,
    Coupon,
    PromotionCode,
    PauseAndResume,
    LastDay,
    SentInvoices,
    Tiers,
    Interval,
}

/// A change at Stripe, with what is shown then. Of answers only the fields that are named are compared.
struct Step {
    fields: Vec<(&'static str, String)>,
    membership: &'static str,
    billing: &'static str,
    status: Value,
    /// `GET /api/v1/entitlements`
    entitlements: Value,
    /// `subscription` of `GET /api/v1/billing/subscription`
    subscription: Value,
    /// What `subscription` of `GET /billing/subscription` has, too.
    terms: Value,
}

impl Step {
    /// A change after which the workspace is on Pro as before.
    fn of<const N: usize>(fields: [(&'static str, &str); N], membership: &'static str, billing: &'static str) -> Self {
        Self {
            fields: fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            membership,
            billing,
            status: json!({ "plan": "pro", "status": "active", "cancel_at_period_end": false }),
            entitlements: json!({ "plan": "pro", "status": "active", "seats": 1, "discounts": null }),
            subscription: json!({ "plan": "pro", "status": "active", "billingCycle": "monthly" }),
            terms: json!({
                "billingInterval": null, "quantity": null, "discounts": null, "alsoIncluded": null, "cancelAt": null,
                "collectionPause": null, "collectionMethod": null,
            }),
        }
    }

    fn with_term(mut self, name: &str, value: Value) -> Self {
        self.terms[name] = value;
        self
    }

    fn with_discounts(mut self, discounts: &Value) -> Self {
        self.entitlements["discounts"] = discounts.clone();
        self.with_term("discounts", discounts.clone())
    }

    fn with_units(mut self, units: u64) -> Self {
        self.entitlements["seats"] = units.into();
        self.with_term("quantity", units.into())
    }
}

/// Formats a time as answers have it.
fn day(secs: i64) -> String {
    Timestamp::from_secs(secs).rfc3339_secs()
}

/// Makes a price for a month, as a person does at the dashboard, and returns its id.
async fn price(app: &TestApp, fields: &[(&str, &str)]) -> String {
    let recurring = [("currency", "usd"), ("recurring[interval]", "month")];
    let made = app.stripe.post("/v1/prices", &[recurring.as_slice(), fields].concat()).await;
    made["id"].as_str().unwrap().to_owned()
}

/// Returns the changes that make up an edit of a subscription to Pro, whose period ends at `end`.
async fn steps(app: &TestApp, edit: Edit, item: &str, end: i64) -> Vec<Step> {
    let as_before = |fields| Step::of(fields, "The next payment of $29.00 is on", "Next payment: $29.00 on");
    let twenty_off = |name: Value| json!([{ "name": name, "percentOff": 20.0, "until": null }]);
    match edit {
        Edit::Quantity => {
            let fields = [("items[0][id]", item), ("items[0][quantity]", "3"), ("proration_behavior", "none")];
            let more = Step::of(
                fields,
                "The next payment of $87.00 is on",
                "3 × Pro, $87.00 a month. Next payment: $87.00 on",
            );
            vec![more.with_units(3)]
        }
        Edit::FurtherItem => {
            let support = price(app, &[("unit_amount", "5000"), ("product_data[name]", "Support")]).await;
            let fields = [("items[0][price]", &*support), ("proration_behavior", "none")];
            let more = Step::of(fields, "The next payment of $79.00 is on", "Next payment: $79.00 on");
            let monthly = json!({ "unit": "month", "count": 1 });
            let item = json!({ "name": "Support", "amount": 5000, "currency": "USD", "billingInterval": monthly });
            let more = more.with_term("alsoIncluded", json!([item]));
            vec![more.with_term("nextPayment", json!({ "amount": 7900, "currency": "USD", "at": day(end) }))]
        }
        Edit::Coupon => {
            let coupon = [("id", "LOYAL"), ("name", "Loyalty"), ("percent_off", "20"), ("duration", "forever")];
            app.stripe.post("/v1/coupons", &coupon).await;
            let redeemed = Step::of([("discounts[0][coupon]", "LOYAL")], "20% off with Loyalty", "$23.20 on");
            vec![redeemed.with_discounts(&twenty_off("Loyalty".into())), as_before([("discounts", "")])]
        }
        Edit::PromotionCode => {
            app.stripe.post("/v1/coupons", &[("id", "C"), ("percent_off", "20"), ("duration", "forever")]).await;
            let code = app.stripe.post("/v1/promotion_codes", &[("coupon", "C"), ("code", "SUMMER")]).await;
            let fields = [("discounts[0][promotion_code]", code["id"].as_str().unwrap())];
            let redeemed = Step::of(fields, "20% off with SUMMER", "$23.20 on");
            vec![redeemed.with_discounts(&twenty_off("SUMMER".into()))]
        }
        Edit::PauseAndResume => {
            let pause = [("pause_collection[behavior]", "void")];
            let mut paused = Step::of(pause, "Payments are paused at Stripe.", "Pro, ");
            paused.status["collection_pause"] = json!({ "until": null });
            let paused = paused.with_term("collectionPause", json!({ "until": null }));
            vec![paused.with_term("nextPayment", Value::Null), as_before([("pause_collection", "")])]
        }
        Edit::LastDay => {
            let (beyond, within) = ((end + 30 * DAY_SECS).to_string(), (end - 5 * DAY_SECS).to_string());
            let mut ending = Step::of([("cancel_at", &*within)], "Pro stays active until", "Ends on");
            ending.status["cancel_at_period_end"] = true.into();
            let ending = ending.with_term("cancelAt", day(end - 5 * DAY_SECS).into());
            let later = Step::of([("cancel_at", &*beyond)], "Pro ends on", "Ends on");
            let later = later.with_term("cancelAt", day(end + 30 * DAY_SECS).into());
            vec![later, as_before([("cancel_at", "")]), ending]
        }
        Edit::SentInvoices => {
            let sent = [("collection_method", "send_invoice"), ("days_until_due", "20")];
            let sent = Step::of(sent, "The next invoice, for $29.00, will be sent on", "$29.00 on");
            let sent = sent.with_term("collectionMethod", "send_invoice".into());
            vec![sent, as_before([("collection_method", "charge_automatically")])]
        }
        Edit::Tiers => {
            let tiers = [
                ("billing_scheme", "tiered"),
                ("tiers_mode", "graduated"),
                ("tiers[0][up_to]", "2"),
                ("tiers[0][unit_amount]", "2000"),
                ("tiers[1][up_to]", "inf"),
                ("tiers[1][unit_amount]", "1500"),
                ("product_data[name]", "Pro in tiers"),
                ("metadata[dues_plan]", "pro"),
            ];
            let tiered = price(app, &tiers).await;
            let fields = [
                ("items[0][id]", item),
                ("items[0][price]", &*tiered),
                ("items[0][quantity]", "3"),
                ("proration_behavior", "none"),
            ];
            // Two at $20.00 and one at $15.00.
            let tiers = Step::of(fields, "The next payment of $55.00 is on", "Next payment: $55.00 on");
            vec![tiers.with_units(3)]
        }
        Edit::Interval => {
            let quarterly = [
                ("unit_amount", "7500"),
                ("recurring[interval_count]", "3"),
                ("product_data[name]", "Pro, quarterly"),
                ("metadata[dues_plan]", "pro"),
            ];
            let quarterly = price(app, &quarterly).await;
            let fields = [("items[0][id]", item), ("items[0][price]", &*quarterly), ("proration_behavior", "none")];
            let rare = Step::of(fields, "The next payment of $75.00 is on", "$75.00 every 3 months");
            vec![rare.with_term("billingInterval", json!({ "unit": "month", "count": 3 }))]
        }
    }
}

/// Returns the words of a page, without tags.
async fn words(owner: &Owner, path: &str) -> String {
    let page = owner.get(path).await;
    assert_eq!(page.status, 200, "{path}: {page:#?}");
    let text: String = page.text.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the fields of an answer that `expected` has; `null` for one that is left out.
fn fields_of(answer: &Value, expected: &Value) -> Value {
    expected.as_object().unwrap().keys().map(|name| (name.clone(), answer[name].clone())).collect()
}

/// Waits for the change's event, and checks every page and API.
async fn assert_shown(owner: &Owner, edit: &str, expected: &Step) {
    let Step { fields: _, membership, billing, status, entitlements, subscription, terms } = expected;
    let is_shown = async || {
        let answer = owner.get("/api/v1/billing/subscription").await.expect(200);
        words(owner, "/membership").await.contains(membership)
            && words(owner, "/settings/billing").await.contains(billing)
            // A reading that began before the change may have seen a part of it; that of its event follows.
            && fields_of(&answer["subscription"], terms) == *terms
    };
    eventually(&format!("{edit}: the pages have {membership:?} and {billing:?}, the API {terms}"), is_shown).await;
    assert_eq!(fields_of(&owner.status().await, status), *status, "{edit}");
    let read = async || fields_of(&owner.get("/api/v1/entitlements").await.expect(200), entitlements);
    within_staleness(&format!("{edit}: {entitlements}"), async || read().await == *entitlements).await;
    let answer = owner.get("/api/v1/billing/subscription").await.expect(200);
    assert_eq!(fields_of(&answer["subscription"], subscription), *subscription, "{edit}");
    let platform = owner.get("/billing/subscription").await.expect(200);
    for answer in [answer, platform] {
        assert_eq!(fields_of(&answer["subscription"], terms), *terms, "{edit}: {answer}");
    }
}

#[rstest]
#[tokio::test]
async fn a_change_in_stripes_dashboard_is_shown_everywhere_after_its_event(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(
        Edit::Quantity,
        Edit::FurtherItem,
        Edit::Coupon,
        Edit::PromotionCode,
        Edit::PauseAndResume,
        Edit::LastDay,
        Edit::SentInvoices,
        Edit::Tiers,
        Edit::Interval
    )]
    edit: Edit,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let stored = app.subscriptions(&owner.tenant).await.remove(0);
    let path = format!("/v1/subscriptions/{}", stored.external_id);
    let at_stripe = app.stripe.get(&path).await;
    let item = at_stripe["items"]["data"][0]["id"].as_str().unwrap();
    for (number, step) in steps(&app, edit, item, stored.period_end.as_secs()).await.iter().enumerate() {
        let fields: Vec<_> = step.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.stripe.post(&path, &fields).await;
        assert_shown(&owner, &format!("{edit:?}, step {number}"), step).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_discount_of_the_customer_is_shown_everywhere_after_its_event(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let stored = app.subscriptions(&owner.tenant).await.remove(0);
    let at_stripe = app.stripe.get(&format!("/v1/subscriptions/{}", stored.external_id)).await;
    let customer = format!("/v1/customers/{}", at_stripe["customer"].as_str().unwrap());
    let coupon = [("id", "LOYAL"), ("name", "Loyalty"), ("percent_off", "20"), ("duration", "forever")];
    app.stripe.post("/v1/coupons", &coupon).await;
    app.stripe.post(&customer, &[("coupon", "LOYAL")]).await;
    let discounts = json!([{ "name": "Loyalty", "percentOff": 20.0, "until": null }]);
    let discounted = Step::of([], "20% off with Loyalty", "$23.20 on").with_discounts(&discounts);
    assert_shown(&owner, "a discount", &discounted).await;
    app.stripe.post(&customer, &[("coupon", "")]).await;
    let as_before = Step::of([], "The next payment of $29.00 is on", "Next payment: $29.00 on");
    assert_shown(&owner, "no discount", &as_before).await;
}

#[rstest]
#[tokio::test]
async fn a_subscription_in_another_currency_is_shown_in_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let stored = app.subscriptions(&owner.tenant).await.remove(0);
    let before = app.stripe.get(&format!("/v1/subscriptions/{}", stored.external_id)).await;
    app.stripe.cancel(&stored.external_id).await;
    eventually("the subscription has ended", async || owner.status().await["plan"] == "free").await;
    let euros = [
        ("currency", "eur"),
        ("unit_amount", "2700"),
        ("recurring[interval]", "month"),
        ("product_data[name]", "Pro in euros"),
        ("metadata[dues_plan]", "pro"),
    ];
    let price = app.stripe.post("/v1/prices", &euros).await;
    let mut by_hand = vec![
        ("customer", before["customer"].as_str().unwrap()),
        ("items[0][price]", price["id"].as_str().unwrap()),
        ("currency", "eur"),
    ];
    by_hand.extend(before["default_payment_method"].as_str().map(|card| ("default_payment_method", card)));
    app.stripe.post("/v1/subscriptions", &by_hand).await;
    let expected = Step::of([], "The next payment of €27.00 is on", "Next payment: €27.00 on");
    assert_shown(&owner, "a subscription in euros", &expected).await;
}

#[rstest]
#[tokio::test]
async fn a_change_in_polars_dashboard_is_shown_everywhere_after_its_event(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = app.owner_on("pro").await;
    let id = app.subscriptions(&owner.tenant).await.remove(0).external_id;
    let path = format!("subscriptions/{id}");
    let product = |name: &str, amount: u64, months: u64| {
        json!({
            "name": name,
            "recurring_interval": "month",
            "recurring_interval_count": months,
            "prices": [{ "amount_type": "fixed", "price_amount": amount, "price_currency": "usd" }],
            "metadata": { "dues_plan": "pro" },
        })
    };
    let as_before = || Step::of([], "The next payment of $29.00 is on", "Next payment: $29.00 on");

    polar.patch(&path, &json!({ "cancel_at_period_end": true })).await;
    let mut ending = Step::of([], "Pro stays active until", "Ends on");
    ending.status["cancel_at_period_end"] = true.into();
    let end = app.subscriptions(&owner.tenant).await.remove(0).period_end.as_secs();
    let ending = ending.with_term("cancelAt", day(end).into());
    assert_shown(&owner, "the end", &ending).await;
    polar.patch(&path, &json!({ "cancel_at_period_end": false })).await;
    assert_shown(&owner, "no end", &as_before()).await;

    let discount = json!({ "name": "Loyalty", "type": "percentage", "basis_points": 2000, "duration": "forever" });
    let discount = polar.post("discounts/", &discount).await;
    polar.patch(&path, &json!({ "discount_id": discount["id"] })).await;
    let discounts = json!([{ "name": "Loyalty", "percentOff": 20.0, "until": null }]);
    let discounted = Step::of([], "20% off with Loyalty", "Pro, ").with_discounts(&discounts);
    assert_shown(&owner, "a discount", &discounted).await;
    polar.patch(&path, &json!({ "discount_id": null })).await;
    assert_shown(&owner, "no discount", &as_before()).await;

    let quarterly = polar.post("products/", &product("Pro, quarterly", 7500, 3)).await;
    polar.patch(&path, &json!({ "product_id": quarterly["id"], "proration_behavior": "invoice" })).await;
    let rare = Step::of([], "The next payment of $75.00 is on", "$75.00 every 3 months");
    let rare = rare.with_term("billingInterval", json!({ "unit": "month", "count": 3 }));
    assert_shown(&owner, "another interval", &rare).await;
}
