//! The list of endpoints, and the form that adds one.

use billing::service::webhook::endpoint::{ListedEndpoint, MAX_ENDPOINTS};
use leptos::prelude::*;

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
    let note = "Each message is signed as Standard Webhooks says. Any status from 200 to 299 takes it; else it is sent again \
                for more than a day.";
    let listed = entry("endpoints", "Endpoints", Some(note.into_any()), list(owner, endpoints));
    let is_full = u64::try_from(endpoints.len()).is_ok_and(|listed| listed >= MAX_ENDPOINTS);
    let adding = if !can_store_secrets {
        view! { <p>"No endpoint can be made here: SECRETS_KEY is not set. The person who runs this installation can set it."</p> }
            .into_any()
    } else if is_full {
        let words =
            format!("{} have {MAX_ENDPOINTS} endpoints. Delete one that is not needed to make another.", owner.may());
        view! { <p>{words}</p> }.into_any()
    } else {
        view! {
            <form class="stack" method="post" action=form_address(owner.forms().add)>
                {form::fields(owner.events(), mistakes, &form::Values::of(draft))}
                <button class="button main">"Add endpoint"</button>
            </form>
        }
        .into_any()
    };
    view! { {listed} {entry("new", "Add an endpoint", None, adding)} }.into_any()
}

fn list(owner: EndpointOwner<'_>, endpoints: &[ListedEndpoint]) -> AnyView {
    if endpoints.is_empty() {
        return view! {
            <div class="empty">
                <p>"No endpoints yet."</p>
                <p>"Add the address of a server of yours that takes a POST."</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        format!("Webhook endpoints of {}", owner.name()),
        [Column::Text("Address"), Column::Text("Receives"), Column::Text("State"), Column::Text("Made")],
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
            <td role="cell" data-label="Receives">{event_names(endpoint.events.as_deref())}</td>
            <td role="cell" data-label="State">{endpoint_state(endpoint)}</td>
            <td role="cell" data-label="Made"><span class="nowrap">{day(endpoint.created_at)}</span></td>
        </tr>
    }
    .into_any()
}
