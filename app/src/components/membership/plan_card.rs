//! The card of a plan: its price, and how it differs from the current plan.

use domain::{
    catalog::{Cycle, Feature, FeatureKind, Limit, Period, Plan, Pricing, compare, format},
    entitlement::overrides::PlanGrant,
    money::Money,
    subscription::{Direction, ProviderStatus, Subscription, SubscriptionStatus},
    wire::MembershipView,
};
use leptos::prelude::*;

use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::icon::{Icon, icon},
    request::local_path::with_query,
    wording::{day, days, price_difference},
};

pub(crate) struct Card<'a> {
    pub(crate) view: &'a MembershipView,
    /// The current plan.
    pub(crate) current: &'a Plan,
    pub(crate) plan: &'a Plan,
    /// Whether the card has the section's primary button.
    pub(crate) main: bool,
}

/// Returns the path of the page on which an order of `plan` is reviewed.
pub(crate) fn review_path(plan: &Plan, cycle: Cycle) -> String {
    with_query("/checkout", &[("plan", plan.id.as_str()), ("cycle", cycle.as_str())])
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
    if limit.is_included() {
        format::limit(feature, limit).into_any()
    } else {
        view! { <span aria-hidden="true">"–"</span><span class="unseen">"not included"</span> }.into_any()
    }
}

/// Like [`limit_view`], for the plan's limit in this workspace; marks a custom limit.
pub(crate) fn limit_here_view(view: &MembershipView, plan: &Plan, feature: &Feature, limit: Limit) -> AnyView {
    let is_custom = view.entitlements.is_custom(plan, &feature.key);
    let mark = is_custom.then(|| view! { " "<small class="custom">"custom"</small> });
    view! { {limit_view(feature, limit)}{mark} }.into_any()
}

/// Returns the direction's text, icon and screen reader label.
pub(crate) const fn direction_sign(direction: Direction) -> (&'static str, Icon, &'static str) {
    match direction {
        Direction::Up => ("up", Icon::Up, "goes up, "),
        Direction::Same => ("same", Icon::Same, "stays, "),
        Direction::Down => ("down", Icon::Down, "goes down, "),
    }
}

/// Builds "18 of 19 limits go up, none goes down."
pub(crate) fn limit_changes(up: usize, same: usize, down: usize) -> String {
    let all = up + same + down;
    let go = |figure: usize| if figure == 1 { "goes" } else { "go" };
    match (up, down) {
        (0, 0) => format!("All {all} limits stay as they are."),
        (up, 0) => format!("{up} of {all} limits {} up, none goes down.", go(up)),
        (0, down) => format!("{down} of {all} limits {} down.", go(down)),
        (up, down) => format!("{up} of {all} limits {} up, {down} {} down.", go(up), go(down)),
    }
}

/// Renders a plan as an item of the list of plans.
pub(crate) fn plan_card(card: &Card<'_>) -> AnyView {
    let Card { view, current, plan, main: _ } = card;
    let yours = plan.id == current.id;
    let label = yours.then(|| view! { <span class="state">"Your plan"</span> });
    view! {
        <li aria-current=yours.then_some("true")>
            <h3>{plan.name.clone()}" "{label}</h3>
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
        .then(|| view! { <p class="note"><b>{format!("{} free", days(plan.trial_days))}</b></p> }.into_any())
}

fn limit_changes_from_current(view: &MembershipView, current: &Plan, plan: &Plan) -> String {
    if plan.id == current.id {
        return "Every limit is in the table below.".to_owned();
    }
    let (up, same, down) = compare::count_by_direction(&compare::compare(&view.catalog, current, plan));
    let exceeded = if down > 0 { limits_exceeded(view, plan) } else { 0 };
    let limit_changes = limit_changes(up, same, down);
    if exceeded == 0 {
        limit_changes
    } else {
        format!(
            "{limit_changes} You use more than {} allows on {exceeded} of them; nothing would be deleted.",
            plan.name
        )
    }
}

/// Returns the paid plan, which may differ from a granted plan; without a live subscription, `current`.
pub(crate) fn paid_plan<'a>(view: &'a MembershipView, current: &'a Plan) -> &'a Plan {
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live());
    paid.and_then(|paid| view.catalog.plan(paid.plan.as_str())).unwrap_or(current)
}

/// Names what a price is compared with: "today" if the workspace pays by `cycle` or is on a free plan, else the name of
/// [`paid_plan`].
fn than(card: &Card<'_>, cycle: Cycle) -> String {
    let Card { view, current, .. } = card;
    let paid_now = match view.subscription.as_ref().filter(|paid| paid.status.is_live()) {
        Some(paid) => paid.cycle == cycle,
        None => !current.is_paid(),
    };
    if paid_now { "today".to_owned() } else { paid_plan(view, current).name.clone() }
}

fn price(card: &Card<'_>, cycle: Cycle) -> AnyView {
    let Card { view, current, plan, .. } = card;
    let class = format!("price {}", cycle.as_str());
    let unit = format!(" a {}", cycle.unit());
    let Some(price) = plan.price(cycle, view.catalog.currency) else {
        let (figure, small) = if plan.pricing == Pricing::Custom {
            ("By request".to_owned(), "Priced by agreement".to_owned())
        } else {
            ("–".to_owned(), format!("Not sold by the {}", cycle.unit()))
        };
        return view! { <p class=class><b>{figure}</b><small>{small}</small></p> }.into_any();
    };
    let compared = paid_plan(view, current);
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live() && paid.cycle == cycle);
    // The price of a subscription may differ from the current price in the catalog.
    let pays = paid.and(view.price).filter(|pays| pays.currency == price.currency);
    let small = if plan.id == compared.id {
        paid.map(|paid| match pays {
            Some(pays) if pays != price => format!("You pay {}", pays.exact()),
            _ => format!("Since {}", day(paid.started_at)),
        })
    } else {
        let paid_price = pays.or_else(|| compared.price(cycle, view.catalog.currency));
        paid_price.map(|paid_price| price_difference(price, paid_price, &than(card, cycle)))
    };
    view! { <p class=class><b>{Money::exact(price)}</b>{unit}<small>{small}</small></p> }.into_any()
}

