//! Texts about the last action on webhooks.

use std::borrow::Cow;

use billing::service::webhook::endpoint::{Deliveries, Delivery, DeliveryState, ListedEndpoint, MAX_ENDPOINTS, PING};
use domain::{error_code::ErrorCode, tenant::webhook_event::WebhookEvent};
use leptos::prelude::*;
use locales::text;

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
            head: text!(webhooks_resent_title),
            body: text!(webhooks_resent),
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
        DeliveryState::Delivered { .. } => {
            (Tone::Ok, text!(webhooks_ping_delivered_title), text!(webhooks_ping_delivered))
        }
        DeliveryState::Waiting { .. } | DeliveryState::Failed => {
            (Tone::Near, text!(webhooks_ping_failed_title), text!(webhooks_ping_failed))
        }
    };
    Some(Answer { tone, head, body })
}

fn words(code: &str, owner: EndpointOwner<'_>) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("changed") => (Tone::Ok, text!(webhooks_changed_title), text!(webhooks_changed)),
        Done("enabled") => (Tone::Ok, text!(webhooks_enabled_title), text!(webhooks_enabled_answer)),
        Done("deleted") => (Tone::Ok, text!(webhooks_deleted_title), text!(webhooks_deleted)),
        Done("pinged") => (Tone::Ok, text!(webhooks_pinged_title), text!(webhooks_pinged)),
        Done("resent") => (Tone::Ok, text!(webhooks_resending_title), text!(webhooks_resending)),
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(webhooks_not_found_title), owner.not_found()),
        Refused(ErrorCode::Conflict) => (Tone::Near, text!(webhooks_conflict_title), text!(webhooks_conflict)),
        Refused(ErrorCode::Throttled) => (Tone::Near, text!(webhooks_throttled_title), text!(webhooks_throttled)),
        Refused(ErrorCode::Busy) => (Tone::Near, text!(webhooks_busy_title), text!(webhooks_busy)),
        Refused(ErrorCode::TooManyWebhookEndpoints) => {
            (Tone::Near, text!(webhooks_not_added_title), owner.too_many(MAX_ENDPOINTS))
        }
        Refused(ErrorCode::SecretsNotConfigured) => {
            (Tone::Off, text!(webhooks_secrets_not_configured_title), text!(webhooks_secrets_not_configured))
        }
        Refused(ErrorCode::AdminRequired) => {
            let (head, body) = owner.admin_required();
            (Tone::Off, head, body)
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(webhooks_internal_title), text!(webhooks_internal)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

/// Names the events that an endpoint is subscribed to, in a table. `None` means every event.
pub(crate) fn event_names(events: Option<&[WebhookEvent]>) -> Cow<'static, str> {
    events.map_or_else(|| text!(webhooks_events_all), |events| joined(events).into())
}

/// Like [`event_names`], with a label.
pub(crate) fn received_events(events: Option<&[WebhookEvent]>) -> Cow<'static, str> {
    events.map_or_else(|| text!(webhooks_receives_all), |events| text!(webhooks_receives, events = joined(events)))
}

fn joined(events: &[WebhookEvent]) -> String {
    events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(", ")
}

/// Renders the endpoint's state.
pub(crate) fn endpoint_state(endpoint: &ListedEndpoint) -> AnyView {
    match (endpoint.disabled, endpoint.failing_since) {
        (Some(_), _) => state(Tone::Off, text!(webhooks_disabled)).into_any(),
        (None, Some(since)) => state(Tone::Near, text!(webhooks_failing, day = day(since))).into_any(),
        (None, None) => state(Tone::Ok, text!(webhooks_enabled)).into_any(),
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
            (waiting, 1, tried(), Some("Ping not delivered")),
            (DeliveryState::Failed, 5, tried(), Some("Ping not delivered")),
            (DeliveryState::Delivered { at }, 1, tried(), Some("Ping delivered")),
        ] {
            let said = of_ping(&ping(state, attempts, last)).map(|answer| answer.head);
            assert_eq!(said.as_deref(), head);
        }
    }
}
