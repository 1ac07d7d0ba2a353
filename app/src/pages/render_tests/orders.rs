//! Orders: the review and the return page.

use domain::{
    catalog::{Catalog, Cycle, Limit, Pricing},
    entitlement::overrides::{CustomLimit, PlanGrant},
    money::{Currency, Money},
    subscription::{
        Direction, PendingChange, Provider, ProviderStatus, SubscriptionStatus, UnmanagedReason, UnmanagedSubscription,
        checkout_options::{BillingAddress, CheckoutSettings},
    },
    wire::{ChangePreview, CheckoutOutcome, MembershipView, OrderReview, OrderRoute, PreviewLine},
};

use super::*;
use crate::pages::membership::{checkout, paid};

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
        seats: None,
        is_direct: false,
        direction: Direction::Up,
        route,
        trial_days: 0,
        starts_at: None,
        checkout: CheckoutSettings::default(),
    }
}

fn review_page(review: &OrderReview) -> String {
    let html = rendered("/checkout", |req| checkout::page(review, req));
    sound(&html);
    html
}

#[test]
fn a_first_order_states_what_is_due_today_and_later() {
    assert_shown("orders/first", &review_page(&review("pro", OrderRoute::Checkout)));
}

#[test]
fn the_review_says_what_the_providers_page_adds() {
    let plain = review_page(&review("pro", OrderRoute::Checkout));
    assert!(!plain.contains("promotion_code") && !plain.contains("VAT") && !plain.contains("tax ID"), "{plain}");
    let checkout = CheckoutSettings {
        promotion_codes: true,
        automatic_tax: true,
        tax_ids: true,
        billing_address: BillingAddress::Required,
    };
    let first = review_page(&OrderReview { checkout, ..review("pro", OrderRoute::Checkout) });
    for words in [
        "name=\"promotion_code\"",
        "You can also enter it at Stripe.",
        "VAT or sales tax is added at Stripe. You can enter a tax ID at Stripe. Stripe asks for your billing address.",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    let change = review_page(&OrderReview { checkout, ..review("team", OrderRoute::Portal { preview: None }) });
    assert!(!change.contains("promotion_code") && !change.contains("VAT"), "{change}");
}

#[test]
fn the_currency_of_a_first_order_is_chosen_by_a_link() {
    let mut order = review("pro", OrderRoute::Checkout);
    let euro: Currency = "EUR".parse().unwrap();
    let mut catalog = Catalog::clone(&order.membership.catalog);
    for plan in &mut catalog.plans {
        if let Pricing::Paid(cycles) = &mut plan.pricing {
            for prices in cycles.values_mut() {
                prices.insert(euro, 2500);
            }
        }
    }
    order.membership.catalog = Arc::new(catalog);
    order.membership.currencies = vec![euro, Currency::USD];
    let html = review_page(&order);
    assert!(html.contains("href=\"/checkout?plan=pro&amp;cycle=monthly&amp;currency=EUR\""), "{html}");
    assert!(html.contains("name=\"currency\" value=\"USD\""), "{html}");
    let plans = membership_page(&order.membership, "/membership");
    assert!(plans.contains("href=\"/membership?cycle=yearly&amp;currency=EUR#plans\""), "{plans}");
    assert!(plans.contains("href=\"/checkout?plan=pro&amp;cycle=monthly&amp;currency=USD\""), "{plans}");
}

/// A workspace on Free has a custom limit of 200 K tokens. The review and the comparison of plans mark only the limit
/// of Free as custom.
#[test]
fn a_custom_limit_is_marked_and_does_not_lower_a_larger_plan() {
    let with_own = |mut view: MembershipView| {
        let limit = Limit::AtMost(200_000);
        let custom = CustomLimit { set_on_plan: Some("free".parse().unwrap()), ..CustomLimit::at_least(limit) };
        view.entitlements.limits.insert("ai_tokens".parse().unwrap(), custom);
        view.catalog = view.entitlements.effective_catalog(&view.catalog);
        view
    };
    let mut order = review("pro", OrderRoute::Checkout);
    order.membership = with_own(order.membership);
    let html = review_page(&order);
    let row = html.split("<tr").find(|row| row.contains("LLM tokens")).unwrap();
    assert!(row.contains("200") && row.contains("custom") && row.contains("10"), "{row}");
    assert_eq!(row.matches("custom\"").count(), 1, "{row}");
    let table = membership_page(&with_own(view(None, TODAY, &[])), "/membership");
    let row = table.split("<tr").filter(|row| row.contains("LLM tokens")).last().unwrap();
    assert_eq!(row.matches("class=\"custom\"").count(), 1, "{row}");
}

#[test]
fn a_change_shows_the_providers_preview_or_refers_to_its_page() {
    let usd = |minor| Money::new(minor, Currency::USD);
    let lines = vec![
        PreviewLine { description: Some("Unused time on Pro".to_owned()), amount: usd(-1684) },
        PreviewLine { description: Some("Remaining time on Team".to_owned()), amount: usd(5748) },
    ];
    let preview = Some(ChangePreview { lines, due_now: usd(4064), afterwards: Some(usd(9900)) });
    let of = |preview| review_page(&review("team", OrderRoute::Portal { preview }));
    let change = of(preview);
    let of_five = ChangePreview { lines: Vec::new(), due_now: usd(46_600), afterwards: Some(usd(49_500)) };
    let without_sum = of(Some(ChangePreview { lines: Vec::new(), due_now: usd(0), afterwards: None }));
    assert!(!without_sum.contains("<dd>$99.00"), "the catalog's price is not the provider's sum: {without_sum}");
    assert_shown_with(
        "orders/change",
        &change,
        [("the sums of five seats", of(Some(of_five))), ("no sum afterwards", without_sum), ("no preview", of(None))],
    );
    let unchanged = review_page(&review("pro", OrderRoute::Unchanged));
    assert!(!unchanged.contains("/rpc/checkout"), "{unchanged}");
    let lower = review_page(&review("standard", OrderRoute::Portal { preview: None }));
    assert_each_shown("orders/not_higher", [("a lower plan", lower), ("the current plan", unchanged)]);
}

#[test]
fn a_trial_states_its_first_payment() {
    let order = OrderReview { trial_days: 14, ..review("pro", OrderRoute::Checkout) };
    let without = review_page(&review("pro", OrderRoute::Checkout));
    assert_differences("orders/trial", &without, [("14 days", review_page(&order))]);
    let mut tried = view(None, TODAY, &[]);
    let mut catalog = (*tried.catalog).clone();
    catalog.plans.iter_mut().filter(|plan| plan.id.as_str() == "pro").for_each(|plan| plan.trial_days = 14);
    tried.catalog = Arc::new(catalog);
    let shown = |view: &MembershipView| rendered("/membership", |req| membership::page(view, req));
    assert_eq!(shown(&tried).matches("14\u{a0}days free").count(), 1);
    tried.is_trial_available = false;
    assert!(!shown(&tried).contains("14\u{a0}days free"));
}

#[test]
fn across_currencies_no_amount_is_stated_and_no_order_is_possible() {
    let mut order = review("team", OrderRoute::Portal { preview: None });
    let subscription = order.membership.subscription.as_mut().unwrap();
    subscription.provider = Provider::Polar;
    subscription.price = Some(Money::new(4300, "JPY".parse().unwrap()));
    subscription.details.next_payment = None;
    let html = review_page(&order);
    assert_shown("orders/other_currency", &html);
    for words in ["/rpc/checkout", "Due today", "What happens next", "Monthly, $", "Yearly, $", "<dd>$"] {
        assert!(!html.contains(words), "{words}: {html}");
    }
}

#[test]
fn a_review_shows_unmanaged_subscriptions_and_a_paused_plan() {
    let mut order = review("team", OrderRoute::Portal { preview: None });
    order.membership.unmanaged = vec![UnmanagedSubscription {
        provider: Provider::Stripe,
        external_id: "sub_2".to_owned(),
        reason: UnmanagedReason::NoPlan,
        described: "Support, $50.00 a month".to_owned(),
        items: Vec::new(),
        detail: None,
        first_seen_at: at(TODAY),
    }];
    order.membership.subscription.as_mut().unwrap().status = ProviderStatus::Paused;
    let html = review_page(&order);
    assert!(!html.contains("as soon as you confirm it") && !html.contains("and Team is active."), "{html}");
    let without = review_page(&review("team", OrderRoute::Portal { preview: None }));
    assert_differences("orders/paused_and_unmanaged", &without, [("paused, with another subscription", html)]);
}

#[test]
fn while_payments_are_paused_only_a_change_that_waits_can_be_ordered() {
    let mut order = review("team", OrderRoute::Portal { preview: None });
    let subscription = order.membership.subscription.as_mut().unwrap();
    subscription.details.collection_pause = Some(domain::subscription::CollectionPause { until: None });
    let end = subscription.period_end;
    let html = review_page(&order);
    assert!(html.contains("collects no payments"), "{html}");
    for words in ["/rpc/checkout", "What happens next", "Due today"] {
        assert!(!html.contains(words), "{words}: {html}");
    }
    let html = review_page(&OrderReview { starts_at: Some(end), ..order });
    assert!(html.contains("/rpc/checkout") && !html.contains("collects no payments"), "{html}");
}

#[test]
fn a_downgrade_is_scheduled_and_can_be_withdrawn() {
    let at = on_pro().subscription.unwrap().period_end;
    let preview = Some(ChangePreview { lines: Vec::new(), due_now: Money::new(0, Currency::USD), afterwards: None });
    let order = OrderReview { starts_at: Some(at), ..review("starter", OrderRoute::Portal { preview }) };
    let scheduled = review_page(&order);

    let mut waiting = on_pro();
    let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at };
    waiting.subscription.as_mut().unwrap().pending = Some(pending);
    let html = membership_page(&waiting, "/membership");
    assert!(html.contains("/rpc/resume-subscription"), "{html}");
    let without = membership_page(&on_pro(), "/membership");
    assert_differences("membership/scheduled_downgrade", &without, [("scheduled", html)]);
    let order = OrderReview { membership: waiting, ..review("team", OrderRoute::Portal { preview: None }) };
    let html = review_page(&order);
    for words in ["/rpc/checkout", "What happens next", "Due today"] {
        assert!(!html.contains(words), "{words}: {html}");
    }
    assert_each_shown("orders/downgrade", [("to Starter", scheduled), ("to Team while Starter is scheduled", html)]);
}

