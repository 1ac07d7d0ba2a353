//! Notices about limits that are reached, and what raises them.

use std::borrow::Cow;

use domain::{
    account::{Email, Role},
    catalog::{Catalog, Cycle, Enforcement, Feature, Limit, Plan},
    entitlement::{
        FeatureUsage, MeterState,
        remedy::{LimitRemedy, PlanOffer},
    },
    money::Currency,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::{Rich, rich, text};

use super::seats::{is_raised_by_seats, priced_as_ordered};
use crate::{
    actions::{enterprise::ENTERPRISE_PATH, own_limits::SECTION, seats::SEATS_PATH},
    components::{
        icon::Tone,
        membership::plan_card::review_path,
        notice::notice,
        rich::rich_text,
        usage::readings::{Reading, is_metered, readings},
        window::window_of_other_site,
    },
    request::services,
    wording::{self, minute, most, name, price, used},
};

/// Returns the limits that are reached or exceeded: those that the page's title counts.
pub(crate) fn reached_limits(view: &MembershipView) -> Vec<Reading<'_>> {
    readings(&view.catalog, &view.usage)
        .filter(is_metered)
        .filter(|(feature, usage)| matches!(usage.state(feature), MeterState::Reached | MeterState::Over))
        .collect()
}

/// Renders the notice for limits that are reached or exceeded, each with the plan that raises it; `None` otherwise.
pub(crate) fn limits_notice(view: &MembershipView) -> Option<AnyView> {
    let full = reached_limits(view);
    let title = match full.as_slice() {
        [] => return None,
        [one] => head(*one),
        several => text!(status_limits_reached, limits = several.len()),
    };
    let lines = full
        .iter()
        .map(|(feature, usage)| {
            let raised = raise_sentence(view, (feature, usage));
            view! { <p>{rich_text(followed_by(reached_limit(feature, usage), raised))}</p> }
        })
        .collect_view();
    Some(notice(Tone::Stop, title, view! { {lines}{way_on(view, &full)} }))
}

/// Renders what raises each reached limit, for a page that shows their figures elsewhere; `None` if nothing does.
pub(crate) fn remedies(view: &MembershipView) -> Option<AnyView> {
    let full = reached_limits(view);
    let lines: Vec<_> = full
        .iter()
        .filter_map(|(feature, usage)| {
            let raised = raise_sentence(view, (feature, usage))?;
            Some(view! { <li><b>{name(&feature.title)}</b>": "{rich_text(raised)}</li> })
        })
        .collect();
    let way_on = way_on(view, &full);
    let list = (!lines.is_empty()).then(|| view! { <ul class="stack" role="list">{lines}</ul> });
    (list.is_some() || way_on.is_some()).then(|| view! { {list}{way_on} }.into_any())
}

/// Renders the notice of one limit on its own page: it is reached or almost reached; `None` otherwise.
pub(crate) fn limit_notice(view: &MembershipView, (feature, usage): Reading<'_>) -> Option<AnyView> {
    let (tone, title, means) = match usage.state(feature) {
        MeterState::Ok => return None,
        MeterState::Near => {
            let means = match feature.enforcement {
                Enforcement::Soft => text!(raise_own_soft),
                Enforcement::Hard => text!(raise_own_near_hard),
            };
            let (label, limit) = (name(&feature.label), most(feature, usage.limit));
            (Tone::Near, text!(raise_near, feature = label, limit = limit), means)
        }
        MeterState::Reached | MeterState::Over => {
            let means = match (feature.enforcement, usage.resets_at) {
                _ if !usage.limit.is_included() => text!(raise_own_not_included),
                (Enforcement::Soft, _) => text!(raise_own_soft),
                (Enforcement::Hard, Some(at)) => text!(raise_own_resets, date = minute(at)),
                (Enforcement::Hard, None) => text!(raise_own_hard),
            };
            (Tone::Stop, head((feature, usage)), means)
        }
    };
    let sentences = followed_by(means.into(), raise_sentence(view, (feature, usage)));
    Some(notice(tone, title, view! { <p>{rich_text(sentences)}</p>{way_on(view, &[(feature, usage)])} }))
}

