//! The order summary: amounts due and the button to pay. For a change of plan the amounts are the provider's estimate
//! (`service/checkout/order_preview.rs` in `billing`).

use billing::payment::ProviderCapabilities;
use domain::{
    catalog::{Cycle, Plan},
    money::{Currency, Money},
    subscription::{PendingChange, ProviderStatus},
    time::Timestamp,
    wire::{ChangePreview, OrderReview, OrderRoute, PreviewLine},
};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::billing::StartCheckout,
    components::{
        icon::{Icon, icon},
        membership::{
            plan_card::review_path,
            status::{only_an_admin, plan_name, provider_title},
        },
    },
    request::drawn_for::form_address,
    wording::{capital, day, days},
};

/// Returns the first payment's date for a trial that starts today.
pub(super) fn first_payment(review: &OrderReview) -> Timestamp {
    review.membership.now.plus_secs(i64::from(review.trial_days) * 86_400)
}

/// Whether the subscription is in its trial.
pub(super) fn is_trialing(review: &OrderReview) -> bool {
    review.membership.subscription.as_ref().is_some_and(|subscription| subscription.status == ProviderStatus::Trialing)
}

/// Returns the scheduled change if it blocks another one.
pub(super) fn waiting(review: &OrderReview) -> Option<&PendingChange> {
    let subscription = review.membership.subscription.as_ref()?;
    let blocks = ProviderCapabilities::of(subscription.provider).changes.scheduled_change_blocks;
    subscription.pending.as_ref().filter(|_| blocks && subscription.status.is_live())
}

/// Returns the subscription's currency if it differs from the catalog's. Changes then cannot be priced or ordered.
pub(super) fn foreign_currency(review: &OrderReview) -> Option<Currency> {
    let subscription = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live())?;
    subscription.currency().filter(|currency| *currency != review.price.currency)
}

/// Describes the payment state of the current period.
fn current_period_label(review: &OrderReview) -> &'static str {
    match &review.membership.subscription {
        Some(subscription) if subscription.status.is_due() => "A payment is due",
        Some(subscription) if subscription.status == ProviderStatus::Paused => "Paused",
        _ if is_trialing(review) => "Free",
        _ => "Paid",
    }
}

fn line(label: String, note: Option<String>, amount: String) -> AnyView {
    let note = note.map(|note| view! { " "<small>{note}</small> });
    view! { <div><dt>{label}{note}</dt><dd>{amount}</dd></div> }.into_any()
}

fn total(label: &'static str, note: String, amount: Money) -> AnyView {
    view! { <div class="sum"><dt>{label}" "<small>{note}</small></dt><dd>{amount.exact()}</dd></div> }.into_any()
}

/// Renders the summary beside the changes.
pub(super) fn order_summary(review: &OrderReview, current: &Plan, plan: &Plan) -> AnyView {
    let provider = provider_title(&review.membership);
    view! {
        <section class="receipt aside" aria-labelledby="h-sum">
            <h2 id="h-sum">"The sum"</h2>
            {cycles(review, plan)}
            <dl>{lines(review, current, plan, provider)}</dl>
            {confirm(review, provider)}
            <p class="note"><a href="/membership">{format!("Stay on {}", current.name)}</a></p>
        </section>
    }
    .into_any()
}

/// Renders the choice of cycle with prices, as "Yearly, $990.00".
fn cycles(review: &OrderReview, plan: &Plan) -> AnyView {
    let links = Cycle::ALL
        .into_iter()
        .filter_map(|cycle| Some((cycle, plan.price(cycle, review.price.currency)?)))
        .map(|(cycle, price)| {
            let chosen = cycle == review.cycle;
            let name = capital(cycle.as_str());
            let label =
                if chosen || foreign_currency(review).is_some() { name } else { format!("{name}, {}", price.exact()) };
            view! {
                <a href=review_path(plan, cycle) aria-current=chosen.then_some("true")>{label}</a>
            }
        })
        .collect_view();
    view! { <nav class="choice note" aria-label="Billing cycle">{links}</nav> }.into_any()
}

