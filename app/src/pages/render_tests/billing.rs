//! The billing page.

use billing::service::{
    subscription::billing_overview::{BillingOverview, Fetched, Upcoming},
    tenant::audit::AuditPage,
};
use domain::{
    money::{Currency, Money},
    subscription::{
        Provider,
        billing_profile::{BillingProfile, CardExpiry, PaymentMethod, TaxId},
        invoice::{Invoice, InvoicePage, InvoiceStatus, UpcomingInvoice, UpcomingLine},
    },
    tenant::audit::AuditEntry,
};
use serde_json::json;

use super::{as_member, on_pro, rendered, shown::assert_each_shown, shown::assert_shown, sound};
use crate::{
    fixture::{TODAY, at},
    pages::settings::billing::{BillingFacts, page},
};

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn overview() -> BillingOverview {
    let line = |description: &str, minor| UpcomingLine { description: description.to_owned(), amount: usd(minor) };
    let invoice = Invoice {
        id: "in_1".to_owned(),
        number: Some("A-1".to_owned()),
        created_at: at(TODAY),
        total: usd(2900),
        discount: None,
        tax: None,
        status: InvoiceStatus::Paid,
        refunded: None,
        url: Some("https://invoice.stripe.com/i/1".to_owned()),
        pdf_url: None,
    };
    BillingOverview {
        provider: Provider::Stripe,
        profile: Fetched::Found(BillingProfile {
            method: Some(PaymentMethod {
                kind: "card".to_owned(),
                brand: Some("visa".to_owned()),
                last4: Some("4242".to_owned()),
                expires: CardExpiry::new(3, 2034),
            }),
            email: Some("billing@acme.test".to_owned()),
            address: vec!["Hauptstr. 1".to_owned(), "10115 Berlin".to_owned(), "DE".to_owned()],
            tax_ids: vec![TaxId { kind: "eu_vat".to_owned(), value: "DE123456789".to_owned() }],
        }),
        upcoming: Fetched::Found(Upcoming::Invoice(UpcomingInvoice {
            at: Some(at("2026-02-01T00:00:00Z")),
            lines: vec![line("1 × Pro", 2900), line("", -100)],
            is_whole: true,
            discounts: Some(usd(-500)),
            others: Some(usd(456)),
            due: usd(2756),
        })),
        invoices: Fetched::Found(InvoicePage { invoices: vec![invoice], ..InvoicePage::default() }),
    }
}

fn changes() -> AuditPage {
    let terms =
        |plan: &str| json!({ "plan": plan, "cycle": "monthly", "status": "active", "cancelAtPeriodEnd": false });
    let entry = AuditEntry {
        id: "e1".to_owned(),
        at: at(TODAY),
        actor_kind: "provider".to_owned(),
        actor_id: Some("stripe".to_owned()),
        actor_name: None,
        action: "subscription.changed".to_owned(),
        target: "sub_1".to_owned(),
        details: json!({ "before": terms("starter"), "after": terms("pro") }),
    };
    AuditPage { entries: vec![entry], next: None }
}

fn shown(overview: Option<BillingOverview>, changes: AuditPage) -> String {
    let facts = BillingFacts { overview, changes };
    let html = rendered("/settings/billing", |req| page(req, &on_pro(), Some(&facts)));
    sound(&html);
    html
}

#[test]
fn the_billing_page_states_how_a_workspace_pays() {
    assert_shown("settings/billing", &shown(Some(overview()), changes()));
}

#[test]
fn what_the_provider_does_not_answer_is_said_to_be_missing() {
    let none = AuditPage { entries: Vec::new(), next: None };
    let silent = BillingOverview {
        profile: Fetched::Unavailable,
        upcoming: Fetched::Throttled,
        invoices: Fetched::Rejected("No such customer.".to_owned()),
        ..overview()
    };
    let bare = BillingOverview {
        provider: Provider::Polar,
        profile: Fetched::Found(BillingProfile::default()),
        upcoming: Fetched::Found(Upcoming::NotPreviewed),
        invoices: Fetched::Found(InvoicePage::default()),
    };
    let member = rendered("/settings/billing", |req| page(req, &as_member(on_pro()), None));
    sound(&member);
    assert!(!member.contains("4242") && !member.contains("<form method=\"post\" action=\"/rpc/portal"), "{member}");
    assert_each_shown(
        "settings/billing_missing",
        [
            ("no answer", shown(Some(silent), none.clone())),
            ("nothing at Polar", shown(Some(bare), none.clone())),
            ("never paid", shown(None, none)),
            ("seen by a member", member),
        ],
    );
}