/// Renders what raises a limit, for a viewer who can order plans; `None` if there is nothing to say.
pub(crate) fn remedy_for_admin(catalog: &Catalog, feature: &Feature, remedy: &LimitRemedy) -> Option<AnyView> {
    match remedy {
        LimitRemedy::NoPlan => contact_support(),
        LimitRemedy::Plan(_) | LimitRemedy::Cap | LimitRemedy::Payment => {
            plan_sentence(catalog, feature, remedy, Role::Admin, None)
                .map(|plan| view! { <p>{rich_text(plan)}</p> }.into_any())
        }
    }
}

const fn role(view: &MembershipView) -> Role {
    view.viewer.current_membership.role
}

fn followed_by(sentence: Rich, next: Option<Rich>) -> Rich {
    match next {
        Some(next) => sentence.then(" ").and(next),
        None => sentence,
    }
}

/// Builds "Auth provider limit reached (2)".
fn head((feature, usage): Reading<'_>) -> Cow<'static, str> {
    if usage.limit.is_included() {
        text!(status_limit_reached, feature = name(&feature.label), limit = most(feature, usage.limit))
    } else {
        text!(raise_not_included_head, feature = name(&feature.title))
    }
}

/// Builds "Auth providers: 2 of 2 used. You can’t use more until you free some up."
fn reached_limit(feature: &Feature, usage: &FeatureUsage) -> Rich {
    let (title, href) = (name(&feature.title), format!("/usage/{}", feature.key));
    let (used, limit) = (used(feature, usage.used), most(feature, usage.limit));
    match (feature.enforcement, usage.resets_at) {
        _ if !usage.limit.is_included() => rich!(raise_not_included, feature = title, usage = href, used = used),
        (Enforcement::Soft, _) => {
            rich!(status_limit_soft, feature = title, usage = href, used = used, limit = limit)
        }
        (Enforcement::Hard, Some(at)) => {
            rich!(status_limit_resets, feature = title, usage = href, used = used, limit = limit, date = minute(at))
        }
        (Enforcement::Hard, None) => {
            rich!(status_limit_hard, feature = title, usage = href, used = used, limit = limit)
        }
    }
}

/// Builds what raises a limit in this workspace: more seats where they are this limit, else another plan.
fn raise_sentence(view: &MembershipView, (feature, usage): Reading<'_>) -> Option<Rich> {
    if !is_raised_by_seats(view, usage) {
        let remedy = priced_as_ordered(view, view.remedy(usage));
        return plan_sentence(&view.catalog, feature, &remedy, role(view), view.chosen_currency());
    }
    Some(if role(view).may_bill() { rich!(seats_raise, seats = SEATS_PATH) } else { text!(seats_raise_member).into() })
}

/// Builds "Pro allows 10 for $29.00 a month. Review Pro", without price and link for a role that can't order it. For
/// a cap of the workspace, says so. `None` if nothing raises the limit. `currency` is the chosen one, for the link.
fn plan_sentence(
    catalog: &Catalog,
    feature: &Feature,
    remedy: &LimitRemedy,
    role: Role,
    currency: Option<Currency>,
) -> Option<Rich> {
    let PlanOffer { plan, cycle, limit, price: cost } = match remedy {
        LimitRemedy::Plan(offer) => offer,
        LimitRemedy::Cap if role.is_admin() => {
            return Some(rich!(raise_cap, own = format!("/usage/{}#{SECTION}", feature.key)));
        }
        LimitRemedy::Cap => return Some(text!(raise_cap_member).into()),
        LimitRemedy::Payment | LimitRemedy::NoPlan => return None,
    };
    let plan = catalog.plan(plan.as_str())?;
    let title = name(&plan.name);
    let review = review_of((plan, *cycle), currency, (feature, *limit));
    let limit = match limit {
        Limit::AtMost(_) => Some(wording::limit(feature, *limit)),
        Limit::Unlimited => None,
    };
    Some(match (limit, cost, role.may_bill()) {
        (Some(limit), Some(cost), true) => {
            rich!(raise_plan, plan = title, limit = limit, price = price(*cost, *cycle), review = review)
        }
        (None, Some(cost), true) => {
            rich!(raise_plan_unlimited, plan = title, price = price(*cost, *cycle), review = review)
        }
        (Some(limit), None, true) => rich!(raise_request, plan = title, limit = limit, request = ENTERPRISE_PATH),
        (None, None, true) => rich!(raise_request_unlimited, plan = title, request = ENTERPRISE_PATH),
        (Some(limit), _, false) => text!(raise_allows, plan = title, limit = limit).into(),
        (None, _, false) => text!(raise_allows_unlimited, plan = title).into(),
    })
}

/// Returns the path of the review of an order that allows `limit`: with so many seats, if they are the limit.
fn review_of((plan, cycle): (&Plan, Cycle), currency: Option<Currency>, (feature, limit): (&Feature, Limit)) -> String {
    let path = review_path(plan, cycle, currency);
    let sold = plan.seats.as_ref().filter(|sold| sold.feature == feature.key);
    match (sold, limit) {
        (Some(sold), Limit::AtMost(seats)) if sold.sells(seats) => format!("{path}&seats={seats}"),
        _ => path,
    }
}

/// Renders whom to contact: for a member, the admins, who can change the plan; where no plan raises a limit, support.
fn way_on(view: &MembershipView, full: &[Reading<'_>]) -> Option<AnyView> {
    let (by_seats, others): (Vec<_>, Vec<_>) = full.iter().partition(|(_, usage)| is_raised_by_seats(view, usage));
    let remedies: Vec<_> = others.iter().map(|(_, usage)| view.remedy(usage)).collect();
    let is_plan = remedies.iter().any(|remedy| matches!(remedy, LimitRemedy::Plan(_)));
    if !role(view).may_bill() && (is_plan || !by_seats.is_empty()) {
        let whom = if is_plan { ask(&view.admins) } else { ask_for_seats(&view.admins) };
        return Some(view! { <p>{rich_text(whom)}</p> }.into_any());
    }
    remedies.contains(&LimitRemedy::NoPlan).then(contact_support).flatten()
}

/// Builds "To change the plan, ask owner@acme.test or admin@acme.test."
fn ask(admins: &[Email]) -> Rich {
    match admins {
        [] => text!(raise_ask).into(),
        [first] => rich!(raise_ask_one, first = first.as_str()),
        [first, second] => rich!(raise_ask_two, first = first.as_str(), second = second.as_str()),
        [first, second, third, ..] => {
            rich!(raise_ask_three, first = first.as_str(), second = second.as_str(), third = third.as_str())
        }
    }
}

/// Builds "To change the number of seats, ask owner@acme.test or admin@acme.test."
pub(crate) fn ask_for_seats(admins: &[Email]) -> Rich {
    match admins {
        [] => text!(seats_ask).into(),
        [first] => rich!(seats_ask_one, first = first.as_str()),
        [first, second] => rich!(seats_ask_two, first = first.as_str(), second = second.as_str()),
        [first, second, third, ..] => {
            rich!(seats_ask_three, first = first.as_str(), second = second.as_str(), third = third.as_str())
        }
    }
}

/// Renders that no plan allows more, with a link to the installation's support; `None` without that link.
fn contact_support() -> Option<AnyView> {
    let services = services()?;
    let href = services.settings().brand.support_url.as_ref()?.to_string();
    let link = view! { <a href=href target=window_of_other_site()>{text!(raise_support)}</a> };
    Some(view! { <p>{text!(raise_no_plan)}" "{link}</p> }.into_any())
}

#[cfg(test)]
mod tests {
    use domain::{
        account::Role,
        subscription::{ProviderStatus, Subscription},
    };

    use super::*;
    use crate::fixture::{ACME_USES, TODAY, at, pro, seats::on_team, view};

    fn html(part: impl FnOnce() -> Option<AnyView>) -> String {
        Owner::new().with(|| part().map(RenderHtml::to_html).unwrap_or_default())
    }

    fn own_notice(view: &MembershipView, feature: &str) -> String {
        let mut readings = readings(&view.catalog, &view.usage);
        let reading = readings.find(|(found, _)| found.key.as_str() == feature).unwrap();
        html(|| limit_notice(view, reading))
    }

    fn on_pro() -> MembershipView {
        view(Some(pro(ProviderStatus::Active)), TODAY, &ACME_USES)
    }

    #[test]
    fn a_reached_limit_names_the_cheapest_plan_that_raises_it() {
        let view = on_pro();
        for shown in [html(|| limits_notice(&view)), html(|| remedies(&view)), own_notice(&view, "auth_providers")] {
            assert!(shown.contains("Team allows 3 for $99.00 a month."), "{shown}");
            assert!(shown.contains("href=\"/checkout?plan=team&amp;cycle=monthly\""), "{shown}");
        }
    }

    #[test]
    fn a_member_is_told_whom_to_ask() {
        let mut view = on_pro();
        view.viewer.current_membership.role = Role::Member;
        view.admins = vec!["owner@acme.test".parse().unwrap(), "admin@acme.test".parse().unwrap()];
        let shown = html(|| limits_notice(&view));
        assert!(shown.contains("Team allows 3.") && !shown.contains("/checkout"), "{shown}");
        assert!(
            shown.contains("<bdi>owner@acme.test</bdi>") && shown.contains("<bdi>admin@acme.test</bdi>"),
            "{shown}"
        );
    }

    #[test]
    fn a_limit_of_seats_leads_to_more_seats_and_not_to_another_plan() {
        let mut view = on_team();
        let is_members = |usage: &&mut FeatureUsage| usage.feature.as_str() == "team_members";
        let members = view.usage.iter_mut().find(is_members).unwrap();
        members.used = 12;
        let shown = own_notice(&view, "team_members");
        assert!(shown.contains("href=\"/membership/seats\"") && !shown.contains("/checkout"), "{shown}");
        view.viewer.current_membership.role = Role::Member;
        let shown = own_notice(&view, "team_members");
        assert!(shown.contains("More seats can be bought.") && shown.contains("ask an owner or admin"), "{shown}");
        assert!(!shown.contains("/membership/seats"), "{shown}");
    }

    #[test]
    fn a_suspended_plan_is_not_sold_a_second_time() {
        let past = at("2025-12-01T00:00:00Z");
        let overdue = Subscription { past_due_since: Some(past), ..pro(ProviderStatus::PastDue) };
        let view = view(Some(overdue), TODAY, &ACME_USES);
        let shown = html(|| limits_notice(&view));
        assert!(view.entitlements.suspended.is_some() && !shown.contains("allows"), "{shown}");
        assert_eq!(html(|| remedies(&view)), "");
    }

    #[test]
    fn the_page_of_a_limit_warns_of_this_limit_alone() {
        let view = on_pro();
        let near = own_notice(&view, "websocket_entities_watched");
        assert!(near.contains("limit almost reached (10)") && !near.contains("Auth provider"), "{near}");
        assert_eq!(own_notice(&view, "projects"), "", "it has room left");
    }

    #[test]
    fn a_feature_that_is_in_use_but_not_included_is_named() {
        let view = view(None, TODAY, &[("game_projects", 1)]);
        let shown = html(|| limits_notice(&view));
        assert!(shown.contains("not included in your plan") && shown.contains("Standard allows 1"), "{shown}");
        assert_eq!(wording::reached_and_near(&view.catalog, &view.usage).0, reached_limits(&view).len());
    }
}
