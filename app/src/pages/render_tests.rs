#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "render_tests/billing.rs"]
mod billing_page;
#[path = "render_tests/customers.rs"]
mod customers;
#[path = "render_tests/desk.rs"]
mod desk;
#[path = "render_tests/docs.rs"]
mod docs;
#[path = "render_tests/imports.rs"]
mod imports;
#[path = "render_tests/life.rs"]
mod life;
#[path = "render_tests/limits.rs"]
mod limits;
#[path = "render_tests/mails.rs"]
mod mails;
#[path = "render_tests/markup.rs"]
mod markup;
#[path = "render_tests/orders.rs"]
mod orders;
#[path = "render_tests/people.rs"]
mod people;
#[path = "render_tests/pricing.rs"]
mod pricing;
#[path = "render_tests/seats.rs"]
mod seats;
#[path = "render_tests/shown.rs"]
mod shown;

use std::sync::Arc;

use billing::service::{tenant::key::ListedKey, usage::history::Trends};
use domain::{
    account::Role,
    catalog::{Cycle, Limit},
    entitlement::{
        alert::{Alert, AlertKind},
        history::trend::{DAYS, Trend, TrendComparison},
    },
    ids::FeatureKey,
    subscription::{ProviderStatus, Subscription},
    tenant::{enterprise::UseCase, scope::Scope},
    wire::{MembershipView, UnverifiedAddress},
};
use http::Request;
use hydration_context::SsrSharedContext;
use leptos::prelude::*;

use self::shown::{assert_differences, assert_each_opening, assert_each_shown, assert_shown, assert_shown_with};
use crate::{
    fixture::{ACME_USES, TODAY, at, pro, view},
    pages::{
        membership::{self, enterprise},
        settings, usage,
    },
    request::{PageRequest, draft::Draft},
};

/// Renders a page's body as the server sends it.
fn rendered(uri: &str, page: impl FnOnce(&PageRequest) -> AnyView) -> String {
    let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
    Owner::new_root(Some(Arc::new(SsrSharedContext::new()))).with(|| {
        provide_context(PageRequest::of(parts));
        page(&PageRequest::now().unwrap()).to_html()
    })
}

/// Asserts the invariants of every page.
fn sound(html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "one title: {html}");
    assert!(!html.contains(" style="), "the policy allows no inline style: {html}");
    assert!(!html.contains(" onclick"), "nor inline script: {html}");
    for (tag, text) in html.split("<a ").skip(1).filter_map(|rest| rest.split_once('>')) {
        assert!(tag.contains("href=\""), "a link leads somewhere: {tag}");
        assert!(!tag.contains("href=\"#\"") && !text.starts_with("</a>"), "a link says where it leads: {tag}");
    }
    let mut ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "every id stands once: {html}");
}

fn on_pro() -> MembershipView {
    view(Some(pro(ProviderStatus::Active)), TODAY, &ACME_USES)
}

fn as_member(mut view: MembershipView) -> MembershipView {
    view.viewer.current_membership.role = Role::Member;
    view
}

fn membership_page(view: &MembershipView, uri: &str) -> String {
    let html = rendered(uri, |req| membership::page(view, req));
    sound(&html);
    html
}

#[test]
fn the_membership_page_shows_an_owner_the_plan_and_the_alternatives() {
    let html = membership_page(&on_pro(), "/membership");
    assert_shown("membership/owner", &html);
    assert!(!html.contains("href=\"/checkout?plan=pro&amp;cycle=monthly\""), "not what is paid already: {html}");
    assert!(!html.contains("plan=free"), "free is not ordered: {html}");
    assert!(!html.contains("plan=enterprise"), "nor what has no price: {html}");
}

#[test]
fn a_member_sees_the_facts_the_reason_and_no_button_that_changes_anything() {
    let html = membership_page(&as_member(on_pro()), "/membership");
    assert_differences("membership/member", &membership_page(&on_pro(), "/membership"), [("member", html.clone())]);
    for door in ["/rpc/checkout", "/rpc/portal", "/rpc/sync", "/checkout?plan="] {
        assert!(!html.contains(door), "{door}: {html}");
    }
}

