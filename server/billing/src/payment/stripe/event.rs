//! Stripe's events, from webhooks and from its list (Stripe: "The Event object").

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use stripe_core::event::ListEvent;
use stripe_types::RangeQueryTs;

use super::{
    Stripe,
    answer::{Elements, Page},
    is_object_id,
};
use crate::payment::{
    EventPage, EventSubject, ProviderError, ProviderEvent, WebhookError,
    event_field::{Field, TextField},
};

const PAGE: i64 = 100;
const MAX_KIND_CHARS: usize = 255;

/// The fields of an event that Dues reads.
#[derive(Deserialize)]
struct EventBody<'a> {
    #[serde(borrow)]
    id: Option<IdField<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<TextField<'a>>,
    #[serde(borrow)]
    data: Option<Field<'a, EventData<'a>>>,
}

#[derive(Deserialize)]
struct EventData<'a> {
    #[serde(borrow)]
    object: Option<Field<'a, EventObject<'a>>>,
}

/// The object of an event, of any type.
#[derive(Deserialize)]
struct EventObject<'a> {
    #[serde(borrow)]
    id: Option<IdField<'a>>,
    #[serde(borrow)]
    customer: Option<IdField<'a>>,
    #[serde(borrow)]
    subscription: Option<IdField<'a>>,
    #[serde(borrow)]
    released_subscription: Option<IdField<'a>>,
    #[serde(borrow)]
    parent: Option<Field<'a, InvoiceParent<'a>>>,
}

#[derive(Deserialize)]
struct InvoiceParent<'a> {
    #[serde(borrow)]
    subscription_details: Option<Field<'a, SubscriptionDetails<'a>>>,
}

#[derive(Deserialize)]
struct SubscriptionDetails<'a> {
    #[serde(borrow)]
    subscription: Option<IdField<'a>>,
}

/// An id, or an expanded object that has one.
type IdField<'a> = Field<'a, Expanded<'a>>;

#[derive(Deserialize)]
struct Expanded<'a> {
    #[serde(borrow)]
    id: Option<TextField<'a>>,
}

/// Parses a body whose signature was verified. An event whose type Dues does not act on, or whose object lacks
/// the expected id (API versions differ), has the subject [`EventSubject::Other`].
pub(super) fn read(body: &[u8]) -> Result<ProviderEvent, WebhookError> {
    let event: Field<'_, EventBody<'_>> = serde_json::from_slice(body).map_err(|_| WebhookError::NotAnEvent)?;
    event.object().and_then(to_event).ok_or(WebhookError::NotAnEvent)
}

/// Converts an event of Stripe's list; `None` if it is not an event.
fn read_listed(event: &Value) -> Option<ProviderEvent> {
    let event = Field::<'_, EventBody<'_>>::deserialize(event).ok()?;
    event.object().and_then(to_event)
}

/// Converts an event; `None` without an id or a type.
fn to_event(event: &EventBody<'_>) -> Option<ProviderEvent> {
    let EventBody { id, kind, data } = event;
    let id = object_id(id.as_ref())?;
    let kind = kind.as_ref().and_then(Field::text).filter(|kind| {
        (1..=MAX_KIND_CHARS).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_graphic())
    })?;
    let object = data.as_ref().and_then(Field::object).and_then(|data| data.object.as_ref()?.object());
    let subject = object.and_then(|object| subject(kind, object)).unwrap_or(EventSubject::Other);
    let customer = object.and_then(|object| object_id(object.customer.as_ref()));
    Some(ProviderEvent { id, kind: kind.to_owned(), subject, customer })
}

impl Stripe {
    /// Returns a page of the events since `since`. Stripe lists events of the last 30 days (Stripe: "List all events").
    pub(super) async fn events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError> {
        let mut request = ListEvent::new().created(RangeQueryTs::gte(since.as_secs())).limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page: Page<Value> = self.call(&request, None).await?;
        let Elements { readable, last, first: _ } = page.data;
        let made_at = |event: &Value| event.get("created").and_then(Value::as_i64).map(Timestamp::from_secs);
        Ok(EventPage {
            newest_at: readable.iter().filter_map(made_at).max(),
            next: last.filter(|last| page.has_more && is_object_id(last)),
            events: readable.iter().filter_map(read_listed).collect(),
        })
    }
}