/// A membership with a payment due, within grace.
fn due() -> MembershipView {
    let mut due = on_pro();
    let subscription = due.subscription.as_mut().unwrap();
    (subscription.status, subscription.past_due_since) = (ProviderStatus::PastDue, Some(at(TODAY)));
    (due.entitlements.status, due.entitlements.grace_until) =
        (SubscriptionStatus::PastDue, Some(at(TODAY).plus_secs(4 * 86_400)));
    due
}

#[test]
fn while_a_payment_is_due_no_period_is_called_paid() {
    let mut canceled = due();
    canceled.subscription.as_mut().unwrap().cancel_at_period_end = true;
    let pages = [("due", due()), ("due and canceled", canceled)]
        .map(|(label, view)| (label, membership_page(&view, "/membership")));
    assert_each_opening("membership/payment_due", pages);

    let at = due().subscription.unwrap().period_end;
    let preview = Some(ChangePreview { lines: Vec::new(), due_now: Money::new(0, Currency::USD), afterwards: None });
    let order = review("starter", OrderRoute::Portal { preview });
    let downgrade = review_page(&OrderReview { starts_at: Some(at), membership: due(), ..order });
    assert!(!downgrade.contains("stays active until 1\u{a0}Feb\u{a0}2026"), "{downgrade}");

    let order = review("pro", OrderRoute::Portal { preview: None });
    let same = review_page(&OrderReview { membership: due(), ..order });
    assert!(!same.contains("/rpc/checkout"), "{same}");
    assert_each_shown("orders/payment_due", [("to Starter", downgrade), ("to the plan that is due", same)]);
}

