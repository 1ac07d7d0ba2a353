//! Amounts in currencies whose minor unit differs between a provider and ISO 4217, in requests and responses.

use billing::payment::{InvoiceList, NewCheckout, Refund};
use domain::{
    catalog::{Catalog, Cycle, Pricing, file},
    money::{Currency, Money},
    subscription::checkout_options::CheckoutOptions,
};
use rstest::rstest;

use crate::{
    plan,
    test_env::{ProviderKind, TestEnv, VALID_CARD, new_checkout, tenant_id},
};

fn selling_in(code: &str, monthly: &str) -> Catalog {
    let text = format!(
        r#"currency = "{code}"

[feature.rooms]
label = "Room"
title = "Rooms"
section = "Realtime"
kind = "gauge"

[plan.free]
name = "Free"
description = "To look around"
rank = 1
price = "free"
limits = {{ rooms = 1 }}

[plan.pro]
name = "Pro"
description = "To get going"
rank = 2
price.{code} = {{ monthly = {monthly}, yearly = {monthly} }}
limits = {{ rooms = 2 }}

[plan.team]
name = "Team"
description = "To go on"
rank = 3
price.{code} = {{ monthly = 99_990, yearly = 99_990 }}
limits = {{ rooms = 3 }}
"#
    );
    file::parse(&text).unwrap()
}

/// Cases: the currency, the catalog's price, the amount sent to Stripe, and the amount shown on pages.
#[rstest]
#[case("ISK", "2900", 290_000, "ISK 2,900")]
#[case("UGX", "2900", 290_000, "UGX 2,900")]
#[case("MGA", "290", 290, "MGA 290.00")]
#[case("JPY", "500", 500, "JPY 500")]
#[case("HUF", "2990", 299_000, "HUF 2,990.00")]
#[case("TWD", "300", 30_000, "TWD 300.00")]
#[case("KWD", "5.12", 5120, "KWD 5.120")]
#[case("USD", "29.50", 2950, "$29.50")]
#[tokio::test]
async fn stripe_charges_the_catalogs_price_and_each_response_returns_it(
    #[case] code: &str,
    #[case] monthly: &str,
    #[case] unit_amount: i64,
    #[case] shown: &str,
) {
    let catalog = selling_in(code, monthly);
    let price = catalog.plan("pro").unwrap().price(Cycle::Monthly, catalog.currency).unwrap();
    let env = TestEnv::selling(ProviderKind::Stripe, catalog).await;
    let at_stripe: Vec<_> = env
        .list("/v1/prices?limit=100")
        .await
        .into_iter()
        .filter(|price| price["product"] == "dues_pro")
        .map(|price| price["unit_amount"].as_i64().unwrap())
        .collect();
    assert_eq!(at_stripe, [unit_amount, unit_amount]);

    let customer = env.customer("acme").await.unwrap();
    let checkout = env.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    assert_eq!(checkout.amount_minor, Some(price.minor));
    let page = env.page_text(&checkout.url).await;
    assert!(page.contains(shown), "{page}");
    assert_eq!(env.pay(&checkout, VALID_CARD).await.0, 303);
    let state = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    let live = env.provider.fetch_subscription(&state.subscription.unwrap()).await.unwrap();
    let live = live.unwrap().fetched().unwrap();
    assert_eq!(live.price, Some(price));
    let invoices = env.provider.list_invoices(&InvoiceList::newest(&customer)).await.unwrap().invoices;
    assert_eq!(invoices.iter().map(|invoice| invoice.total).collect::<Vec<_>>(), [price]);

    let preview = env.provider.preview_change(&live.id, &plan("team"), Cycle::Monthly).await.unwrap();
    let team = Money::parse_typed("99990", price.currency).unwrap();
    let most = Money::new(team.minor - price.minor, price.currency);
    assert!(preview.due_now.minor <= most.minor && preview.due_now.minor >= most.minor / 100 * 99, "{preview:?}");
    assert_eq!(env.provider.refund_latest(&live.id, live.started_at).await.unwrap(), Refund::Returned(price));
    assert_eq!(env.refunds().await, [unit_amount]);
}

#[rstest]
#[case("JPY", "500", 500, "JPY 500")]
#[case("EUR", "9.50", 950, "EUR 9.50")]
#[tokio::test]
async fn polar_charges_the_catalogs_price(
    #[case] code: &str,
    #[case] monthly: &str,
    #[case] amount: i64,
    #[case] shown: &str,
) {
    let catalog = selling_in(code, monthly);
    let price = catalog.plan("pro").unwrap().price(Cycle::Monthly, catalog.currency).unwrap();
    let env = TestEnv::selling(ProviderKind::Polar, catalog).await;
    let customer = env.customer("acme").await.unwrap();
    let checkout = env.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    assert_eq!((checkout.amount_minor, price.minor), (Some(amount), amount));
    assert!(env.page_text(&checkout.url).await.contains(shown));
    assert_eq!(env.pay(&checkout, VALID_CARD).await.0, 303);
    let invoices = env.provider.list_invoices(&InvoiceList::newest(&customer)).await.unwrap().invoices;
    assert_eq!(invoices.iter().map(|invoice| invoice.total).collect::<Vec<_>>(), [price]);
}

