//! The board's sections about rate limits, and about Stripe's tax, discounts and schedules.

use maud::{Markup, html};

use super::table::{ROWS, folding};
use crate::{
    page,
    storage::{Settings, Transaction},
    stripe::objects::{
        coupon::{Coupon, CouponDuration, Off},
        price,
        promotion_code::PromotionCode,
        subscription_schedule::{ScheduleStatus, SubscriptionSchedule},
    },
};

pub(super) fn sections(tx: &Transaction<'_>, settings: &Settings) -> Markup {
    html! {
        (page::section("h-limit", "Rate limits", "The providers’ APIs", limits(settings)))
        (page::section("h-tax", "Tax", "Where a subscription has automatic tax", tax(settings)))
        @if tx.count::<Coupon>() > 0 { (page::section("h-coupons", "Coupons", "", coupons(tx))) }
        @if tx.count::<PromotionCode>() > 0 { (page::section("h-codes", "Promotion codes", "", promotion_codes(tx))) }
        @if tx.count::<SubscriptionSchedule>() > 0 {
            (page::section("h-schedules", "Subscription schedules", "", schedules(tx)))
        }
    }
}

fn limits(settings: &Settings) -> Markup {
    html! {
        p.note { "A call beyond the limit is answered 429, and can be repeated after a second." }
        div.actions {
            form.inline-form method="post" action="/stripe/limit" {
                label.nowrap for="limit-next" { "Answer 429 to the next" }
                input #limit-next name="next" type="number" min="0" max="10000" value=(settings.limit_next) required;
                button.button { "Set the calls" }
            }
            form.inline-form method="post" action="/stripe/limit" {
                label.nowrap for="limit-rate" { "Calls a second, 0 for any number" }
                input #limit-rate name="per_sec" type="number" min="0" max="10000"
                    value=(settings.calls_per_sec.unwrap_or(0)) required;
                button.button { "Set the limit" }
            }
            form.inline-form method="post" action="/polar/limit" {
                label.nowrap for="limit-polar" { "At Polar, answer 429 to the next" }
                input #limit-polar name="next" type="number" min="0" max="10000"
                    value=(settings.polar_limit_next) required;
                button.button { "Set Polar’s calls" }
            }
        }
    }
}

fn tax(settings: &Settings) -> Markup {
    html! {
        form.inline-form method="post" action="/stripe/tax" {
            label.nowrap for="tax-percent" { "Percent" }
            input #tax-percent name="percent" type="number" min="0" max="100" value=(settings.tax_rate / 100) required;
            button.button { "Set the tax" }
        }
    }
}

fn coupons(tx: &Transaction<'_>) -> Markup {
    folding(
        "Coupons",
        &["Coupon", "Takes off", "Lasts", "Redeemed"],
        html! {
            @for coupon in tx.all::<Coupon>().rev().take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (coupon.name.as_deref().unwrap_or(&coupon.id)) br; code { (page::breakable(&coupon.id)) } }
                    td role="cell" data-label="Takes off" { (off(coupon.off)) }
                    td role="cell" data-label="Lasts" { (lasts(coupon)) }
                    td.num role="cell" data-label="Redeemed" { (coupon.times_redeemed) @if let Some(most) = coupon.max_redemptions { " of " (most) } }
                }
            }
        },
    )
}

fn off(off: Off) -> String {
    match off {
        Off::Percent(hundredths) if hundredths.is_multiple_of(100) => format!("{} %", hundredths / 100),
        Off::Percent(hundredths) => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        Off::Amount(amount, currency) => price::money(amount, currency).exact(),
    }
}

fn lasts(coupon: &Coupon) -> String {
    match (coupon.duration, coupon.months) {
        (CouponDuration::Once, _) => "Once".to_owned(),
        (CouponDuration::Forever, _) => "Forever".to_owned(),
        (CouponDuration::Repeating, months) => format!("{} months", months.unwrap_or(1)),
    }
}

fn promotion_codes(tx: &Transaction<'_>) -> Markup {
    folding(
        "Promotion codes",
        &["Code", "Coupon", "State", "Redeemed"],
        html! {
            @for code in tx.all::<PromotionCode>().rev().take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (page::breakable(&code.code)) }
                    td role="cell" data-label="Coupon" { code { (page::breakable(&code.coupon)) } }
                    td role="cell" data-label="State" {
                        @if code.is_redeemable(tx.now) { (page::state("ok", "on", "Active")) } @else { (page::state("off", "off", "Inactive")) }
                    }
                    td.num role="cell" data-label="Redeemed" { (code.times_redeemed) }
                }
            }
        },
    )
}

fn schedules(tx: &Transaction<'_>) -> Markup {
    folding(
        "Subscription schedules",
        &["Schedule", "Phases", "State"],
        html! {
            @for schedule in tx.all::<SubscriptionSchedule>().rev().take(ROWS) {
                @let (is, icon) = if schedule.status == ScheduleStatus::Active { ("ok", "on") } else { ("off", "off") };
                tr role="row" {
                    th role="rowheader" scope="row" { code { (page::breakable(&schedule.id)) } br; code { (page::breakable(&schedule.subscription)) } }
                    td role="cell" data-label="Phases" {
                        @for phase in &schedule.phases { (page::date(phase.period.start)) " – " (page::date(phase.period.end)) br; }
                    }
                    td role="cell" data-label="State" { (page::state(is, icon, schedule.status.as_str())) }
                }
            }
        },
    )
}