#[test]
fn every_state_of_a_subscription_has_a_page() {
    let mut pages = Vec::new();
    for status in ProviderStatus::ALL {
        for cancel_at_period_end in [false, true] {
            let subscription = Subscription { cancel_at_period_end, ..pro(status) };
            for now in [TODAY, "2026-03-01T00:00:00Z"] {
                let view = view(Some(subscription.clone()), now, &ACME_USES);
                let html = membership_page(&view, "/membership?cycle=yearly");
                if now == TODAY {
                    let ends = if cancel_at_period_end { ", canceled for the period's end" } else { "" };
                    pages.push((format!("{status:?}{ends}"), html));
                }
                membership_page(&as_member(view), "/membership");
            }
        }
    }
    pages.push(("no subscription".to_owned(), membership_page(&view(None, TODAY, &[]), "/membership?code=synced")));
    let without_provider = MembershipView { provider: None, ..view(None, TODAY, &[]) };
    let html = membership_page(&without_provider, "/membership");
    assert!(!html.contains("Refresh from"), "{html}");
    pages.push(("no provider".to_owned(), html));
    assert_each_opening("membership/states", pages);
}

#[test]
fn a_workspace_name_is_escaped() {
    let mut view = on_pro();
    view.viewer.current_membership.tenant_name = "<script>alert(1)</script>".to_owned();
    let html = membership_page(&view, "/membership?code=admin_required");
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(html.contains("&lt;script&gt;alert"), "{html}");
}

#[test]
fn the_usage_page_shows_every_limit() {
    let view = on_pro();
    let html = rendered("/usage", |_| usage::page(&view, &Trends::new(), &[], ().into_any()));
    sound(&html);
    for feature in &view.catalog.features {
        assert!(html.contains(feature.title.as_str()), "{}: {html}", feature.title);
    }
    assert_shown("usage/every_limit", &html);
    assert!(!html.contains("class=\"trend\""), "there is nothing to tell of late: {html}");
}

#[test]
fn the_usage_page_states_recent_usage_and_alerts() {
    let view = on_pro();
    let tokens: FeatureKey = "ai_tokens".parse().unwrap();
    let compared = TrendComparison::Added { week: 1204, before: 1115 };
    let lately = Trend { days: vec![1; DAYS], compared, projection: None };
    let alert = Alert {
        feature: tokens.clone(),
        kind: AlertKind::Warning,
        period_start: at("2026-01-01T00:00:00Z"),
        used: 8_000_000,
        limit: Limit::AtMost(10_000_000),
        sent_at: at("2026-01-12T08:00:00Z"),
    };
    let html = rendered("/usage", |_| usage::page(&view, &Trends::from([(tokens, lately)]), &[alert], ().into_any()));
    sound(&html);
    assert_eq!(html.matches("class=\"trend\"").count(), 1, "{html}");
    let without = rendered("/usage", |_| usage::page(&view, &Trends::new(), &[], ().into_any()));
    assert_differences("usage/trend_and_alert", &without, [("a trend and an alert", html)]);
}

fn gateway(id: &str) -> ListedKey {
    ListedKey {
        id: id.to_owned(),
        name: "Staging <gateway>".to_owned(),
        scopes: vec![Scope::Read, Scope::Usage],
        created_at: at("2026-01-14T21:00:00Z"),
        created_by: Some("owner@acme.test".to_owned()),
        maker: Some("ada".parse().unwrap()),
        is_self_issued_meter: true,
        expires_at: Some(at("2026-01-10T23:59:59Z")),
        is_expired: true,
        last_used_at: Some(at("2026-01-09T02:00:00Z")),
        sources: vec!["203.0.113.0/24".parse().unwrap()],
    }
}

fn keys_page(view: &MembershipView, uri: &str, keys: &[ListedKey], fresh: Option<&str>, draft: &Draft) -> String {
    let fresh = fresh.map(ToOwned::to_owned);
    let html =
        rendered(uri, |req| settings::keys::page(req, view.viewer.account_viewer().unwrap(), keys, None, fresh, draft));
    sound(&html);
    html
}

#[test]
fn the_keys_page_lists_scopes_and_last_use() {
    let html = keys_page(&on_pro(), "/settings/keys", &[gateway("6f3b00d1e4a7c295")], None, &Draft::default());
    let empty = keys_page(&on_pro(), "/settings/keys", &[], None, &Draft::default());
    assert!(!empty.contains("<table"), "{empty}");
    assert_shown_with("keys/listed", &html, [("no keys", empty)]);
}

#[test]
fn revoking_a_key_asks_for_confirmation() {
    let page = |uri: &str| keys_page(&on_pro(), uri, &[gateway("6f3b00d1e4a7c295")], None, &Draft::default());
    assert_differences(
        "keys/revoke",
        &page("/settings/keys"),
        [
            ("a key", page("/settings/keys?revoke=6f3b00d1e4a7c295")),
            ("an unknown key", page("/settings/keys?revoke=0000000000000000")),
        ],
    );
}

#[test]
fn a_member_sees_no_key() {
    let mut viewer = on_pro().viewer.account_viewer().unwrap();
    viewer.current_membership.role = Role::Member;
    let html = rendered("/settings/keys?revoke=6f3b00d1e4a7c295", |_| settings::keys::for_admins(viewer));
    sound(&html);
    assert!(
        html.contains("You’re a member.") && !html.contains("<form class=\"stack\"") && !html.contains("<table"),
        "{html}"
    );
}