#[rstest]
#[case("KWD", "5.124", "Stripe takes amounts in KWD with at most 2 digits behind the point. Change KWD 5.124.")]
#[case("MGA", "290.5", "Stripe takes amounts in MGA without anything behind the point. Change MGA 290.50.")]
#[tokio::test]
async fn the_setup_names_a_price_that_stripe_cannot_charge(
    #[case] code: &str,
    #[case] monthly: &str,
    #[case] said: &str,
) {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let stripe = env.stripe(selling_in(code, monthly));
    let refused = stripe.setup(&"http://dues.test".parse().unwrap(), &env.webhook_url).await.unwrap_err();
    assert!(refused.to_string().contains(said), "{refused}");
}

/// The default catalog, with Pro also sold in this currency.
fn with_pro_in(mut catalog: Catalog, code: &str, monthly: i64) -> Catalog {
    let pro = catalog.plans.iter_mut().find(|plan| plan.id.as_str() == "pro").unwrap();
    let Pricing::Paid(cycles) = &mut pro.pricing else { panic!("Pro is paid") };
    for (cycle, prices) in cycles {
        let amount = if *cycle == Cycle::Monthly { monthly } else { monthly * 10 };
        prices.insert(code.parse().unwrap(), amount);
    }
    catalog
}

fn paid_in(code: &str, new: NewCheckout) -> NewCheckout {
    let options = CheckoutOptions { currency: Some(code.parse().unwrap()), ..CheckoutOptions::default() };
    NewCheckout { options, ..new }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_plan_is_sold_in_several_currencies(#[case] which: ProviderKind) {
    let catalog = with_pro_in(with_pro_in(file::default_catalog(), "EUR", 2700), "JPY", 4300);
    let env = TestEnv::selling(which, catalog).await;
    for (tenant, code, monthly) in [("acme", "EUR", 2700), ("globex", "JPY", 4300), ("initech", "USD", 2900)] {
        let customer = env.customer(tenant).await.unwrap();
        let new = NewCheckout { tenant: tenant_id(tenant), ..new_checkout(&customer, tenant, "pro", Cycle::Monthly) };
        let checkout = env.provider.create_checkout(&paid_in(code, new)).await.unwrap();
        assert_eq!(checkout.amount_minor, Some(monthly), "{code}");
        assert_eq!(env.pay(&checkout, VALID_CARD).await.0, 303, "{code}");
        let state = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
        let live = env.provider.fetch_subscription(&state.subscription.unwrap()).await.unwrap();
        let live = live.unwrap().fetched().unwrap();
        let price = Money::new(monthly, code.parse().unwrap());
        assert_eq!((live.price, live.details.currency), (Some(price), Some(price.currency)), "{code}");
        assert_eq!(live.bought, Some((plan("pro"), Cycle::Monthly)), "{code}");
        let invoices = env.provider.list_invoices(&InvoiceList::newest(&customer)).await.unwrap().invoices;
        assert_eq!(invoices.iter().map(|invoice| invoice.total).collect::<Vec<_>>(), [price], "{code}");
    }
}

#[tokio::test]
async fn stripe_setup_adds_a_currency_to_a_price_and_replaces_a_changed_one() {
    let euros = with_pro_in(file::default_catalog(), "EUR", 2700);
    let env = TestEnv::selling(ProviderKind::Stripe, euros.clone()).await;
    let (pro, app_url) = (plan("pro"), "http://dues.test".parse().unwrap());
    let former = env.report.prices.price(&pro, Cycle::Monthly).unwrap();
    let again = env.stripe(euros.clone()).setup(&app_url, &env.webhook_url).await.unwrap();
    assert_eq!(again.prices, env.report.prices);

    let both = with_pro_in(euros, "JPY", 4300);
    let added = env.stripe(both.clone()).setup(&app_url, &env.webhook_url).await.unwrap();
    assert_eq!(added.prices, env.report.prices);
    assert!(
        added.done.iter().any(|line| line.starts_with(&format!("Added JPY to the price {former}"))),
        "{:#?}",
        added.done
    );

    let dearer = with_pro_in(both, "EUR", 2800);
    let changed = env.stripe(dearer).setup(&app_url, &env.webhook_url).await.unwrap();
    assert_ne!(changed.prices.price(&pro, Cycle::Monthly), Some(former));
    assert!(
        changed.done.iter().any(|line| line.starts_with(&format!("Retired the price {former}"))),
        "{:#?}",
        changed.done
    );
}

/// Searches the sources of both clients: no file makes a `Money` of a provider's amount without the conversion table.
#[test]
fn each_amount_of_a_provider_is_converted() {
    let mut files = Vec::new();
    for folder in ["stripe", "polar"] {
        let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/payment").join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
    }
    assert!(files.len() > 20, "{files:?}");
    for path in files.iter().filter(|path| !path.ends_with("tests.rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(!code.contains("Money::new("), "{} makes money without the table", path.display());
    }
    let isk: Currency = "ISK".parse().unwrap();
    assert_eq!(isk.minor_digits(), 0, "Dues counts in minor units of ISO 4217");
}
