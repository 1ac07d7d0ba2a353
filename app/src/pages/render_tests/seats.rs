//! Plans that are sold by the seat: prices, the page that changes the number of seats, and where all are taken.

use std::borrow::Cow;

use domain::{
    money::{Currency, Money},
    subscription::{
        Direction,
        checkout_options::CheckoutSettings,
        seats::{PendingSeats, SeatsPreview, SeatsView},
    },
    wire::{ChangePreview, OrderReview, OrderRoute, PreviewLine},
};

use super::{people, *};
use crate::{
    fixture::seats::{catalog, on_free, on_team},
    pages::membership::{
        checkout,
        pricing::PricingPage,
        seats::{self, Entered},
    },
};

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

/// The workspace on Team with 12 seats, from 1 Feb with 8.
fn with_fewer_to_come() -> MembershipView {
    let mut view = on_team();
    let subscription = view.subscription.as_mut().unwrap();
    subscription.details.pending_seats = Some(PendingSeats { seats: 8, at: subscription.period_end });
    view
}

fn seats_page(view: &MembershipView, uri: &str, entered: &Entered) -> String {
    let html = rendered(uri, |req| seats::page(view, entered, req));
    sound(&html);
    html
}

#[test]
fn the_membership_page_states_seats_and_fewer_to_come() {
    let page = |view: &MembershipView| membership_page(view, "/membership");
    let fewer = page(&with_fewer_to_come());
    for words in ["8 seats from 1\u{a0}Feb\u{a0}2026", "Until then, you have 12 seats.", "Keep 12 seats"] {
        assert!(fewer.contains(words), "{words}: {fewer}");
    }
    assert!(fewer.contains("/rpc/change-seats") && fewer.contains("href=\"/membership/seats\""), "{fewer}");
    let member = page(&as_member(with_fewer_to_come()));
    assert!(!member.contains("/rpc/change-seats") && !member.contains("href=\"/membership/seats\""), "{member}");
    assert_each_opening(
        "seats/membership",
        [("12 seats", page(&on_team())), ("fewer to come", fewer), ("fewer to come, as a member", member)],
    );
}

#[test]
fn a_change_of_seats_is_reviewed_and_then_confirmed() {
    let preview = |seats, due_now, next_price| SeatsPreview {
        seats,
        due_now,
        next_price: Some(usd(next_price)),
        starts_at: None,
    };
    let page = |view: &MembershipView, uri: &str, entered| seats_page(view, uri, &entered);
    let asked = page(&on_team(), "/membership/seats", Entered::Nothing);
    assert!(!asked.contains("/rpc/change-seats"), "nothing is changed before its review: {asked}");
    let more = Entered::Previewed(preview(15, Some(usd(2012)), 18_000));
    let more = page(&on_team(), "/membership/seats?seats=15", more);
    for words in ["Buy 3 seats", "$20.12", "$180.00", "name=\"seats\" value=\"15\"", "name=\"from\" value=\"12\""] {
        assert!(more.contains(words), "{words}: {more}");
    }
    let unknown = page(&on_team(), "/membership/seats?seats=15", Entered::Previewed(preview(15, None, 18_000)));
    let at_end = Some(at("2026-02-01T00:00:00Z"));
    let fewer = SeatsPreview { starts_at: at_end, ..preview(8, Some(usd(0)), 9600) };
    let fewer = page(&on_team(), "/membership/seats?seats=8", Entered::Previewed(fewer));
    assert!(fewer.contains("From 1\u{a0}Feb\u{a0}2026") && fewer.contains("$0.00"), "{fewer}");
    let kept = Entered::Previewed(preview(12, Some(usd(0)), 14_400));
    let kept = page(&with_fewer_to_come(), "/membership/seats?seats=12", kept);
    assert_shown_with(
        "seats/change",
        &asked,
        [
            ("3 more", more),
            ("3 more, without an estimate", unknown),
            ("4 fewer from the next period on", fewer),
            ("fewer are taken back", kept),
        ],
    );
}

