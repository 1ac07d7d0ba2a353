//! Reached limits: what raises them, and that no page says it twice.

use billing::service::usage::history::Trends;
use domain::{
    catalog::{Cycle, Limit},
    subscription::{PendingChange, ProviderStatus, Subscription},
    wire::MembershipView,
};
use leptos::prelude::*;

use super::{as_member, keys_page, membership_page, on_pro, people, rendered};
use crate::{
    fixture::{ACME_USES, TODAY, at, pro, view},
    pages::usage,
    request::draft::Draft,
};

/// The heads and paragraphs of a page's notices.
fn said(html: &str) -> Vec<&str> {
    let notices = html.split("class=\"notice\"").skip(1);
    let sentences = notices.flat_map(|notice| {
        let notice = notice.split("</section>").next().unwrap_or(notice);
        ["<h2>", "<h3>"].into_iter().filter_map(|tag| Some(notice.split_once(tag)?.1.split_once("</h")?.0))
    });
    sentences.collect()
}

fn assert_each_once(label: &str, html: &str) {
    let mut heads = said(html);
    let all = heads.len();
    heads.sort_unstable();
    heads.dedup();
    assert_eq!(heads.len(), all, "{label}: two notices say the same: {heads:?}");
}

fn states() -> Vec<(&'static str, MembershipView)> {
    let with = |subscription: Subscription| view(Some(subscription), TODAY, &ACME_USES);
    let at = at("2026-02-01T00:00:00Z");
    let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at };
    vec![
        ("active", on_pro()),
        ("a member", as_member(on_pro())),
        ("free", view(None, TODAY, &ACME_USES)),
        ("ending", with(Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) })),
        ("changing", with(Subscription { pending: Some(pending), ..pro(ProviderStatus::Active) })),
        ("due", with(pro(ProviderStatus::PastDue))),
        ("incomplete", with(pro(ProviderStatus::Incomplete))),
    ]
}

#[test]
fn no_page_has_two_notices_of_the_same_fact() {
    for (label, view) in states() {
        for query in ["", "?code=ending", "?code=resumed", "?code=synced", "?code=limit_reached"] {
            assert_each_once(label, &membership_page(&view, &format!("/membership{query}")));
        }
        let html = rendered("/usage", |_| usage::page(&view, &Trends::new(), &[], ().into_any()));
        assert_each_once(label, &html);
    }
}

#[test]
fn after_a_cancellation_the_end_is_stated_once() {
    let ending = Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) };
    let view = view(Some(ending), TODAY, &ACME_USES);
    let html = membership_page(&view, "/membership?code=ending");
    assert_eq!(html.matches("<h2>Pro ends on").count(), 1, "{html}");
    assert!(!html.contains("Plan canceled"), "{html}");
    assert_eq!(html.matches("role=\"alert\"").count(), 1, "it is announced: {html}");
    let unknown = membership_page(&on_pro(), "/membership?code=ending");
    assert!(unknown.contains("Plan canceled"), "what is not stored yet is stated by the answer: {unknown}");
}

#[test]
fn a_refused_invitation_or_key_has_one_notice() {
    let full = people::full_team();
    let html = people::team_page(&full, "/settings/team?code=limit_reached", None);
    assert_eq!(html.matches("Team allows").count(), 1, "{html}");
    assert!(!html.contains("All seats are taken"), "the answer says it: {html}");
    let html = people::team_page(&full, "/settings/team", None);
    assert_eq!(html.matches("Team allows").count(), 1, "{html}");
    let keys: Vec<_> = (0..100).map(|number| super::gateway(&format!("{number:016}"))).collect();
    let html = keys_page(&on_pro(), "/settings/keys?code=too_many_keys", &keys, None, &Draft::default());
    assert_eq!(html.matches("Revoke one to create another").count(), 1, "{html}");
}

#[test]
fn the_filled_button_is_of_the_plan_that_raises_the_reached_limit() {
    let main =
        |plan: &str| format!("href=\"/checkout?plan={plan}&amp;cycle=monthly\" class=\"button full monthly main\"");
    let free = membership_page(&view(None, TODAY, &[]), "/membership");
    assert!(free.contains(&main("starter")) && !free.contains(&main("pro")), "{free}");
    let reached = membership_page(&view(None, TODAY, &[("websocket_rooms", 2)]), "/membership");
    assert!(reached.contains(&main("pro")) && !reached.contains(&main("starter")), "{reached}");
    let limit = view(None, TODAY, &[]).catalog.plan("scale").unwrap().limit(&"environments".parse().unwrap());
    assert_eq!(limit, Limit::AtMost(10));
    let far = membership_page(&view(None, TODAY, &[("environments", 9)]), "/membership");
    assert!(far.contains(&main("scale")), "a plan outside of the usual window: {far}");
}

#[test]
fn cards_show_a_reached_limit_that_they_usually_leave_out() {
    let view = view(None, TODAY, &[("environments", 1)]);
    let feature = view.catalog.feature("environments").unwrap();
    assert!(!feature.on_card);
    let html = membership_page(&view, "/membership");
    let (_, cards) = html.split_once("id=\"plans\"").unwrap();
    let (cards, _) = cards.split_once("id=\"all-plans\"").unwrap();
    assert_eq!(cards.matches(feature.short_title.as_str()).count(), 4, "on each card: {cards}");
    assert_eq!(cards.matches("Limit reached").count(), 1, "on yours: {cards}");
}
