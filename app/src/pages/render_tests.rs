#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "render_tests/customers.rs"]
mod customers;
#[path = "render_tests/desk.rs"]
mod desk;
#[path = "render_tests/life.rs"]
mod life;
#[path = "render_tests/people.rs"]
mod people;

use std::sync::Arc;

use billing::service::{key::ListedKey, usage::history::Trends};
use domain::{
    account::Role,
    catalog::{Cycle, Limit},
    enterprise::UseCase,
    entitlement::alert::{Alert, AlertKind},
    history::trend::{Compared, DAYS, Trend},
    ids::FeatureKey,
    money::{Currency, Money},
    overrides::PlanGrant,
    scope::Scope,
    subscription::{Direction, PendingChange, ProviderStatus, Standing, Subscription},
    wire::{ChangePreview, MembershipView, OrderReview, OrderRoute, PaidOutcome, PreviewLine},
};
use http::Request;
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use leptos_meta::ServerMetaContext;

use crate::{
    draft::Draft,
    fixture::{ACME_USES, TODAY, at, pro, view},
    pages::{checkout, enterprise, membership, paid, settings, usage},
    request::Asked,
};

/// The body of a page as it would be sent.
fn rendered(uri: &str, page: impl FnOnce(&Asked) -> AnyView) -> String {
    let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
    Owner::new_root(Some(Arc::new(SsrSharedContext::new()))).with(|| {
        let (meta, _output) = ServerMetaContext::new();
        provide_context(meta);
        provide_context(parts);
        page(&Asked::now().unwrap()).to_html()
    })
}

/// What holds for every page.
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
    view.viewer.here.role = Role::Member;
    view
}

fn membership_page(view: &MembershipView, uri: &str) -> String {
    let html = rendered(uri, |asked| membership::page(view, asked));
    sound(&html);
    html
}

#[test]
fn the_membership_page_of_an_owner_says_what_is_and_offers_what_else_there_is() {
    let html = membership_page(&on_pro(), "/membership");
    for words in [
        "Acme Robotics is on Pro.",
        "One limit is reached, two are near.",
        "Card and invoices at Stripe",
        "Check with Stripe again",
        "17 of 19 limits go down. You use more than Standard allows on 9 of them; nothing would be deleted.",
        "Cancel Pro",
        "Yearly, two months free",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains("href=\"/checkout?plan=team&amp;cycle=monthly\""), "{html}");
    assert!(html.contains("href=\"/checkout?plan=pro&amp;cycle=yearly\""), "the own plan by the year: {html}");
    assert!(!html.contains("href=\"/checkout?plan=pro&amp;cycle=monthly\""), "not what is paid already: {html}");
    assert!(!html.contains("plan=free"), "free is not ordered: {html}");
    assert!(!html.contains("plan=enterprise"), "nor what has no price: {html}");
}

#[test]
fn a_member_sees_the_facts_the_reason_and_no_button_that_changes_anything() {
    let html = membership_page(&as_member(on_pro()), "/membership");
    assert!(html.contains("Only an owner or an admin of Acme Robotics can change the plan."), "{html}");
    for door in ["/rpc/checkout", "/rpc/portal", "/rpc/sync", "/checkout?plan="] {
        assert!(!html.contains(door), "{door}: {html}");
    }
}

#[test]
fn every_state_of_a_subscription_has_a_page() {
    for status in [
        ProviderStatus::Active,
        ProviderStatus::Trialing,
        ProviderStatus::PastDue,
        ProviderStatus::Unpaid,
        ProviderStatus::Incomplete,
        ProviderStatus::IncompleteExpired,
        ProviderStatus::Canceled,
        ProviderStatus::Paused,
    ] {
        for cancel_at_period_end in [false, true] {
            let subscription = Subscription { cancel_at_period_end, ..pro(status) };
            for now in [TODAY, "2026-03-01T00:00:00Z"] {
                let view = view(Some(subscription.clone()), now, &ACME_USES);
                membership_page(&view, "/membership?cycle=yearly");
                membership_page(&as_member(view), "/membership");
            }
        }
    }
    membership_page(&view(None, TODAY, &[]), "/membership?code=synced");
    let nobody_takes_payments = MembershipView { provider: None, ..view(None, TODAY, &[]) };
    let html = membership_page(&nobody_takes_payments, "/membership");
    assert!(!html.contains("Check with"), "{html}");
}