fn deltas(card: &Card<'_>) -> Vec<AnyView> {
    let Card { view, current, plan, .. } = card;
    let yours = plan.id == current.id;
    compare::compare(&view.catalog, current, plan)
        .into_iter()
        .filter(|change| change.feature.on_card)
        .map(|change| {
            let (class, sign, words) = direction_sign(change.direction);
            let name = short_title(change.feature);
            let to = limit_view(change.feature, change.to);
            if yours {
                return view! { <li><span></span><span>{name}</span><span class="num"><b>{to}</b></span></li> }
                    .into_any();
            }
            let from = (change.direction != Direction::Same)
                .then(|| view! { <s>{limit_view(change.feature, change.from)}" to"</s>" " });
            view! {
                <li>
                    <span class=class>{icon(sign)}</span>
                    <span><span class="unseen">{words}</span>{name}</span>
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
        FeatureKind::Counter(Period::Minute) => " a minute",
        FeatureKind::Counter(Period::Day) => " a day",
        FeatureKind::Counter(Period::Month) => " a month",
        _ => return feature.short_title.clone().into_any(),
    };
    view! { {feature.short_title.clone()}<span class="unseen">{period}</span> }.into_any()
}

/// Describes the next change of the paid plan that happens without an action.
fn comes_next(paid: &Subscription) -> String {
    match (paid.status.subscription_status(), &paid.pending) {
        (SubscriptionStatus::PastDue, _) => "A payment is due".to_owned(),
        (SubscriptionStatus::Canceled, _) => format!("Paused at {}", paid.provider.title()),
        (SubscriptionStatus::Active, _) if paid.ends_at().is_some() => {
            format!("Ends {}", day(paid.ends_at().unwrap_or(paid.period_end)))
        }
        (SubscriptionStatus::Active, _) if paid.details.collection_pause.is_some() => "Collection is paused".to_owned(),
        (SubscriptionStatus::Active, Some(pending)) => format!("Until {}", day(pending.at)),
        (SubscriptionStatus::Active, None) if paid.status == ProviderStatus::Trialing => {
            format!("First payment {}", day(paid.period_end))
        }
        (SubscriptionStatus::Active, None) => format!("Renews {}", day(paid.period_end)),
    }
}

fn granted(grant: &PlanGrant) -> String {
    grant.until.map_or_else(|| "Granted".to_owned(), |until| format!("Granted until {}", day(until)))
}

/// Renders the action for the plan in this cycle.
fn action(card: &Card<'_>, cycle: Cycle) -> Option<AnyView> {
    let Card { view, current, plan, main } = card;
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live());
    let note = |words: String| Some(view! { <p class=format!("note {}", cycle.as_str())>{words}</p> }.into_any());
    let is_paid_for = paid.filter(|paid| paid.plan == plan.id);
    match is_paid_for {
        Some(paid) if paid.cycle == cycle => return note(comes_next(paid)),
        Some(_) if plan.is_paid() => {}
        None if plan.id != current.id => {}
        _ => return view.entitlements.grant.as_ref().and_then(|grant| note(granted(grant))),
    }
    let coming = paid.and_then(|paid| paid.pending.as_ref());
    if let Some(coming) = coming.filter(|coming| coming.plan == plan.id && coming.cycle == cycle) {
        return note(format!("From {}", day(coming.at)));
    }
    if !view.viewer.current_membership.role.is_admin() {
        return None;
    }
    match &plan.pricing {
        Pricing::Custom => {
            let class = format!("button full {}", cycle.as_str());
            Some(view! { <a class=class href=ENTERPRISE_PATH>{format!("Ask for {}", plan.name)}</a> }.into_any())
        }
        Pricing::Free => {
            let leaving = paid.is_some_and(|paid| !paid.cancel_at_period_end);
            leaving.then(|| {
                let class = format!("button full {}", cycle.as_str());
                let name = paid_plan(view, current).name.clone();
                view! { <a class=class href="/membership/cancel">{format!("Cancel {name}")}</a> }.into_any()
            })
        }
        Pricing::Paid(_) => {
            plan.price(cycle, view.catalog.currency)?;
            let class = format!("button full {} {}", cycle.as_str(), if *main { "main" } else { "" });
            let label = if is_paid_for.is_some() {
                format!("Review by the {}", cycle.unit())
            } else {
                format!("Review {}", plan.name)
            };
            Some(view! { <a class=class.trim().to_owned() href=review_path(plan, cycle)>{label}</a> }.into_any())
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
        assert_eq!(limit_changes(18, 1, 0), "18 of 19 limits go up, none goes down.");
        assert_eq!(limit_changes(0, 2, 17), "17 of 19 limits go down.");
        assert_eq!(limit_changes(1, 17, 1), "1 of 19 limits goes up, 1 goes down.");
        assert_eq!(limit_changes(0, 19, 0), "All 19 limits stay as they are.");
    }
}
