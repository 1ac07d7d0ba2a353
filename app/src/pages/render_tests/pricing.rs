//! The pricing page.

use domain::{
    catalog::{Catalog, Pricing, file::default_catalog},
    money::Currency,
};

use super::*;
use crate::pages::membership::pricing::PricingPage;

fn pricing_page(uri: &str, catalog: &Catalog) -> String {
    let html = rendered(uri, |req| PricingPage::new(req, catalog, None).view());
    sound(&html);
    html
}

/// The default catalog, with euro prices of all paid plans.
fn catalog_with_euros() -> Catalog {
    let mut catalog = default_catalog();
    let euro: Currency = "EUR".parse().unwrap();
    for plan in &mut catalog.plans {
        if let Pricing::Paid(cycles) = &mut plan.pricing {
            for prices in cycles.values_mut() {
                prices.insert(euro, 2_500);
            }
        }
    }
    catalog
}

#[test]
fn the_pricing_page_shows_every_plan_with_its_limits() {
    let catalog = default_catalog();
    let html = pricing_page("/pricing", &catalog);
    for plan in catalog.listed_plans() {
        assert!(html.contains(&format!(">{}</h3>", plan.name)), "{}: {html}", plan.name);
    }
    for feature in &catalog.features {
        assert!(html.contains(feature.title.as_str()), "{}: {html}", feature.title);
    }
    assert!(html.contains("href=\"/signup?plan=pro&amp;cycle=yearly\""), "{html}");
    assert!(html.contains("href=\"/membership/enterprise\"") && !html.contains("plan=enterprise"), "{html}");
    assert!(!html.contains("aria-label=\"Currency\""), "there is one currency: {html}");
    let yearly = pricing_page("/pricing?cycle=yearly", &catalog);
    assert!(yearly.contains("data-cycle=\"yearly\""), "{yearly}");
    assert_shown_with("pricing/plans", &html, [("yearly", yearly)]);
}

#[test]
fn a_currency_is_chosen_by_a_link() {
    let catalog = catalog_with_euros();
    let dollars = pricing_page("/pricing?currency=GBP", &catalog);
    assert!(dollars.contains("$29.00") && !dollars.contains("EUR 25.00"), "an unknown one is not chosen");
    let euros = pricing_page("/pricing?currency=eur&cycle=yearly", &catalog);
    assert!(!euros.contains("$29.00"), "{euros}");
    assert!(euros.contains("href=\"/signup?plan=pro&amp;cycle=yearly&amp;currency=EUR\""), "{euros}");
    assert!(euros.contains("href=\"/pricing?cycle=monthly&amp;currency=EUR#plans\""), "the cycle keeps it: {euros}");
    assert_differences("pricing/currencies", &dollars, [("euros", euros)]);
}

#[test]
fn a_workspace_that_has_subscribed_sees_its_currency_and_no_other() {
    let catalog = catalog_with_euros();
    let euro: Currency = "EUR".parse().unwrap();
    let html =
        rendered("/pricing?currency=USD", |req| PricingPage::new(req, &catalog, None).paid_in(Some(euro)).view());
    sound(&html);
    assert!(!html.contains("$29.00") && !html.contains("aria-label=\"Currency\""), "{html}");
    let open = rendered("/pricing", |req| PricingPage::new(req, &catalog, None).paid_in(None).view());
    assert!(open.contains("$29.00") && open.contains("aria-label=\"Currency\""), "{open}");
}

#[test]
fn a_product_of_its_own_receives_plan_and_cycle() {
    let catalog = default_catalog();
    let url = "https://app.example.com/subscribe?from=pricing".parse().unwrap();
    let html = rendered("/pricing", |req| PricingPage::new(req, &catalog, Some(&url)).view());
    sound(&html);
    let href = "href=\"https://app.example.com/subscribe?from=pricing&amp;plan=free&amp;cycle=monthly\"";
    assert!(html.contains(href), "{html}");
    assert!(!html.contains("href=\"/signup") && !html.contains("href=\"/login"), "{html}");
    assert!(html.contains("href=\"/membership/enterprise\""), "{html}");
}

#[test]
fn in_a_frame_the_page_has_no_navigation_and_leaves_by_the_top() {
    let catalog = default_catalog();
    let html = rendered("/pricing", |_| {
        let (mut parts, ()) = Request::get("/pricing").body(()).unwrap().into_parts();
        parts.headers.insert("sec-fetch-dest", "iframe".parse().unwrap());
        PricingPage::new(&PageRequest::of(parts), &catalog, None).view()
    });
    sound(&html);
    assert!(!html.contains("<header") && !html.contains("<footer"), "{html}");
    for link in html.split("<a ").skip(1) {
        let tag = link.split('>').next().unwrap();
        assert!(tag.contains("target=\"_top\"") || tag.contains("href=\"/pricing?"), "{tag}");
    }
}

#[test]
fn a_signed_in_person_goes_on_to_the_order() {
    let catalog = default_catalog();
    let html = rendered("/pricing", |req| {
        let mut page = PricingPage::new(req, &catalog, None);
        page.viewer = Some(on_pro().viewer);
        page.view()
    });
    sound(&html);
    assert!(html.contains("href=\"/checkout?plan=team&amp;cycle=monthly\"") && !html.contains("/signup"), "{html}");
}