fn lines(review: &OrderReview, current: &Plan, plan: &Plan, provider: &str) -> Vec<AnyView> {
    let unit = review.cycle.unit();
    let price = review.price.exact();
    let until = "until you cancel".to_owned();
    let nothing = Money::new(0, review.price.currency);
    if let Some(currency) = foreign_currency(review) {
        let note = format!("this workspace pays in {currency}, and {price} a {unit} is the list price");
        return vec![line(plan.name.clone(), Some(note), "–".to_owned())];
    }
    if waiting(review).is_some() {
        return vec![line(plan.name.clone(), listed_for_one(review), format!("{price} a {unit}"))];
    }
    match (&review.route, review.starts_at) {
        (OrderRoute::Checkout, _) if review.trial_days > 0 => vec![
            line(format!("{}, {}", plan.name, days(review.trial_days)), None, "Free".to_owned()),
            total("Due today", "a card is asked for".to_owned(), nothing),
            line(format!("From {}", day(first_payment(review))), Some(until), format!("{price} a {unit}")),
        ],
        (OrderRoute::Portal { preview }, Some(at)) => vec![
            line(format!("{}, until {}", current.name, day(at)), None, current_period_label(review).to_owned()),
            total("Due today", "before tax".to_owned(), nothing),
            recurring(format!("From {}", day(at)), preview.as_ref(), unit, provider),
        ],
        (OrderRoute::Portal { preview: Some(preview) }, None) => {
            let ChangePreview { lines, due_now, afterwards: _ } = preview;
            let mut out: Vec<AnyView> = lines
                .iter()
                .map(|PreviewLine { description, amount }| line(description.clone(), None, amount.exact()))
                .collect();
            out.push(total("Due today", format!("before tax, as estimated by {provider}"), *due_now));
            out.push(recurring("Afterwards".to_owned(), Some(preview), unit, provider));
            out
        }
        (OrderRoute::Portal { preview: None }, None) | (OrderRoute::Unchanged, _) => vec![
            line(plan.name.clone(), listed_for_one(review), format!("{price} a {unit}")),
            line(
                "Due today".to_owned(),
                Some(if capabilities(review).is_some_and(|provider| !provider.estimates_changes) {
                    format!("{provider} shows the exact sum before you confirm")
                } else {
                    format!("{provider} does not say just now; its page shows the sum before you confirm")
                }),
                "–".to_owned(),
            ),
        ],
        (OrderRoute::Checkout, _) => vec![
            line(format!("{}, one {unit}", plan.name), None, price.clone()),
            total("Due today", "before tax".to_owned(), review.price),
            line(format!("Then each {unit}"), Some(until), price),
        ],
    }
}

/// Renders the amount per cycle as previewed by the provider; without a preview, refers to the provider's page.
fn recurring(label: String, preview: Option<&ChangePreview>, unit: &str, provider: &str) -> AnyView {
    match preview.and_then(|preview| preview.afterwards) {
        Some(sum) => line(label, Some("until you cancel, before tax".to_owned()), format!("{} a {unit}", sum.exact())),
        None => line(label, Some(format!("{provider}’s page shows the sum")), "–".to_owned()),
    }
}

/// Notes that the catalog's price is for quantity one and without discounts; `None` if the workspace pays that
/// price.
fn listed_for_one(review: &OrderReview) -> Option<String> {
    let subscription = review.membership.subscription.as_ref()?;
    let is_plain = subscription.details.quantity == 1 && !subscription.details.is_adjusted;
    (!is_plain).then(|| "list price of one, without what is taken off".to_owned())
}

/// Renders the button that leads to the provider, or the reason why there is none.
fn confirm(review: &OrderReview, provider: &str) -> AnyView {
    let view = &review.membership;
    if !view.viewer.current_membership.role.is_admin() {
        return view! { <p class="note">{only_an_admin(view)}</p> }.into_any();
    }
    if let Some(currency) = foreign_currency(review) {
        let note = format!(
            "This workspace pays in {currency} at {provider}, and plans are sold here in {}, so its plan can’t be changed from \
             here. Ask the person who runs this installation.",
            review.price.currency
        );
        return view! { <p class="note">{note}</p> }.into_any();
    }
    if let Some(pending) = waiting(review) {
        let note = format!(
            "{} waits until {}. {provider} changes nothing else before: take that back first, above.",
            plan_name(view, pending.plan.as_str()),
            day(pending.at)
        );
        return view! { <p class="note">{note}</p> }.into_any();
    }
    let (label, promise) = match review.route {
        OrderRoute::Checkout if review.trial_days > 0 => (
            format!("Start the trial at {provider}"),
            format!("Nothing is charged today. {provider} takes the card; Dues never sees it."),
        ),
        OrderRoute::Checkout => (
            format!("Pay at {provider}"),
            format!("Nothing is charged before you confirm there. {provider} takes the card; Dues never sees it."),
        ),
        OrderRoute::Portal { .. } | OrderRoute::Unchanged => (
            format!("Confirm at {provider}"),
            format!(
                "Nothing is charged before you confirm there. Your card is known to {provider}; Dues never sees it."
            ),
        ),
    };
    view! {
        <form method="post" action=form_address(StartCheckout::PATH)>
            <input type="hidden" name="plan" value=review.plan.to_string()/>
            <input type="hidden" name="cycle" value=review.cycle.as_str()/>
            <button class="button main full">{label}" "{icon(Icon::Out)}</button>
        </form>
        <p class="note">{promise}</p>
    }
    .into_any()
}

/// Returns the capabilities of the provider of the subscription.
pub(super) fn capabilities(review: &OrderReview) -> Option<ProviderCapabilities> {
    review.membership.subscription.as_ref().map(|subscription| ProviderCapabilities::of(subscription.provider))
}