#[test]
fn a_number_that_cannot_be_bought_has_an_error_beside_its_field() {
    let uri = "/membership/seats?seats=3";
    let wrong = Entered::Wrong(Cow::Borrowed("4 seats are in use"));
    let wrong = seats_page(&on_team(), uri, &wrong);
    assert!(wrong.contains("aria-invalid=\"true\"") && wrong.contains("value=\"3\""), "{wrong}");
    assert!(wrong.contains("href=\"#seats\"") && !wrong.contains("/rpc/change-seats"), "{wrong}");
    let refused = seats_page(&on_team(), uri, &Entered::Refused(Cow::Borrowed("A payment is due.")));
    assert!(refused.contains("The number of seats can’t be changed now"), "{refused}");
    let without_number = "/membership/seats?code=validation_error&wrong=seats";
    let unread = seats_page(&on_team(), without_number, &Entered::Nothing);
    assert!(unread.contains("Enter a whole number of seats") && !unread.contains("Order not placed"), "{unread}");
    let asked = seats_page(&on_team(), "/membership/seats", &Entered::Nothing);
    assert_differences("seats/not_possible", &asked, [("too few", wrong), ("a payment is due", refused)]);
}

#[test]
fn a_member_sees_the_seats_and_whom_to_ask() {
    let mut view = as_member(with_fewer_to_come());
    view.admins = vec!["owner@acme.test".parse().unwrap()];
    let member = seats_page(&view, "/membership/seats?seats=15", &Entered::Nothing);
    assert!(member.contains("<bdi>owner@acme.test</bdi>") && !member.contains("<form class=\"stack"), "{member}");
    let without = seats_page(&on_pro(), "/membership/seats", &Entered::Nothing);
    assert!(without.contains("Pro isn’t sold by the seat.") && !without.contains("name=\"seats\""), "{without}");
    assert_each_shown("seats/nothing_to_change", [("a member", member), ("a plan without seats", without)]);
}

fn review(plan: &str, seats: u64, route: OrderRoute) -> OrderReview {
    let is_first = route == OrderRoute::Checkout;
    let membership = if is_first { on_free() } else { on_team() };
    let sold = membership.catalog.plan(plan).unwrap();
    let price = sold.price_with_seats(Cycle::Monthly, Currency::USD, seats).unwrap();
    OrderReview {
        plan: plan.parse().unwrap(),
        cycle: Cycle::Monthly,
        price,
        seats: Some(seats),
        is_direct: !is_first,
        direction: Direction::Up,
        route,
        trial_days: 0,
        starts_at: None,
        checkout: CheckoutSettings::default(),
        membership,
    }
}

fn review_page(review: &OrderReview, uri: &str) -> String {
    let html = rendered(uri, |req| checkout::page(review, req));
    sound(&html);
    html
}

#[test]
fn a_customer_who_pays_by_invoice_is_told_of_an_invoice_and_not_of_a_charge() {
    let mut invoiced = on_team();
    invoiced.subscription.as_mut().unwrap().details.is_invoiced = true;
    let order = review("business", 7, OrderRoute::Portal { preview: None });
    let by_invoice = OrderReview { membership: invoiced.clone(), ..order.clone() };
    let (charged, by_invoice) = (review_page(&order, "/checkout"), review_page(&by_invoice, "/checkout"));
    assert!(charged.contains("charges the amount due today to your saved payment method"), "{charged}");
    assert!(by_invoice.contains("sends an invoice for the amount due today"), "{by_invoice}");
    assert!(!by_invoice.contains("saved payment method"), "{by_invoice}");
    let unknown = SeatsPreview { seats: 15, due_now: None, next_price: Some(usd(18_000)), starts_at: None };
    let seats = seats_page(&invoiced, "/membership/seats?seats=15", &Entered::Previewed(unknown));
    assert!(
        seats.contains("sends an invoice for the difference") && !seats.contains("charges the difference"),
        "{seats}"
    );
}

