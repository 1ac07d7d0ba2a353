//! The field for the number of seats in an order. It shows the review again, with another number.

use domain::{
    catalog::{Plan, Seats},
    wire::OrderReview,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        form::{field::Field, mistakes::Mistakes},
        membership::seats::{order_mistake, seats_hint},
    },
    request::PageRequest,
};

/// The name of the field, in the query, in forms and in errors.
pub(super) const SEATS: &str = "seats";

/// The field, for an order of a plan with seats.
#[derive(Clone, Debug, Default)]
pub(super) struct SeatsField {
    /// What the plan sells, and what the input shows.
    shown: Option<(Seats, String)>,
    mistakes: Mistakes,
}

impl SeatsField {
    /// Reads the number from the query. The field is empty for a plan without seats, and for a viewer who can't order.
    pub(super) fn of(review: &OrderReview, plan: &Plan, req: &PageRequest) -> Self {
        let view = &review.membership;
        let sold = plan.seats.as_ref().filter(|_| view.viewer.current_membership.role.may_bill());
        let Some((sold, seats)) = sold.zip(review.seats) else { return Self::default() };
        let entered = req.query(SEATS).filter(|text| !text.is_empty());
        let wrong = entered.as_deref().and_then(|text| order_mistake(view, plan, text));
        let text = entered.filter(|_| wrong.is_some()).unwrap_or_else(|| seats.to_string());
        let mistakes = Mistakes::new(wrong.map(|wrong| (SEATS, wrong)).into_iter().collect());
        Self { shown: Some((sold.clone(), text)), mistakes }
    }

    /// Renders the error above the page's title; `None` without one.
    pub(super) fn summary(&self) -> Option<AnyView> {
        self.mistakes.summary()
    }

    /// Renders the form; `None` without a field.
    pub(super) fn form(self, review: &OrderReview) -> Option<AnyView> {
        let (sold, text) = self.shown?;
        let field = Field {
            name: SEATS,
            label: text!(seats_field),
            kind: "number",
            autocomplete: "off",
            hint: Some(seats_hint(&sold)),
            wrong: self.mistakes.of(SEATS),
            value: text,
            least: Some(sold.min),
            most: sold.max,
            ..Field::default()
        };
        let (plan, cycle) = (review.plan.to_string(), review.cycle.as_str());
        let currency = review.membership.chosen_currency();
        let currency = currency.map(|currency| view! { <input type="hidden" name="currency" value=currency.code()/> });
        Some(
            view! {
                <form class="stack" method="get" action="/checkout">
                    <input type="hidden" name="plan" value=plan/>
                    <input type="hidden" name="cycle" value=cycle/>
                    {currency}
                    {field.view()}
                    <button class="button">{text!(seats_update)}</button>
                </form>
            }
            .into_any(),
        )
    }
}
