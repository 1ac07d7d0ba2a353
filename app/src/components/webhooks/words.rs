//! Texts about the last action on webhooks.

use billing::service::webhook::endpoint::{Deliveries, Delivery, DeliveryState, ListedEndpoint, MAX_ENDPOINTS, PING};
use domain::{error_code::ErrorCode, tenant::webhook_event::WebhookEvent};
use leptos::prelude::*;

use super::owner::EndpointOwner;
use crate::{
    components::{
        icon::{Tone, state},
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
    wording::day,
};

/// Renders the notice for the code in the query.
pub(crate) fn answered(req: &PageRequest, owner: EndpointOwner<'_>) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code, owner)?))
}

/// Like [`answered`], above the delivery log. Omits what the log already shows.
pub(crate) fn answered_above(req: &PageRequest, log: &Deliveries, owner: EndpointOwner<'_>) -> Option<AnyView> {
    let code = req.query("code")?;
    let answer = match code.as_str() {
        "pinged" => log.items.iter().find(|sent| sent.event == PING).and_then(of_ping),
        "resent" => (!log.items.iter().any(is_on_its_way)).then(|| Answer {
            tone: Tone::Off,
            head: "The message was sent again".to_owned(),
            body: "How it went stands among the deliveries.".to_owned(),
        }),
        _ => None,
    };
    Some(answer::notice(req, &code, answer.or_else(|| words(&code, owner))?))
}

fn is_on_its_way(sent: &Delivery) -> bool {
    matches!(sent.state, DeliveryState::Waiting { .. })
}

/// Returns the notice about a ping's result; `None` until its first attempt has ended.
fn of_ping(ping: &Delivery) -> Option<Answer> {
    let (tone, head, body) = match ping.state {
        DeliveryState::Waiting { .. } if ping.last.is_none() => return None,
        DeliveryState::Delivered { .. } => (Tone::Ok, "The ping was taken", "It stands first among the deliveries."),
        DeliveryState::Waiting { .. } | DeliveryState::Failed => {
            (Tone::Near, "The ping was not taken", "Why not stands first among the deliveries.")
        }
    };
    Some(Answer { tone, head: head.to_owned(), body: body.to_owned() })
}

fn words(code: &str, owner: EndpointOwner<'_>) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let name = owner.name();
    let (tone, head, body) = match Outcome::of(code) {
        Done("changed") => (Tone::Ok, "The endpoint is changed", "What happens from now on goes there so.".to_owned()),
        Done("enabled") => (Tone::Ok, "The endpoint is enabled", "It receives events from now on.".to_owned()),
        Done("deleted") => (Tone::Ok, "The endpoint is deleted", "Nothing is sent there any more.".to_owned()),
        Done("pinged") => (
            Tone::Ok,
            "A ping is on its way",
            "How it went stands first among the deliveries. Load the page again in a moment.".to_owned(),
        ),
        Done("resent") => (
            Tone::Ok,
            "The message is on its way again",
            "It goes under the same id. Load the page again in a moment.".to_owned(),
        ),
        Refused(ErrorCode::NotFound) => (Tone::Off, owner.unknown_endpoint(), "Nothing was changed.".to_owned()),
        Refused(ErrorCode::Conflict) => (
            Tone::Near,
            "Nothing was sent",
            "The endpoint is disabled, or has pings waiting. Enable it, or wait a moment.".to_owned(),
        ),
        Refused(ErrorCode::Throttled) => (
            Tone::Near,
            "That was often enough for now",
            "Nothing was sent or changed. Wait a moment, then try again.".to_owned(),
        ),
        Refused(ErrorCode::Busy) => {
            (Tone::Near, "Too much is going on at once", "Nothing was changed. Try again in a few seconds.".to_owned())
        }
        Refused(ErrorCode::TooManyWebhookEndpoints) => (
            Tone::Near,
            "No endpoint was made",
            format!("{name} has {MAX_ENDPOINTS} endpoints, as many as there may be. Delete one that is not needed."),
        ),
        Refused(ErrorCode::SecretsNotConfigured) => (
            Tone::Off,
            "No secret can be kept here",
            "The person who runs this installation can set SECRETS_KEY.".to_owned(),
        ),
        Refused(ErrorCode::AdminRequired) => (
            Tone::Off,
            "That is for an owner or an admin",
            format!("Only an owner or an admin of {name} can change its endpoints."),
        ),
        Refused(ErrorCode::Internal) => (Tone::Stop, "Something broke on our side", "Nothing was changed.".to_owned()),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body })
}

/// Names the events that the endpoint is subscribed to. `None` means every event.
pub(crate) fn event_names(events: Option<&[WebhookEvent]>) -> String {
    let Some(events) = events else { return "every event".to_owned() };
    events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(", ")
}

/// Renders the endpoint's state.
pub(crate) fn endpoint_state(endpoint: &ListedEndpoint) -> AnyView {
    match (endpoint.disabled, endpoint.failing_since) {
        (Some(_), _) => state(Tone::Off, "disabled".to_owned()).into_any(),
        (None, Some(since)) => state(Tone::Near, format!("failing since {}", day(since))).into_any(),
        (None, None) => state(Tone::Ok, "enabled".to_owned()).into_any(),
    }
}

#[cfg(test)]
mod tests {
    use billing::service::webhook::endpoint::Attempt;
    use domain::time::Timestamp;

    use super::*;
    use crate::components::notice::answer::assert_answers;

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::NotFound,
            ErrorCode::Conflict,
            ErrorCode::Throttled,
            ErrorCode::Busy,
            ErrorCode::TooManyWebhookEndpoints,
            ErrorCode::SecretsNotConfigured,
            ErrorCode::AdminRequired,
            ErrorCode::Internal,
        ];
        for owner in [EndpointOwner::Workspace("Acme"), EndpointOwner::Installation] {
            assert_answers(&["changed", "enabled", "deleted", "pinged", "resent"], &own, |code| words(code, owner));
        }
    }

    #[test]
    fn a_ping_is_pending_until_its_first_attempt() {
        let at = Timestamp::from_secs(0);
        let ping = |state, attempts, last| Delivery {
            id: "msg_1".to_owned(),
            event: PING.to_owned(),
            body: String::new(),
            created_at: at,
            attempts,
            state,
            last,
        };
        let waiting = DeliveryState::Waiting { next_try_at: at };
        let tried = || Some(Attempt { at, ..Attempt::default() });
        for (state, attempts, last, head) in [
            (waiting, 0, None, None),
            (waiting, 1, None, None),
            (waiting, 1, tried(), Some("The ping was not taken")),
            (DeliveryState::Failed, 5, tried(), Some("The ping was not taken")),
            (DeliveryState::Delivered { at }, 1, tried(), Some("The ping was taken")),
        ] {
            let said = of_ping(&ping(state, attempts, last)).map(|answer| answer.head);
            assert_eq!(said.as_deref(), head);
        }
    }
}
