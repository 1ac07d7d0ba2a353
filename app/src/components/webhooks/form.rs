//! The form that creates or changes an endpoint.

use std::borrow::Cow;

use billing::service::webhook::endpoint::ListedEndpoint;
use domain::tenant::webhook_event::WebhookEvent;
use leptos::prelude::*;
use locales::text;

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
pub(crate) fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "url" => text!(webhooks_url_wrong),
        "events" => text!(webhooks_events_wrong),
        "description" => text!(webhooks_description_wrong),
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

/// Describes an event.
fn meaning(event: WebhookEvent) -> Cow<'static, str> {
    match event {
        WebhookEvent::TenantCreated => text!(webhooks_event_tenant_created),
        WebhookEvent::TenantUpdated => text!(webhooks_event_tenant_updated),
        WebhookEvent::TenantDeleted => text!(webhooks_event_tenant_deleted),
        WebhookEvent::CheckoutCompleted => text!(webhooks_event_checkout_completed),
        WebhookEvent::TrialEnding => text!(webhooks_event_trial_ending),
        WebhookEvent::InvoicePaid => text!(webhooks_event_invoice_paid),
        WebhookEvent::InvoicePaymentFailed => text!(webhooks_event_invoice_payment_failed),
        WebhookEvent::SubscriptionUpdated => text!(webhooks_event_subscription_updated),
        WebhookEvent::LimitWarning => text!(webhooks_event_limit_warning),
        WebhookEvent::LimitReached => text!(webhooks_event_limit_reached),
        WebhookEvent::LimitCleared => text!(webhooks_event_limit_cleared),
    }
}

/// Renders the fields, with a box for each event that the endpoint can subscribe to.
pub(crate) fn fields(events: &[WebhookEvent], mistakes: &Mistakes, values: &Values) -> AnyView {
    let url = Field {
        name: "url",
        label: text!(webhooks_url),
        kind: "url",
        autocomplete: "off",
        hint: Some(text!(webhooks_url_hint)),
        wrong: mistakes.of("url"),
        value: values.url.clone(),
        max_chars: Some(2048),
        ..Field::default()
    };
    let description = Field {
        name: "description",
        label: text!(webhooks_description),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(webhooks_description_hint)),
        wrong: mistakes.of("description"),
        value: values.description.clone(),
        max_chars: Some(200),
        optional: true,
        ..Field::default()
    };
    let boxes = events.iter().map(|event| Tick {
        value: event.as_str(),
        title: event.as_str().into(),
        note: Some(meaning(*event)),
        ticked: values.events.iter().any(|chosen| chosen == event.as_str()),
    });
    let events =
        Ticks { name: "events", label: text!(webhooks_events), wrong: mistakes.of("events"), boxes: boxes.collect() };
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