fn subject(kind: &str, object: &EventObject<'_>) -> Option<EventSubject> {
    let EventObject { id, customer, subscription, released_subscription, parent } = object;
    if kind.starts_with("customer.subscription.") {
        Some(EventSubject::Subscription { id: object_id(id.as_ref())? })
    } else if kind.starts_with("customer.discount.") {
        Some(EventSubject::Customer { id: object_id(customer.as_ref())? })
    } else if kind.starts_with("checkout.session.") {
        Some(EventSubject::CheckoutSession { id: object_id(id.as_ref())? })
    } else if kind.starts_with("subscription_schedule.") {
        // A released schedule names its former subscription.
        let id = object_id(subscription.as_ref()).or_else(|| object_id(released_subscription.as_ref()))?;
        Some(EventSubject::Subscription { id })
    } else if kind.starts_with("invoice.") {
        // Since API version 2025-03-31 the id is in `parent`. Dues creates no invoice without a subscription.
        let parent = parent.as_ref().and_then(Field::object);
        let details = parent.and_then(|parent| parent.subscription_details.as_ref()?.object());
        let id = object_id(details.and_then(|details| details.subscription.as_ref()));
        let id = id.or_else(|| object_id(subscription.as_ref()))?;
        Some(EventSubject::Subscription { id })
    } else {
        None
    }
}