#[test]
fn an_unconfirmed_address_blocks_key_creation_and_offers_confirmation() {
    let of = |sends_mail, uri| {
        let unverified = UnverifiedAddress { email: "owner@acme.test".parse().unwrap(), sends_mail, undelivered: None };
        let html = rendered(uri, |req| {
            settings::keys::page(
                req,
                on_pro().viewer.account_viewer().unwrap(),
                &[],
                Some(&unverified),
                None,
                &Draft::default(),
            )
        });
        sound(&html);
        assert!(!html.contains("/rpc/make-key"), "{html}");
        html
    };
    let (sent, no_mail) = (of(true, "/settings/keys?proof=sent"), of(false, "/settings/keys"));
    assert!(sent.contains("/rpc/send-address-proof") && !no_mail.contains("/rpc/send-address-proof"), "{no_mail}");
    let confirmed = keys_page(&on_pro(), "/settings/keys", &[], None, &Draft::default());
    assert_differences(
        "keys/unconfirmed_address",
        &confirmed,
        [("a mail was sent", sent), ("no mail is sent", no_mail)],
    );
}

#[test]
fn a_new_key_is_shown_only_in_its_workspace() {
    let fresh = Some("dues_6f3b00d1e4a7c295_secret");
    let html = keys_page(&on_pro(), "/settings/keys", &[gateway("6f3b00d1e4a7c295")], fresh, &Draft::default());
    assert!(html.contains(">dues_6f3b00d1e4a7c295_secret</textarea>"), "as it is, to be copied: {html}");
    let html = keys_page(&on_pro(), "/settings/keys", &[gateway("0000000000000000")], fresh, &Draft::default());
    assert!(!html.contains("secret</textarea>"), "{html}");
    let forged = Some("dues_6f3b00d1e4a7c295_</textarea><script>");
    let html = keys_page(&on_pro(), "/settings/keys", &[gateway("6f3b00d1e4a7c295")], forged, &Draft::default());
    assert!(html.contains("_&lt;/textarea>&lt;script></textarea>"), "what a cookie says is text, not markup: {html}");
}

#[test]
fn a_rejected_key_form_keeps_its_input() {
    let draft = Draft::of([("name", "Nightly"), ("scopes", "billing"), ("expiresAt", "2020-01-01")]);
    let html = keys_page(&on_pro(), "/settings/keys?code=validation_error&wrong=expiresAt", &[], None, &draft);
    assert_eq!(html.matches(" checked").count(), 1, "{html}");
    let empty = keys_page(&on_pro(), "/settings/keys", &[], None, &Draft::default());
    assert_differences("keys/rejected", &empty, [("rejected", html)]);
}

fn enterprise_page(uri: &str, view: Option<&MembershipView>, draft: Draft) -> String {
    let html = rendered(uri, |req| enterprise::page(req, view.map(|view| view.viewer.clone()), draft));
    sound(&html);
    html
}

#[test]
fn the_enterprise_page_lists_every_use_case_and_prefills_the_signed_in_user() {
    let html = enterprise_page("/membership/enterprise", None, Draft::default());
    for case in UseCase::ALL {
        assert!(html.contains(&format!("value=\"{}\"", case.as_str())) && html.contains(case.title()), "{html}");
    }
    assert!(!html.contains("value=\"owner@acme.test\""), "{html}");
    let signed_in = enterprise_page("/membership/enterprise", Some(&on_pro()), Draft::default());
    assert_shown_with("enterprise/form", &html, [("signed in", signed_in)]);
    let sent = enterprise_page("/membership/enterprise?code=received", None, Draft::default());
    assert!(!sent.contains("<form class=\"stack\""), "{sent}");
    assert_shown("enterprise/received", &sent);
}

#[test]
fn a_rejected_enterprise_form_keeps_its_input() {
    let draft = Draft::of([("company", "Mill"), ("useCases", "sla"), ("notes", "</textarea>\n<script>&lt;")]);
    let html = enterprise_page("/membership/enterprise?code=validation_error&wrong=email", Some(&on_pro()), draft);
    assert!(html.contains(">&lt;/textarea>\n&lt;script>&amp;lt;</textarea>"), "{html}");
    assert_eq!(html.matches(" checked").count(), 1, "{html}");
    let empty = enterprise_page("/membership/enterprise", None, Draft::default());
    assert_differences("enterprise/rejected", &empty, [("rejected", html.clone())]);
    assert!(!html.contains("value=\"owner@acme.test\""), "what was sent goes before what is known: {html}");
}
