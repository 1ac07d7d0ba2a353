//! The seats that the workspace pays for, on the membership page: a fact, a link to change them, and a notice about fewer
//! to come.

use domain::{subscription::seats::PendingSeats, wire::MembershipView};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::seats::{PaidSeats, paid_seats};
use crate::{
    actions::seats::{ChangeSeats, SEATS_PATH},
    components::{facts::Fact, icon::Tone, notice::notice},
    request::drawn_for::form_address,
    wording::{day, exact, number},
};

/// Builds the fact of the membership page: "12", "9 in use, $12.00 per seat per month".
pub(crate) fn seats_fact(view: &MembershipView) -> Option<Fact> {
    let paid = paid_seats(view)?;
    let PaidSeats { subscription, sold, seats, in_use: used } = paid;
    let cycle = subscription.cycle.as_str();
    let footnote = match (paid.price(view).map(exact), sold.included) {
        (None, _) => text!(seats_in_use, used = used),
        (Some(each), 0) => text!(seats_in_use_each, cycle = cycle, used = used, price = each),
        (Some(each), included) => {
            text!(seats_in_use_beyond, cycle = cycle, used = used, included = included, price = each)
        }
    };
    Some(Fact { label: text!(seats_title), figure: number(seats).into(), footnote })
}

/// Renders the link to the page that changes the number of seats; `None` for a viewer who may not, and without seats.
pub(crate) fn seats_link(view: &MembershipView) -> Option<AnyView> {
    let may_change = view.viewer.current_membership.role.may_bill() && paid_seats(view).is_some();
    may_change.then(|| view! { <a href=SEATS_PATH>{text!(seats_change)}</a> }.into_any())
}

/// Renders the notice about fewer seats from the next period on, with the form that takes them back.
pub(crate) fn pending_seats_notice(view: &MembershipView) -> Option<AnyView> {
    let paid = paid_seats(view)?;
    let PendingSeats { seats, at } = paid.subscription.details.pending_seats?;
    let form = if view.viewer.current_membership.role.may_bill() {
        view! {
            <form class="actions" method="post" action=form_address(ChangeSeats::PATH)>
                <input type="hidden" name="seats" value=paid.seats.to_string()/>
                <input type="hidden" name="from" value=paid.seats.to_string()/>
                <button class="button">{text!(seats_keep, seats = paid.seats)}</button>
            </form>
        }
        .into_any()
    } else {
        let workspace = &view.viewer.current_membership.tenant_name;
        view! { <p>{text!(status_admins_can_keep, workspace = workspace)}</p> }.into_any()
    };
    let body = view! { <p>{text!(seats_pending_means, seats = paid.seats)}</p>{form} };
    Some(notice(Tone::Near, text!(seats_pending, seats = seats, day = day(at)), body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::seats::{on_free, on_team};

    #[test]
    fn the_fact_states_seats_in_use_and_their_price() {
        let fact = seats_fact(&on_team()).unwrap();
        assert_eq!((&*fact.figure, &*fact.footnote), ("12", "4 in use, $12.00 per seat per month"));
        assert_eq!(seats_fact(&on_free()), None);
    }
}
