//! The card of a plan: its price, and how it differs from the current plan.

mod card;
mod price;

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Feature, FeatureKind, Limit, Period, Plan, Pricing, compare},
    entitlement::overrides::PlanGrant,
    money::Currency,
    subscription::{Direction, ProviderStatus, Subscription, SubscriptionStatus},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;
use maud::{Markup, html};

pub(crate) use self::card::{Card, paid_plan};
use self::price::price;
use super::seats::{as_ordered, sold_seats};
use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::{
        icon::{Icon, Tone, icon, state},
        markup::markup_view,
    },
    request::local_path::with_query,
    wording::{self, day, days, name},
};

/// Returns the path of the page on which an order of `plan` is reviewed. `currency` is the one that was chosen, if any.
pub(crate) fn review_path(plan: &Plan, cycle: Cycle, currency: Option<Currency>) -> String {
    let currency = currency.map(|currency| ("currency", currency.code()));
    let pairs: Vec<_> = [("plan", plan.id.as_str()), ("cycle", cycle.as_str())].into_iter().chain(currency).collect();
    with_query("/checkout", &pairs)
}

/// Whether current usage can be compared with another plan's limit. A counter per minute resets too soon for that.
pub(crate) const fn is_lasting(feature: &Feature) -> bool {
    feature.kind.is_counted() && !matches!(feature.kind, FeatureKind::Counter(Period::Minute))
}

/// Counts the plan's limits that are below the current usage.
pub(crate) fn limits_exceeded(view: &MembershipView, plan: &Plan) -> usize {
    view.usage
        .iter()
        .filter(|usage| {
            view.catalog.feature(usage.feature.as_str()).is_some_and(is_lasting)
                && !plan.limit(&usage.feature).allows(usage.used)
        })
        .count()
}

/// Renders a limit for a table cell or a comparison; a dash if the feature is not included.
pub(crate) fn limit_view(feature: &Feature, limit: Limit) -> AnyView {
    markup_view(limit_markup(feature, limit))
}

/// Like [`limit_view`], for a limit of a plan on sale: for that of its seats, the numbers that are sold.
pub(crate) fn sold_limit_view(plan: &Plan, feature: &Feature, limit: Limit) -> AnyView {
    markup_view(sold_limit_markup(plan, feature, limit))
}

/// Like [`limit_view`], for the plan's limit in this workspace; marks a custom limit.
pub(crate) fn limit_here_view(view: &MembershipView, plan: &Plan, feature: &Feature, limit: Limit) -> AnyView {
    markup_view(limit_here_markup(view, plan, feature, limit))
}

fn limit_markup(feature: &Feature, limit: Limit) -> Markup {
    html! {
        @if limit.is_included() {
            (wording::limit(feature, limit))
        } @else {
            span aria-hidden="true" { "–" }
            span class="unseen" { (text!(plans_not_included)) }
        }
    }
}

/// [`sold_limit_view`] as markup.
pub(crate) fn sold_limit_markup(plan: &Plan, feature: &Feature, limit: Limit) -> Markup {
    match sold_seats(plan, feature) {
        Some(sold) => html! { (sold) },
        None => limit_markup(feature, limit),
    }
}

/// [`limit_here_view`] as markup.
pub(crate) fn limit_here_markup(view: &MembershipView, plan: &Plan, feature: &Feature, limit: Limit) -> Markup {
    html! {
        (limit_markup(feature, limit))
        @if view.entitlements.is_custom(plan, &feature.key) { " " small class="custom" { (text!(plans_custom)) } }
    }
}

/// Returns the direction's class and icon, and the label that screen readers read before the limit's name. The label
/// ends with a space.
pub(crate) fn direction_sign(direction: Direction) -> (&'static str, Icon, String) {
    let (class, icon, label) = match direction {
        Direction::Up => ("up", Icon::Up, text!(plans_goes_up)),
        Direction::Same => ("same", Icon::Same, text!(plans_unchanged)),
        Direction::Down => ("down", Icon::Down, text!(plans_goes_down)),
    };
    (class, icon, format!("{label} "))
}

/// Builds "18 of 19 limits go up, none go down."
pub(crate) fn limit_changes(up: usize, same: usize, down: usize) -> Cow<'static, str> {
    let all = up + same + down;
    match (up, down) {
        (0, 0) => text!(plans_limits_unchanged, all = all),
        (up, 0) => text!(plans_limits_up, up = up, all = all),
        (0, down) => text!(plans_limits_down, down = down, all = all),
        (up, down) => text!(plans_limits_up_and_down, up = up, down = down, all = all),
    }
}

