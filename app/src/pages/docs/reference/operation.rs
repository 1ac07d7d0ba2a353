//! The section of one operation.

use leptos::prelude::*;

use super::{
    document::{Body, Operation, Response},
    schema::{Field, Shape},
};
use crate::pages::docs::code;

/// Renders an operation: its callers, a command, parameters, body and responses.
pub(super) fn operation(operation: &'static Operation) -> AnyView {
    let Operation {
        id, title, method, path, summary, about, callers, curl, parameters, body, responses, errors, ..
    } = operation;
    let callers = callers.iter().map(|caller| view! { <li>{caller.as_str()}</li> }).collect_view();
    let parameters = (!parameters.is_empty()).then(|| view! { <h3>"Parameters"</h3>{fields(parameters)} });
    let responses = responses.iter().map(response).collect_view();
    view! {
        <section class="operation" id=id.as_str()>
            <h2>{title.as_str()}</h2>
            <p class="call"><b>{method.as_str()}</b>" "<code>{path.as_str()}</code></p>
            <p inner_html=summary.as_str()></p>
            {description(about)}
            {code::block("sh", curl)}
            <h3>"Authentication"</h3>
            <ul>{callers}</ul>
            {parameters}
            {body.as_ref().map(request_body)}
            <h3>"Responses"</h3>
            {responses}
            {error_responses(errors)}
        </section>
    }
    .into_any()
}

/// Renders a description of several paragraphs; nothing for an empty one.
fn description(html: &'static str) -> Option<AnyView> {
    (!html.is_empty()).then(|| view! { <div class="stack" inner_html=html></div> }.into_any())
}

fn request_body(body: &'static Body) -> AnyView {
    let optional = if body.is_required { "" } else { " Optional." };
    view! {
        <h3>"Request body"</h3>
        <p class="note">{format!("{}.{optional}", body.content_types.join(", "))}</p>
        {shape(&body.shape)}
    }
    .into_any()
}

fn response(response: &'static Response) -> AnyView {
    let Response { status, about, content_type, shape: body, example } = response;
    let content_type = content_type.as_ref().map(|name| view! { <p class="note">{format!("{name}.")}</p> });
    let list = (!body.variants.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("Fields of {status}")}</summary>
                {shape(body)}
            </details>
        }
    });
    view! {
        <div class="response">
            <p><b>{status.as_str()}</b></p>
            {description(about)}
            {content_type}
            {list}
            {example.as_ref().map(|example| code::block("json", example))}
        </div>
    }
    .into_any()
}

/// Renders the responses of 400 and above, with the codes of each.
fn error_responses(errors: &'static [Response]) -> Option<AnyView> {
    let statuses = errors.iter().map(|error| error.status.as_str()).collect::<Vec<_>>().join(", ");
    let list = errors
        .iter()
        .map(|error| {
            view! { <div><dt>{error.status.as_str()}</dt><dd inner_html=error.about.as_str()></dd></div> }
        })
        .collect_view();
    (!errors.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("Errors: {statuses}")}</summary>
                <dl class="fields">{list}</dl>
            </details>
        }
        .into_any()
    })
}

/// Renders the fields of a body, or of each of its possible shapes.
fn shape(shape: &'static Shape) -> AnyView {
    match shape.variants.as_slice() {
        [] => view! { <p>{format!("{}.", capitalized(&shape.kind))}</p> }.into_any(),
        [only] => fields(only),
        several => several
            .iter()
            .enumerate()
            .map(|(at, variant)| {
                let lead = if at == 0 { "One of these shapes. The first:" } else { "Or:" };
                view! { <p>{lead}</p>{fields(variant)} }
            })
            .collect_view()
            .into_any(),
    }
}

fn fields(fields: &'static [Field]) -> AnyView {
    let rows = fields
        .iter()
        .map(|field| {
            let Field { name, kind, is_required, limits, about } = field;
            let required = is_required.then_some("required");
            let notes: Vec<_> =
                [kind.as_str()].into_iter().chain(required).chain(limits.iter().map(String::as_str)).collect();
            view! {
                <div>
                    <dt><code>{name.as_str()}</code>" "<span class="note">{notes.join(", ")}</span></dt>
                    <dd inner_html=about.as_str()></dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="fields">{rows}</dl> }.into_any()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
