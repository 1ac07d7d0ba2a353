//! The delivery log of an endpoint.

use billing::service::webhook::endpoint::{Deliveries, Delivery, DeliveryState, ListedEndpoint};
use leptos::prelude::*;
use locales::text;

use super::owner::EndpointOwner;
use crate::{
    components::{
        icon::{Tone, state},
        table::{Column, RowAlign, record_table},
    },
    request::{drawn_for::form_address, local_path::with_query},
    wording::minute,
};

/// Number of a response's characters shown; the API returns more.
const SHOWN_OF_ANSWER: usize = 120;

pub(crate) fn log(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint, log: &Deliveries) -> AnyView {
    if log.items.is_empty() {
        return view! {
            <div class="empty">
                <p>{text!(webhooks_no_deliveries)}</p>
                <p>{text!(webhooks_no_deliveries_hint)}</p>
            </div>
        }
        .into_any();
    }
    let older = log.next.as_ref().map(|next| {
        let older = format!("{}#deliveries", with_query(&owner.page_of(&endpoint.id), &[("before", next)]));
        view! { <div class="actions"><a class="button" href=older>{text!(webhooks_older)}</a></div> }
    });
    let can_send = endpoint.disabled.is_none();
    let mut columns = vec![
        Column::Text(text!(webhooks_column_event)),
        Column::Text(text!(webhooks_column_time)),
        Column::Text(text!(webhooks_column_status)),
        Column::Text(text!(webhooks_column_response)),
    ];
    if can_send {
        columns.push(Column::Button(text!(webhooks_resend)));
    }
    let rows = log.items.iter().map(|delivery| row(owner, &endpoint.id, delivery, can_send)).collect_view();
    let table = record_table(RowAlign::Middle, text!(webhooks_deliveries_caption, url = &endpoint.url), columns, rows);
    view! {
        {table}
        {older}
    }
    .into_any()
}

fn row(owner: EndpointOwner<'_>, endpoint: &str, delivery: &Delivery, can_send: bool) -> AnyView {
    let Delivery { id, event, body: _, created_at, attempts, state: delivery_state, last } = delivery;
    let again = can_send.then(|| {
        view! {
            <td role="cell" class="num">
                <form method="post" action=form_address(owner.forms().resend)>
                    <input type="hidden" name="id" value=endpoint.to_owned()/>
                    <input type="hidden" name="delivery" value=id.clone()/>
                    <button class="plain">
                        {text!(webhooks_resend)}<span class="unseen">{format!(" {event} {id}")}</span>
                    </button>
                </form>
            </td>
        }
    });
    let said = last.as_ref().map(|last| {
        let status = last.status.map(|status| view! { <span>{status.to_string()}</span> });
        let text = last.error.clone().or_else(|| last.answer.clone()).filter(|text| !text.is_empty());
        let text = text.map(|text| {
            let shown: String = text.chars().take(SHOWN_OF_ANSWER).collect();
            view! { " "<span class="note breaking">{shown}</span> }
        });
        view! { {status}{text} }
    });
    let tries = match attempts {
        0 => text!(webhooks_not_attempted),
        attempts => text!(webhooks_attempts, attempts = *attempts),
    };
    let (sign, then) = match delivery_state {
        DeliveryState::Waiting { next_try_at } if *attempts > 0 => (
            state(Tone::Near, text!(webhooks_pending)).into_any(),
            text!(webhooks_attempts_next, attempts = *attempts, time = minute(*next_try_at)),
        ),
        DeliveryState::Waiting { .. } => (state(Tone::Near, text!(webhooks_pending)).into_any(), tries),
        DeliveryState::Delivered { .. } => (state(Tone::Ok, text!(webhooks_delivered)).into_any(), tries),
        DeliveryState::Failed => (state(Tone::Stop, text!(webhooks_failed)).into_any(), tries),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{event.clone()}</span><br/><code class="note breaking">{id.clone()}</code>
            </th>
            <td role="cell" data-label=text!(webhooks_column_time)>{minute(*created_at)}</td>
            <td role="cell" data-label=text!(webhooks_column_status)>{sign}<br/><span class="note">{then}</span></td>
            <td role="cell" data-label=text!(webhooks_column_response)>{said}</td>
            {again}
        </tr>
    }
    .into_any()
}
