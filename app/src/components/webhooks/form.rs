//! The form that creates or changes an endpoint.

use billing::service::webhook::endpoint::ListedEndpoint;
use domain::tenant::webhook_event::WebhookEvent;
use leptos::prelude::*;

use crate::{
    components::form::{
        field::Field,
        mistakes::Mistakes,
        ticks::{Tick, Ticks},
    },
    request::draft::Draft,
};

pub(crate) const FIELDS: [&str; 3] = ["url", "events", "description"];

/// Returns the error message for an invalid value of `field`; `None` for an unknown field.
pub(crate) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "url" => {
            "Write an https address on the internet, without user and #, at port 443, 80 or one from 1024 on".to_owned()
        }
        "events" => "Choose events of the list, or none for all of them".to_owned(),
        "description" => "Write at most 200 characters, on one line".to_owned(),
        _ => return None,
    })
}

/// The form's initial values.
pub(crate) struct Values {
    url: String,
    description: String,
    events: Vec<String>,
}

impl Values {
    /// The values of a rejected submit, if any.
    pub(crate) fn of(draft: &Draft) -> Self {
        Self {
            url: draft.value("url"),
            description: draft.value("description"),
            events: draft.values("events").map(str::to_owned).collect(),
        }
    }

    pub(crate) fn as_it_is(endpoint: &ListedEndpoint) -> Self {
        let events = endpoint.events.iter().flatten().map(|event| event.as_str().to_owned());
        Self { url: endpoint.url.clone(), description: endpoint.description.clone(), events: events.collect() }
    }
}

const fn meaning(event: WebhookEvent) -> &'static str {
    match event {
        WebhookEvent::TenantCreated => "A workspace was made",
        WebhookEvent::TenantUpdated => "Name, address, metadata or external id changed",
        WebhookEvent::TenantDeleted => "A workspace was deleted",
        WebhookEvent::CheckoutCompleted => "A checkout was paid, or its trial began",
        WebhookEvent::TrialEnding => "A trial ends soon, and is paid then",
        WebhookEvent::InvoicePaid => "A payment arrived",
        WebhookEvent::InvoicePaymentFailed => "A payment failed",
        WebhookEvent::SubscriptionUpdated => "Plan, status, cycle or dates changed",
        WebhookEvent::LimitWarning => "A limit is near",
        WebhookEvent::LimitReached => "A limit is reached",
        WebhookEvent::LimitCleared => "A limit is far again",
    }
}

/// Renders the fields, with a box for each event that the endpoint can subscribe to.
pub(crate) fn fields(events: &[WebhookEvent], mistakes: &Mistakes, values: &Values) -> AnyView {
    let url = Field {
        name: "url",
        label: "Address",
        kind: "url",
        autocomplete: "off",
        hint: Some("Of a server of yours, as https://example.com/hooks/dues.".to_owned()),
        wrong: mistakes.of("url"),
        value: values.url.clone(),
        max_chars: Some(2048),
        ..Field::default()
    };
    let description = Field {
        name: "description",
        label: "Description",
        kind: "text",
        autocomplete: "off",
        hint: Some("For you: what listens there.".to_owned()),
        wrong: mistakes.of("description"),
        value: values.description.clone(),
        max_chars: Some(200),
        optional: true,
        ..Field::default()
    };
    let boxes = events.iter().map(|event| Tick {
        value: event.as_str(),
        title: event.as_str(),
        note: Some(meaning(*event)),
        ticked: values.events.iter().any(|chosen| chosen == event.as_str()),
    });
    let events = Ticks {
        name: "events",
        label: "Events (none ticked: every event)",
        wrong: mistakes.of("events"),
        boxes: boxes.collect(),
    };
    view! { {url.view()} {events.view()} {description.view()} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::form::mistakes::assert_messages;

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, mistake);
    }
}
