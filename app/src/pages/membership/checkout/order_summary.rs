//! The order summary: amounts due and the button to pay. For a change of plan the amounts are the provider's estimate
//! (`service/checkout/order_preview.rs` in `billing`).

use std::borrow::Cow;

use billing::payment::{CheckoutTaxes, ProviderCapabilities};
use domain::{
    catalog::{Cycle, Plan},
    money::{Currency, Money},
    subscription::{PendingChange, ProviderStatus, checkout_options::BillingAddress},
    time::Timestamp,
    wire::{ChangePreview, OrderReview, OrderRoute, PreviewLine},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::seats_field::{SEATS, SeatsField};
use crate::{
    actions::billing::StartCheckout,
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::{Icon, icon},
        membership::{
            cycle::currency_choice,
            status::{only_an_admin, plan_name, provider_title},
        },
        provider::said_by_provider,
        receipt::{current_period_label, due_today, line},
    },
    request::{PageRequest, drawn_for::form_address, local_path::with_query},
    wording::{day, days, exact, name, price},
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
fn waiting(review: &OrderReview) -> Option<&PendingChange> {
    let subscription = review.membership.subscription.as_ref()?;
    let blocks = ProviderCapabilities::of(subscription.provider).changes.scheduled_change_blocks;
    subscription.pending.as_ref().filter(|_| blocks && subscription.status.is_live())
}

/// Returns the subscription's currency if it differs from the catalog's. Changes then cannot be priced or ordered.
pub(super) fn foreign_currency(review: &OrderReview) -> Option<Currency> {
    let subscription = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live())?;
    subscription.currency().filter(|currency| *currency != review.price.currency)
}

/// Whether the order is of a plan that starts at once while the provider collects no payments.
fn is_uncollected(review: &OrderReview) -> bool {
    let subscription = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    let is_change = subscription.is_some_and(|subscription| {
        subscription.details.collection_pause.is_some()
            && (&subscription.plan, subscription.cycle) != (&review.plan, review.cycle)
    });
    is_change && review.starts_at.is_none()
}

/// Whether the plan can't be ordered until something else is done.
pub(super) fn is_blocked(review: &OrderReview) -> bool {
    waiting(review).is_some() || foreign_currency(review).is_some() || is_uncollected(review)
}

/// Renders a line of the provider's invoice in its words.
fn provider_line(description: Option<&str>, amount: Money) -> AnyView {
    let Some(description) = description else { return line(text!(checkout_line_discounts), None, exact(amount)) };
    view! { <div><dt>{said_by_provider(description)}</dt><dd>{exact(amount)}</dd></div> }.into_any()
}

/// Renders the summary of an order of the second plan, beside the changes, with the field for the number of seats.
pub(super) fn order_summary(
    (review, req): (&OrderReview, &PageRequest),
    (current, plan): (&Plan, &Plan),
    field: SeatsField,
) -> AnyView {
    let provider = provider_title(&review.membership);
    let provider = &*provider;
    let stay = text!(checkout_stay, current = name(&current.name));
    view! {
        <section class="receipt aside" aria-labelledby="h-sum">
            <h2 id="h-sum">{text!(checkout_summary)}</h2>
            {cycles(review, plan)}
            {currencies(review, plan)}
            {field.form(review)}
            <dl>{lines(review, current, plan, provider)}</dl>
            {confirm(review, req, provider)}
            <p class="note"><a href="/membership">{stay}</a></p>
        </section>
    }
    .into_any()
}

/// Renders the choice of cycle with prices, as "Yearly, $990.00".
fn cycles(review: &OrderReview, plan: &Plan) -> AnyView {
    let links = Cycle::ALL
        .into_iter()
        .filter_map(|cycle| {
            let seats = review.seats.unwrap_or_default();
            Some((cycle, plan.price_with_seats(cycle, review.price.currency, seats)?))
        })
        .map(|(cycle, price)| {
            let chosen = cycle == review.cycle;
            let href = path(review, plan, cycle, review.membership.chosen_currency());
            let label = if chosen || foreign_currency(review).is_some() {
                text!(checkout_cycle, cycle = cycle.as_str())
            } else {
                text!(checkout_cycle_priced, cycle = cycle.as_str(), price = exact(price))
            };
            view! {
                <a href=href aria-current=chosen.then_some("true")>{label}</a>
            }
        })
        .collect_view();
    view! { <nav class="choice note" aria-label=text!(checkout_billing_cycle)>{links}</nav> }.into_any()
}

/// Renders the choice of currency before the first payment.
fn currencies(review: &OrderReview, plan: &Plan) -> Option<AnyView> {
    let sold = plan.currencies();
    currency_choice(&review.membership, &[review.cycle], |cycle, currency| {
        sold.contains(&currency).then(|| path(review, plan, cycle, Some(currency)))
    })
}

/// Returns the path of this review in a cycle and a currency, with the same number of seats.
fn path(review: &OrderReview, plan: &Plan, cycle: Cycle, currency: Option<Currency>) -> String {
    let seats = review.seats.map(|seats| seats.to_string());
    let mut pairs = vec![("plan", plan.id.as_str()), ("cycle", cycle.as_str())];
    pairs.extend(currency.map(|currency| ("currency", currency.code())));
    pairs.extend(seats.as_deref().map(|seats| (SEATS, seats)));
    with_query("/checkout", &pairs)
}

