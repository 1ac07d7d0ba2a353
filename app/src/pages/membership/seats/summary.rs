//! The second step: what the change costs, and the button that confirms this very change.

use std::{borrow::Cow, cmp::Ordering};

use domain::{money::Money, subscription::seats::SeatsPreview, wire::MembershipView};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::seats::ChangeSeats,
    components::{
        membership::seats::PaidSeats,
        receipt::{current_period_label, due_today, line},
    },
    request::drawn_for::form_address,
    wording::{day, exact},
};

pub(super) fn summary(view: &MembershipView, paid: &PaidSeats<'_>, preview: &SeatsPreview) -> AnyView {
    let label = match preview.seats.cmp(&paid.seats) {
        Ordering::Greater => text!(seats_confirm_more, seats = preview.seats - paid.seats),
        Ordering::Equal => text!(seats_keep, seats = preview.seats),
        Ordering::Less => text!(seats_confirm_fewer, seats = preview.seats),
    };
    view! {
        <section class="receipt aside" aria-labelledby="h-sum">
            <h2 id="h-sum">{text!(checkout_summary)}</h2>
            <dl>{lines(view, paid, preview)}</dl>
            <form method="post" action=form_address(ChangeSeats::PATH)>
                <input type="hidden" name="seats" value=preview.seats.to_string()/>
                <input type="hidden" name="from" value=paid.seats.to_string()/>
                <button class="button main full">{label}</button>
            </form>
            <p class="note">{charge(paid, preview)}</p>
        </section>
    }
    .into_any()
}

fn lines(view: &MembershipView, paid: &PaidSeats<'_>, preview: &SeatsPreview) -> Vec<AnyView> {
    let SeatsPreview { seats, due_now, next_price, starts_at } = *preview;
    let subscription = paid.subscription;
    let provider = subscription.provider.title();
    let nothing = Money::new(0, subscription.currency().unwrap_or(view.catalog.currency));
    let afterwards = |label: Cow<'static, str>| {
        let amount = next_price.map_or(Cow::Borrowed("–"), |price| exact(price).into());
        line(label, Some(text!(seats_line_before, seats = seats)), amount)
    };
    if let Some(at) = starts_at {
        return vec![
            line(
                text!(seats_line_until, seats = paid.seats, day = day(at)),
                None,
                current_period_label(Some(subscription)),
            ),
            due_today(text!(checkout_note_tax), due_now.unwrap_or(nothing)),
            afterwards(text!(checkout_line_from, day = day(at))),
        ];
    }
    let every = afterwards(text!(checkout_line_each, cycle = subscription.cycle.as_str()));
    match due_now {
        _ if seats == paid.seats => vec![due_today(text!(checkout_note_tax), nothing), every],
        Some(due) => {
            let mut all = Vec::new();
            if seats > paid.seats {
                let more = text!(seats_line_more, seats = seats - paid.seats);
                all.push(line(more, Some(text!(seats_line_rest)), exact(due)));
            }
            all.push(due_today(text!(checkout_note_estimate, provider = provider), due));
            all.push(every);
            all
        }
        None => {
            let note = text!(seats_no_amount, provider = provider);
            vec![line(text!(checkout_due_today), Some(note), "–"), every]
        }
    }
}

/// Says what is charged when the viewer confirms.
fn charge(paid: &PaidSeats<'_>, preview: &SeatsPreview) -> Cow<'static, str> {
    let provider = paid.subscription.provider.title();
    if preview.starts_at.is_some() || preview.seats == paid.seats {
        return text!(seats_charge_nothing);
    }
    match preview.due_now {
        Some(due) if due.minor <= 0 => text!(seats_charge_nothing),
        Some(due) if paid.subscription.details.is_invoiced => {
            text!(seats_charge_invoice, provider = provider, price = exact(due))
        }
        Some(due) => text!(seats_charge, provider = provider, price = exact(due)),
        None if paid.subscription.details.is_invoiced => text!(seats_charge_unknown_invoice, provider = provider),
        None => text!(seats_charge_unknown, provider = provider),
    }
}