/// Renders a plan as an item of the list of plans.
pub(crate) fn plan_card(card: &Card<'_>) -> AnyView {
    let Card { view, current, plan, .. } = card;
    let yours = plan.id == current.id;
    let label = yours.then(|| view! { <span class="state">{text!(plans_yours)}</span> });
    view! {
        <li aria-current=yours.then_some("true")>
            <h3>{name(&plan.name)}" "{label}</h3>
            <div>{price(card, Cycle::Monthly)}{price(card, Cycle::Yearly)}{trial(card)}</div>
            <ul class="deltas" role="list">{deltas(card)}</ul>
            <p class="note">{limit_changes_from_current(view, current, plan)}</p>
            <div>{action(card, Cycle::Monthly)}{action(card, Cycle::Yearly)}</div>
        </li>
    }
    .into_any()
}

/// Renders the trial offer, if the workspace may take one.
fn trial(card: &Card<'_>) -> Option<AnyView> {
    let Card { view, plan, .. } = card;
    let is_trial_available = view.is_trial_available && view.provider.is_some() && plan.trial_days > 0;
    is_trial_available
        .then(|| view! { <p class="note"><b>{text!(plans_trial, days = days(plan.trial_days))}</b></p> }.into_any())
}

fn limit_changes_from_current(view: &MembershipView, current: &Plan, plan: &Plan) -> Cow<'static, str> {
    if plan.id == current.id {
        return text!(plans_limits_below);
    }
    let plan = &as_ordered(view, plan);
    let (up, same, down) = compare::count_by_direction(&compare::compare(&view.catalog, current, plan));
    let exceeded = if down > 0 { limits_exceeded(view, plan) } else { 0 };
    let limit_changes = limit_changes(up, same, down);
    if exceeded == 0 {
        limit_changes
    } else {
        let exceeded = text!(plans_exceeded, limits = exceeded);
        format!("{limit_changes} {exceeded}").into()
    }
}

fn deltas(card: &Card<'_>) -> Vec<AnyView> {
    let Card { view, current, plan, reached, .. } = card;
    let yours = plan.id == current.id;
    let is_reached = |feature: &Feature| reached.contains(&&feature.key);
    let ordered = if yours { Plan::clone(plan) } else { as_ordered(view, plan) };
    let (first, rest): (Vec<_>, Vec<_>) = compare::compare(&view.catalog, current, &ordered)
        .into_iter()
        .filter(|change| change.feature.on_card || is_reached(change.feature))
        .partition(|change| is_reached(change.feature));
    first
        .into_iter()
        .chain(rest)
        .map(|change| {
            let (class, sign, label) = direction_sign(change.direction);
            let title = short_title(change.feature);
            let to = if yours {
                limit_view(change.feature, change.to)
            } else {
                sold_limit_view(plan, change.feature, change.to)
            };
            if yours {
                let reached =
                    is_reached(change.feature).then(|| view! { " "{state(Tone::Stop, text!(usage_meter_reached))} });
                return view! {
                    <li><span></span><span>{title}{reached}</span><span class="num"><b>{to}</b></span></li>
                }
                .into_any();
            }
            let is_figure = sold_seats(plan, change.feature).is_none();
            let from = (change.direction != Direction::Same && is_figure).then(
                || view! { <s>{limit_view(change.feature, change.from)}{format!(" {}", text!(plans_to))}</s>" " },
            );
            view! {
                <li>
                    <span class=class>{icon(sign)}</span>
                    <span><span class="unseen">{label}</span>{title}</span>
                    <span class="num">{from}<b>{to}</b></span>
                </li>
            }
            .into_any()
        })
        .collect()
}

/// The feature's title for narrow columns: its period is visible to screen readers only.
pub(crate) fn short_title(feature: &Feature) -> AnyView {
    let period = match feature.kind {
        FeatureKind::Counter(Period::Minute) => text!(plans_per_minute),
        FeatureKind::Counter(Period::Day) => text!(plans_per_day),
        FeatureKind::Counter(Period::Month) => text!(plans_per_month),
        _ => return name(&feature.short_title).into_any(),
    };
    view! { {name(&feature.short_title)}<span class="unseen">{format!(" {period}")}</span> }.into_any()
}