#[test]
fn an_unfinished_first_payment_links_to_its_completion() {
    let incomplete = view(Some(pro(ProviderStatus::Incomplete)), TODAY, &ACME_USES);
    let html = membership_page(&incomplete, "/membership");
    assert!(html.contains("Complete payment at Stripe"), "{html}");
    // Pro is the plan that was ordered; Team is another plan.
    for plan in ["pro", "team"] {
        let order = review(plan, OrderRoute::Portal { preview: None });
        let html = review_page(&OrderReview { membership: incomplete.clone(), ..order });
        for words in ["has already ordered Pro", "Its first payment isn’t complete", "Complete payment at Stripe"] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("/rpc/checkout") && !html.contains("is already on Pro"), "{html}");
    }
}

#[test]
fn a_payment_due_beside_a_granted_plan_states_the_limits_in_force() {
    let mut granted = due();
    let until = Some(at("2027-07-20T00:00:00Z"));
    granted.entitlements.plan = "team".parse().unwrap();
    granted.entitlements.granted_until = until;
    granted.entitlements.grant = Some(PlanGrant { plan: "team".parse().unwrap(), until });
    let html = membership_page(&granted, "/membership");
    assert_each_opening("membership/payment_due_beside_a_grant", [("Pro is due, Team granted", html.clone())]);
    assert!(!html.contains("Team stays active until") && !html.contains("After that, the limits of"), "{html}");
}