#[test]
fn a_first_order_states_its_seats_and_can_have_others() {
    let of = |plan, seats| review_page(&review(plan, seats, OrderRoute::Checkout), "/checkout");
    let all_seats = of("team", 4);
    for words in ["Team, 4 seats", "$12.00 per seat per month", "$48.00", "name=\"seats\" value=\"4\"", "Update price"]
    {
        assert!(all_seats.contains(words), "{words}: {all_seats}");
    }
    let beyond = of("business", 7);
    for words in ["5 seats included", "2 further seats", "$199.00", "$24.00", "$223.00"] {
        assert!(beyond.contains(words), "{words}: {beyond}");
    }
    let trial = OrderReview { trial_days: 14, ..review("business", 7, OrderRoute::Checkout) };
    let order = review("team", 4, OrderRoute::Checkout);
    let wrong = review_page(&order, "/checkout?plan=team&seats=101");
    assert!(wrong.contains("Team has at most 100 seats") && wrong.contains("value=\"101\""), "{wrong}");
    let below = review_page(&order, "/checkout?plan=team&seats=3");
    assert!(below.contains("4 seats are in use"), "{below}");
    let member = OrderReview { membership: as_member(on_free()), ..order };
    let member = review_page(&member, "/checkout?plan=team&seats=101");
    assert!(!member.contains("name=\"seats\"") && !member.contains("/rpc/checkout"), "{member}");
    assert_shown_with(
        "seats/order",
        &all_seats,
        [
            ("seats beside a price", beyond),
            ("only the seats that are included", of("business", 5)),
            ("a trial", review_page(&trial, "/checkout")),
            ("too many", wrong),
        ],
    );
}

#[test]
fn a_change_of_plan_with_seats_is_confirmed_here() {
    let lines =
        vec![PreviewLine { description: Some("Unused time on 12 × Team seat".to_owned()), amount: usd(-14_400) }];
    let preview = Some(ChangePreview { lines, due_now: usd(13_900), afterwards: Some(usd(28_300)) });
    let change = review("business", 12, OrderRoute::Portal { preview });
    let now = review_page(&change, "/checkout");
    for words in ["Confirm change", "as soon as you confirm it.", "name=\"seats\" value=\"12\"", "$139.00", "$283.00"] {
        assert!(now.contains(words), "{words}: {now}");
    }
    assert!(!now.contains("Confirm at Stripe") && !now.contains("you return here"), "{now}");
    let later = OrderReview { starts_at: Some(at("2026-02-01T00:00:00Z")), ..change };
    let later = review_page(&later, "/checkout");
    assert!(later.contains("You won’t be charged today."), "{later}");
    let unchanged = review_page(&review("team", 12, OrderRoute::Unchanged), "/checkout");
    assert!(unchanged.contains("href=\"/membership/seats\"") && !unchanged.contains("/rpc/checkout"), "{unchanged}");
    assert_shown_with(
        "seats/change_of_plan",
        &now,
        [("at the end of the period", later), ("the same plan", unchanged)],
    );
}

#[test]
fn prices_are_by_the_seat_on_cards_in_tables_and_on_the_pricing_page() {
    let by_seat = membership_page(&on_free(), "/membership");
    assert!(by_seat.contains("href=\"/checkout?plan=team&amp;cycle=monthly\""), "{by_seat}");
    let without = membership_page(&view(None, TODAY, &ACME_USES), "/membership");
    assert_differences("seats/plans", &without, [("by the seat", by_seat)]);

    let pricing = |catalog: &domain::catalog::Catalog| {
        let html = rendered("/pricing", |req| PricingPage::new(req, catalog, None).view());
        sound(&html);
        html
    };
    let by_seat = pricing(&catalog());
    for words in
        ["$12.00", "per seat per month", "5 seats included, then $12.00 per seat per month", "2 to 100", "From 5"]
    {
        assert!(by_seat.contains(words), "{words}: {by_seat}");
    }
    let without = pricing(&domain::catalog::file::default_catalog());
    assert_differences("seats/pricing", &without, [("by the seat", by_seat)]);
}

#[test]
fn where_all_seats_are_taken_the_team_page_leads_to_more() {
    let more = SeatsView {
        plan: "team".parse().unwrap(),
        seats: 3,
        included: 0,
        min: 2,
        max: Some(100),
        in_use: 3,
        price: Some(usd(1200)),
        cycle: Cycle::Monthly,
        pending: None,
    };
    let page = |uri, more| people::team_page_with(&people::full_team(), uri, more);
    let (without, with) = (page("/settings/team", None), page("/settings/team", Some(&more)));
    assert!(with.contains("href=\"/membership/seats\"") && !with.contains("/checkout"), "{with}");
    let refused = page("/settings/team?code=limit_reached", Some(&more));
    assert!(refused.contains("href=\"/membership/seats\"") && !refused.contains("/checkout"), "{refused}");
    assert_differences("seats/team", &without, [("more seats are sold", with), ("an invitation was refused", refused)]);
}