/// Renders the lines of a first order: the plan, and its seats.
fn ordered(review: &OrderReview, plan: &Plan) -> Vec<AnyView> {
    let (cycle, currency) = (review.cycle, review.price.currency);
    let title = name(&plan.name);
    let whole =
        |note| line(text!(checkout_line_period, cycle = cycle.as_str(), plan = &title), note, exact(review.price));
    let Some((sold, seats)) = plan.seats.as_ref().zip(review.seats) else { return vec![whole(None)] };
    let each = sold.price(cycle, currency);
    let each = each.map(|each| text!(seats_each, cycle = cycle.as_str(), price = exact(each)));
    let Some(base) = plan.price(cycle, currency) else {
        return vec![line(text!(seats_line_all, plan = title, seats = seats), each, exact(review.price))];
    };
    let included = (sold.included > 0).then(|| text!(seats_line_included, included = sold.included));
    let further = Money::new(review.price.minor.saturating_sub(base.minor), currency);
    if further.minor == 0 {
        return vec![whole(included)];
    }
    vec![
        line(text!(checkout_line_period, cycle = cycle.as_str(), plan = title), included, exact(base)),
        line(text!(seats_line_further, seats = sold.extra(seats)), each, exact(further)),
    ]
}

fn lines(review: &OrderReview, current: &Plan, plan: &Plan, provider: &str) -> Vec<AnyView> {
    let cycle = review.cycle;
    let ordered = || ordered(review, plan);
    let plan = match review.seats {
        Some(seats) => text!(seats_line_all, plan = name(&plan.name), seats = seats).into_owned(),
        None => name(&plan.name),
    };
    let price = price(review.price, cycle);
    let nothing = Money::new(0, review.price.currency);
    // No page of the provider follows a change that is made here: the list price stands in for an unknown amount.
    let afterwards = |preview: Option<&ChangePreview>| {
        preview.and_then(|preview| preview.afterwards).or_else(|| review.is_direct.then_some(review.price))
    };
    if let Some(currency) = foreign_currency(review) {
        let note = text!(checkout_note_currency, currency = currency.code(), price = price);
        return vec![line(plan, Some(note), "–")];
    }
    if waiting(review).is_some() || is_uncollected(review) {
        return vec![line(plan, listed_for_one(review), price)];
    }
    match (&review.route, review.starts_at) {
        (OrderRoute::Checkout, _) if review.trial_days > 0 => vec![
            line(
                text!(checkout_line_trial, plan = &plan, days = days(review.trial_days)),
                None,
                text!(checkout_amount_free),
            ),
            due_today(text!(checkout_note_card), nothing),
            line(
                text!(checkout_line_from, day = day(first_payment(review))),
                Some(text!(checkout_note_until_canceled)),
                price,
            ),
        ],
        (OrderRoute::Portal { preview }, Some(at)) => vec![
            line(
                text!(checkout_line_until, current = name(&current.name), day = day(at)),
                None,
                current_period_label(review.membership.subscription.as_ref()),
            ),
            due_today(text!(checkout_note_tax), nothing),
            recurring(text!(checkout_line_from, day = day(at)), afterwards(preview.as_ref()), cycle, provider),
        ],
        (OrderRoute::Portal { preview: Some(preview) }, None) => {
            let ChangePreview { lines, due_now, afterwards: _ } = preview;
            let mut out: Vec<AnyView> = lines
                .iter()
                .map(|PreviewLine { description, amount }| provider_line(description.as_deref(), *amount))
                .collect();
            out.push(due_today(text!(checkout_note_estimate, provider = provider), *due_now));
            out.push(recurring(text!(checkout_line_afterwards), afterwards(Some(preview)), cycle, provider));
            out
        }
        (OrderRoute::Portal { preview: None }, None) | (OrderRoute::Unchanged, _) => {
            let note = if review.is_direct {
                text!(seats_no_amount, provider = provider)
            } else if capabilities(review).is_some_and(|provider| !provider.estimates_changes) {
                text!(checkout_note_amount_before_confirming, provider = provider)
            } else {
                text!(checkout_note_no_amount, provider = provider)
            };
            vec![line(plan, listed_for_one(review), price), line(text!(checkout_due_today), Some(note), "–")]
        }
        (OrderRoute::Checkout, _) => {
            let mut lines = ordered();
            lines.push(due_today(text!(checkout_note_tax), review.price));
            let each = text!(checkout_line_each, cycle = cycle.as_str());
            lines.push(line(each, Some(text!(checkout_note_until_canceled)), exact(review.price)));
            lines
        }
    }
}

/// Renders the amount per cycle; if it is unknown, refers to the provider's page.
fn recurring(label: Cow<'static, str>, amount: Option<Money>, cycle: Cycle, provider: &str) -> AnyView {
    match amount {
        Some(amount) => line(label, Some(text!(checkout_note_until_canceled_tax)), price(amount, cycle)),
        None => line(label, Some(text!(checkout_note_amount_there, provider = provider)), "–"),
    }
}