#[test]
fn a_workspaces_name_is_text_not_markup() {
    let mut view = on_pro();
    view.viewer.here.tenant_name = "<script>alert(1)</script>".to_owned();
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
    assert!(html.contains("The other fourteen have room."), "{html}");
    assert!(!html.contains("class=\"trend\""), "there is nothing to tell of late: {html}");
}

#[test]
fn the_usage_page_tells_in_words_what_was_used_of_late_and_what_was_told() {
    let view = on_pro();
    let tokens: FeatureKey = "ai_tokens".parse().unwrap();
    let lately = Trend { days: vec![1; DAYS], compared: Compared::Added { week: 1204, before: 1115 } };
    let alert = Alert {
        feature: tokens.clone(),
        kind: AlertKind::Warning,
        told_since: at("2026-01-01T00:00:00Z"),
        used: 8_000_000,
        limit: Limit::AtMost(10_000_000),
        told_at: at("2026-01-12T08:00:00Z"),
    };
    let html = rendered("/usage", |_| usage::page(&view, &Trends::from([(tokens, lately)]), &[alert], ().into_any()));
    sound(&html);
    assert!(html.contains("1,204 in the last 7\u{a0}days, 8% more than the week before"), "{html}");
    assert_eq!(html.matches("class=\"trend\"").count(), 1, "{html}");
    for words in ["12\u{a0}Jan\u{a0}2026, 08:00", "data-label=\"Stood at\" class=\"num\">8\u{a0}M of 10\u{a0}M"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

fn review(plan: &str, route: OrderRoute) -> OrderReview {
    let membership = match route {
        OrderRoute::Checkout => view(None, TODAY, &[]),
        OrderRoute::Portal { .. } | OrderRoute::Unchanged => on_pro(),
    };
    let price = membership.catalog.plan(plan).unwrap().price(Cycle::Monthly, Currency::USD).unwrap();
    let plan = plan.parse().unwrap();
    OrderReview {
        membership,
        plan,
        cycle: Cycle::Monthly,
        price,
        direction: Direction::Up,
        route,
        trial_days: 0,
        starts_at: None,
    }
}

fn review_page(review: &OrderReview) -> String {
    let html = rendered("/checkout", |asked| checkout::page(review, asked));
    sound(&html);
    html
}

#[test]
fn a_first_order_says_what_is_due_today_and_then() {
    let html = review_page(&review("pro", OrderRoute::Checkout));
    for words in ["From Free to Pro.", "Due today", "$29.00", "Then each month", "Pay at Stripe"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn a_change_shows_what_the_provider_estimates_or_says_that_it_will() {
    let usd = |minor| Money::new(minor, Currency::USD);
    let lines = vec![
        PreviewLine { description: "Unused time on Pro".to_owned(), amount: usd(-1684) },
        PreviewLine { description: "Remaining time on Team".to_owned(), amount: usd(5748) },
    ];
    let preview = Some(ChangePreview { lines, due_now: usd(4064) });
    let html = review_page(&review("team", OrderRoute::Portal { preview }));
    for words in
        ["From Pro to Team.", "Eighteen limits go up, none goes down.", "−$16.84", "$40.64", "Confirm at Stripe"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = review_page(&review("standard", OrderRoute::Portal { preview: None }));
    assert!(html.contains("Stripe does not say just now; its page shows the sum before you confirm"), "{html}");
    assert!(html.contains("You use more than Standard allows on 9\u{a0}limits"), "{html}");
    let html = review_page(&review("pro", OrderRoute::Unchanged));
    assert!(html.contains("Acme Robotics is on Pro already.") && !html.contains("/rpc/checkout"), "{html}");
}

#[test]
fn a_trial_says_when_it_is_paid_and_that_nothing_is_before() {
    let order = OrderReview { trial_days: 14, ..review("pro", OrderRoute::Checkout) };
    let html = review_page(&order).replace('\u{a0}', " ");
    for words in [
        "14 days free, then $29.00 a month from 28 Jan 2026. Cancel before and nothing is charged.",
        "Due today",
        "$0.00",
        "Start the trial at Stripe",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let mut tried = view(None, TODAY, &[]);
    let mut catalog = (*tried.catalog).clone();
    catalog.plans.iter_mut().filter(|plan| plan.id.as_str() == "pro").for_each(|plan| plan.trial_days = 14);
    tried.catalog = Arc::new(catalog);
    let shown = |view: &MembershipView| rendered("/membership", |asked| membership::page(view, asked));
    assert_eq!(shown(&tried).matches("14\u{a0}days free").count(), 1);
    tried.may_try = false;
    assert!(!shown(&tried).contains("14\u{a0}days free"));
}

#[test]
fn a_change_to_less_waits_and_can_be_taken_back() {
    let at = on_pro().subscription.unwrap().period_end;
    let preview = Some(ChangePreview { lines: Vec::new(), due_now: Money::new(0, Currency::USD) });
    let order = OrderReview { starts_at: Some(at), ..review("starter", OrderRoute::Portal { preview }) };
    let html = review_page(&order).replace('\u{a0}', " ");
    for words in ["It starts on 1 Feb 2026. Until then Pro stays.", "$0.00", "From 1 Feb 2026", "Confirm at Stripe"] {
        assert!(html.contains(words), "{words}: {html}");
    }

    let mut waiting = on_pro();
    let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at };
    waiting.subscription.as_mut().unwrap().pending = Some(pending);
    let html = rendered("/membership", |asked| membership::page(&waiting, asked)).replace('\u{a0}', " ");
    sound(&html);
    for words in ["Changes to Starter on 1 Feb 2026", "Keep Pro", "/rpc/resume-subscription", "Until 1 Feb 2026"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let order = OrderReview { membership: waiting, ..review("team", OrderRoute::Portal { preview: None }) };
    let html = review_page(&order);
    assert!(!html.contains("/rpc/checkout") && html.contains("take that back first"), "{html}");
    assert!(!html.contains("What happens next") && !html.contains("Due today"), "{html}");
}

/// A membership whose payment is due, within grace.
fn due() -> MembershipView {
    let mut due = on_pro();
    let own = due.subscription.as_mut().unwrap();
    (own.status, own.past_due_since) = (ProviderStatus::PastDue, Some(at(TODAY)));
    (due.entitled.standing, due.entitled.grace_until) = (Standing::PastDue, Some(at(TODAY).plus_secs(4 * 86_400)));
    due
}

#[test]
fn while_a_payment_is_due_nothing_is_said_to_be_paid() {
    let mut canceled = due();
    canceled.subscription.as_mut().unwrap().cancel_at_period_end = true;
    let html = membership_page(&canceled, "/membership").replace('\u{a0}', " ");
    for words in
        ["Update the card at Stripe", "Pro is canceled, and ends on 1 Feb 2026.", "Keep Pro", "Pay the open invoice"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }

    let at = due().subscription.unwrap().period_end;
    let preview = Some(ChangePreview { lines: Vec::new(), due_now: Money::new(0, Currency::USD) });
    let order = review("starter", OrderRoute::Portal { preview });
    let html = review_page(&OrderReview { starts_at: Some(at), membership: due(), ..order }).replace('\u{a0}', " ");
    assert!(html.contains("It starts on 1 Feb 2026.") && html.contains("<dd>A payment is due</dd>"), "{html}");
    assert!(!html.contains("stays on until 1 Feb 2026"), "{html}");

    let order = review("pro", OrderRoute::Portal { preview: None });
    let html = review_page(&OrderReview { membership: due(), ..order });
    assert!(html.contains("has ordered Pro already") && html.contains("Update the card at Stripe"), "{html}");
    assert!(!html.contains("/rpc/checkout"), "{html}");
}

#[test]
fn a_first_payment_that_is_not_finished_leads_to_finishing_it() {
    let incomplete = view(Some(pro(ProviderStatus::Incomplete)), TODAY, &ACME_USES);
    let html = membership_page(&incomplete, "/membership");
    assert!(html.contains("First payment not finished") && html.contains("Finish at Stripe"), "{html}");
    // Of the very plan, and of another.
    for plan in ["pro", "team"] {
        let order = review(plan, OrderRoute::Portal { preview: None });
        let html = review_page(&OrderReview { membership: incomplete.clone(), ..order });
        for words in ["has ordered Pro already", "Its first payment is not finished", "Finish at Stripe"] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("/rpc/checkout") && !html.contains("is on Pro already"), "{html}");
    }
}

#[test]
fn what_is_due_beside_a_granted_plan_says_which_limits_hold() {
    let mut granted = due();
    let until = Some(at("2027-07-20T00:00:00Z"));
    granted.entitled.plan = "team".parse().unwrap();
    granted.entitled.granted_until = until;
    granted.entitled.grant = Some(PlanGrant { plan: "team".parse().unwrap(), until });
    let html = membership_page(&granted, "/membership").replace('\u{a0}', " ");
    for words in [
        "It is for Pro, and stays due.",
        "Until it is paid the limits are those of Team, which is granted until 20 Jul 2027.",
        "Update the card at Stripe",
        "Pay the open invoice now",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("Team stays on until") && !html.contains("After that the limits of"), "{html}");
}

#[test]
fn a_granted_plan_is_told_apart_from_what_is_paid() {
    let mut granted = on_pro();
    let until = Some(at("2026-06-30T00:00:00Z"));
    granted.entitled.plan = "business".parse().unwrap();
    granted.entitled.granted_until = until;
    granted.entitled.grant = Some(PlanGrant { plan: "business".parse().unwrap(), until });
    let html = membership_page(&granted, "/membership").replace('\u{a0}', " ");
    for words in ["Granted until 30 Jun 2026", "$70.00 more than today", "Business, which is granted until 30 Jun 2026"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains("Cancel Pro") && !html.contains("Cancel Business"), "{html}");

    let order = OrderReview { membership: granted, ..review("team", OrderRoute::Portal { preview: None }) };
    let html = review_page(&order).replace('\u{a0}', " ");
    for words in ["From Pro to Team.", "Business is granted to this workspace until 30 Jun 2026", "Stay on Pro"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn a_change_of_a_plan_that_was_canceled_says_that_it_goes_on() {
    let mut leaving = on_pro();
    leaving.subscription.as_mut().unwrap().cancel_at_period_end = true;
    let order = OrderReview { membership: leaving, ..review("team", OrderRoute::Portal { preview: None }) };
    assert!(review_page(&order).contains("it is no longer canceled"));
    let back = review_page(&review("team", OrderRoute::Portal { preview: None }));
    assert!(back.contains("A smaller plan, or a shorter cycle, waits") && !back.contains("canceled"), "{back}");
}

#[test]
fn a_member_can_read_an_order_but_not_place_it() {
    let order = review("pro", OrderRoute::Checkout);
    let order = OrderReview { membership: as_member(order.membership), ..order };
    let html = review_page(&order);
    assert!(!html.contains("/rpc/checkout") && html.contains("You are a member."), "{html}");
}

#[test]
fn a_plan_that_cant_be_ordered_gets_a_page_that_says_why() {
    let view = on_pro();
    for (plan, status, words) in [
        ("gold", 404, "There is no such plan."),
        ("<b>", 404, "There is no such plan."),
        ("free", 400, "Free needs no checkout."),
        ("enterprise", 400, "Enterprise is priced by agreement."),
    ] {
        let html = rendered("/checkout", |_| {
            let (answered, page) = checkout::refused(&view, plan, Cycle::Monthly);
            assert_eq!(answered.as_u16(), status, "{plan}");
            page
        });
        sound(&html);
        assert!(html.contains(words), "{plan}: {html}");
    }
}

#[test]
fn the_return_page_says_what_came_of_it() {
    let pro_id = || "pro".parse().unwrap();
    for (outcome, words) in [
        (PaidOutcome::Paid { plan: pro_id(), cycle: Cycle::Monthly }, "Acme Robotics is on Pro."),
        (PaidOutcome::Processing { plan: pro_id() }, "Stripe has the order and waits for the money."),
        (PaidOutcome::NotPaid { plan: pro_id() }, "Nothing was paid."),
        (PaidOutcome::ProviderSilent, "Stripe does not answer."),
        (PaidOutcome::NoOrder, "There is no order to look at."),
    ] {
        let html = rendered("/membership/membership-paid?session_id=cs_1", |asked| {
            paid::page(&on_pro(), &outcome, &asked.here())
        });
        sound(&html);
        assert!(html.contains(words), "{words}: {html}");
    }
    let due = Subscription { past_due_since: Some(at("2026-01-01T00:00:00Z")), ..pro(ProviderStatus::PastDue) };
    let view = view(Some(due), "2026-01-03T00:00:00Z", &[]);
    let html = rendered("/membership/membership-paid", |_| paid::page(&view, &PaidOutcome::NoOrder, "/"));
    assert!(html.contains("Update the card at Stripe"), "on every page until it is paid: {html}");
}

fn gateway(id: &str) -> ListedKey {
    ListedKey {
        id: id.to_owned(),
        name: "Staging <gateway>".to_owned(),
        scopes: vec![Scope::Read, Scope::Usage],
        created_at: at("2026-01-14T21:00:00Z"),
        created_by: Some("owner@acme.test".to_owned()),
        expires_at: Some(at("2026-01-10T23:59:59Z")),
        is_expired: true,
        last_used_at: Some(at("2026-01-09T02:00:00Z")),
    }
}

fn keys_page(view: &MembershipView, uri: &str, keys: &[ListedKey], fresh: Option<&str>, draft: &Draft) -> String {
    let fresh = fresh.map(ToOwned::to_owned);
    let html = rendered(uri, |asked| settings::keys::page(asked, view.viewer.clone(), keys, fresh, draft));
    sound(&html);
    html
}

#[test]
fn the_page_of_keys_tells_what_each_may_and_when_it_was_used() {
    let html = keys_page(&on_pro(), "/settings/keys", &[gateway("6f3b00d1e4a7c295")], None, &Draft::default());
    for words in [
        "Staging &lt;gateway&gt;",
        "dues_6f3b00d1…",
        "read, usage",
        "by owner@acme.test",
        "9\u{a0}Jan\u{a0}2026, 02:00",
        "expired 10\u{a0}Jan\u{a0}2026",
        "/settings/keys?revoke=6f3b00d1e4a7c295",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let empty = keys_page(&on_pro(), "/settings/keys", &[], None, &Draft::default());
    assert!(empty.contains("No keys yet.") && !empty.contains("<table"), "{empty}");
}

#[test]
fn a_fresh_key_is_shown_on_the_page_of_its_workspace_alone() {
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
fn a_refused_form_for_a_key_comes_back_as_it_was_sent() {
    let draft = Draft::of([("name", "Nightly"), ("scopes", "usage"), ("expiresAt", "2020-01-01")]);
    let html = keys_page(&on_pro(), "/settings/keys?code=validation_error&wrong=expiresAt", &[], None, &draft);
    for words in ["One thing to put right", "value=\"Nightly\"", "value=\"2020-01-01\"", "href=\"#expiresAt\""] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert_eq!(html.matches(" checked").count(), 1, "{html}");
}

fn enterprise_page(uri: &str, view: Option<&MembershipView>, draft: Draft) -> String {
    let html = rendered(uri, |asked| enterprise::page(asked, view.map(|view| view.viewer.clone()), draft));
    sound(&html);
    html
}

#[test]
fn the_page_for_enterprise_asks_for_every_use_and_knows_who_is_signed_in() {
    let html = enterprise_page("/membership/enterprise", None, Draft::default());
    for case in UseCase::ALL {
        assert!(html.contains(&format!("value=\"{}\"", case.as_str())) && html.contains(case.title()), "{html}");
    }
    assert!(!html.contains("value=\"owner@acme.test\""), "{html}");
    let html = enterprise_page("/membership/enterprise", Some(&on_pro()), Draft::default());
    assert!(html.contains("value=\"Acme Robotics\"") && html.contains("value=\"owner@acme.test\""), "{html}");
    let sent = enterprise_page("/membership/enterprise?code=received", None, Draft::default());
    assert!(sent.contains("Your request has arrived.") && !sent.contains("<form class=\"stack\""), "{sent}");
}

#[test]
fn a_refused_enterprise_request_comes_back_as_it_was_sent() {
    let draft = Draft::of([("company", "Mill"), ("useCases", "sla"), ("notes", "</textarea>\n<script>&lt;")]);
    let html = enterprise_page("/membership/enterprise?code=validation_error&wrong=email", Some(&on_pro()), draft);
    for words in [
        "One thing to put right",
        "value=\"Mill\"",
        ">&lt;/textarea>\n&lt;script>&amp;lt;</textarea>",
        "href=\"#email\"",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert_eq!(html.matches(" checked").count(), 1, "{html}");
    assert!(!html.contains("value=\"owner@acme.test\""), "what was sent goes before what is known: {html}");
}
