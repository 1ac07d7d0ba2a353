//! The billing page: what the provider has of a workspace, its invoices, and the page after a payment.

use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::harness::{Browser, Engine, TestApp, TestPolar, eventually};

const PAGE: &str = "/settings/billing";
const INVOICES: &str = "/membership/invoices";
const CSV: &str = "/api/v1/billing/invoices.csv";
/// The page waits four seconds for the provider; a busy machine may take longer to answer.
const PATIENCE: Duration = Duration::from_secs(12);

async fn page(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:#?}");
    answer.text
}

/// Returns the address of the link with these words; `None` without such a link.
fn link(page: &str, words: &str) -> Option<String> {
    let before = page.split(&format!(">{words}<")).next().filter(|before| before.len() < page.len())?;
    let address = before.rsplit("href=\"").next()?.split('"').next()?;
    Some(address.replace("&amp;", "&"))
}

#[rstest]
#[tokio::test]
async fn the_page_shows_what_stripe_has_of_the_workspace_and_of_no_other(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let customer = app.stripe.list("/v1/customers").await[0]["id"].as_str().unwrap().to_owned();
    let details = [
        ("email", "billing@acme.test"),
        ("address[line1]", "Hauptstr. 1"),
        ("address[postal_code]", "10115"),
        ("address[city]", "Berlin"),
        ("address[country]", "DE"),
    ];
    app.stripe.post(&format!("/v1/customers/{customer}"), &details).await;
    let tax_id = [("type", "eu_vat"), ("value", "DE123456789")];
    let made = app.stripe.post(&format!("/v1/customers/{customer}/tax_ids"), &tax_id).await;
    assert_eq!((&made["country"], &made["object"]), (&json!("DE"), &json!("tax_id")));

    let shown = page(&owner, PAGE).await;
    for words in [
        "Pro, $29.00 a\u{a0}month",
        "Next payment: $29.00 on",
        "Visa ending in 4242",
        "Expires 12/2044",
        "billing@acme.test",
        "Hauptstr. 1",
        "10115 Berlin",
        "DE123456789 (EU VAT)",
        "Next invoice",
        "New subscription: Pro",
        "/settings/billing/activity",
        "/membership/invoices",
        CSV,
    ] {
        assert!(shown.contains(words) || shown.contains(&words.replace('\u{a0}', " ")), "{words}: {shown}");
    }
    let invoice = &app.stripe.list("/v1/invoices").await[0];
    assert!(shown.contains(invoice["number"].as_str().unwrap()), "{shown}");

    let member = page(&app.member_of(&owner).await, PAGE).await;
    assert!(member.contains("Only owners, admins"), "{member}");
    let starter = app.owner_on("starter").await;
    let other = page(&starter, PAGE).await;
    for text in [&member, &other] {
        for secret in ["billing@acme.test", "DE123456789", "Hauptstr. 1", &customer] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert!(!member.contains("4242"), "{member}");
    let free = app.owner().await;
    let free = page(&free, PAGE).await;
    assert!(free.contains("Nothing has been paid yet."), "{free}");
    assert!(app.visitor().get(PAGE).await.leads_to().starts_with("/login"), "a visitor signs in first");
}

#[rstest]
#[tokio::test]
async fn the_page_shows_what_polar_has_of_the_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = app.owner_on("pro").await;
    let customer = polar.list("customers/").await[0]["id"].as_str().unwrap().to_owned();
    let details = json!({
        "billing_address": { "line1": "1 Main St", "city": "Springfield", "state": "US-IL", "country": "US" },
        "tax_id": ["911144442", "us_ein"],
    });
    polar.patch(&format!("customers/{customer}"), &details).await;
    let shown = page(&owner, PAGE).await;
    for words in ["Visa ending in 4242", "1 Main St", "911144442 (US EIN)", "Polar doesn’t preview invoices.", "$29.00"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.contains(polar.list("orders/").await[0]["invoice_number"].as_str().unwrap()), "{shown}");
    let later = page(&owner, &format!("{INVOICES}?page=7")).await;
    assert!(later.contains("There are no invoices on this page."), "{later}");
    for garbage in ["0", "-1", "after-in_1", "99999999999999999999", "x%00"] {
        let shown = page(&owner, &format!("{INVOICES}?page={garbage}")).await;
        assert!(shown.contains("$29.00"), "{garbage}: {shown}");
    }
    let table = page(&owner, CSV).await;
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[rstest]
#[tokio::test]
async fn without_an_answer_of_the_provider_the_page_says_so(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("PROVIDER_READ_SECS", "0").start().await;
    let owner = app.owner_on("pro").await;
    eventually("the jobs of the purchase are done", async || app.jobs().await == 0).await;
    for is_silent in [false, true] {
        if is_silent {
            app.stripe.gate.stop_answering();
        } else {
            app.stripe.gate.close();
            let form = owner.submit("/rpc/portal", &[("door", "update_card"), ("from", "settings")]).await;
            assert_eq!(form.leads_to(), "/settings/billing?code=provider_unavailable");
        }
        let begun = Instant::now();
        let shown = page(&owner, PAGE).await;
        assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
        assert!(shown.contains("We couldn’t reach Stripe"), "{shown}");
        assert!(shown.contains("New subscription: Pro"), "what is stored is shown: {shown}");
        app.stripe.gate.open();
    }
    assert!(page(&owner, PAGE).await.contains("Visa ending in 4242"));
    let portal = owner.submit("/rpc/portal", &[("door", "update_card"), ("from", "settings")]).await;
    assert!(portal.leads_to().contains("/portal/"), "{portal:#?}");
    assert_eq!(owner.get("/settings/billing?from=portal").await.leads_to(), PAGE);
    let customer = app.stripe.list("/v1/customers").await[0]["id"].as_str().unwrap().to_owned();
    app.stripe.delete_customer(&customer).await;
    let shown = page(&owner, PAGE).await;
    assert!(!shown.contains("4242"), "{shown}");
}

#[rstest]
#[tokio::test]
async fn invoices_are_paged_by_the_providers_cursor_and_exported_whole(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner_on("pro").await, app.owner_on("starter").await);
    app.stripe.drop_webhooks().await;
    let foreign = app.stripe.list("/v1/invoices").await[0]["id"].as_str().unwrap().to_owned();
    let id = app.subscriptions(&owner.tenant).await[0].external_id.clone();
    let subscription = app.stripe.get(&format!("/v1/subscriptions/{id}")).await;
    let item = subscription["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    for turn in 0..26 {
        let price = app.stripe.price(if turn % 2 == 0 { "team" } else { "pro" });
        let change = [("items[0][id]", &*item), ("items[0][price]", &*price), ("proration_behavior", "always_invoice")];
        app.stripe.post(&format!("/v1/subscriptions/{id}"), &change).await;
    }
    let customer = subscription["customer"].as_str().unwrap();
    let all = app.stripe.list(&format!("/v1/invoices?customer={customer}&limit=100")).await;
    assert!(all.len() > 24, "{}", all.len());
    let number = |place: usize| all[place]["number"].as_str().unwrap().to_owned();

    let first = page(&owner, INVOICES).await;
    assert!(first.contains(&number(0)) && !first.contains(&number(24)), "{first}");
    assert_eq!(link(&first, "Newer invoices"), None);
    let second = page(&owner, &link(&first, "Older invoices").unwrap()).await;
    assert!(second.contains(&number(24)) && !second.contains(&number(0)), "{second}");
    assert_eq!(link(&second, "Older invoices"), None);
    let back = page(&owner, &link(&second, "Newer invoices").unwrap()).await;
    assert!(back.contains(&number(0)) && !back.contains(&number(24)), "{back}");
    for garbage in ["x", "after-", "after-in_unknown", "before-in_unknown", "after-..%2F..%2Fcustomers", "2", "%00"] {
        let shown = page(&owner, &format!("{INVOICES}?page={garbage}")).await;
        assert!(shown.contains(&number(0)), "{garbage}: {shown}");
    }
    // An invoice of another workspace as the cursor shows nothing of that workspace.
    let shown = page(&owner, &format!("{INVOICES}?page=after-{foreign}")).await;
    let foreign = page(&other, INVOICES).await;
    assert!(!foreign.contains(&number(0)) && !shown.contains("$9.00"), "{shown}");

    let answer = owner.get(CSV).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"invoices.csv\""));
    let lines: Vec<_> = answer.text.split_terminator("\r\n").collect();
    assert_eq!(lines[0], "date,number,status,amount,discount,tax,refunded,currency,url,pdfUrl");
    assert_eq!(lines.len(), 1 + all.len(), "{lines:#?}");
    assert!(lines.last().unwrap().contains(",\"paid\",29.00,,,,\"USD\","), "{lines:#?}");
    assert_eq!(other.get(CSV).await.text.split_terminator("\r\n").count(), 2);
    app.member_of(&owner).await.get(CSV).await.refused(403, "admin_required");
    app.stripe.gate.close();
    // The cached answers expire after some seconds.
    eventually("the provider is asked again", async || owner.get(CSV).await.status == 503).await;
}