/// Notes that the catalog's price is for quantity one and without discounts; `None` if the workspace pays that
/// price.
fn listed_for_one(review: &OrderReview) -> Option<Cow<'static, str>> {
    let subscription = review.membership.subscription.as_ref()?;
    let is_plain = subscription.details.quantity == 1 && !subscription.details.is_adjusted;
    (!is_plain).then(|| text!(checkout_note_list_price))
}

/// Renders the button that leads to the provider, or the reason why there is none.
fn confirm(review: &OrderReview, req: &PageRequest, provider: &str) -> AnyView {
    let view = &review.membership;
    if !view.viewer.current_membership.role.may_bill() {
        return view! { <p class="note">{only_an_admin(view)}</p> }.into_any();
    }
    if let Some(currency) = foreign_currency(review) {
        let note = text!(
            checkout_other_currency,
            currency = currency.code(),
            provider = provider,
            sold = review.price.currency.code()
        );
        return view! { <p class="note">{note}</p> }.into_any();
    }
    if let Some(pending) = waiting(review) {
        let plan = plan_name(view, pending.plan.as_str());
        let note = text!(checkout_scheduled, plan = plan, day = day(pending.at), provider = provider);
        return view! { <p class="note">{note}</p> }.into_any();
    }
    if is_uncollected(review) {
        return view! { <p class="note">{text!(checkout_collection_paused, provider = provider)}</p> }.into_any();
    }
    let (label, promise) = match review.route {
        OrderRoute::Portal { .. } | OrderRoute::Unchanged if review.is_direct => {
            let promise = match review.starts_at {
                Some(_) => text!(seats_charge_nothing),
                None => text!(seats_direct_note, provider = provider),
            };
            (text!(seats_direct_confirm), promise)
        }
        OrderRoute::Checkout if review.trial_days > 0 => {
            (text!(checkout_start, provider = provider), text!(checkout_start_note, provider = provider))
        }
        OrderRoute::Checkout => {
            (text!(checkout_pay, provider = provider), text!(checkout_pay_note, provider = provider))
        }
        OrderRoute::Portal { .. } | OrderRoute::Unchanged => {
            (text!(checkout_confirm, provider = provider), text!(checkout_confirm_note, provider = provider))
        }
    };
    let currency = view.chosen_currency().filter(|_| review.route == OrderRoute::Checkout);
    let currency = currency.map(|currency| view! { <input type="hidden" name="currency" value=currency.code()/> });
    view! {
        <form method="post" action=form_address(StartCheckout::PATH)>
            <input type="hidden" name="plan" value=review.plan.to_string()/>
            <input type="hidden" name="cycle" value=review.cycle.as_str()/>
            {currency}
            {review.seats.map(|seats| view! { <input type="hidden" name=SEATS value=seats.to_string()/> })}
            {promotion_code(review, req, provider)}
            <button class="button main full">{label}{(!review.is_direct).then(|| view! { " "{icon(Icon::Out)} })}</button>
        </form>
        <p class="note">{promise}</p>
        {at_provider(review, provider)}
    }
    .into_any()
}

/// Renders the field for a promotion code; `None` where none can be redeemed.
fn promotion_code(review: &OrderReview, req: &PageRequest, provider: &str) -> Option<AnyView> {
    if review.route != OrderRoute::Checkout || !review.checkout.promotion_codes {
        return None;
    }
    let mistakes = Mistakes::from_query(req, &["promotionCode"], |_| Some(text!(checkout_promotion_wrong)));
    let field = Field {
        name: "promotion_code",
        label: text!(checkout_promotion),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(checkout_promotion_hint, provider = provider)),
        wrong: mistakes.of("promotionCode"),
        value: req.query("promotion_code").unwrap_or_default(),
        optional: true,
        ..Field::default()
    };
    Some(field.view())
}

/// Renders what the provider's page adds to the order or asks for.
fn at_provider(review: &OrderReview, provider: &str) -> Option<AnyView> {
    if review.route != OrderRoute::Checkout {
        return None;
    }
    let always = review.membership.provider.map(|provider| ProviderCapabilities::of(provider).taxes);
    let always = always == Some(CheckoutTaxes::Always);
    let tax = (always || review.checkout.automatic_tax).then(|| text!(checkout_tax_added, provider = provider));
    let tax_id = (always || review.checkout.tax_ids).then(|| text!(checkout_tax_id, provider = provider));
    let asks = review.checkout.billing_address == BillingAddress::Required;
    let address = asks.then(|| text!(checkout_address, provider = provider));
    let words: Vec<_> = [tax, tax_id, address].into_iter().flatten().collect();
    (!words.is_empty()).then(|| view! { <p class="note">{words.join(" ")}</p> }.into_any())
}

/// Returns the capabilities of the provider of the subscription.
pub(super) fn capabilities(review: &OrderReview) -> Option<ProviderCapabilities> {
    review.membership.subscription.as_ref().map(|subscription| ProviderCapabilities::of(subscription.provider))
}
