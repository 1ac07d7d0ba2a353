//! The list of endpoints, and the form that adds one.

use billing::service::{
    base::idempotency::KeyedRequest,
    webhook::endpoint::{ListedEndpoint, MAX_ENDPOINTS},
};
use leptos::prelude::*;
use locales::text;

use super::{
    form,
    owner::EndpointOwner,
    words::{endpoint_state, event_names},
};
use crate::{
    components::{
        form::mistakes::Mistakes,
        page::entry::entry,
        table::{Column, RowAlign, record_table},
    },
    request::{draft::Draft, drawn_for::form_address},
    wording::day,
};

/// Renders two sections: the list of endpoints, and the form that adds one or why none can be added.
pub(crate) fn sections(
    owner: EndpointOwner<'_>,
    endpoints: &[ListedEndpoint],
    can_store_secrets: bool,
    mistakes: &Mistakes,
    draft: &Draft,
) -> AnyView {
    let note = text!(webhooks_list_note).into_any();
    let listed = entry("endpoints", text!(webhooks_list), Some(note), list(owner, endpoints));
    let is_full = u64::try_from(endpoints.len()).is_ok_and(|listed| listed >= MAX_ENDPOINTS);
    let adding = if !can_store_secrets {
        view! { <p>{text!(webhooks_no_secrets)}</p> }.into_any()
    } else if is_full {
        view! { <p>{owner.full(MAX_ENDPOINTS)}</p> }.into_any()
    } else {
        view! {
            <form class="stack" method="post" action=form_address(owner.forms().add)>
                <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
                {form::fields(owner.events(), mistakes, &form::Values::of(draft))}
                <button class="button main">{text!(webhooks_add)}</button>
            </form>
        }
        .into_any()
    };
    view! { {listed} {entry("new", text!(webhooks_new), None, adding)} }.into_any()
}

fn list(owner: EndpointOwner<'_>, endpoints: &[ListedEndpoint]) -> AnyView {
    if endpoints.is_empty() {
        return view! {
            <div class="empty">
                <p>{text!(webhooks_none)}</p>
                <p>{text!(webhooks_none_hint)}</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        owner.caption(),
        [
            Column::Text(text!(webhooks_column_url)),
            Column::Text(text!(webhooks_column_events)),
            Column::Text(text!(webhooks_column_status)),
            Column::Text(text!(webhooks_column_created)),
        ],
        endpoints.iter().map(|endpoint| row(owner, endpoint)).collect_view(),
    )
}

fn row(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint) -> AnyView {
    let description = (!endpoint.description.is_empty())
        .then(|| view! { <br/><span class="note breaking">{endpoint.description.clone()}</span> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a class="breaking" href=owner.page_of(&endpoint.id)>{endpoint.url.clone()}</a>{description}
            </th>
            <td role="cell" data-label=text!(webhooks_column_events)>{event_names(endpoint.events.as_deref())}</td>
            <td role="cell" data-label=text!(webhooks_column_status)>{endpoint_state(endpoint)}</td>
            <td role="cell" data-label=text!(webhooks_column_created)>
                <span class="nowrap">{day(endpoint.created_at)}</span>
            </td>
        </tr>
    }
    .into_any()
}
