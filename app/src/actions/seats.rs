//! The action that changes the number of seats that the workspace pays for.

use ::billing::service::{ServiceError, base::permission::Biller};
use domain::subscription::seats::SeatsView;
use leptos::prelude::*;

use crate::{
    actions::{in_workspace, redirect_with_error},
    request::{local_path::with_query, redirect},
};

/// The page that shows what a change of seats costs, and confirms it.
pub(crate) const SEATS_PATH: &str = "/membership/seats";
const MEMBERSHIP: &str = "/membership";

/// Reads a number of seats; `None` if the text is not a whole number.
pub(crate) fn parse_seats(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Changes the number of all seats to `seats`, as it was reviewed from `from` seats. Nothing is changed if the
/// workspace has another number by now, because the change would cost another amount.
#[server(prefix = "/rpc", endpoint = "change-seats")]
pub(crate) async fn change_seats(
    #[server(default)] seats: String,
    #[server(default)] from: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let wanted = parse_seats(&seats);
    let changed = async {
        let biller = Biller::person(&viewer)?;
        let wanted = wanted.ok_or_else(|| ServiceError::field("seats", "Write a whole number of seats."))?;
        let before = services.subscriptions().seats(biller.tenant()).await?;
        if parse_seats(&from) != Some(before.seats) {
            return Err(ServiceError::Conflict("The number of seats has changed. Review the change again."));
        }
        let after = services.subscriptions().change_seats(&biller, wanted).await?;
        Ok::<_, ServiceError>((before, after))
    };
    match changed.await {
        Ok((before, after)) => redirect(&with_query(MEMBERSHIP, &[("code", outcome(&before, &after))])),
        Err(error) => {
            let pairs = wanted.map(|wanted| ("seats", wanted.to_string())).into_iter().collect();
            redirect_with_error(SEATS_PATH, pairs, &error);
        }
    }
    Ok(())
}

/// Returns the code of the notice about the change.
fn outcome(before: &SeatsView, after: &SeatsView) -> &'static str {
    if after.pending.is_some() {
        "seats_scheduled"
    } else if before.pending.is_some() && after.seats == before.seats {
        "seats_kept"
    } else {
        "seats_changed"
    }
}

#[cfg(test)]
mod tests {
    use domain::{catalog::Cycle, subscription::seats::PendingSeats, time::Timestamp};

    use super::*;

    #[test]
    fn a_number_of_seats_is_a_whole_number() {
        assert_eq!(parse_seats(" 12 "), Some(12));
        for wrong in ["", "-1", "1.5", "many", "99999999999999999999"] {
            assert_eq!(parse_seats(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_change_is_done_scheduled_or_taken_back() {
        let view = |seats, pending| SeatsView {
            plan: "team".parse().unwrap(),
            seats,
            included: 0,
            min: 2,
            max: None,
            in_use: 4,
            price: None,
            cycle: Cycle::Monthly,
            pending,
        };
        let fewer = Some(PendingSeats { seats: 8, at: Timestamp::from_secs(1_768_000_000) });
        assert_eq!(outcome(&view(12, None), &view(14, None)), "seats_changed");
        assert_eq!(outcome(&view(12, None), &view(12, fewer)), "seats_scheduled");
        assert_eq!(outcome(&view(12, fewer), &view(12, None)), "seats_kept");
        assert_eq!(outcome(&view(12, fewer), &view(14, None)), "seats_changed");
    }
}