/// Returns the id in a field that holds an id or an expanded object.
fn object_id(field: Option<&IdField<'_>>) -> Option<String> {
    let field = field?;
    let id = field.text().or_else(|| field.object()?.id.as_ref()?.text())?;
    is_object_id(id).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const SUBSCRIPTION: &str = "sub_1Pgc6rB7WZ01zgkWNy0Cn5nw";

    fn subscription() -> EventSubject {
        EventSubject::Subscription { id: SUBSCRIPTION.to_owned() }
    }

    #[rstest]
    #[case::subscription(include_str!("../../../tests/data/event_subscription_updated.json"), subscription())]
    #[case::invoice(include_str!("../../../tests/data/event_invoice_paid.json"), subscription())]
    #[case::invoice_of_an_older_api(include_str!("../../../tests/data/event_invoice_paid_2024.json"), subscription())]
    #[case::checkout(
        include_str!("../../../tests/data/event_checkout_completed.json"),
        EventSubject::CheckoutSession { id: "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1OLY".to_owned() }
    )]
    #[case::customers_discount(
        r#"{"id":"evt_1Pgc76B7WZ01zgkWwyRHS12y","type":"customer.discount.created","data":{"object":{"id":"di_1","customer":"cus_1"}}}"#,
        EventSubject::Customer { id: "cus_1".to_owned() }
    )]
    #[case::unrelated_event(include_str!("../../../tests/data/event_plan_created.json"), EventSubject::Other)]
    fn an_event_names_the_object_to_fetch(#[case] body: &str, #[case] subject: EventSubject) {
        let event = read(body.as_bytes()).unwrap();
        assert_eq!(event.id, "evt_1Pgc76B7WZ01zgkWwyRHS12y");
        assert_eq!(event.subject, subject);
    }

    #[rstest]
    #[case::expanded(
        r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"subscription":{"id":"sub_1"},"customer":{"id":"cus_1"}}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    #[case::upcoming_invoice_without_id(
        r#"{"id":"evt_1","type":"invoice.upcoming","data":{"object":{"parent":{"subscription_details":{"subscription":"sub_1"}}}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    #[case::schedule(
        r#"{"id":"evt_1","type":"subscription_schedule.updated","data":{"object":{"id":"sub_sched_1","subscription":"sub_1"}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    #[case::released_schedule(
        r#"{"id":"evt_1","type":"subscription_schedule.released","data":{"object":{"id":"sub_sched_1","subscription":null,"released_subscription":"sub_1"}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    #[case::invoice_of_no_subscription(
        r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"id":"in_1"}}}"#,
        EventSubject::Other
    )]
    #[case::customer(
        r#"{"id":"evt_1","type":"customer.updated","data":{"object":{"id":"cus_1"}}}"#,
        EventSubject::Other
    )]
    #[case::no_object(r#"{"id":"evt_1","type":"checkout.session.completed"}"#, EventSubject::Other)]
    #[case::no_id(r#"{"id":"evt_1","type":"customer.subscription.updated","data":{"object":{}}}"#, EventSubject::Other)]
    #[case::path_as_id(
        r#"{"id":"evt_1","type":"customer.subscription.updated","data":{"object":{"id":"../customers/cus_1"}}}"#,
        EventSubject::Other
    )]
    fn an_event_without_a_valid_object_id_is_ignored(#[case] body: &str, #[case] subject: EventSubject) {
        assert_eq!(read(body.as_bytes()).unwrap().subject, subject);
    }

    #[rstest]
    #[case::id(r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"customer":"cus_1"}}}"#, Some("cus_1"))]
    #[case::expanded(
        r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"customer":{"id":"cus_1"}}}}"#,
        Some("cus_1")
    )]
    #[case::none(r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{}}}"#, None)]
    #[case::path_as_id(r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"customer":"../x"}}}"#, None)]
    fn an_event_names_its_customer(#[case] body: &str, #[case] customer: Option<&str>) {
        assert_eq!(read(body.as_bytes()).unwrap().customer.as_deref(), customer);
    }

    #[rstest]
    #[case("")]
    #[case("{")]
    #[case("[]")]
    #[case("null")]
    #[case("\"evt_1\"")]
    #[case(r#"{"type":"invoice.paid"}"#)]
    #[case(r#"{"id":"evt_1"}"#)]
    #[case(r#"{"id":1,"type":"invoice.paid"}"#)]
    #[case(r#"{"id":"","type":"invoice.paid"}"#)]
    #[case(r#"{"id":"evt_1","type":""}"#)]
    #[case(r#"{"id":"evt_1","type":"a\nb"}"#)]
    fn an_event_without_id_or_type_is_rejected(#[case] body: &str) {
        assert_eq!(read(body.as_bytes()), Err(WebhookError::NotAnEvent), "{body}");
    }

    #[rstest]
    #[case::in_other_fields(
        r#"{"livemode":true,"id":"evt_1","created":1.5e3,"type":"invoice.paid","data":{"previous":[1,[{}]],"object":{"subscription":"sub_1","lines":{"data":[{"id":"li_1"}]}}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    #[case::object_that_is_a_list(
        r#"{"id":"evt_1","type":"invoice.paid","data":{"object":[{"id":"in_1"}]}}"#,
        EventSubject::Other
    )]
    #[case::data_that_is_a_text(r#"{"id":"evt_1","type":"invoice.paid","data":"in_1"}"#, EventSubject::Other)]
    #[case::id_that_is_a_number(
        r#"{"id":"evt_1","type":"customer.subscription.updated","data":{"object":{"id":1,"customer":true}}}"#,
        EventSubject::Other
    )]
    #[case::no_parent(
        r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"parent":null,"subscription":"sub_1"}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    #[case::escaped_id(
        r#"{"id":"evt_1","type":"customer.subscription.updated","data":{"object":{"id":"sub\u005f1"}}}"#,
        EventSubject::Subscription { id: "sub_1".to_owned() }
    )]
    fn fields_of_any_type_are_read_or_skipped(#[case] body: &str, #[case] subject: EventSubject) {
        let event = read(body.as_bytes()).unwrap();
        assert_eq!((event.id.as_str(), &event.subject), ("evt_1", &subject));
        assert_eq!(read_listed(&serde_json::from_str(body).unwrap()), Some(event));
    }

    #[test]
    fn an_event_with_a_too_long_id_is_rejected() {
        let body = format!(r#"{{"id":"evt_{}","type":"invoice.paid"}}"#, "1".repeat(300));
        assert_eq!(read(body.as_bytes()), Err(WebhookError::NotAnEvent));
    }

    proptest! {
        #[test]
        fn random_bytes_are_rejected(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(read(&body), Err(WebhookError::NotAnEvent));
        }
    }
}