#[test]
fn a_granted_plan_is_distinguished_from_the_paid_one() {
    let mut granted = on_pro();
    let until = Some(at("2026-06-30T00:00:00Z"));
    granted.entitlements.plan = "business".parse().unwrap();
    granted.entitlements.granted_until = until;
    granted.entitlements.grant = Some(PlanGrant { plan: "business".parse().unwrap(), until });
    let html = membership_page(&granted, "/membership");
    assert!(html.contains("Cancel Pro") && !html.contains("Cancel Business"), "{html}");
    assert_differences("membership/granted", &membership_page(&on_pro(), "/membership"), [("Business", html)]);

    let without = review("team", OrderRoute::Portal { preview: None });
    let order = OrderReview { membership: granted, ..without.clone() };
    assert_differences("orders/beside_a_grant", &review_page(&without), [("Business", review_page(&order))]);
}

#[test]
fn changing_a_canceled_plan_withdraws_the_cancellation() {
    let mut canceling = on_pro();
    canceling.subscription.as_mut().unwrap().cancel_at_period_end = true;
    let order = |plan| review(plan, OrderRoute::Portal { preview: None });
    let of = |plan| OrderReview { membership: canceling.clone(), ..order(plan) };
    let starts_at = Some(at("2026-02-01T00:00:00Z"));
    let change = review_page(&order("team"));
    assert!(!change.contains("canceled"), "{change}");
    assert_differences("orders/change_of_a_canceled_plan", &change, [("to Team", review_page(&of("team")))]);
    let later = review_page(&OrderReview { starts_at, ..of("starter") });
    let same = review_page(&of("pro"));
    assert!(!same.contains("/rpc/checkout"), "{same}");
    assert_each_shown("orders/canceled_plan", [("to Starter", later), ("to the canceled plan", same)]);
}

#[test]
fn a_member_can_read_an_order_but_not_place_it() {
    let order = review("pro", OrderRoute::Checkout);
    let order = OrderReview { membership: as_member(order.membership), ..order };
    let html = review_page(&order);
    assert!(!html.contains("/rpc/checkout") && html.contains("You’re a member."), "{html}");
}

#[test]
fn a_plan_that_cant_be_ordered_gets_a_page_that_says_why() {
    let view = on_pro();
    for (plan, status, words) in [
        ("gold", 404, "This plan doesn’t exist."),
        ("<b>", 404, "This plan doesn’t exist."),
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
fn the_return_page_states_the_outcome() {
    let pro_id = || "pro".parse().unwrap();
    for (outcome, words) in [
        (CheckoutOutcome::Paid { plan: pro_id(), cycle: Cycle::Monthly }, "Acme Robotics is on Pro."),
        (CheckoutOutcome::Processing { plan: pro_id() }, "Stripe is processing your payment."),
        (CheckoutOutcome::NotPaid { plan: pro_id() }, "You haven’t been charged."),
        (CheckoutOutcome::ProviderUnavailable, "We can’t reach Stripe."),
        (CheckoutOutcome::Throttled, "We’ll check with Stripe in a moment."),
        (CheckoutOutcome::NoOrder, "There’s no recent order."),
    ] {
        let html = rendered("/membership/membership-paid?session_id=cs_1", |req| {
            paid::page(&on_pro(), &outcome, None, &req.here())
        });
        sound(&html);
        assert!(html.contains(words), "{words}: {html}");
    }
    let due = Subscription { past_due_since: Some(at("2026-01-01T00:00:00Z")), ..pro(ProviderStatus::PastDue) };
    let view = view(Some(due), "2026-01-03T00:00:00Z", &[]);
    let html = rendered("/membership/membership-paid", |_| paid::page(&view, &CheckoutOutcome::NoOrder, None, "/"));
    assert!(html.contains("Update the card at Stripe"), "on every page until it is paid: {html}");
}