/// Describes the next change of the paid plan that happens without an action.
fn comes_next(paid: &Subscription) -> Cow<'static, str> {
    match (paid.status.subscription_status(), &paid.pending) {
        (SubscriptionStatus::PastDue, _) => text!(plans_payment_due),
        (SubscriptionStatus::Canceled, _) => text!(plans_paused, provider = paid.provider.title()),
        (SubscriptionStatus::Active, _) if paid.ends_at().is_some() => {
            text!(plans_ends, date = day(paid.ends_at().unwrap_or(paid.period_end)))
        }
        (SubscriptionStatus::Active, _) if paid.details.collection_pause.is_some() => text!(plans_collection_paused),
        (SubscriptionStatus::Active, Some(pending)) => text!(plans_until, date = day(pending.at)),
        (SubscriptionStatus::Active, None) if paid.status == ProviderStatus::Trialing => {
            text!(plans_first_payment, date = day(paid.period_end))
        }
        (SubscriptionStatus::Active, None) => text!(plans_renews, date = day(paid.period_end)),
    }
}

fn granted(grant: &PlanGrant) -> Cow<'static, str> {
    match grant.until {
        Some(until) => text!(plans_granted_until, date = day(until)),
        None => text!(plans_granted),
    }
}

/// Renders the action for the plan in this cycle.
fn action(card: &Card<'_>, cycle: Cycle) -> Option<AnyView> {
    let Card { view, current, plan, main, reached: _ } = card;
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live());
    let note =
        |words: Cow<'static, str>| Some(view! { <p class=format!("note {}", cycle.as_str())>{words}</p> }.into_any());
    let is_paid_for = paid.filter(|paid| paid.plan == plan.id);
    match is_paid_for {
        Some(paid) if paid.cycle == cycle => return note(comes_next(paid)),
        Some(_) if plan.is_paid() => {}
        None if plan.id != current.id => {}
        _ => return view.entitlements.grant.as_ref().and_then(|grant| note(granted(grant))),
    }
    let coming = paid.and_then(|paid| paid.pending.as_ref());
    if let Some(coming) = coming.filter(|coming| coming.plan == plan.id && coming.cycle == cycle) {
        return note(text!(plans_from, date = day(coming.at)));
    }
    if !view.viewer.current_membership.role.may_bill() {
        return None;
    }
    let main = if *main { " main" } else { "" };
    match &plan.pricing {
        Pricing::Custom => {
            let class = format!("button full {}{main}", cycle.as_str());
            Some(
                view! { <a class=class href=ENTERPRISE_PATH>{text!(plans_request, plan = name(&plan.name))}</a> }
                    .into_any(),
            )
        }
        Pricing::Free => {
            let leaving = paid.is_some_and(|paid| !paid.cancel_at_period_end);
            leaving.then(|| {
                let class = format!("button full {}", cycle.as_str());
                let label = text!(plans_cancel, plan = name(&paid_plan(view, current).name));
                view! { <a class=class href="/membership/cancel">{label}</a> }.into_any()
            })
        }
        Pricing::Paid(_) => {
            plan.lowest_price(cycle, view.catalog.currency)?;
            let class = format!("button full {}{main}", cycle.as_str());
            let label = match cycle {
                _ if is_paid_for.is_none() => text!(plans_review, plan = name(&plan.name)),
                Cycle::Monthly => text!(plans_review_monthly),
                Cycle::Yearly => text!(plans_review_yearly),
            };
            Some(view! { <a class=class href=review_path(plan, cycle, view.chosen_currency())>{label}</a> }.into_any())
        }
    }
}

/// Returns the plan that others are compared with: the suspended plan if there is one, else the plan in force.
pub(crate) fn current_plan(view: &MembershipView) -> Option<&Plan> {
    let id = view.entitlements.suspended.as_ref().unwrap_or(&view.entitlements.plan);
    view.catalog.plan(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_changes_are_counted_in_a_sentence() {
        assert_eq!(limit_changes(18, 1, 0), "18 of 19 limits go up, none go down.");
        assert_eq!(limit_changes(0, 2, 17), "17 of 19 limits go down.");
        assert_eq!(limit_changes(1, 17, 1), "1 of 19 limits goes up, 1 goes down.");
        assert_eq!(limit_changes(0, 19, 0), "All 19 limits stay the same.");
    }
}