#[rstest]
#[tokio::test]
async fn the_page_after_a_payment_has_the_invoice(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let back = app.stripe.pay(&owner.checkout("pro").await).await;
    let paid = page(&owner, &back).await;
    let invoice = &app.stripe.list("/v1/invoices").await[0];
    let (number, address) = (invoice["number"].as_str().unwrap(), invoice["hosted_invoice_url"].as_str().unwrap());
    assert!(paid.contains(&format!("Invoice {number}: $29.00")) && paid.contains(address), "{paid}");
    assert!(paid.contains("href=\"/settings/billing\""), "{paid}");
    let member = page(&app.member_of(&owner).await, "/membership/membership-paid?checkout=success").await;
    assert!(!member.contains(number), "{member}");
}

#[rstest]
#[tokio::test]
async fn changes_of_the_plan_are_paged_newest_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    for _ in 0..6 {
        for path in ["cancel", "resume"] {
            owner.post(&format!("/api/v1/billing/{path}"), &json!({})).await.expect(200);
        }
    }
    let first = page(&owner, PAGE).await;
    assert!(first.contains("cancels at period end") && !first.contains("New subscription: Pro"), "{first}");
    let second = page(&owner, &link(&first, "Older changes").unwrap().replace("#history", "")).await;
    assert!(second.contains("New subscription: Pro") && link(&second, "Newest changes").is_some(), "{second}");
    for garbage in ["x", "1.", "9223372036854775807.a", "-1.%00"] {
        page(&owner, &format!("{PAGE}?changes={garbage}")).await;
    }
}
